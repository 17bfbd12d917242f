"""Pilot rounds: open one, see how far it is, talk over the disagreements, close it."""

from typing import Any

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_POST, require_safe

from reviewtool.reviews.access import review_view
from reviewtool.reviews.models import Membership, Stage
from reviewtool.reviews.permissions import Permission
from screening.forms.pilots import CloseForm, PilotForm
from screening.services import pilots


@require_safe
@review_view(Permission.CHANGE_PROTOCOL)
def show(request: HttpRequest, member: Membership, stage: Stage) -> HttpResponse:
    """Every round of a stage, the last one first."""
    return _page(request, member, stage)


@require_POST
@review_view(Permission.CHANGE_PROTOCOL)
def open_round(request: HttpRequest, member: Membership, stage: Stage) -> HttpResponse:
    """Draw the records of a round; they come first in everybody's queue."""
    form = PilotForm(request.POST)
    if form.is_valid():
        try:
            pilots.open_round(member, stage=stage, n=form.cleaned_data["n"], gate=form.gate())
        except ValidationError as error:
            form.add_error(None, error.messages)
        else:
            messages.success(request, "The round is open; its records come first for everybody.")
            return redirect("screening:pilots", member.review.slug, stage)
    return _page(request, member, stage, form=form, status=422)


@require_POST
@review_view(Permission.CHANGE_PROTOCOL)
def close_round(request: HttpRequest, member: Membership, stage: Stage) -> HttpResponse:
    """Close the round; its records settle as any other from here on."""
    form = CloseForm(request.POST)
    if form.is_valid():
        try:
            pilots.close_round(member, stage=stage, note=form.cleaned_data["note"])
        except ValidationError as error:
            form.add_error(None, error.messages)
        else:
            messages.success(request, "The round is closed.")
            return redirect("screening:pilots", member.review.slug, stage)
    return _page(request, member, stage, close_form=form, status=422)


def _page(
    request: HttpRequest,
    member: Membership,
    stage: Stage,
    *,
    form: PilotForm | None = None,
    close_form: CloseForm | None = None,
    status: int = 200,
) -> HttpResponse:
    rounds = pilots.rounds_of(member.review, stage=stage)
    context: dict[str, Any] = {
        "stage": stage,
        "rounds": [
            pilots.standing_of(member.review, pilot, number=number)
            for number, pilot in reversed(list(enumerate(rounds, 1)))
        ],
        "is_open": any(pilot.is_open for pilot in rounds),
        "form": form or PilotForm(),
        "close_form": close_form or CloseForm(),
    }
    return render(request, "screening/pilots/page.html", context, status=status)
