"""The flow as tables for machines: the PRISMA2020 R package's CSV, and JSON."""

import csv
import io
import re
from collections.abc import Mapping
from typing import NamedTuple

from screening.prisma import boxes
from screening.prisma.flow import Counts, Flow, total
from screening.prisma.identities import check_identities

COLUMNS = ("data", "node", "box", "description", "boxtext", "tooltips", "url", "n")
NA = "NA"


class TemplateRow(NamedTuple):
    """A row the package expects; it fails when one of them is missing.

    `ours` is the box of our diagram that the row belongs to. Only the first row of a box has a
    node and a tooltip.
    """

    data: str
    node: str
    box: str
    text: str
    ours: str = ""


#: The rows that only carry labels have the number 0 in the package's template.
LABELS = frozenset({NA, "identification", "screening", "included"})


def _template(flow: Flow) -> tuple[TemplateRow, ...]:
    row = TemplateRow
    via_databases, via_other = boxes.headings(flow)
    new_studies, new_reports = boxes.INCLUDED_NEW if flow.is_update else boxes.INCLUDED
    return (
        row(NA, "node4", "prevstud", boxes.PREVIOUS_HEADING),
        row("previous_studies", "node5", "box1", _PREVIOUS[0], "previous"),
        row("previous_reports", NA, "box1", _PREVIOUS[1], "previous"),
        row(NA, "node6", "newstud", via_databases),
        row("database_results", "node7", "box2", "Databases", "identified"),
        row("database_specific_results", NA, "box2", "Specific Databases", "identified"),
        row("register_results", NA, "box2", "Registers", "identified"),
        row("register_specific_results", NA, "box2", "Specific Registers", "identified"),
        row(NA, "node16", "othstud", via_other),
        row("website_results", "node17", "box11", "Websites", "other_identified"),
        row("organisation_results", NA, "box11", "Organisations", "other_identified"),
        row("citations_results", NA, "box11", "Citation searching", "other_identified"),
        row("duplicates", "node8", "box3", "Duplicate records", "removed_before_screening"),
        row("excluded_automatic", NA, "box3", _AUTOMATION, "removed_before_screening"),
        row("excluded_other", NA, "box3", _OTHER_REASONS, "removed_before_screening"),
        row("records_screened", "node9", "box4", "Records screened", "screened"),
        row("records_excluded", "node10", "box5", "Records excluded", "excluded"),
        row("dbr_sought_reports", "node11", "box6", _SOUGHT, "sought"),
        row("dbr_notretrieved_reports", "node12", "box7", _LOST, "not_retrieved"),
        row("other_sought_reports", "node18", "box12", _SOUGHT, "other_sought"),
        row("other_notretrieved_reports", "node19", "box13", _LOST, "other_not_retrieved"),
        row("dbr_assessed", "node13", "box8", _ASSESSED, "assessed"),
        row("dbr_excluded", "node14", "box9", "Reports excluded", "excluded_reports"),
        row("other_assessed", "node20", "box14", _ASSESSED, "other_assessed"),
        row("other_excluded", "node21", "box15", "Reports excluded", "other_excluded_reports"),
        row("new_studies", "node15", "box10", new_studies, "reports"),
        row("new_reports", NA, "box10", new_reports, "reports"),
        row("total_studies", "node22", "box16", _TOTAL[0], "total"),
        row("total_reports", NA, "box16", _TOTAL[1], "total"),
        row("identification", "node1", "identification", "Identification"),
        row("screening", "node2", "screening", "Screening"),
        row("included", "node3", "included", "Included"),
        row("total_studies_ma", "node23", "box17", _META[0]),
        row("total_reports_ma", NA, "box17", _META[1]),
    )


_PREVIOUS = (
    "Studies included in previous version of review",
    "Reports of studies included in previous version of review",
)
_TOTAL = ("Total studies included in review", "Reports of total included studies")
_META = (
    "Total studies included in meta-analysis",
    "Reports of total included studies in meta-analysis",
)
_AUTOMATION = "Records marked as ineligible by automation tools"
_OTHER_REASONS = "Records removed for other reasons"
_SOUGHT = "Reports sought for retrieval"
_LOST = "Reports not retrieved"
_ASSESSED = "Reports assessed for eligibility"


def to_r_csv(flow: Flow, *, links: Mapping[str, str] | None = None) -> str:
    """Write the flow as the CSV that the R package PRISMA2020 reads.

    All rows of its template are there, with NA where the flow has nothing. Commas and
    semicolons separate names from numbers in it, so those inside names become slashes. Sources
    of the kind "other" are counted with the organisations, as `r_call` notes. `links` are the
    addresses of boxes, as for the diagram.
    """
    values = _values(flow)
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(COLUMNS)
    for row in _template(flow):
        value = "0" if row.data in LABELS else values[row.data]
        url = (links or {}).get(row.ours, NA)
        description = _description(row)
        tooltip = NA if row.node == NA else description
        writer.writerow([row.data, row.node, row.box, description, row.text, tooltip, url, value])
    return text.getvalue()


def _description(row: TemplateRow) -> str:
    """Say in which part of the diagram a text stands, where the text alone would not."""
    if row.data in LABELS:
        return f"Label of a part of the diagram: {row.text}"
    if row.ours.startswith("other_"):
        return f"{row.text} (other methods)"
    if row.ours in _LEFT_ONLY:
        return f"{row.text} (databases and registers)"
    return row.text


