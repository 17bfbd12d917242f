"""Conflicts: both verdicts side by side, a discussion, one key to settle."""

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_POST, require_safe

from reviewtool.reviews.access import review_view
from reviewtool.reviews.models import Event, Membership, Stage
from reviewtool.reviews.permissions import Permission
from screening.consensus import Outcome
from screening.events.screen import Commented
from screening.forms.screen import NoteForm, SettlementForm
from screening.models import Decision, Record, Screening
from screening.services import decisions, ranking
from screening.services.conflicts import conflicts_for
from screening.services.reports import report_of


@require_safe
@review_view(Permission.ADJUDICATE)
def list_conflicts(request: HttpRequest, member: Membership) -> HttpResponse:
    """List the conflicts this member may settle."""
    found = conflicts_for(member).select_related("record").order_by("stage", "record")
    stages = [(stage, [s for s in found if s.stage == stage]) for stage in Stage]
    return render(request, "screening/conflicts/list.html", {"stages": stages})


@require_safe
@review_view(Permission.ADJUDICATE)
def show_conflict(request: HttpRequest, member: Membership, stage: Stage, pk: int) -> HttpResponse:
    page = _page(member, stage, pk)
    decisions.expose_verdicts(page["record"], by=member)
    return render(request, "screening/conflicts/page.html", page)


@require_POST
@review_view(Permission.ADJUDICATE)
def settle(request: HttpRequest, member: Membership, stage: Stage, pk: int) -> HttpResponse:
    """Enter the adjudication and go to the next conflict."""
    screening = _screening(member, stage, pk)
    form = SettlementForm(request.POST)
    if form.is_valid():
        try:
            decision = decisions.adjudicate(
                screening.record, by=member, stage=stage, **form.cleaned_data
            )
        except ValidationError as error:
            form.add_error(None, error.messages)
        else:
            ranking.after_decision(decision, by=member)
            following = conflicts_for(member).filter(stage=stage).order_by("record").first()
            if following is None:
                messages.success(request, "That was the last conflict at this stage.")
                return redirect("screening:conflicts", member.review.slug)
            return redirect("screening:conflict", member.review.slug, stage, following.record_id)
    context = _page(member, stage, pk) | {"form": form}
    return render(request, "screening/conflicts/page.html", context, status=422)


@require_POST
@review_view(Permission.READ)
def add_comment(request: HttpRequest, member: Membership, stage: Stage, pk: int) -> HttpResponse:
    """Add to the discussion of a record."""
    record = get_object_or_404(Record, pk=pk, review=member.review)
    try:
        decisions.comment(record, by=member, stage=stage, text=request.POST.get("text", ""))
    except ValidationError as error:
        messages.error(request, " ".join(error.messages))
    if member.may(Permission.ADJUDICATE) and "from_conflict" in request.POST:
        return redirect("screening:conflict", member.review.slug, stage, pk)
    return redirect("screening:record", member.review.slug, pk)


@require_POST
@review_view(Permission.REOPEN)
def reopen_record(request: HttpRequest, member: Membership, stage: Stage, pk: int) -> HttpResponse:
    """Let a settled record be decided anew."""
    record = get_object_or_404(Record, pk=pk, review=member.review)
    form = NoteForm(request.POST)
    try:
        note = form.cleaned_data["note"] if form.is_valid() else ""
        decisions.reopen(record, by=member, stage=stage, note=note)
    except ValidationError as error:
        messages.error(request, " ".join(error.messages))
    else:
        messages.success(request, "Reopened: the reviewers decide on this record anew.")
    return redirect("screening:record", member.review.slug, pk)


def _screening(member: Membership, stage: Stage, pk: int) -> Screening:
    screening = get_object_or_404(
        Screening.objects.select_related("record"), review=member.review, stage=stage, record=pk
    )
    may_see = conflicts_for(member).filter(pk=screening.pk).exists()
    if not may_see and not screening.is_settled:
        raise Http404("There is no conflict for you to settle here.")
    return screening


def _page(member: Membership, stage: Stage, pk: int) -> dict:
    screening = _screening(member, stage, pk)
    group = Decision.objects.filter(record__canonical=pk, stage=stage).select_related("actor__user")
    protocol = member.review.protocol
    verdicts = list(group.current().visible_to(member).order_by("seq"))
    for verdict in verdicts:
        verdict.reason_label = protocol.reason_label(stage, verdict.reason)
    comments = Event.objects.filter(
        review=member.review, kind=Commented.kind, subject=f"record:{pk}", payload__stage=stage
    )
    return {
        "stage": stage,
        "screening": screening,
        "record": screening.record,
        "report": report_of(pk) if stage == Stage.FULL_TEXT else None,
        "verdicts": verdicts,
        "reasons": protocol.reasons_at(stage),
        "highlights": protocol.highlights,
        "protocol": protocol,
        "comments": comments.select_related("actor__user").order_by("seq"),
        "form": SettlementForm(),
        "is_conflict": screening.outcome == Outcome.CONFLICT,
        "n_left": conflicts_for(member).filter(stage=stage).count(),
    }
