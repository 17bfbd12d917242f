"""What is known about stopping a stage: progress, the looks taken, the certificate, the cost.

Everything is counted from settled outcomes; nothing here stops anything.
"""

from fractions import Fraction
from functools import cached_property
from math import ceil
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Avg

from reviewtool.reviews import events, ledger
from reviewtool.reviews.models import Event, Membership, Review, Stage
from reviewtool.reviews.models.protocols import Order
from reviewtool.reviews.permissions import Permission, require
from screening.agreement import Pair
from screening.events.stopping import LookTaken, StoppingDecided
from screening.models import Decision, Record
from screening.services import agreements, audits, stopping
from screening.services.stopping_log import certificate_log, criteria_changes, reading_of
from screening.stopping import sentences
from screening.stopping.certainty import Price, exact, price
from screening.stopping.certificate import Certificate, Point, Standing
from screening.stopping.indicator import Indicator, IndicatorReading, Look
from screening.stopping.progress import Progress

RULES = {
    "certificate": "The random audit",
    "indicator": "The ranked test",
    "all_read": "Every record was read",
    "certainty_price": "The remaining effort was judged too high for what it could still find",
    "resources": "Time or money ran out",
    "other": "Another rule, named in the note",
}
TARGETS = (Fraction(99, 100), Fraction(95, 100), Fraction(90, 100))
CONFIDENCE = exact(audits.CONFIDENCE)
_MODELS = {
    Order.RANKED: "reviewtool's ranking model",
    Order.MIXED: "reviewtool's ranking model with random records mixed in",
    Order.RANDOM: "chance",
    Order.OLDEST: "date of import",
}


