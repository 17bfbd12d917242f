"""Every number of the PRISMA 2020 diagram, and the records behind it."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from types import MappingProxyType
from typing import NamedTuple


class Count(NamedTuple):
    """A named number: a source and its records, a reason and its reports."""

    name: str
    n: int


Counts = tuple[Count, ...]


def total(counts: Iterable[tuple[str, int]]) -> int:
    return sum(n for _, n in counts)


class Pending(NamedTuple):
    """Work that must be done before the flow is final; `what` agrees with `n` in number.

    `key` names the box of `Flow.members` that holds the records.
    """

    what: str
    n: int
    key: str = ""

    def __str__(self) -> str:
        return f"{self.n:,} {self.what}"


@dataclass(frozen=True)
class ReportColumn:
    """The reports of one column, from being sought to being included.

    `unassessed` reports are among the assessed: their full text or its verdict is pending.
    """

    sought: int = 0
    not_retrieved: Counts = ()
    assessed: int = 0
    excluded: Counts = ()
    unassessed: int = 0
    included: int = 0

    @property
    def n_not_retrieved(self) -> int:
        return total(self.not_retrieved)

    @property
    def n_excluded(self) -> int:
        return total(self.excluded)


@dataclass(frozen=True)
class Flow:
    """The numbers of one PRISMA 2020 flow diagram at one instant.

    A box holds everything that reached it. What has reached a box and is not decided there yet
    (`undecided`, `left.unassessed`, `right.unassessed`) is also in `pending`, and while
    anything is pending the flow is provisional.

    `members` maps the key of every box and line to the ids in it: of records in the boxes of
    records; of canonical records (which stand for their group, or for the report) from
    "screened" on; of studies in "studies". A line that has a name, such as one database or one
    reason, has the key "databases:PubMed" or "excluded_reports:No primary data".
    """

    databases: Counts = ()
    registers: Counts = ()
    websites: Counts = ()
    organisations: Counts = ()
    citation_searching: Counts = ()
    other_sources: Counts = ()

    duplicates_by_rule: int = 0
    duplicates_by_person: int = 0
    duplicates_by_source: Counts = ()
    automation: int = 0
    removed: Counts = ()
    screened: int = 0
    excluded_by_people: int = 0
    excluded_by_automation: int = 0
    undecided: int = 0

    left: ReportColumn = ReportColumn()
    right: ReportColumn = ReportColumn()
    other_not_sought: Counts = ()

    studies: int = 0
    reports: int = 0
    previous_studies: int | None = None
    previous_reports: int | None = None
    total_studies: int | None = None
    total_reports: int | None = None
    meta_analysis_studies: int | None = None
    meta_analysis_reports: int | None = None

    pending: tuple[Pending, ...] = ()
    footnotes: tuple[str, ...] = ()
    members: Mapping[str, tuple[int, ...]] = field(default_factory=lambda: MappingProxyType({}))

    @property
    def is_provisional(self) -> bool:
        return bool(self.pending)

    @property
    def is_update(self) -> bool:
        """Whether the diagram is that of an updated review."""
        return self.previous_studies is not None or self.previous_reports is not None

    @property
    def has_other_methods(self) -> bool:
        """Whether the diagram needs its right-hand column."""
        return self.n_other_identified > 0

    @property
    def n_databases(self) -> int:
        return total(self.databases)

    @property
    def n_registers(self) -> int:
        return total(self.registers)

    @property
    def n_identified(self) -> int:
        """Records identified from databases and registers."""
        return self.n_databases + self.n_registers

    @property
    def n_other_identified(self) -> int:
        """Records identified by other methods."""
        return total(
            self.websites + self.organisations + self.citation_searching + self.other_sources
        )

    @property
    def duplicates(self) -> int:
        return self.duplicates_by_rule + self.duplicates_by_person

    @property
    def n_removed(self) -> int:
        return total(self.removed)

    @property
    def excluded(self) -> int:
        return self.excluded_by_people + self.excluded_by_automation

    def counts(self) -> dict[str, int]:
        """Every box and line of the diagram under the key it has in `members`."""
        lines = {
            f"{box}:{name}": n for box, counts in self.breakdown().items() for name, n in counts
        }
        return self._record_counts() | self._report_counts() | lines

    def _record_counts(self) -> dict[str, int]:
        return {
            "identified": self.n_identified,
            "databases": self.n_databases,
            "registers": self.n_registers,
            "other_identified": self.n_other_identified,
            "websites": total(self.websites),
            "organisations": total(self.organisations),
            "citation_searching": total(self.citation_searching),
            "other_sources": total(self.other_sources),
            "removed_before_screening": self.duplicates + self.automation + self.n_removed,
            "duplicates": self.duplicates,
            "duplicates_by_rule": self.duplicates_by_rule,
            "duplicates_by_person": self.duplicates_by_person,
            "automation": self.automation,
            "removed": self.n_removed,
            "screened": self.screened,
            "excluded": self.excluded,
            "excluded_by_people": self.excluded_by_people,
            "excluded_by_automation": self.excluded_by_automation,
        }

    def _report_counts(self) -> dict[str, int]:
        numbers = {"reports": self.reports, "studies": self.studies}
        for prefix, column in (("", self.left), ("other_", self.right)):
            numbers |= {
                f"{prefix}sought": column.sought,
                f"{prefix}not_retrieved": column.n_not_retrieved,
                f"{prefix}assessed": column.assessed,
                f"{prefix}excluded_reports": column.n_excluded,
                f"{prefix}included": column.included,
            }
        return numbers

    def breakdown(self) -> dict[str, Counts]:
        """The parts of every box that is told by source or by reason."""
        return {
            "databases": self.databases,
            "registers": self.registers,
            "websites": self.websites,
            "organisations": self.organisations,
            "citation_searching": self.citation_searching,
            "other_sources": self.other_sources,
            "duplicates": self.duplicates_by_source,
            "removed": self.removed,
            "not_retrieved": self.left.not_retrieved,
            "excluded_reports": self.left.excluded,
            "other_not_retrieved": self.right.not_retrieved,
            "other_excluded_reports": self.right.excluded,
        }


def blinded(flow: Flow) -> Flow:
    """Return the flow without a hint at which undecided records are in conflict.

    For everybody who may still decide: conflicts are counted with what awaits a decision.
    """
    merged: dict[str, int] = {}
    for each in flow.pending:
        key = _WITHOUT_CONFLICTS.get(each.key, each.key)
        merged[key] = merged.get(key, 0) + each.n
    members = dict(flow.members)
    for conflict, key in _WITHOUT_CONFLICTS.items():
        hidden = members.pop(conflict, ())
        if hidden:
            members[key] = tuple(sorted((*members.get(key, ()), *hidden)))
    pending = tuple(pending_of(key, n) for key, n in merged.items())
    return replace(flow, pending=pending, members=MappingProxyType(members))


def pending_of(key: str, n: int) -> Pending:
    """Name what is pending under a key of `PENDING`, in the right number."""
    singular, plural = PENDING[key]
    return Pending(singular if n == 1 else plural, n, key)


PENDING = {
    "pending:undecided": ("record awaiting decisions", "records awaiting decisions"),
    "pending:conflict": ("record in conflict", "records in conflict"),
    "pending:retrieval": ("report awaiting retrieval", "reports awaiting retrieval"),
    "pending:unassessed": ("report awaiting assessment", "reports awaiting assessment"),
    "pending:report_conflict": ("report in conflict", "reports in conflict"),
    "pending:study": ("included report without a study", "included reports without a study"),
}
_WITHOUT_CONFLICTS = {
    "pending:conflict": "pending:undecided",
    "pending:report_conflict": "pending:unassessed",
}