_LEFT_ONLY = frozenset(
    {
        "screened",
        "excluded",
        "sought",
        "not_retrieved",
        "assessed",
        "excluded_reports",
    }
)


def _values(flow: Flow) -> dict[str, str]:
    left = flow.left
    return {
        "previous_studies": _number(flow.previous_studies),
        "previous_reports": _number(flow.previous_reports),
        "database_results": _number(flow.n_databases),
        "database_specific_results": _named(flow.databases) or NA,
        "register_results": _number(flow.n_registers),
        "register_specific_results": _named(flow.registers) or NA,
        "duplicates": _number(flow.duplicates),
        "excluded_automatic": _number(flow.automation),
        "excluded_other": _number(flow.n_removed),
        "records_screened": _number(flow.screened),
        "records_excluded": _number(flow.excluded),
        "dbr_sought_reports": _number(left.sought),
        "dbr_notretrieved_reports": _number(left.n_not_retrieved),
        "dbr_assessed": _number(left.assessed),
        "dbr_excluded": _named(left.excluded) or "0",
        "new_studies": _number(flow.studies),
        "new_reports": _number(flow.reports),
        "total_studies": _number(flow.total_studies),
        "total_reports": _number(flow.total_reports),
        "total_studies_ma": _number(flow.meta_analysis_studies),
        "total_reports_ma": _number(flow.meta_analysis_reports),
        **_other_values(flow),
    }


def _other_values(flow: Flow) -> dict[str, str]:
    """Without other methods all is NA but the reasons: the package wants a list to wrap."""
    right = flow.right
    values = {
        "website_results": _number(total(flow.websites)),
        "organisation_results": _number(total(flow.organisations + flow.other_sources)),
        "citations_results": _number(total(flow.citation_searching)),
        "other_sought_reports": _number(right.sought),
        "other_notretrieved_reports": _number(right.n_not_retrieved),
        "other_assessed": _number(right.assessed),
        "other_excluded": _named(right.excluded) or "0",
    }
    if flow.has_other_methods:
        return values
    return dict.fromkeys(values, NA) | {"other_excluded": values["other_excluded"]}


def _number(n: int | None) -> str:
    return NA if n is None else str(n)


def _named(counts: Counts) -> str:
    return "; ".join(f"{_safe(name)}, {n}" for name, n in counts)


def _safe(name: str) -> str:
    """A name the package reads whole: it cuts names at the first comma, lists at semicolons."""
    return re.sub(r"\s*[,;]\s*", " / ", " ".join(name.split())).strip(" /") or "Unnamed"


def r_call(flow: Flow, *, csv_name: str = "prisma.csv") -> str:
    """Write the R lines that draw the CSV: which columns to draw is not in the file itself."""
    lines = [
        "library(PRISMA2020)",
        f'data <- PRISMA_data(read.csv("{csv_name}", stringsAsFactors = FALSE))',
        "PRISMA_flowdiagram(",
        "  data,",
        "  interactive = FALSE,",
        f"  previous = {_logical(flow.is_update)},",
        f"  other = {_logical(flow.has_other_methods)},",
        f"  detail_databases = {_logical(bool(flow.databases))},",
        f"  detail_registers = {_logical(bool(flow.registers))},",
        f"  meta_analysis = {_logical(flow.meta_analysis_studies is not None)}",
        ")",
    ]
    return "\n".join([*_r_notes(flow), *lines, ""])


def _r_notes(flow: Flow) -> list[str]:
    named = "; ".join(f"{' '.join(name.split())}: {n}" for name, n in flow.other_sources)
    counted = [f"Organisations include other methods ({named})."] if named else []
    pending = [f"Provisional: {each}." for each in flow.pending]
    notes = [*pending, *counted, *flow.footnotes]
    return [f"# {' '.join(note.split())}" for note in notes]


def _logical(value: bool) -> str:
    return "TRUE" if value else "FALSE"


def to_json(flow: Flow) -> dict[str, object]:
    """The flow as plain data: numbers, their parts, identities, what is pending, and the ids.

    Ids in `members` are of records, except under "studies".
    """
    numbers = {box: n for box, n in flow.counts().items() if ":" not in box}
    return {
        "is_provisional": flow.is_provisional,
        "is_update": flow.is_update,
        "counts": numbers | _tallies(flow),
        "breakdown": {box: _pairs(counts) for box, counts in flow.breakdown().items()},
        "other_not_sought": _pairs(flow.other_not_sought),
        "identities": [check._asdict() for check in check_identities(flow)],
        "pending": [pending._asdict() for pending in flow.pending],
        "footnotes": list(flow.footnotes),
        "members": {box: list(ids) for box, ids in flow.members.items()},
    }


def _tallies(flow: Flow) -> dict[str, int | None]:
    return {
        "previous_studies": flow.previous_studies,
        "previous_reports": flow.previous_reports,
        "total_studies": flow.total_studies,
        "total_reports": flow.total_reports,
        "meta_analysis_studies": flow.meta_analysis_studies,
        "meta_analysis_reports": flow.meta_analysis_reports,
    }


def _pairs(counts: Counts) -> list[dict[str, object]]:
    return [{"name": name, "n": n} for name, n in counts]
