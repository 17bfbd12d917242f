"""Outcomes: the projection of decisions, protocol changes and stopping onto `Screening`.

The fold is written once (`outcomes_of`) and serves the present, any past entry and the check.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, replace

from reviewtool.reviews.models import Event, Protocol, Review, Stage
from screening.consensus import Outcome, Settlement, Verdict, Voice, one_voice, outcome_of
from screening.models import Decision, Offer, Record, Report, Screening
from screening.services import groups

SETTLED = (Outcome.INCLUDED, Outcome.EXCLUDED)
Place = tuple[int, str]
_STOPPING = ("stopping_decided", "screening_resumed")


@dataclass(frozen=True)
class State:
    """Where one group stands at one stage; `seq` is the entry that settled it."""

    outcome: Outcome
    reason: str = ""
    conflict_kind: str = ""
    seq: int | None = None


@dataclass(frozen=True)
class Change:
    """A protocol version, and the entry that put it in force."""

    seq: int
    protocol: Protocol
    includes_settled: bool


class Rules:
    """What the fold needs to know of a review apart from its decisions, at a ledger entry."""

    def __init__(self, review: Review, *, seq: int | None = None):
        by_version = {protocol.version: protocol for protocol in review.protocols.all()}
        self.by_id = {protocol.pk: protocol for protocol in by_version.values()}
        kinds = ("protocol_changed", *_STOPPING, *PILOTS)
        found = Event.objects.filter(review=review, kind__in=kinds).as_of(seq)
        events = list(found.order_by("seq"))
        self.changes = [
            Change(e.seq, by_version[e.payload["version"]], e.payload["includes_settled"])
            for e in events
            if e.kind == "protocol_changed"
        ]
        self.first = min(by_version.values(), key=lambda protocol: protocol.version)
        self.stops = _stops(e for e in events if e.kind in _STOPPING)
        self.pilots = pilots_in(e for e in events if e.kind in PILOTS)


PILOTS = ("pilot_opened", "pilot_closed")


@dataclass(frozen=True)
class Pilot:
    """A pilot round: everybody who screened when it opened decides the same records."""

    stage: str
    records: tuple[int, ...]
    reviewers: tuple[int, ...]
    gate: Mapping[str, float]
    opened_seq: int
    closed_seq: int | None = None
    note: str = ""

    @property
    def is_open(self) -> bool:
        return self.closed_seq is None


def pilots_in(events: Iterable[Event]) -> list[Pilot]:
    """Return the pilot rounds that ledger entries tell of, in their order."""
    rounds: list[Pilot] = []
    for event in events:
        told = event.payload
        if event.kind == "pilot_opened":
            who, gate = tuple(told.get("reviewers", ())), told.get("gate", {})
            rounds.append(Pilot(told["stage"], tuple(told["records"]), who, gate, event.seq))
            continue
        rounds = [
            replace(pilot, closed_seq=event.seq, note=told.get("note", ""))
            if pilot.is_open and pilot.stage == told["stage"]
            else pilot
            for pilot in rounds
        ]
    return rounds


def _stops(events: Iterable[Event]) -> dict[str, int]:
    stops: dict[str, int] = {}
    for event in events:
        if event.kind == "stopping_decided":
            stops[event.payload["stage"]] = event.seq
        else:
            stops.pop(event.payload["stage"], None)
    return stops


def outcomes_of(
    rows: Iterable[Decision],
    *,
    canonical: Mapping[int, int],
    in_play: Collection[int],
    rules: Rules,
) -> dict[Place, State]:
    """Fold decision rows into the state of every group at every stage it has reached.

    `canonical` maps records to groups; `in_play` are the groups that were not removed before
    screening. Every group in play has a state at title and abstract; a group included there has
    one at full text; full-text work of a group no longer included is withdrawn, not lost.
    """
    rows_of: dict[Place, list[Decision]] = {}
    for row in rows:
        if row.record_id in canonical:
            rows_of.setdefault((canonical[row.record_id], row.stage), []).append(row)
    untouched = {stage: _state([], stage, rules) for stage in Stage}
    states: dict[Place, State] = {}
    pilots = {
        (canonical[record], pilot.stage): pilot
        for pilot in rules.pilots
        for record in pilot.records
        if record in canonical
    }

    def state_of(place: Place) -> State:
        if place not in rows_of and place not in pilots:
            return untouched[Stage(place[1])]
        return _state(rows_of.get(place, []), place[1], rules, pilots.get(place))

    for group in in_play:
        first = states[group, Stage.TITLE_ABSTRACT] = state_of((group, Stage.TITLE_ABSTRACT))
        if first.outcome == Outcome.INCLUDED:
            states[group, Stage.FULL_TEXT] = state_of((group, Stage.FULL_TEXT))
        elif (group, Stage.FULL_TEXT) in rows_of:
            states[group, Stage.FULL_TEXT] = State(Outcome.WITHDRAWN)
    return states


def _state(rows: list[Decision], stage: str, rules: Rules, pilot: Pilot | None = None) -> State:
    """Fold one group's rows; in an open pilot round it waits for everybody."""
    rows = sorted(rows, key=lambda row: row.seq)
    current = current_of(rows)
    everybody = len(pilot.reviewers) if pilot is not None and pilot.is_open else 0
    last = rows[-1].seq if rows else 0
    protocol = rules.by_id.get(rows[-1].protocol_id or 0, rules.first) if rows else rules.first
    settlement = settle(current, stage, protocol, at_least=everybody)
    seq = _waited_until(current, last, pilot)
    for change in rules.changes:
        if change.seq > last and (change.includes_settled or settlement.outcome not in SETTLED):
            after = settle(current, stage, change.protocol, at_least=everybody)
            seq = change.seq if after != settlement else seq
            settlement = after
    if not current and settlement.outcome == Outcome.PENDING and stage in rules.stops:
        return State(Outcome.NOT_SCREENED, seq=rules.stops[stage])
    is_settled = settlement.outcome in SETTLED
    return State(
        settlement.outcome, settlement.reason, settlement.conflict_kind, seq if is_settled else None
    )


