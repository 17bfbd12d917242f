"""What the model has learned, for leads: strongest terms, runs, a button to train now."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_POST, require_safe

from reviewtool.jobs.models import Job
from reviewtool.reviews.access import review_view
from reviewtool.reviews.models import Membership, Stage
from reviewtool.reviews.permissions import Permission
from screening.services import ranking


@require_safe
@review_view(Permission.SEE_RANKING)
def show(request: HttpRequest, member: Membership, stage: Stage) -> HttpResponse:
    """Show what was learned from settled outcomes, never from a hidden decision."""
    context = {
        "stage": stage,
        "learned": ranking.learned(member.review, stage=stage),
        "runs": ranking.shown_runs(member, stage=stage)[:20],
        "jobs": Job.objects.open().filter(review=member.review, kind="rank"),
        "protocol": member.review.protocol,
    }
    return render(request, "screening/ranking/page.html", context)


@require_POST
@review_view(Permission.SEE_RANKING)
def train(request: HttpRequest, member: Membership, stage: Stage) -> HttpResponse:
    """Ask for new orders for everybody who screens."""
    jobs = ranking.request_training(member.review, by=member, stage=stage)
    if jobs:
        messages.success(request, f"{len(jobs)} order(s) will be learned anew; screening goes on.")
    else:
        messages.info(request, "The protocol's order is not a ranked one, so nothing is trained.")
    return redirect("screening:ranking", member.review.slug, stage)
