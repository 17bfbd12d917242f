"""Studies: included reports grouped, with what evidence rests on them."""

from collections.abc import Callable

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_POST, require_safe

from reviewtool.reviews.access import review_view
from reviewtool.reviews.models import Membership
from reviewtool.reviews.permissions import Permission
from screening.models import Report, Study
from screening.services import studies


@require_safe
@review_view(Permission.READ)
def list_studies(request: HttpRequest, member: Membership) -> HttpResponse:
    """List the studies and the included reports that no study holds yet."""
    standing = Study.objects.filter(review=member.review).standing()
    context = {
        "studies": standing.prefetch_related("links__report__record"),
        "unlinked": studies.unlinked_reports(member.review),
        "may_group": member.may(Permission.MANAGE_STUDIES),
    }
    return render(request, "screening/studies/list.html", context)


@require_safe
@review_view(Permission.READ)
def show_study(request: HttpRequest, member: Membership, pk: int) -> HttpResponse:
    study = _study(member, pk)
    context = {
        "study": study,
        "links": study.links.select_related("report__record"),
        "unlinked": studies.included_reports(member.review).exclude(links__study=study),
        "suggested": studies.suggested_reports(study),
        "others": Study.objects.filter(review=member.review).standing().exclude(pk=pk),
        "may_group": member.may(Permission.MANAGE_STUDIES),
    }
    return render(request, "screening/studies/page.html", context)


@require_POST
@review_view(Permission.MANAGE_STUDIES)
def create(request: HttpRequest, member: Membership) -> HttpResponse:
    """Make a study of one or more included reports."""
    chosen = Report.objects.filter(
        review=member.review, pk__in=_numbers(request.POST.getlist("reports"))
    )
    label = request.POST.get("label", "")
    try:
        study = studies.create_study(member, label=label, reports=list(chosen))
    except ValidationError as error:
        messages.error(request, " ".join(error.messages))
        return redirect("screening:studies", member.review.slug)
    messages.success(request, f"{study} was made with {study.links.count()} report(s).")
    return redirect("screening:studies", member.review.slug)


@require_POST
@review_view(Permission.MANAGE_STUDIES)
def rename(request: HttpRequest, member: Membership, pk: int) -> HttpResponse:
    study = _study(member, pk)
    label = request.POST.get("label", "")
    return _doing(request, study, lambda: studies.rename(study, by=member, label=label))


@require_POST
@review_view(Permission.MANAGE_STUDIES)
def link(request: HttpRequest, member: Membership, pk: int) -> HttpResponse:
    study, report = _study(member, pk), _report(member, request)
    is_main = "is_main" in request.POST
    return _doing(
        request, study, lambda: studies.link(study, by=member, report=report, is_main=is_main)
    )


@require_POST
@review_view(Permission.MANAGE_STUDIES)
def unlink(request: HttpRequest, member: Membership, pk: int) -> HttpResponse:
    study, report = _study(member, pk), _report(member, request)
    return _doing(request, study, lambda: studies.unlink(study, by=member, report=report))


@require_POST
@review_view(Permission.MANAGE_STUDIES)
def merge(request: HttpRequest, member: Membership, pk: int) -> HttpResponse:
    study = _study(member, pk)
    number = _numbers([request.POST.get("into", "")])
    into = get_object_or_404(Study, pk__in=number, review=member.review)
    return _doing(request, into, lambda: studies.merge(study, by=member, into=into))


def _doing(request: HttpRequest, study: Study, act: Callable[[], object]) -> HttpResponse:
    """Do it, or show why not; either way stand on the study's page."""
    try:
        act()
    except ValidationError as error:
        messages.error(request, " ".join(error.messages))
    return redirect(study)


def _study(member: Membership, pk: int) -> Study:
    return get_object_or_404(Study, pk=pk, review=member.review)


def _report(member: Membership, request: HttpRequest) -> Report:
    number = _numbers([request.POST.get("report", "")])
    return get_object_or_404(Report, pk__in=number, review=member.review)


def _numbers(values: list[str]) -> list[int]:
    return [int(value) for value in values if value.isdigit()]