def _waited_until(current: list[Decision], last: int, pilot: Pilot | None) -> int:
    """Return the last decision's entry, or that of the round's end if only it let the group settle."""
    closed = pilot.closed_seq if pilot is not None else None
    if pilot is None or closed is None or closed < last:
        return last
    n = len({row.actor_id for row in current if not row.is_adjudication})
    return closed if n < len(pilot.reviewers) else last


def current_of(rows: Iterable[Decision]) -> list[Decision]:
    """Return the decisions that stand after the given rows, in their order."""
    rows = list(rows)
    superseded = {row.supersedes_id for row in rows}
    return [row for row in rows if row.act == Decision.Act.DECIDE and row.pk not in superseded]


def never_offered(review: Review, *, stage: str):
    """Pending screenings offered to nobody and decided by nobody: the same whoever asks."""
    offered = Offer.objects.filter(review=review, stage=stage)
    decided = Decision.objects.filter(review=review, stage=stage)
    pending = Screening.objects.filter(review=review, stage=stage, outcome=Outcome.PENDING)
    return pending.not_about(offered).not_about(decided).order_by("record")


def settle(
    current: Iterable[Decision], stage: str, protocol: Protocol, *, at_least: int = 0
) -> Settlement:
    """Apply one protocol version to the decisions that stand for one group.

    `at_least` so many reviewers must have decided, where the protocol asks for fewer.
    """
    voices: defaultdict[int, list[Voice]] = defaultdict(list)
    adjudication = None
    for row in current:
        voice = Voice(Verdict(row.verdict), row.reason)
        if row.is_adjudication:
            adjudication = voice
        else:
            voices[row.actor_id].append(voice)
    return outcome_of(
        [one_voice(of_one) for of_one in voices.values()],
        reviewers_needed=max(protocol.reviewers_at(stage), at_least),
        maybe_counts_as_include=protocol.maybe_counts_at(stage),
        reasons_must_agree=stage == Stage.FULL_TEXT,
        adjudication=adjudication,
    )


