"""Stopping: what is known, what certainty would cost, and the lead's decision."""

from fractions import Fraction

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_POST, require_safe

from reviewtool.reviews.access import review_view
from reviewtool.reviews.models import Event, Membership, Stage
from reviewtool.reviews.permissions import Permission
from screening.consensus import Outcome
from screening.events.stopping import ScreeningResumed, StoppingDecided
from screening.models import Screening
from screening.services import stopping
from screening.stopping.certainty import price

RULES = {
    "all_read": "Every record was read",
    "certainty_price": "The remaining effort was judged too high for what it could still find",
    "resources": "Time or money ran out",
    "other": "Another rule, named in the note",
}
_CONFIDENCE = Fraction(95, 100)
_TARGETS = (Fraction(95, 100), Fraction(90, 100))


@require_safe
@review_view(Permission.READ)
def show(request: HttpRequest, member: Membership, stage: Stage) -> HttpResponse:
    """Show progress without a claim, the price of certainty, and the decisions so far."""
    return render(request, "screening/stopping/page.html", _page(member, stage))


@require_POST
@review_view(Permission.STOP)
def stop(request: HttpRequest, member: Membership, stage: Stage) -> HttpResponse:
    rule = RULES.get(request.POST.get("rule", ""), "")
    try:
        if not rule:
            raise ValidationError("Choose the rule by which screening stops.")
        stopping.stop(member, stage=stage, rule=rule, note=request.POST.get("note", ""))
    except ValidationError as error:
        messages.error(request, " ".join(error.messages))
    else:
        messages.success(request, "Screening is stopped. It can be resumed at any time.")
    return redirect("screening:stopping", member.review.slug, stage)


@require_POST
@review_view(Permission.STOP)
def resume(request: HttpRequest, member: Membership, stage: Stage) -> HttpResponse:
    try:
        stopping.resume(member, stage=stage, note=request.POST.get("note", ""))
    except ValidationError as error:
        messages.error(request, " ".join(error.messages))
    else:
        messages.success(request, "Screening goes on: unread records wait again.")
    return redirect("screening:stopping", member.review.slug, stage)


def _page(member: Membership, stage: Stage) -> dict:
    screenings = Screening.objects.filter(review=member.review, stage=stage)
    n_found = screenings.filter(outcome=Outcome.INCLUDED).count()
    n_unread = stopping.n_unread(member.review, stage=stage)
    kinds = (StoppingDecided.kind, ScreeningResumed.kind)
    target = Fraction(str(member.review.protocol.recall_target))
    targets = sorted({target, *_TARGETS}, reverse=True)
    return {
        "stage": stage,
        "stop": stopping.standing_stop(member.review, stage=stage),
        "n_total": screenings.exclude(outcome=Outcome.WITHDRAWN).count(),
        "n_found": n_found,
        "n_unread": n_unread,
        "prices": [
            price(n_found, n_unread, target=t, confidence=_CONFIDENCE)
            for t in targets
            if n_found and n_unread and t < 1
        ],
        "rules": RULES,
        "may_stop": member.may(Permission.STOP),
        "history": Event.objects.filter(
            review=member.review, kind__in=kinds, payload__stage=stage
        ).select_related("actor__user"),
        "unread_are_automation": member.review.protocol.unread_are_automation,
    }
