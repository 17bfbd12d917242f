"""The log the stopping statistics replay, built from the ledger.

A record is issued when its first card is offered, or when it is decided without a card. Labels
are those of settled outcomes, never of single votes, so a blind reviewer may see what follows.
"""

from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass

from django.db.models import Min

from reviewtool.reviews.models import Event, Review
from screening.consensus import Outcome
from screening.models import Decision, DuplicateJudgement, Offer, Record, Screening
from screening.services import groups
from screening.stopping.log import Cause, DrawKind, Entry, Issued, Left, Restarted, label_of

CRITERIA = ("question", "framework", "inclusion_criteria", "exclusion_criteria")


@dataclass(frozen=True)
class Reading:
    """The records of a stage in issue order with their labels (None while pending)."""

    labels: tuple[bool | None, ...]
    n_records: int

    @property
    def settled(self) -> list[bool]:
        return [label for label in self.labels if label is not None]


def reading_of(review: Review, *, stage: str) -> Reading:
    """Return the records in play at a stage in the order in which they were first issued."""
    outcomes = _outcomes(review, stage)
    canonical = _grouping_now(review)
    order = dict.fromkeys(canonical.get(record) for _, record, _ in _first_issues(review, stage))
    labels = tuple(outcomes[group] for group in order if group is not None and group in outcomes)
    return Reading(labels, len(outcomes))


def _outcomes(review: Review, stage: str) -> dict[int, bool | None]:
    rows = Screening.objects.filter(review=review, stage=stage).exclude(outcome=Outcome.WITHDRAWN)
    return {pk: label_of(Outcome(said)) for pk, said in rows.values_list("record", "outcome")}


def _grouping_now(review: Review) -> dict[int, int]:
    rows = Record.objects.filter(review=review).visible()
    return dict(rows.values_list("pk", "canonical"))


def _first_issues(review: Review, stage: str) -> list[tuple[int, int, DrawKind]]:
    """Return (seq, record, kind) of the first card, or first decision, of every record."""
    first: dict[int, tuple[int, int, DrawKind]] = {}
    offers = Offer.objects.filter(review=review, stage=stage).order_by("-seq")
    for seq, record, kind, n_never in offers.values_list(
        "seq", "record", "kind", "n_never_offered"
    ):
        is_draw = kind == Offer.Kind.AUDIT and n_never is not None
        first[record] = (seq, record, DrawKind.RANDOM if is_draw else DrawKind.RANKED)
    decided = Decision.objects.filter(review=review, stage=stage).order_by()
    for record, seq in decided.values_list("record").annotate(Min("seq")):
        if record not in first or seq < first[record][0]:
            first[record] = (seq, record, DrawKind.IMPORT)
    return sorted(first.values())


def certificate_log(review: Review, *, stage: str, began: int) -> list[Entry]:
    """Return the log of the certificate of an audit that began at a ledger entry.

    Everything issued before counts with its label and is no evidence. Afterwards new or removed
    records restart it, and so do new criteria; a duplicate found among the never-issued leaves.
    """
    return list(_Timeline(review, stage, began).entries())


def criteria_changes(review: Review, *, after: int) -> list[int]:
    """Entries after one that put another question or other criteria in force."""
    versions = {p.version: p for p in review.protocols.all()}
    changes = Event.objects.filter(review=review, kind="protocol_changed", seq__gt=after).order_by(
        "seq"
    )
    found = []
    for seq, payload in changes.values_list("seq", "payload"):
        new = versions[payload["version"]]
        old = versions.get(new.version - 1, new)
        if any(getattr(old, field) != getattr(new, field) for field in CRITERIA):
            found.append(seq)
    return found


