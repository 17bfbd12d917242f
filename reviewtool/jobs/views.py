"""Long work: how far it is, stopping it, trying again."""

from collections.abc import Callable

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.db.models import Q
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from reviewtool.jobs import services
from reviewtool.jobs.models import Job
from reviewtool.jobs.registry import work_of
from reviewtool.reviews.access import review_view
from reviewtool.reviews.models import Membership
from reviewtool.reviews.permissions import Permission


@never_cache
@require_safe
@review_view(Permission.READ)
def job(request: HttpRequest, member: Membership, pk: int) -> HttpResponse:
    """Show how far a job is; htmx asks every second while it is open, and only for that."""
    found = _job(member, pk)
    if "HX-Request" in request.headers:
        return render(request, "components/progress.html", {"job": found})
    context = {
        "job": found,
        "work": work_of(found.kind),
        "may_steer": services.may_steer(found, by=member),
        "trace": found.trace if member.may(Permission.CHANGE_PROTOCOL) else "",
    }
    return render(request, "jobs/job.html", context)


@require_POST
@review_view(Permission.READ)
def cancel(request: HttpRequest, member: Membership, pk: int) -> HttpResponse:
    """Stop a job: nothing of it shows, since it never closes."""
    found = _job(member, pk)
    return _done(request, found, lambda: services.cancel(found, by=member))


@require_POST
@review_view(Permission.READ)
def retry(request: HttpRequest, member: Membership, pk: int) -> HttpResponse:
    """Ask again for a job that was set aside."""
    found = _job(member, pk)
    return _done(request, found, lambda: services.retry(found, by=member))


def _done(request: HttpRequest, job: Job, act: Callable[[], Job | None]) -> HttpResponse:
    try:
        return redirect(act() or job)
    except ValidationError as error:
        messages.error(request, " ".join(error.messages))
        return redirect(job)


def _job(member: Membership, pk: int) -> Job:
    """A reviewer's own ranking jobs are theirs alone to see: their counts tell of decisions."""
    jobs = Job.objects.filter(review=member.review).exclude(~Q(requested_by=member), kind="rank")
    return get_object_or_404(jobs.select_related("review", "requested_by__user"), pk=pk)
