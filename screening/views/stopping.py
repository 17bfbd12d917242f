"""Stopping: what is known, what certainty would cost, and the lead's decisions."""

from collections.abc import Callable

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_POST, require_safe

from reviewtool.reviews import events
from reviewtool.reviews.access import review_view
from reviewtool.reviews.models import Membership, Stage
from reviewtool.reviews.permissions import Permission
from screening.services import agreements, audits, stopping, stopping_state
from screening.stopping_chart import chart_of


@require_safe
@review_view(Permission.READ)
def show(request: HttpRequest, member: Membership, stage: Stage) -> HttpResponse:
    """Show what is known, the price of certainty, and the decisions so far."""
    return render(request, "screening/stopping/page.html", _page(member, stage))


@require_safe
@review_view(Permission.READ)
def agreement(request: HttpRequest, member: Membership, stage: Stage) -> HttpResponse:
    """Show how well reviewers agree, to whom no vote is hidden by it."""
    is_open = agreements.is_open_to(member, stage=stage)
    context = {
        "stage": stage,
        "stages": list(Stage),
        "is_open": is_open,
        "may_pilot": member.may(Permission.CHANGE_PROTOCOL),
        "pairs": agreements.pairs(member.review, stage=stage) if is_open else [],
    }
    return render(request, "screening/stopping/agreement.html", context)


@require_POST
@review_view(Permission.STOP)
def stop(request: HttpRequest, member: Membership, stage: Stage) -> HttpResponse:
    rule, note = request.POST.get("rule", ""), request.POST.get("note", "")
    return _answer(
        request,
        member,
        stage,
        lambda: stopping_state.stop_by_rule(member, stage=stage, rule=rule, note=note),
        "Screening is stopped. It can be resumed at any time.",
    )


@require_POST
@review_view(Permission.STOP)
def resume(request: HttpRequest, member: Membership, stage: Stage) -> HttpResponse:
    note = request.POST.get("note", "")
    return _answer(
        request,
        member,
        stage,
        lambda: stopping.resume(member, stage=stage, note=note),
        "Screening goes on: unread records wait again.",
    )


@require_POST
@review_view(Permission.STOP)
def begin_audit(request: HttpRequest, member: Membership, stage: Stage) -> HttpResponse:
    return _answer(
        request,
        member,
        stage,
        lambda: audits.begin(member, stage=stage),
        "The audit has begun: random records come with the reviewers' next cards.",
    )


@require_POST
@review_view(Permission.STOP)
def end_audit(request: HttpRequest, member: Membership, stage: Stage) -> HttpResponse:
    return _answer(
        request,
        member,
        stage,
        lambda: audits.end(member, stage=stage),
        "The audit has ended. What was drawn goes on counting.",
    )


@require_POST
@review_view(Permission.STOP)
def take_look(request: HttpRequest, member: Membership, stage: Stage) -> HttpResponse:
    return _answer(
        request,
        member,
        stage,
        lambda: stopping_state.take_look(member, stage=stage),
        "The look is taken and entered; nothing was stopped by it.",
    )


def _answer(
    request: HttpRequest, member: Membership, stage: Stage, act: Callable[[], object], done: str
) -> HttpResponse:
    """Do what was asked, say how it went, and go back to the page."""
    try:
        act()
    except ValidationError as error:
        messages.error(request, " ".join(error.messages))
    else:
        messages.success(request, done)
    return redirect("screening:stopping", member.review.slug, stage)


def _page(member: Membership, stage: Stage) -> dict:
    known = stopping_state.Known(member.review, stage)
    return {
        "stage": stage,
        "stages": list(Stage),
        "known": known,
        "said": known.in_words,
        # Where the draws fell would tell reviewers which of their cards were random.
        "chart": chart_of(
            known.progress,
            looks=[look.n_read for look in known.looks.looks],
            points=[] if member.may(Permission.SCREEN) else known.points,
        ),
        "stop": stopping.standing_stop(member.review, stage=stage),
        "n_unread": stopping.n_unread(member.review, stage=stage),
        "rules": stopping_state.RULES,
        "may_stop": member.may(Permission.STOP),
        "history": [
            (event, events.read(event).sentence())
            for event in stopping_state.history(member.review, stage=stage)
        ],
        "unread_are_automation": member.review.protocol.unread_are_automation,
    }
