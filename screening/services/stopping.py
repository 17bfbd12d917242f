"""Stopping and resuming: a lead's decision, entered with its rule; nothing stops by itself."""

from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction

from reviewtool.reviews import events, ledger
from reviewtool.reviews.models import Event, Membership, Review
from reviewtool.reviews.permissions import Permission, require
from screening.consensus import Outcome
from screening.events.stopping import ScreeningResumed, StoppingDecided
from screening.models import Decision, Screening
from screening.services import screenings


def standing_stop(review: Review, *, stage: str, seq: int | None = None) -> Event | None:
    """Return the stopping decision in force at a stage, if there is one."""
    kinds = (StoppingDecided.kind, ScreeningResumed.kind)
    last = (
        Event.objects.filter(review=review, kind__in=kinds, payload__stage=stage)
        .as_of(seq)
        .order_by("-seq")
        .first()
    )
    return last if last is not None and last.kind == StoppingDecided.kind else None


def n_unread(review: Review, *, stage: str) -> int:
    """Records nobody has decided on yet at a stage."""
    decided = Decision.objects.filter(review=review, stage=stage).current()
    return (
        Screening.objects.filter(review=review, stage=stage, outcome=Outcome.PENDING)
        .exclude(record__in=decided.values("record__canonical"))
        .count()
    )


@transaction.atomic
def stop(
    by: Membership, *, stage: str, rule: str, note: str, facts: dict[str, Any] | None = None
) -> Event:
    """Stop screening a stage: records nobody has read become "not screened"."""
    require(by, Permission.STOP)
    ledger.lock(by.review)
    if standing_stop(by.review, stage=stage):
        raise ValidationError("Screening is already stopped at this stage.")
    if not note.strip():
        raise ValidationError(
            {"note": "Say why screening stops; the Methods section will need it."}
        )
    happening = StoppingDecided(
        stage=stage,
        rule=rule,
        note=note.strip(),
        n_unread=n_unread(by.review, stage=stage),
        counts_as="automation" if by.review.protocol.unread_are_automation else "other",
        facts=facts or {},
    )
    event = events.record(by.review, happening, by=by)
    screenings.refresh(by.review)
    return event


@transaction.atomic
def resume(by: Membership, *, stage: str, note: str = "") -> Event:
    """Resume screening: what was not screened is pending again."""
    require(by, Permission.STOP)
    ledger.lock(by.review)
    if standing_stop(by.review, stage=stage) is None:
        raise ValidationError("Screening is not stopped at this stage.")
    event = events.record(by.review, ScreeningResumed(stage=stage, note=note.strip()), by=by)
    screenings.refresh(by.review)
    return event