class _Timeline:
    """Walks from the beginning of an audit to now, keeping who is issued and who is not."""

    def __init__(self, review: Review, stage: str, began: int) -> None:
        self.review, self.stage, self.began = review, stage, began
        self.issues = _first_issues(review, stage)
        self.grouping_today = _grouping_now(review)
        self.outcomes = _outcomes(review, stage)
        self.carriers: dict[int, int] = {}
        self.issued: set[int] = set()
        self.unissued: set[int] = set()
        self.canonical: dict[int, int] = {}
        self.n_needed = review.protocol.reviewers_at(stage)
        self.said: dict[int, Decision] = {}
        self.confirming: defaultdict[int, set[int]] = defaultdict(set)

    def entries(self) -> Iterator[Entry]:
        self.canonical, population = self._population(self.began)
        before = [issue for issue in self.issues if issue[0] <= self.began]
        self.unissued = set(population)
        yield Restarted(Cause.START, len(population))
        for _, record, _ in before:
            yield from self._issue(record, DrawKind.RANKED)
        changed = 0
        for seq, what, record, kind in self._happenings():
            if what == "population":
                changed = seq
                continue
            if changed:
                yield from self._change(changed)
                changed = 0
            if what == "issue":
                yield from self._issue(record, kind)
            elif what == "criteria":
                self.confirming.clear()
                yield Restarted(Cause.CRITERIA, len(self.issued) + len(self.unissued))
            else:
                yield from self._confirm(record, self.said[seq])
        if changed:
            yield from self._change(changed)

    def _happenings(self) -> list[tuple[int, str, int, DrawKind]]:
        """Everything since the beginning in ledger order."""
        after = self.began
        found = [(seq, "issue", r, kind) for seq, r, kind in self.issues if seq > after]
        none = DrawKind.RANKED
        found += [(seq, "population", 0, none) for seq in self._population_changes()]
        criteria = criteria_changes(self.review, after=self.began)
        found += [(seq, "criteria", 0, none) for seq in criteria]
        if criteria:
            again = Decision.objects.filter(
                review=self.review, stage=self.stage, seq__gt=criteria[0]
            ).current()
            self.said = {row.seq: row for row in again.only("seq", "actor", "is_adjudication")}
            found += [(seq, "say", r, none) for seq, r in again.values_list("seq", "record")]
        return sorted(found)

    def _population_changes(self) -> set[int]:
        records = Record.objects.filter(review=self.review).only("entered_seq", "withdrawn_seq")
        judged = DuplicateJudgement.objects.filter(review=self.review, seq__gt=self.began)
        events = Event.objects.filter(
            review=self.review, kind__in=("record_removed", "record_restored"), seq__gt=self.began
        )
        return {
            *(r.entered_seq or 0 for r in records.filter(entered_seq__gt=self.began)),
            *(r.withdrawn_seq or 0 for r in records.filter(withdrawn_seq__gt=self.began)),
            *judged.values_list("seq", flat=True),
            *events.values_list("seq", flat=True),
        }

    def _population(self, seq: int) -> tuple[dict[int, int], set[int]]:
        canonical = groups.grouping_of(self.review, seq=seq)
        removed = {canonical.get(record) for record in groups.removals(self.review, seq=seq)}
        return canonical, set(canonical.values()) - removed

    def _issue(self, record: int, kind: DrawKind) -> Iterator[Entry]:
        group = self.canonical.get(record, record)
        if group in self.unissued:
            self.unissued.discard(group)
            self.issued.add(group)
            yield Issued(group, kind, self._label(group))

    def _confirm(self, record: int, decision: Decision) -> Iterator[Entry]:
        """A label counts again once as many reviewers as are needed, or a referee, have said so."""
        group = self.canonical.get(record, record)
        voices = self.confirming[group]
        voices.add(decision.actor_id)
        is_settled = decision.is_adjudication or len(voices) >= self.n_needed
        if group in self.issued and is_settled:
            yield Issued(group, DrawKind.RANKED, self._label(group))

    def _label(self, group: int) -> bool | None:
        """Today's label; of records joined since, the first issued carries it."""
        today = self.grouping_today.get(group)
        if today is None or today not in self.outcomes:
            return False
        carrier = self.carriers.setdefault(today, group)
        return self.outcomes[today] if carrier == group else False

    def _change(self, seq: int) -> Iterator[Entry]:
        """Bring the never-issued up to date with the groups as they were at an entry."""
        self.canonical, population = self._population(seq)
        touched = _groups_of(self._issued_records(seq), self.canonical) | self.issued
        unissued = population - touched
        gone = self.unissued - unissued
        joined = {group for group in gone if self.canonical.get(group, group) != group}
        is_same_population = unissued <= self.unissued and gone == joined
        self.unissued = unissued
        if is_same_population:
            yield from (Left(group) for group in sorted(joined))
        else:
            yield Restarted(Cause.POPULATION, len(self.issued) + len(unissued))

    def _issued_records(self, seq: int) -> set[int]:
        return {record for at, record, _ in self.issues if at <= seq}


def _groups_of(records: Collection[int], canonical: Mapping[int, int]) -> set[int]:
    return {canonical.get(record, record) for record in records}
