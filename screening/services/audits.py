"""Random audits: uniform draws from the never-issued records, mixed unmarked into the queue.

A lead begins and ends an audit; its seed is fixed (and its hash entered) before the first draw.
"""

import hashlib
import random
from collections.abc import Collection
from dataclasses import dataclass

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.crypto import salted_hmac

from reviewtool.reviews import events, ledger
from reviewtool.reviews.models import Event, Membership, Review, Stage
from reviewtool.reviews.permissions import Permission, require
from screening.events.offers import AuditBegun, AuditEnded
from screening.events.stopping import ScreeningResumed, StoppingDecided
from screening.models import Offer
from screening.services import screenings

CONFIDENCE = "0.95"


@dataclass(frozen=True)
class Draws:
    """The draws of an audit under way: the pool now, and how many were made before."""

    seed: int
    pool: tuple[int, ...]
    n_drawn: int

    def draw(self, gone: Collection[int], *, nth: int) -> Offer | None:
        """Make the nth further draw (from 0) from the pool without `gone`; None if it is empty."""
        left = [record for record in self.pool if record not in gone]
        if not left:
            return None
        rng = random.Random(f"{self.seed}:{self.n_drawn + nth}")
        return Offer(
            record_id=left[rng.randrange(len(left))],
            kind=Offer.Kind.AUDIT,
            n_never_offered=len(left),
            seed=self.seed,
        )


def standing_audit(review: Review, *, stage: str) -> Event | None:
    """Return the entry of the audit under way at a stage, if there is one."""
    last = _entries(review, stage).order_by("-seq").first()
    return last if last is not None and last.kind == AuditBegun.kind else None


def first_audit(review: Review, *, stage: str) -> Event | None:
    """Return the entry from which random draws count as evidence."""
    return _entries(review, stage).filter(kind=AuditBegun.kind).order_by("seq").first()


def _entries(review: Review, stage: str):
    kinds = (AuditBegun.kind, AuditEnded.kind)
    return Event.objects.filter(review=review, kind__in=kinds, payload__stage=stage)


@transaction.atomic
def begin(by: Membership, *, stage: str) -> Event:
    """Begin an audit of what nobody was shown yet; its target is the protocol's."""
    require(by, Permission.STOP)
    head = ledger.lock(by.review)
    _check_may_begin(by.review, stage)
    seed = _derived_seed(by.review, stage, head.seq + 1)
    happening = AuditBegun(
        stage=stage,
        target=str(by.review.protocol.recall_target),
        confidence=CONFIDENCE,
        seed_sha256=_sha256(seed),
    )
    return events.record(by.review, happening, by=by)


def _check_may_begin(review: Review, stage: str) -> None:
    if stage != Stage.TITLE_ABSTRACT:
        raise ValidationError(
            "At full text every report is read, so there is nothing to audit. Audits are for "
            "titles and abstracts."
        )
    if standing_audit(review, stage=stage):
        raise ValidationError("An audit is under way already.")
    if review.protocol.recall_target >= 1:
        raise ValidationError(
            "A recall of 100 % is reached by reading everything; an audit cannot prove it. Set a "
            "lower target in the protocol first."
        )
    kinds = (StoppingDecided.kind, ScreeningResumed.kind)
    entries = Event.objects.filter(review=review, kind__in=kinds, payload__stage=stage)
    last = entries.order_by("-seq").first()
    if last is not None and last.kind == StoppingDecided.kind:
        raise ValidationError("Screening is stopped at this stage. Resume it, then begin.")


@transaction.atomic
def end(by: Membership, *, stage: str) -> Event:
    """End the audit: no more draws. What was drawn goes on counting."""
    require(by, Permission.STOP)
    ledger.lock(by.review)
    if standing_audit(by.review, stage=stage) is None:
        raise ValidationError("No audit is under way at this stage.")
    return events.record(by.review, AuditEnded(stage=stage), by=by)


def seed_of(audit: Event) -> int | None:
    """Return the committed seed: that of the draws, else derived anew.

    None if it cannot be told: a review brought from another installation before its first draw
    (the hash does not fit); the lead then ends the audit and begins another.
    """
    drawn = _draws(audit).first()
    seed = drawn.seed if drawn is not None else None
    if seed is None:
        seed = _derived_seed(audit.review, audit.payload["stage"], audit.seq)
    return seed if _sha256(seed) == audit.payload["seed_sha256"] else None


def _derived_seed(review: Review, stage: str, seq: int) -> int:
    digest = salted_hmac("screening.audit", f"{review.pk}:{stage}:{seq}", algorithm="sha256")
    return int(digest.hexdigest()[:15], 16)


def _sha256(seed: int) -> str:
    return hashlib.sha256(str(seed).encode()).hexdigest()


def _draws(audit: Event):
    """The draws made so far, without the same records' cards for further reviewers."""
    return Offer.objects.filter(
        review=audit.review,
        stage=audit.payload["stage"],
        kind=Offer.Kind.AUDIT,
        seq__gt=audit.seq,
        n_never_offered__isnull=False,
    ).order_by("seq")


def draws_under_way(review: Review, *, stage: str) -> Draws | None:
    """Return what is needed to draw now; None where no audit is under way."""
    audit = standing_audit(review, stage=stage)
    seed = seed_of(audit) if audit is not None else None
    if audit is None or seed is None:
        return None
    pool = screenings.never_offered(review, stage=stage).values_list("record", flat=True)
    return Draws(seed, tuple(pool), _draws(audit).count())