class Known:
    """What is known of one stage of a review now; each part is computed once, when asked for."""

    def __init__(self, review: Review, stage: Stage) -> None:
        self.review, self.stage = review, stage
        self.protocol = review.protocol
        self.target = exact(str(self.protocol.recall_target))

    @cached_property
    def reading(self):
        return reading_of(self.review, stage=self.stage)

    @cached_property
    def progress(self) -> Progress:
        return Progress.of(self.reading.settled, self.reading.n_records)

    @cached_property
    def n_unissued(self) -> int:
        """Records nobody was given a card of and nobody decided on: what an audit draws from."""
        return self.reading.n_records - len(self.reading.labels)

    @cached_property
    def n_unread(self) -> int:
        """Records nobody has decided on, as the ledger and PRISMA count them."""
        return stopping.n_unread(self.review, stage=self.stage)

    @property
    def n_given_out(self) -> int:
        """Records that are with the reviewers: given out or begun, and not settled."""
        return self.reading.n_records - self.n_unissued - self.progress.n_read

    @property
    def is_statistical(self) -> bool:
        """Looks and audits are for titles and abstracts, and for targets below 100 %."""
        return self.stage == Stage.TITLE_ABSTRACT and self.target < 1

    @property
    def prices(self) -> list[Price]:
        """The price of certainty at the protocol's target and the usual ones, dearest first."""
        targets = sorted({self.target, *TARGETS}, reverse=True)
        found = self.progress.n_found
        return [
            price(found, self.n_unissued, target=each, confidence=CONFIDENCE)
            for each in targets
            if each < 1
        ]

    @property
    def records_per_hour(self) -> float | None:
        """Records the team settles in an hour of attention, all needed reviewers together."""
        seconds = Decision.objects.filter(
            review=self.review, stage=self.stage, attention_seconds__gt=0
        ).aggregate(mean=Avg("attention_seconds"))["mean"]
        return 3600 / (seconds * self.protocol.reviewers_at(self.stage)) if seconds else None

    # ------------------------------------------------------------ the indicator
    @cached_property
    def indicator(self) -> Indicator | None:
        return Indicator(self.target, CONFIDENCE) if self.is_statistical else None

    @cached_property
    def look_entries(self) -> list[Event]:
        return list(
            Event.objects.filter(
                review=self.review, kind=LookTaken.kind, payload__stage=self.stage
            ).order_by("seq")
        )

    @property
    def due_look(self) -> int | None:
        """After how many records the test may be looked at now; None between two looks."""
        if self.indicator is None or len(self.look_entries) >= self.indicator.n_looks:
            return None
        last = self.look_entries[-1].payload["n_read"] if self.look_entries else 0
        points = self.indicator.look_points(self.reading.n_records)
        due = [point for point in points if last < point <= len(self.reading.labels)]
        return due[-1] if due else None

    @property
    def looks(self) -> IndicatorReading:
        """The looks as they were taken, each with the p it showed then."""
        taken = tuple(
            Look(
                e.payload["n_read"], e.payload["n_found"], e.payload["p"],
                exact(e.payload["target"]), e.payload["n_records"],
            )
            for e in self.look_entries
        )  # fmt: skip
        return IndicatorReading(
            taken, self._next_look(taken), 1 - CONFIDENCE, self._is_stale(taken)
        )

    def _is_stale(self, taken: tuple[Look, ...]) -> bool:
        """Whether the latest look was about another target, other records or other criteria."""
        if not taken:
            return False
        look, seq = taken[-1], self.look_entries[-1].seq
        if (look.target, look.n_records) != (self.target, self.reading.n_records):
            return True
        entered = Record.objects.filter(review=self.review, entered_seq__gt=seq)
        return entered.exists() or bool(criteria_changes(self.review, after=seq))

    def _next_look(self, taken: tuple[Look, ...]) -> int | None:
        if self.indicator is None or len(taken) >= self.indicator.n_looks:
            return None
        reached = max(len(self.reading.labels), taken[-1].n_read if taken else 0)
        points = self.indicator.look_points(self.reading.n_records)
        return next((point for point in points if point > reached), None)

    # ------------------------------------------------------------ the certificate
    @cached_property
    def audit(self) -> Event | None:
        """The entry of the audit under way."""
        return audits.standing_audit(self.review, stage=self.stage)

    @cached_property
    def _log(self):
        first = audits.first_audit(self.review, stage=self.stage)
        if first is None or not self.is_statistical:
            return None
        return certificate_log(self.review, stage=self.stage, began=first.seq)

    @cached_property
    def standing(self) -> Standing | None:
        """What the audit certifies; None where none was begun."""
        if self._log is None:
            return None
        return Certificate(self.target, CONFIDENCE).read(self._log)

    @property
    def points(self) -> list[Point]:
        return Certificate(self.target, CONFIDENCE).history(self._log) if self._log else []

    # ------------------------------------------------------------ in words
    @property
    def in_words(self) -> dict[str, list[str]]:
        """The sentences of the page: of progress, indicator, certificate."""
        said = {"progress": sentences.of_progress(self.progress), "indicator": [], "audit": []}
        if self.indicator is not None:
            said["indicator"] = sentences.of_indicator(self.looks)
        if self.standing is not None:
            said["audit"] = sentences.of_certificate(self.standing)
            said["audit"].append(
                sentences.of_cost(self.standing, records_per_hour=self.records_per_hour)
            )
        return said

    @property
    def hours_left(self) -> float | None:
        """Hours of attention to read what nobody has decided on; None before any was measured."""
        return self.n_unread / self.records_per_hour if self.records_per_hour else None

    @property
    def minutes_left(self) -> int | None:
        return ceil(60 * self.hours_left) if self.hours_left else None

    @property
    def n_target_changes(self) -> int:
        """How often the target changed after the first look or the first draw could be made."""
        first = audits.first_audit(self.review, stage=self.stage)
        starts = [e.seq for e in (*self.look_entries[:1], first) if e is not None]
        if not starts:
            return 0
        versions = {p.version: p.recall_target for p in self.review.protocols.all()}
        changes = Event.objects.filter(
            review=self.review, kind="protocol_changed", seq__gt=min(starts)
        )
        after = [payload["version"] for payload in changes.values_list("payload", flat=True)]
        return sum(versions[v] != versions.get(v - 1, versions[v]) for v in after)

    def methods(self, rule: str, *, seed: int | None = None) -> str:
        """Return the text for the Methods section of a stop now by one of RULES.

        Raises ValidationError where the rule named was never applied.
        """
        about = self._circumstances(seed)
        if rule == "certificate":
            if self.standing is None:
                raise ValidationError("No audit was begun, so it cannot be the rule to stop by.")
            return sentences.methods_of_certificate(self.standing, about, n_unread=self.n_unread)
        if rule == "indicator":
            if self.indicator is None or not self.looks.looks:
                raise ValidationError(
                    "The ranked test was not looked at yet, so it cannot be the rule to stop by."
                )
            return sentences.methods_of_indicator(
                self.looks,
                self.indicator,
                about,
                n_records=self.reading.n_records,
                n_unread=self.n_unread,
            )
        if rule == "all_read" and self.n_unread:
            raise ValidationError(
                f"{self.n_unread:,} records were read by nobody yet, so that every record was read "
                "cannot be the rule to stop by. Choose the rule that holds, or go on reading."
            )
        return sentences.methods_of_another_rule(
            RULES[rule], self.progress, about, n_unread=self.n_unread
        )

    def _circumstances(self, seed: int | None) -> sentences.Circumstances:
        is_first = self.stage == Stage.TITLE_ABSTRACT
        return sentences.Circumstances(
            stage="titles and abstracts" if is_first else "full texts",
            stopped_on=ledger.now().date(),
            reviewers_per_record=self.protocol.reviewers_at(self.stage),
            model=_MODELS[Order(self.protocol.order)],
            seed=seed,
            n_target_changes=self.n_target_changes,
            agreement=self._agreement(),
        )

    def _agreement(self) -> Pair | None:
        """Agreement for the report: only of exactly one pair, and only once nothing is hidden."""
        if not agreements.is_open_to_all(self.review, stage=self.stage):
            return None
        pairs = agreements.pairs(self.review, stage=self.stage)
        return pairs[0].pair if len(pairs) == 1 else None


