"""What the model has learned, for leads: strongest terms, runs, a button to train now."""

from typing import Any

import numpy as np
from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.safestring import mark_safe
from django.views.decorators.http import require_POST, require_safe

from reviewtool.jobs.models import Job
from reviewtool.reviews.access import review_view
from reviewtool.reviews.models import Membership, Stage
from reviewtool.reviews.permissions import Permission
from screening.models import Record
from screening.ranking.recall_plot import recall_svg
from screening.services import explanations, ranking


@require_safe
@review_view(Permission.SEE_RANKING)
def show(request: HttpRequest, member: Membership, stage: Stage) -> HttpResponse:
    """Show what was learned from settled outcomes, never from a hidden decision."""
    context = {
        "stage": stage,
        "learned": ranking.learned(member.review, stage=stage),
        "runs": ranking.shown_runs(member, stage=stage)[:20],
        "jobs": Job.objects.open().filter(review=member.review, kind__in=("rank", "replay")),
        "protocol": member.review.protocol,
    } | _replayed(member, stage)
    return render(request, "screening/ranking/page.html", context)


def _replayed(member: Membership, stage: Stage) -> dict[str, Any]:
    job = explanations.last_replay(member.review, stage=stage)
    if job is None:
        return {}
    told = list(explanations.settings_told(job))
    found = {name: np.zeros(job.result["n"], dtype=int) for name, _ in told}
    for name, figures in told:
        found[name][np.array(figures["places"]) - 1] = 1
    title = "Relevant records found against records screened, from each setting's own order"
    svg = recall_svg(found, title=title)
    return {"replay": job, "settings": told, "curve": mark_safe(svg)}  # nosec - our own SVG


@require_safe
@review_view(Permission.SEE_RANKING)
def second_look(request: HttpRequest, member: Membership, stage: Stage) -> HttpResponse:
    """Settled records that models trained without their labels would have decided otherwise."""
    context = {
        "stage": stage,
        "look": explanations.second_look(member.review, stage=stage),
        "folds": explanations.FOLDS,
    }
    return render(request, "screening/ranking/second_look.html", context)


@require_POST
@review_view(Permission.SEE_RANKING)
def replay(request: HttpRequest, member: Membership, stage: Stage) -> HttpResponse:
    """Replay what is settled with each setting, as a job."""
    try:
        explanations.request_replay(member, stage=stage)
    except ValidationError as error:
        messages.error(request, " ".join(error.messages))
    return redirect("screening:ranking", member.review.slug, stage)


@require_safe
@review_view(Permission.SCREEN, Permission.SEE_RANKING)
def why(request: HttpRequest, member: Membership, pk: int, stage: Stage) -> HttpResponse:
    """Why a record stands where it stands: terms, signals, the records most like it."""
    record = get_object_or_404(Record, pk=pk, review=member.review)
    context: dict[str, Any] = {"record": record, "stage": stage}
    try:
        context |= {"why": explanations.why(record, by=member, stage=stage)}
    except ValidationError as error:
        context |= {"refused": error.messages}
    return render(request, "screening/ranking/why.html", context)


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