#: What the fold reads of a decision: notes and criteria answers stay where they are.
_FOLDED = (
    "seq", "record", "actor", "protocol", "stage", "act", "verdict", "reason", "is_adjudication",
    "supersedes",
)  # fmt: skip


def states_at(
    review: Review, *, seq: int | None = None, canonical: Mapping[int, int] | None = None
) -> dict[Place, State]:
    """Return every group's states for the whole review, now or at a ledger entry."""
    canonical = groups.grouping_of(review, seq=seq) if canonical is None else canonical
    removed = groups.removals(review, seq=seq)
    out_of_play = {canonical.get(record) for record in removed}
    rows = Decision.objects.filter(review=review).as_of(seq)
    return outcomes_of(
        rows.only(*_FOLDED),
        canonical=canonical,
        in_play=set(canonical.values()) - out_of_play,
        rules=Rules(review, seq=seq),
    )


def refresh(review: Review, *, record_ids: Collection[int] | None = None) -> None:
    """Bring the screenings of the groups around some records (or of all) up to date.

    Call it after the ledger entry and, where groups changed, after `groups.regroup`.
    """
    records = Record.objects.filter(review=review)
    if record_ids is not None:
        # By id alone: given the review too, SQLite walks all of its records.
        touched = Record.objects.filter(pk__in=record_ids).order_by().values("canonical")
        records = records.filter(canonical__in=touched)
    rows = records.visible().values_list("pk", "canonical", "removed_seq")
    canonical, in_play = {}, set()
    for record, group, removed in rows:
        canonical[record] = group
        if removed is None:
            in_play.add(group)
    expected = outcomes_of(
        Decision.objects.filter(record__in=canonical)
        if record_ids is not None
        else Decision.objects.filter(review=review),
        canonical=canonical,
        in_play=in_play,
        rules=Rules(review),
    )
    around = set(canonical) | set(record_ids or ())
    if record_ids is None:
        stored = Screening.objects.filter(review=review)
    else:
        stored = Screening.objects.filter(record__in=around)
    _write(review, expected, {(row.record_id, row.stage): row for row in stored})
    _seek_reports(review, expected)


def _write(
    review: Review, expected: Mapping[Place, State], stored: Mapping[Place, Screening]
) -> None:
    gone = [row.pk for place, row in stored.items() if place not in expected]
    Screening.objects.filter(pk__in=gone).delete()
    new, changed = [], []
    for (record, stage), state in expected.items():
        row = stored.get((record, stage))
        if row is None:
            row = Screening(review=review, record_id=record, stage=stage)
            new.append(row)
        elif _as_state(row) != state:
            changed.append(row)
        row.outcome, row.reason = state.outcome.value, state.reason
        row.conflict_kind, row.settled_seq = state.conflict_kind, state.seq
    Screening.objects.bulk_create(new, batch_size=500)
    Screening.objects.bulk_update(
        changed, ["outcome", "reason", "conflict_kind", "settled_seq"], batch_size=200
    )


def _as_state(row: Screening) -> State:
    return State(Outcome(row.outcome), row.reason, row.conflict_kind, row.settled_seq)


def _seek_reports(review: Review, expected: Mapping[Place, State]) -> None:
    """A record included at title and abstract has its report sought."""
    sought = {record for record, stage in expected if stage == Stage.FULL_TEXT}
    if not sought:
        return
    having = Report.objects.filter(record__canonical__in=sought)
    missing = sought - set(having.values_list("record__canonical", flat=True))
    Report.objects.bulk_create(
        [Report(review=review, record_id=record) for record in sorted(missing)]
    )


def differences(review: Review) -> Iterable[str]:
    """Compare the stored screenings with the ledger."""
    expected = states_at(review)
    stored = {(r.record_id, r.stage): r for r in Screening.objects.filter(review=review)}
    for place in sorted(set(expected) | set(stored)):
        record, stage = place
        if place not in stored:
            yield f"record {record} has no screening at {stage}"
        elif place not in expected:
            yield f"record {record} has a screening at {stage} that no ledger entry explains"
        elif _as_state(stored[place]) != expected[place]:
            yield (
                f"record {record} at {stage} is {stored[place].outcome}, "
                f"the ledger says {expected[place].outcome}"
            )