@transaction.atomic
def take_look(by: Membership, *, stage: Stage) -> Event:
    """Look at the ranked test at the latest place that is due, and enter what it says."""
    require(by, Permission.STOP)
    ledger.lock(by.review)
    known = Known(by.review, stage)
    due = known.due_look
    if due is None or known.indicator is None:
        raise ValidationError(
            "No look is due: the ranked test is looked at only at its fixed places, twenty at most."
        )
    reading = known.indicator.read(known.reading.labels[:due], known.reading.n_records)
    look = reading.looks[-1]
    happening = LookTaken(
        stage=stage,
        n_read=look.n_read,
        n_found=look.n_found,
        n_records=known.reading.n_records,
        p=look.p,
        target=str(by.review.protocol.recall_target),
        confidence=audits.CONFIDENCE,
    )
    return events.record(by.review, happening, by=by)


@transaction.atomic
def stop_by_rule(by: Membership, *, stage: Stage, rule: str, note: str) -> Event:
    """Stop a stage by one of RULES; the entry carries the text for the Methods section."""
    require(by, Permission.STOP)
    if rule not in RULES:
        raise ValidationError("Choose the rule by which screening stops.")
    known = Known(by.review, stage)
    first = audits.first_audit(by.review, stage=stage)
    seed = audits.seed_of(first) if first is not None else None
    facts: dict[str, Any] = {"rule": rule, "methods": known.methods(rule, seed=seed)}
    return stopping.stop(by, stage=stage, rule=RULES[rule], note=note, facts=facts)


def history(review: Review, *, stage: str) -> list[Event]:
    """Everything decided about stopping at a stage, oldest first."""
    kinds = (
        StoppingDecided.kind,
        "screening_resumed",
        "audit_begun",
        "audit_ended",
        LookTaken.kind,
    )
    found = Event.objects.filter(review=review, kind__in=kinds, payload__stage=stage)
    return list(found.select_related("actor__user").order_by("seq"))
