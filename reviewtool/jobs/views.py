"""The progress of long work: left and returned to at will."""

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_POST, require_safe

from reviewtool.jobs import services
from reviewtool.jobs.models import Job
from reviewtool.jobs.registry import work_of
from reviewtool.reviews.access import review_view
from reviewtool.reviews.models import Membership
from reviewtool.reviews.permissions import Permission


@require_safe
@review_view(Permission.READ)
def show(request: HttpRequest, member: Membership, pk: int) -> HttpResponse:
    """Show a job: the page, or only its progress when htmx asks."""
    job = _job(member, pk)
    template = "components/progress.html" if request.htmx else "jobs/job.html"
    context = {
        "job": job,
        "label": work_of(job.kind).label,
        "shows_trace": member.may(Permission.CHANGE_PROTOCOL),
    }
    return render(request, template, context)


@require_POST
@review_view(Permission.IMPORT)
def cancel(request: HttpRequest, member: Membership, pk: int) -> HttpResponse:
    job = _job(member, pk)
    try:
        services.cancel(job, by=member)
    except ValidationError as error:
        messages.error(request, " ".join(error.messages))
    return redirect(job)


@require_POST
@review_view(Permission.IMPORT)
def retry(request: HttpRequest, member: Membership, pk: int) -> HttpResponse:
    """Ask again for a job that was set aside."""
    job = _job(member, pk)
    try:
        job = services.retry(job, by=member)
    except ValidationError as error:
        messages.error(request, " ".join(error.messages))
    return redirect(job)


def _job(member: Membership, pk: int) -> Job:
    """A reviewer's own ranking jobs are theirs alone to see: their counts tell of decisions."""
    job = get_object_or_404(Job, pk=pk, review=member.review)
    if job.kind == "rank" and job.requested_by_id != member.pk:
        return get_object_or_404(Job, pk=pk, review=member.review, requested_by=member)
    return job
