"""The truth about the demo review, in the form in which the seed command plays it.

Everything here follows from the latent attributes and the written files: which file holds which
record, which records are one report, what becomes of each report at either stage, and which
reports make a study. `flow` counts it all as a PRISMA diagram would.
"""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from typing import Any

from seeds.extramedullary_all.bibliography import citations
from seeds.extramedullary_all.evidence import PlannedStudy, studies
from seeds.extramedullary_all.export import FILES, accession, in_file
from seeds.extramedullary_all.latent import DATABASES, Row, label, rows
from seeds.extramedullary_all.reviewers import (
    FULL_TEXT,
    TITLE_ABSTRACT,
    Decision,
    conflicts,
    judge,
)


@dataclass(frozen=True)
class PlannedRecord:
    """One record in one file. Records with the same `group` are the same report.

    `position` counts the records of the file from 1; `kind` says how a copy differs from the
    report's first record and is empty for that one.
    """

    source: str
    file: str
    position: int
    group: str
    kind: str
    title: str
    doi: str
    pmid: str
    accession: str


@dataclass(frozen=True)
class PlannedReport:
    """What becomes of one report; empty strings where it never gets so far."""

    key: str
    title: str
    column: str
    is_hard: bool
    removed: str
    ta_label: str = ""
    ta_reason: str = ""
    retrieval: str = ""
    ft_label: str = ""
    ft_reason: str = ""
    study: str = ""
    is_main: bool = False
    related_to: str = ""
    relation: str = ""

    @property
    def is_sought(self) -> bool:
        return self.ta_label == "include"

    @property
    def is_assessed(self) -> bool:
        return self.retrieval == "retrieved"


@dataclass(frozen=True)
class Plan:
    records: tuple[PlannedRecord, ...]
    reports: tuple[PlannedReport, ...]
    studies: tuple[PlannedStudy, ...]

    def report(self, key: str) -> PlannedReport:
        return next(one for one in self.reports if one.key == key)

    def records_of(self, key: str) -> tuple[PlannedRecord, ...]:
        """A report's records, the one that was in the first file first."""
        return tuple(one for one in self.records if one.group == key)


@cache
def plan() -> Plan:
    return Plan(
        records=tuple(record for source in FILES for record in _records(source)),
        reports=tuple(_report(row) for row in rows()),
        studies=studies(),
    )


def decisions(planned: Plan) -> list[Decision]:
    """What the two simulated reviewers decide, at both stages, report by report."""
    made: list[Decision] = []
    for one in planned.reports:
        if one.ta_label:
            made += judge(one.key, TITLE_ABSTRACT, one.ta_label, one.ta_reason)
        if one.ft_label:
            made += judge(one.key, FULL_TEXT, one.ft_label, one.ft_reason)
    return made


def adjudications(planned: Plan) -> list[Decision]:
    """How the lead settles every conflict: by the truth."""
    settled = []
    for key, stage in sorted(conflicts(decisions(planned))):
        one = planned.report(key)
        is_first = stage == TITLE_ABSTRACT
        verdict = one.ta_label if is_first else one.ft_label
        reason = one.ta_reason if is_first else one.ft_reason
        settled.append(Decision(key, stage, "lead", verdict, reason))
    return settled


def flow(planned: Plan) -> dict[str, int]:
    """The numbers of the PRISMA 2020 diagram, by the keys of the R package's table."""
    left = [one for one in planned.reports if one.column == "databases"]
    right = [one for one in planned.reports if one.column == "other"]
    per_source = Counter(record.source for record in planned.records)
    included = [one for one in planned.reports if one.ft_label == "include"]
    return {
        "database_results": sum(per_source[source] for source in DATABASES),
        "register_results": per_source["clinicaltrials"],
        "website_results": per_source["website"],
        "organisation_results": 0,
        "citations_results": per_source["citation_searching"],
        "duplicates": _left_records(planned) - len(left),
        "excluded_automatic": 0,
        "excluded_other": sum(bool(one.removed) for one in left),
        "records_screened": sum(not one.removed for one in left),
        "records_excluded": sum(one.ta_label == "exclude" for one in left),
        **_retrieval("dbr", left),
        **_retrieval("other", right),
        "new_studies": len({one.study for one in included}),
        "new_reports": len(included),
    }


def excluded_at_full_text(planned: Plan, column: str) -> Counter[str]:
    """Full-text exclusions of a column by reason."""
    reports = (one for one in planned.reports if one.column == column)
    return Counter(one.ft_reason for one in reports if one.ft_label == "exclude")


def _left_records(planned: Plan) -> int:
    left = (*DATABASES, "clinicaltrials")
    return sum(record.source in left for record in planned.records)


def _retrieval(prefix: str, reports: list[PlannedReport]) -> dict[str, int]:
    return {
        f"{prefix}_sought_reports": sum(one.is_sought for one in reports),
        f"{prefix}_notretrieved_reports": sum(one.retrieval == "not_retrieved" for one in reports),
        f"{prefix}_assessed": sum(one.is_assessed for one in reports),
    }


def _records(source: str) -> Iterator[PlannedRecord]:
    for position, entry in enumerate(in_file(source), start=1):
        cited = entry.citation
        yield PlannedRecord(
            source=source,
            file=FILES[source],
            position=position,
            group=entry.key,
            kind=entry.kind,
            title=cited.title,
            doi=cited.doi,
            pmid=cited.pmid,
            accession=accession(entry),
        )


def _report(row: Row) -> PlannedReport:
    column = "other" if row.is_other_method else "databases"
    common: dict[str, Any] = {
        "key": row.key,
        "title": citations()[row.key].title,
        "column": column,
        "is_hard": row.hard,
        "removed": row.removed,
        "related_to": row.related.get("to", ""),
        "relation": row.related.get("as", ""),
    }
    return PlannedReport(**common, **_fate(row))


def _fate(row: Row) -> dict[str, Any]:
    """What happens to the report from title and abstract to its study."""
    truth = label(row.attributes)
    if row.removed:
        return {}
    fate: dict[str, Any] = {"ta_label": truth.ta_label, "ta_reason": truth.ta_reason}
    if truth.ta_label == "exclude":
        return fate
    fate["retrieval"] = row.retrieval
    if row.retrieval == "not_retrieved":
        return fate
    fate |= {"ft_label": truth.ft_label, "ft_reason": truth.ft_reason}
    if truth.ft_label == "include":
        study = next(one for one in studies() if row.key in one.reports)
        fate |= {"study": study.key, "is_main": study.reports[0] == row.key}
    return fate
