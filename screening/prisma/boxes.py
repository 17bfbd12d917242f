"""What every box of the diagram says, in the words of PRISMA 2020."""

from collections.abc import Iterable
from dataclasses import dataclass

from screening.prisma.flow import Counts, Flow, ReportColumn, total
from screening.prisma.fold import NO_REASON


@dataclass(frozen=True)
class Line:
    """One line of a box; `key` is its box of `Flow.members`, `n` its number if it has one."""

    text: str
    n: int | None = None
    key: str = ""
    depth: int = 0


@dataclass(frozen=True)
class Box:
    key: str
    lines: tuple[Line, ...]

    @property
    def label(self) -> str:
        """The box in one sentence, for those who hear it."""
        told = (line.text if line.n is None else f"{line.text} {line.n:,}" for line in self.lines)
        return "; ".join(told).replace(":; ", ": ")


def previous(flow: Flow) -> Box:
    lines = (
        Line("Studies included in previous version of review", flow.previous_studies),
        Line("Reports of studies included in previous version of review", flow.previous_reports),
    )
    return Box("previous", lines)


def identified(flow: Flow, *, details: bool) -> Box:
    lines = [
        Line("Records identified from:"),
        Line("Databases", flow.n_databases, "databases", 1),
        *_named("databases", flow.databases, details),
        Line("Registers", flow.n_registers, "registers", 1),
        *_named("registers", flow.registers, details),
    ]
    return Box("identified", tuple(lines))


def removed_before_screening(flow: Flow, *, details: bool) -> Box:
    lines = [
        Line("Records removed before screening:"),
        Line("Duplicate records removed", flow.duplicates, "duplicates", 1),
        *(_joined(flow) if details and flow.duplicates else ()),
        Line("Records marked as ineligible by automation tools", flow.automation, "automation", 1),
        Line("Records removed for other reasons", flow.n_removed, "removed", 1),
        *_named("removed", flow.removed, details),
    ]
    return Box("removed_before_screening", tuple(lines))


def _joined(flow: Flow) -> Iterable[Line]:
    yield Line("joined by a rule", flow.duplicates_by_rule, "duplicates_by_rule", 2)
    yield Line("joined by a person", flow.duplicates_by_person, "duplicates_by_person", 2)


def screened(flow: Flow) -> Box:
    return Box("screened", (Line("Records screened", flow.screened, "screened"),))


def excluded(flow: Flow) -> Box:
    """Once automation tools have excluded records, PRISMA wants the split told."""
    lines = [Line("Records excluded", flow.excluded, "excluded")]
    if flow.excluded_by_automation:
        lines += [
            Line("by people", flow.excluded_by_people, "excluded_by_people", 1),
            Line("by automation tools", flow.excluded_by_automation, "excluded_by_automation", 1),
        ]
    return Box("excluded", tuple(lines))


def other_identified(flow: Flow, *, details: bool) -> Box:
    lines = [
        Line("Records identified from:"),
        Line("Websites", total(flow.websites), "websites", 1),
        Line("Organisations", total(flow.organisations), "organisations", 1),
        Line("Citation searching", total(flow.citation_searching), "citation_searching", 1),
        *(Line(name, n, f"other_sources:{name}", 1) for name, n in flow.other_sources),
    ]
    return Box("other_identified", tuple(lines))


def sought(column: ReportColumn, prefix: str) -> Box:
    return _single(f"{prefix}sought", "Reports sought for retrieval", column.sought)


def not_retrieved(column: ReportColumn, prefix: str, *, details: bool) -> Box:
    key = f"{prefix}not_retrieved"
    lines = [Line("Reports not retrieved", column.n_not_retrieved, key)]
    if any(name != NO_REASON for name, _ in column.not_retrieved):
        lines += _named(key, column.not_retrieved, details, depth=1)
    return Box(key, tuple(lines))


def assessed(column: ReportColumn, prefix: str) -> Box:
    return _single(f"{prefix}assessed", "Reports assessed for eligibility", column.assessed)


def excluded_reports(column: ReportColumn, prefix: str) -> Box:
    key = f"{prefix}excluded_reports"
    if not column.excluded:
        return _single(key, "Reports excluded", 0)
    lines = (Line("Reports excluded:"), *_named(key, column.excluded, True, depth=1))
    return Box(key, lines)


def included(flow: Flow) -> Box:
    """In an updated review these are the new studies; in a new one, simply the studies."""
    studies, reports = INCLUDED_NEW if flow.is_update else INCLUDED
    lines = (Line(studies, flow.studies, "studies"), Line(reports, flow.reports, "reports"))
    return Box("reports", lines)


def total_included(flow: Flow) -> Box:
    lines = (
        Line("Total studies included in review", flow.total_studies),
        Line("Reports of total included studies", flow.total_reports),
    )
    return Box("total", lines)


def _single(key: str, text: str, n: int) -> Box:
    return Box(key, (Line(text, n, key),))


def _named(key: str, counts: Counts, details: bool, depth: int = 2) -> tuple[Line, ...]:
    if not details:
        return ()
    return tuple(Line(name, n, f"{key}:{name}", depth) for name, n in counts)


INCLUDED = ("Studies included in review", "Reports of included studies")
INCLUDED_NEW = ("New studies included in review", "Reports of new included studies")
PREVIOUS_HEADING = "Previous studies"
HEADINGS = (
    "Identification of studies via databases and registers",
    "Identification of studies via other methods",
)
HEADINGS_NEW = (
    "Identification of new studies via databases and registers",
    "Identification of new studies via other methods",
)


def headings(flow: Flow) -> tuple[str, str]:
    return HEADINGS_NEW if flow.is_update else HEADINGS
