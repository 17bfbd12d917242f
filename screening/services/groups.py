"""Groups of duplicate records: the projection of the judgements onto `Record.canonical`.

A group is the visible records with the same canonical record, the one with the smallest id.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass

from django.db.models import Q

from reviewtool.reviews.models import Event, Review
from screening.models import DuplicateJudgement, Record

Pair = tuple[int, int]
APART = (DuplicateJudgement.Verdict.DIFFERENT, DuplicateJudgement.Verdict.RELATED)


@dataclass(frozen=True)
class Judged:
    """The judgement that holds for a pair."""

    verdict: str
    by_rule: str
    score: float
    seq: int
    is_undone: bool = False
    """Whether a person took back what a rule had joined."""

    @property
    def rank(self) -> tuple[bool, float, int]:
        """Persons before rules, sure rules before unsure ones, then by time."""
        return (bool(self.by_rule), -self.score if self.by_rule else 0.0, self.seq)


def standing(judgements: Iterable[DuplicateJudgement]) -> dict[Pair, Judged]:
    """Return the judgement that holds for every pair: a person's last word, else a rule's."""
    by_pair: dict[Pair, Judged] = {}
    joined_by_rule: set[Pair] = set()
    for row in sorted(judgements, key=lambda row: row.seq):
        pair = (row.first_id, row.second_id)
        held = by_pair.get(pair)
        if row.by_rule and row.verdict == DuplicateJudgement.Verdict.SAME:
            joined_by_rule.add(pair)
        if held is None or held.by_rule or not row.by_rule:
            is_open = row.verdict == DuplicateJudgement.Verdict.OPEN and not row.by_rule
            by_pair[pair] = Judged(
                row.verdict, row.by_rule, row.score or 0.0, row.seq,
                is_undone=is_open and pair in joined_by_rule,
            )  # fmt: skip
    return by_pair


def grouping(records: Collection[int], held: Mapping[Pair, Judged]) -> dict[int, int]:
    """Map every record to its canonical one; no group ever holds a pair judged apart.

    Joins are tried in order of `Judged.rank`; one that would put a pair judged different or
    related into one group is left out. A pair that a rule joined and a person took apart is joined
    by persons only: no rule brings it together again by way of a third record.
    """
    group = {record: {record} for record in records}
    apart = _between(pair for pair, judged in held.items() if judged.verdict in APART)
    undone = _between(pair for pair, judged in held.items() if judged.is_undone)
    same = [(judged.rank, pair) for pair, judged in held.items() if judged.verdict == "same"]
    for (is_by_rule, *_), (first, second) in sorted(same):
        if first not in group or second not in group or group[first] is group[second]:
            continue
        left, right = group[first], group[second]
        if any(not apart[record].isdisjoint(right) for record in left):
            continue
        if is_by_rule and any(not undone[record].isdisjoint(right) for record in left):
            continue
        left |= right
        for record in right:
            group[record] = left
    return {record: min(members) for record, members in group.items()}


def _between(pairs: Iterable[Pair]) -> defaultdict[int, set[int]]:
    others: defaultdict[int, set[int]] = defaultdict(set)
    for first, second in pairs:
        others[first].add(second)
        others[second].add(first)
    return others


def removals(review: Review, *, seq: int | None = None, records: Collection[int] | None = None):
    """Map each record removed before screening (and not restored) to the removing entry."""
    events = Event.objects.filter(
        review=review, kind__in=("record_removed", "record_restored")
    ).as_of(seq)
    if records is not None:
        events = events.filter(subject__in=[f"record:{record}" for record in records])
    removed: dict[int, int] = {}
    for row in events.order_by("seq"):
        record = row.payload["record"]
        if row.kind == "record_removed":
            removed[record] = row.seq
        else:
            removed.pop(record, None)
    return removed


def grouping_of(review: Review, *, seq: int | None = None) -> dict[int, int]:
    """Map every visible record of the review to its canonical one, now or at a ledger entry."""
    records = Record.objects.filter(review=review).visible(seq).values_list("pk", flat=True)
    held = standing(DuplicateJudgement.objects.filter(review=review).as_of(seq))
    return grouping(set(records), held)


def regroup(review: Review, *, record_ids: Collection[int]) -> set[int]:
    """Bring `canonical` and `removed_seq` up to date around the given records.

    Returns the ids of all records of all groups that were looked at; pass them on to
    `screenings.refresh`. Call it in the transaction of the ledger entry that made it necessary.
    """
    around, held = _around(review, set(record_ids))
    records = Record.objects.filter(pk__in=around).only(
        "pk", "canonical_id", "removed_seq", "entered_seq", "withdrawn_seq"
    )
    by_id = {record.pk: record for record in records}
    visible = {pk for pk, record in by_id.items() if record.is_visible}
    canonical = grouping(visible, held)
    removed = _removed_groups(canonical, removals(review, records=visible))
    for pk, record in by_id.items():
        record_canonical = canonical.get(pk, pk if record.withdrawn_seq else None)
        record_removed = removed.get(canonical.get(pk, pk))
        if (record.canonical_id, record.removed_seq) != (record_canonical, record_removed):
            Record.objects.filter(pk=pk).update(
                canonical_id=record_canonical, removed_seq=record_removed
            )
    return around


def _removed_groups(canonical: Mapping[int, int], removed: Mapping[int, int]) -> dict[int, int]:
    """A group is removed as soon as one of its records is."""
    groups: dict[int, int] = {}
    for record, seq in sorted(removed.items(), key=lambda item: item[1]):
        groups[canonical.get(record, record)] = seq
    return groups


def _around(review: Review, start: set[int]) -> tuple[set[int], dict[Pair, Judged]]:
    """Return everything the records are or were joined to, and the judgements between them."""
    found, new = set(), set(start)
    rows: dict[int, DuplicateJudgement] = {}
    while new:
        found |= new
        touching = DuplicateJudgement.objects.filter(review=review).filter(
            Q(first__in=new) | Q(second__in=new)
        )
        rows |= {row.pk: row for row in touching}
        joined = {
            record
            for row in touching
            if row.verdict == DuplicateJudgement.Verdict.SAME
            for record in (row.first_id, row.second_id)
        }
        canonicals = Record.objects.filter(pk__in=new, canonical__isnull=False).values("canonical")
        grouped = set(Record.objects.filter(canonical__in=canonicals).values_list("pk", flat=True))
        new = (joined | grouped) - found
    return found, standing(rows.values())


def group_of(record: Record):
    """Return the visible records of the record's group, canonical first."""
    return (
        Record.objects.visible().filter(canonical=record.canonical_id or record.pk).order_by("pk")
    )


def differences(review: Review) -> Iterable[str]:
    """Compare the stored groups with the ledger."""
    expected = grouping_of(review)
    removed = _removed_groups(expected, removals(review))
    for record in Record.objects.filter(review=review).visible():
        if record.canonical_id != expected[record.pk]:
            yield (
                f"record {record.pk} stands under {record.canonical_id}, "
                f"the ledger says {expected[record.pk]}"
            )
        if record.removed_seq != removed.get(expected[record.pk]):
            yield f"record {record.pk}: its removal before screening differs from the ledger"
