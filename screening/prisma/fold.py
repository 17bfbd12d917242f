"""From facts to the flow: the rules by which the diagram counts, written once, here."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from functools import cached_property
from types import MappingProxyType

from screening.consensus import Outcome
from screening.prisma.facts import (
    LEFT_KINDS,
    GroupFact,
    JoinedBy,
    RecordFact,
    Retrieval,
    SourceKind,
    StoppingFact,
    Tally,
    UnreadAs,
)
from screening.prisma.flow import PENDING, Count, Counts, Flow, ReportColumn, pending_of

Ids = list[int]
#: The ids under every name of a box, in the order in which the diagram prints the names.
Named = dict[str, Ids]


class Place(StrEnum):
    """Where a group has come to rest; every group is in exactly one place."""

    REMOVED = "removed"
    UNREAD = "unread"
    UNDECIDED = "undecided"
    CONFLICT = "conflict"
    EXCLUDED = "excluded"
    NOT_RETRIEVED = "not_retrieved"
    RETRIEVAL = "retrieval"
    UNASSESSED = "unassessed"
    REPORT_CONFLICT = "report_conflict"
    REPORT_EXCLUDED = "report_excluded"
    INCLUDED = "included"


_UNDECIDED = frozenset({Place.UNDECIDED, Place.CONFLICT})
_UNASSESSED = frozenset({Place.RETRIEVAL, Place.UNASSESSED, Place.REPORT_CONFLICT})
_ASSESSED = _UNASSESSED | {Place.REPORT_EXCLUDED, Place.INCLUDED}
_SOUGHT = _ASSESSED | {Place.NOT_RETRIEVED}
_SCREENED = _SOUGHT | _UNDECIDED | {Place.EXCLUDED}

_SOURCE_BOXES = {
    SourceKind.DATABASE: "databases",
    SourceKind.REGISTER: "registers",
    SourceKind.WEBSITE: "websites",
    SourceKind.ORGANISATION: "organisations",
    SourceKind.CITATION_SEARCHING: "citation_searching",
    SourceKind.OTHER: "other_sources",
}
UNREAD = "Left unread when screening stopped"
NO_REASON = "No reason recorded"
NO_SOURCE = "Unnamed source"


@dataclass(frozen=True)
class _Group:
    """A group with its records, the canonical one first."""

    fact: GroupFact
    records: tuple[RecordFact, ...]

    @property
    def id(self) -> int:
        return self.fact.group_id

    @cached_property
    def left(self) -> tuple[RecordFact, ...]:
        return tuple(r for r in self.records if SourceKind(r.source_kind) in LEFT_KINDS)

    @cached_property
    def right(self) -> tuple[RecordFact, ...]:
        return tuple(r for r in self.records if SourceKind(r.source_kind) not in LEFT_KINDS)

    @property
    def duplicates(self) -> tuple[RecordFact, ...]:
        """Left-column copies beyond the one that stands for the report."""
        return self.left[1:]

    @cached_property
    def removed_reason(self) -> str | None:
        reasons = (record.removed_reason for record in self.records)
        return next((reason for reason in reasons if reason is not None), None)

    @cached_property
    def place(self) -> Place:
        if self.removed_reason is not None:
            return Place.REMOVED
        if self.fact.ta_outcome == Outcome.INCLUDED:
            return _place_of_report(self.fact)
        return _PLACE_AFTER_SCREENING.get(self.fact.ta_outcome, Place.UNDECIDED)

    def joined_by(self, record: RecordFact) -> str:
        return JoinedBy(self.fact.joined_by.get(record.record_id, JoinedBy.RULE))


_PLACE_AFTER_SCREENING: dict[str, Place] = {
    Outcome.NOT_SCREENED: Place.UNREAD,
    Outcome.CONFLICT: Place.CONFLICT,
    Outcome.EXCLUDED: Place.EXCLUDED,
}
_PLACE_AFTER_FULL_TEXT: dict[str, Place] = {
    Outcome.INCLUDED: Place.INCLUDED,
    Outcome.EXCLUDED: Place.REPORT_EXCLUDED,
}


def _place_of_report(fact: GroupFact) -> Place:
    """A conflict shows only once the report is there: until then a blinded flow could not
    count it with what awaits retrieval, and would give the conflict away."""
    if fact.retrieval == Retrieval.NOT_RETRIEVED:
        return Place.NOT_RETRIEVED
    if fact.ft_outcome in _PLACE_AFTER_FULL_TEXT:
        return _PLACE_AFTER_FULL_TEXT[fact.ft_outcome]
    if fact.retrieval != Retrieval.RETRIEVED:
        return Place.RETRIEVAL
    is_conflict = fact.ft_outcome == Outcome.CONFLICT
    return Place.REPORT_CONFLICT if is_conflict else Place.UNASSESSED


def build_flow(
    records: Iterable[RecordFact],
    groups: Iterable[GroupFact],
    *,
    previous: Tally | None = None,
    meta_analysis: Tally | None = None,
    stopping: StoppingFact | None = None,
    reason_order: Sequence[str] = (),
    notes: Sequence[str] = (),
) -> Flow:
    """Count a review's records, reports and studies by the rules of PRISMA 2020.

    Every record is identified once, under the kind and name of its source. Records of one
    report form a group; a group with no fact of its own is undecided, one without records is
    not counted. Every group comes to rest in exactly one `Place` (the first that applies):

    1. *Removed* before screening, when any of its records was removed by hand.
    2. *Unread*, when a stopping decision left it so. Counted as `stopping.counts_as` says: by
       default as ineligible by automation tools, before screening.
    3. *Undecided*, *in conflict* or *excluded* by screening titles and abstracts.
    4. Whatever was included there is sought: *not retrieved* (whatever else is known of it),
       then *included* or *excluded* at full text, else awaiting *retrieval*, and once retrieved
       awaiting assessment or *in conflict*.

    The columns: a group with at least one record from a database or register belongs to the
    left one. Of its records of those kinds one stands for the report (the canonical record, else
    the one with the smallest id) and the others are duplicates, joined by a rule or a person;
    its records of other kinds are not duplicates: they count as identified by other methods
    and a footnote says that they were already found. All other groups belong to the right
    column, which has no boxes for duplicates, removal or screening: what does not go on to
    retrieval there is told in footnotes and in `other_not_sought`.

    The boxes: screened is everything neither removed nor unread; assessed is everything sought
    except what could not be retrieved. Both hold what is still undecided there, which `pending`
    lists. Studies are those with at least one included report. `reason_order` is the
    protocol's order of reasons; others follow, the most frequent first. `notes` join the
    footnotes.
    """
    gathered = _gather(records, groups)
    unread_as = UnreadAs(stopping.counts_as) if stopping else UnreadAs.AUTOMATION
    boxes = _Boxes(gathered, unread_as=unread_as, reason_order=tuple(reason_order))
    flow = boxes.flow()
    flow = _with_tallies(flow, previous=previous, meta_analysis=meta_analysis)
    footnotes = (*_stopping_notes(boxes, stopping), *_other_notes(boxes), *notes)
    return replace(flow, footnotes=footnotes)


def _gather(records: Iterable[RecordFact], groups: Iterable[GroupFact]) -> list[_Group]:
    facts = {fact.group_id: fact for fact in groups}
    by_group: defaultdict[int, list[RecordFact]] = defaultdict(list)
    for record in records:
        by_group[record.group_id].append(record)
    return [
        _Group(facts.get(group, GroupFact(group)), _canonical_first(group, members))
        for group, members in sorted(by_group.items())
    ]


def _canonical_first(group: int, records: list[RecordFact]) -> tuple[RecordFact, ...]:
    return tuple(sorted(records, key=lambda r: (r.record_id != group, r.record_id)))


class _Boxes:
    """The ids in every box; the numbers of the flow are their lengths."""

    def __init__(
        self, groups: list[_Group], *, unread_as: UnreadAs, reason_order: tuple[str, ...]
    ) -> None:
        self.left = [group for group in groups if group.left]
        self.right = [group for group in groups if not group.left]
        self.unread_as = unread_as
        self.reason_order = reason_order
        self.named: dict[str, Named] = {}
        self.ids: dict[str, Ids] = {}
        self._identify(groups)
        self._remove()
        self._screen()
        for prefix, column in (("", self.left), ("other_", self.right)):
            self._retrieve(prefix, column)
        self._include()
        self._wait(groups)

    def _identify(self, groups: list[_Group]) -> None:
        records = [record for group in groups for record in group.records]
        for kind, box in _SOURCE_BOXES.items():
            of_kind = [record for record in records if record.source_kind == kind]
            self._name(box, ((r.source_name or NO_SOURCE, r.record_id) for r in of_kind))
        self._merge("identified", "databases", "registers")
        self._merge(
            "other_identified", "websites", "organisations", "citation_searching", "other_sources"
        )

    def _remove(self) -> None:
        copies = [(group, copy) for group in self.left for copy in group.duplicates]
        self._name("duplicates", ((c.source_name or NO_SOURCE, c.record_id) for _, c in copies))
        for joined_by in JoinedBy:
            self.ids[f"duplicates_by_{joined_by}"] = [
                copy.record_id for group, copy in copies if group.joined_by(copy) == joined_by
            ]
        unread = _ids(self.left, {Place.UNREAD})
        self.ids["automation"] = unread if self.unread_as == UnreadAs.AUTOMATION else []
        removed = [(group.removed_reason or NO_REASON, group.id) for group in self._removed()]
        if self.unread_as == UnreadAs.OTHER:
            removed += [(UNREAD, group) for group in unread]
        self._name("removed", removed)
        self._merge("removed_before_screening", "duplicates", "automation", "removed")

    def _removed(self) -> list[_Group]:
        return [group for group in self.left if group.place == Place.REMOVED]

    def _screen(self) -> None:
        read_by_machine = {Place.UNREAD} if self.unread_as == UnreadAs.EXCLUDED else set()
        self.ids["screened"] = _ids(self.left, _SCREENED | read_by_machine)
        self.ids["excluded_by_people"] = _ids(self.left, {Place.EXCLUDED})
        self.ids["excluded_by_automation"] = _ids(self.left, read_by_machine)
        self._merge("excluded", "excluded_by_people", "excluded_by_automation")

    def _retrieve(self, prefix: str, column: list[_Group]) -> None:
        self.ids[f"{prefix}sought"] = _ids(column, _SOUGHT)
        self.ids[f"{prefix}assessed"] = _ids(column, _ASSESSED)
        self.ids[f"{prefix}included"] = _ids(column, {Place.INCLUDED})
        self._name(
            f"{prefix}not_retrieved",
            (
                (group.fact.not_retrieved_reason or NO_REASON, group.id)
                for group in column
                if group.place == Place.NOT_RETRIEVED
            ),
        )
        self._name(
            f"{prefix}excluded_reports",
            (
                (group.fact.ft_reason or NO_REASON, group.id)
                for group in column
                if group.place == Place.REPORT_EXCLUDED
            ),
        )

    def _include(self) -> None:
        self._merge("reports", "included", "other_included")
        self.ids["studies"] = sorted(
            {study for group in self._included() for study in group.fact.study_ids}
        )

    def _included(self) -> list[_Group]:
        return [group for group in self.left + self.right if group.place == Place.INCLUDED]

    def _wait(self, groups: list[_Group]) -> None:
        for place in sorted(_UNDECIDED | _UNASSESSED):
            self.ids[f"pending:{place}"] = _ids(groups, {place})
        self.ids["pending:study"] = sorted(
            group.id for group in self._included() if not group.fact.study_ids
        )

    def _name(self, box: str, pairs: Iterable[tuple[str, int]]) -> None:
        """Fill a box whose lines have names."""
        by_name: defaultdict[str, Ids] = defaultdict(list)
        for name, member in pairs:
            by_name[name].append(member)
        self.named[box] = {name: sorted(by_name[name]) for name in self._in_order(by_name)}
        self.ids[box] = sorted(member for ids in by_name.values() for member in ids)

    def _in_order(self, by_name: Mapping[str, Ids]) -> list[str]:
        place = {name: position for position, name in enumerate(self.reason_order)}
        last = len(place)
        return sorted(by_name, key=lambda name: (place.get(name, last), -len(by_name[name]), name))

    def _merge(self, box: str, *parts: str) -> None:
        self.ids[box] = sorted(member for part in parts for member in self.ids[part])

    def flow(self) -> Flow:
        n = {box: len(ids) for box, ids in self.ids.items()}
        return Flow(
            databases=self._counts("databases"),
            registers=self._counts("registers"),
            websites=self._counts("websites"),
            organisations=self._counts("organisations"),
            citation_searching=self._counts("citation_searching"),
            other_sources=self._counts("other_sources"),
            duplicates_by_rule=n["duplicates_by_rule"],
            duplicates_by_person=n["duplicates_by_person"],
            duplicates_by_source=self._counts("duplicates"),
            automation=n["automation"],
            removed=self._counts("removed"),
            screened=n["screened"],
            excluded_by_people=n["excluded_by_people"],
            excluded_by_automation=n["excluded_by_automation"],
            undecided=len(_ids(self.left, _UNDECIDED)),
            left=self._column("", self.left),
            right=self._column("other_", self.right),
            other_not_sought=self.not_sought(),
            studies=n["studies"],
            reports=n["reports"],
            pending=tuple(pending_of(key, n[key]) for key in PENDING if n[key]),
            members=self._members(),
        )

    def _column(self, prefix: str, column: list[_Group]) -> ReportColumn:
        return ReportColumn(
            sought=len(self.ids[f"{prefix}sought"]),
            not_retrieved=self._counts(f"{prefix}not_retrieved"),
            assessed=len(self.ids[f"{prefix}assessed"]),
            excluded=self._counts(f"{prefix}excluded_reports"),
            unassessed=len(_ids(column, _UNASSESSED)),
            included=len(self.ids[f"{prefix}included"]),
        )

    def _counts(self, box: str) -> Counts:
        return tuple(Count(name, len(ids)) for name, ids in self.named[box].items())

    def not_sought(self) -> Counts:
        """Why records identified by other methods are not among the reports sought there."""
        counts = (
            Count("already found in databases or registers", sum(len(g.right) for g in self.left)),
            Count("further copies", sum(len(g.right) - 1 for g in self.right)),
            Count("removed before screening", len(_ids(self.right, {Place.REMOVED}))),
            Count("left unread", len(_ids(self.right, {Place.UNREAD}))),
            Count("excluded on title and abstract", len(_ids(self.right, {Place.EXCLUDED}))),
            Count("awaiting decisions", len(_ids(self.right, _UNDECIDED))),
        )
        return tuple(count for count in counts if count.n)

    def _members(self) -> Mapping[str, tuple[int, ...]]:
        boxes = {box: tuple(ids) for box, ids in self.ids.items()}
        lines = {
            f"{box}:{name}": tuple(ids)
            for box, named in self.named.items()
            for name, ids in named.items()
        }
        return MappingProxyType(boxes | lines)


def _ids(groups: Iterable[_Group], places: Iterable[Place]) -> Ids:
    wanted = frozenset(places)
    return [group.id for group in groups if group.place in wanted]


def _with_tallies(flow: Flow, *, previous: Tally | None, meta_analysis: Tally | None) -> Flow:
    if previous:
        flow = replace(
            flow,
            previous_studies=previous.studies,
            previous_reports=previous.reports,
            total_studies=previous.studies + flow.studies,
            total_reports=previous.reports + flow.reports,
        )
    if meta_analysis:
        flow = replace(
            flow,
            meta_analysis_studies=meta_analysis.studies,
            meta_analysis_reports=meta_analysis.reports,
        )
    return flow


_UNREAD_IS = {
    UnreadAs.AUTOMATION: "counted as marked ineligible by automation tools",
    UnreadAs.EXCLUDED: "counted as screened and excluded by automation tools",
    UnreadAs.OTHER: "counted as removed before screening for other reasons",
}


def _stopping_notes(boxes: _Boxes, stopping: StoppingFact | None) -> list[str]:
    """Say by which rule, model and day records were left unread, and where they are counted."""
    n = len(_ids(boxes.left, {Place.UNREAD}))
    if stopping is None or not n:
        return []
    day = f"{stopping.decided_on.day} {stopping.decided_on:%B %Y}"
    told = [part for part in (stopping.rule, stopping.model) if part]
    by = f" ({'; '.join(told)})" if told else ""
    are = "record was" if n == 1 else "records were"
    how = _UNREAD_IS[UnreadAs(stopping.counts_as)]
    return [f"{n:,} {are} left unread when screening was stopped on {day}{by}; {how}."]


def _other_notes(boxes: _Boxes) -> list[str]:
    """Account for records of other methods that the right-hand column shows no further."""
    return [
        f"{n:,} {'record' if n == 1 else 'records'} identified by other methods: {why}."
        for why, n in boxes.not_sought()
    ]
