"""Pilot rounds: everybody decides the same records before the team screens apart.

While a round is open its records settle only when everybody has decided, so that all of them stay
blind to the end. Agreement is that of first decisions; what it must reach is the team's to choose.
"""

import random
from collections import defaultdict
from dataclasses import dataclass

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import QuerySet

from reviewtool.reviews import events, ledger
from reviewtool.reviews.models import Event, Membership, Review
from reviewtool.reviews.permissions import Permission, require
from screening.agreement import (
    FEWEST_IN_ROUND,
    MOST_IN_ROUND,
    Pair,
    PilotGate,
    PilotJudgement,
    pairs_of,
)
from screening.consensus import Verdict
from screening.events.offers import PilotClosed, PilotOpened
from screening.events.screen import Commented
from screening.models import Decision, Record
from screening.services import agreements, screenings
from screening.services.screenings import Pilot


@dataclass(frozen=True)
class Vote:
    """What one reviewer decided first on a record of a round."""

    reviewer: Membership
    verdict: str


@dataclass(frozen=True)
class Standing:
    """How far a round is; agreement and disagreements only once everybody has decided."""

    pilot: Pilot
    number: int
    done: list[tuple[Membership, int]]
    is_complete: bool
    pairs: list[tuple[str, str, Pair]]
    disagreements: list[tuple[Record, list[Vote], bool]]
    """The record, who said what, and whether somebody has commented on it since."""
    judgement: PilotJudgement | None


def rounds_of(review: Review, *, stage: str) -> list[Pilot]:
    """Return all rounds at a stage, the last one last."""
    told = Event.objects.filter(review=review, kind__in=screenings.PILOTS).order_by("seq")
    return [pilot for pilot in screenings.pilots_in(told) if pilot.stage == stage]


def open_round_of(review: Review, *, stage: str) -> Pilot | None:
    """Return the round that is open at a stage, if there is one."""
    return next((pilot for pilot in rounds_of(review, stage=stage) if pilot.is_open), None)


@transaction.atomic
def open_round(by: Membership, *, stage: str, n: int, gate: PilotGate | None = None) -> Pilot:
    """Draw records nobody was shown yet, for everybody who screens to decide."""
    require(by, Permission.CHANGE_PROTOCOL)
    head = ledger.lock(by.review)
    if open_round_of(by.review, stage=stage) is not None:
        raise ValidationError("A pilot round is open already; close it first.")
    reviewers = by.review.memberships.all().holding(Permission.SCREEN)
    if len(reviewers) < 2:
        raise ValidationError("A pilot round needs at least two people who screen.")
    if not FEWEST_IN_ROUND <= n <= MOST_IN_ROUND:
        raise ValidationError(f"A round has {FEWEST_IN_ROUND} to {MOST_IN_ROUND} records.")
    fresh = list(screenings.never_offered(by.review, stage=stage).values_list("record", flat=True))
    if len(fresh) < n:
        raise ValidationError(f"Only {len(fresh)} records were never shown to anybody.")
    chosen = sorted(random.Random(head.seq).sample(fresh, n))
    wanted = gate or PilotGate(n_records=n)
    happening = PilotOpened(
        stage=stage, records=chosen, reviewers=[member.pk for member in reviewers],
        gate={"kappa": wanted.kappa, "ac1": wanted.ac1, "positive": wanted.positive,
              "n_includes": wanted.n_includes},
    )  # fmt: skip
    events.record(by.review, happening, by=by)
    return rounds_of(by.review, stage=stage)[-1]


@transaction.atomic
def close_round(by: Membership, *, stage: str, note: str) -> Pilot:
    """Close the open round; its records settle from here on as any other."""
    require(by, Permission.CHANGE_PROTOCOL)
    ledger.lock(by.review)
    pilot = open_round_of(by.review, stage=stage)
    if pilot is None:
        raise ValidationError("No pilot round is open.")
    if not note.strip():
        raise ValidationError({"note": "Say what the team agreed on, or why the round ends early."})
    events.record(by.review, PilotClosed(stage=stage, note=note.strip()), by=by)
    screenings.refresh(by.review, record_ids=pilot.records)
    return rounds_of(by.review, stage=stage)[-1]


def standing_of(review: Review, pilot: Pilot, *, number: int) -> Standing:
    """Return how far a round is, and what its decisions say once they are all there."""
    members = {m.pk: m for m in review.memberships.select_related("user")}
    first = _votes(pilot, Decision.objects.filter(act=Decision.Act.DECIDE))
    standing = _votes(pilot, Decision.objects.current())
    n_of = {who: sum(who in votes for votes in standing.values()) for who in pilot.reviewers}
    is_complete = all(n == len(pilot.records) for n in n_of.values())
    done = [(members[who], n) for who, n in n_of.items()]
    if not is_complete and pilot.is_open:
        return Standing(pilot, number, done, is_complete, [], [], None)
    names = agreements.names_in(review)
    said = {
        names[who]: {
            record: votes[who] != Verdict.EXCLUDE for record, votes in first.items() if who in votes
        }
        for who in pilot.reviewers
    }
    pairs = [(a, b, pair) for (a, b), pair in sorted(pairs_of(said).items()) if pair.n]
    torn = _disagreements(first, members, _discussed(review, pilot))
    n_undiscussed = sum(not is_discussed for *_, is_discussed in torn)
    judgement = _gate_of(pilot).judge([p for *_, p in pairs], n_undiscussed=n_undiscussed)
    return Standing(pilot, number, done, is_complete, pairs, torn, judgement)


def _gate_of(pilot: Pilot) -> PilotGate:
    usual, chosen = PilotGate(), pilot.gate
    return PilotGate(
        kappa=chosen.get("kappa", usual.kappa),
        ac1=chosen.get("ac1", usual.ac1),
        positive=chosen.get("positive", usual.positive),
        n_includes=int(chosen.get("n_includes", usual.n_includes)),
        n_records=len(pilot.records),
    )


def _disagreements(
    first: dict[int, dict[int, str]], members: dict[int, Membership], discussed: set[int]
) -> list[tuple[Record, list[Vote], bool]]:
    torn = {
        record: votes
        for record, votes in first.items()
        if len({verdict == Verdict.EXCLUDE for verdict in votes.values()}) > 1
    }
    records = Record.objects.in_bulk(torn)
    return [
        (
            records[record],
            [Vote(members[who], verdict) for who, verdict in sorted(votes.items())],
            record in discussed,
        )
        for record, votes in sorted(torn.items())
    ]


def _discussed(review: Review, pilot: Pilot) -> set[int]:
    """Records of a round that somebody has commented on since it was opened."""
    said = Event.objects.filter(
        review=review, kind=Commented.kind, payload__stage=pilot.stage, seq__gt=pilot.opened_seq
    )
    return {payload["record"] for payload in said.values_list("payload", flat=True)}


def _votes(pilot: Pilot, decisions: QuerySet[Decision]) -> dict[int, dict[int, str]]:
    """Return {record: {member: verdict}}, the first of these decisions each made in a round."""
    found: dict[int, dict[int, str]] = defaultdict(dict)
    rows = decisions.filter(
        record__in=pilot.records, stage=pilot.stage, is_adjudication=False,
        actor__in=pilot.reviewers,
    ).order_by("seq")  # fmt: skip
    for record, actor, verdict in rows.values_list("record", "actor", "verdict"):
        found[record].setdefault(actor, verdict)
    return found
