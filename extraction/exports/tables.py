"""Studies as tidy tables: one per entity and group, every column typed, missing codes apart.

Column `x__missing` stands beside `x` and holds the missing code, so that a numeric column holds
numbers and nothing else. `study` and an entity's key together name a row.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from extraction.codebook.definition import Codebook, Field, Section
from extraction.codebook.derivation import view
from extraction.codebook.evidence import StudyEvidence
from extraction.codebook.paths import Scope

MISSING = "__missing"
REPORT_COLUMNS = ("title", "authors", "year", "journal", "doi", "pmid", "url")
_TYPES = {"integer": "integer", "number": "number", "boolean": "boolean", "date": "date"}
_REPORTS = "reports"


@dataclass(frozen=True)
class TableColumn:
    """A column; `type` is a Frictionless type, "list" for several values in one cell."""

    name: str
    title: str
    type: str = "string"
    description: str = ""
    vocabulary: str | None = None
    codes: tuple[str, ...] = ()


@dataclass(frozen=True)
class ForeignKey:
    columns: tuple[str, ...]
    table: str
    targets: tuple[str, ...]


@dataclass(frozen=True)
class TableData:
    name: str
    title: str
    columns: tuple[TableColumn, ...]
    rows: tuple[dict[str, Any], ...]
    key: tuple[str, ...]
    foreign_keys: tuple[ForeignKey, ...] = ()


STUDY = TableColumn("study", "Study")
KEYWORDS = TableColumn("keywords", "Keywords", "list")


def tables(codebook: Codebook, studies: Iterable[StudyEvidence]) -> list[TableData]:
    """All tables of a release, in the order of the form; vocabularies last."""
    studies = list(studies)
    scopes = [(study, view(codebook, study.answers)) for study in studies]
    found = [_studies_table(codebook, scopes), _reports_table(studies), _links_table(studies)]
    for section in codebook.sections:
        if section.repeat or section.per:
            rows = [(study, one) for study, seen in scopes for one in seen.scopes(section.entity)]
            found.append(_entity_table(codebook, section, rows))
            found.extend(_group_table(codebook, section, group, rows) for group in section.groups)
    return [*found, _vocabulary_table(codebook)]


def _studies_table(codebook: Codebook, scopes: list) -> TableData:
    """One row per study, with the answers of every section that is filled once."""
    singles = [one for one in codebook.sections if not one.repeat and not one.per]
    fields = [(one, asked) for one in singles for asked in one.fields if asked.type != "group"]
    own = [TableColumn(name, name.capitalize()) for name in ("label", "extractor", "revision")]
    answered = [column for _, asked in fields for column in _columns(asked)]
    rows = []
    for study, seen in scopes:
        row: dict[str, Any] = {"study": study.key, "keywords": list(study.keywords)}
        row |= {"label": study.label, "extractor": study.extractor, "revision": study.revision}
        for section, asked in fields:
            for scope in seen.scopes(section.entity)[:1]:
                row |= _cells(asked, scope)
        rows.append(row)
    columns = (STUDY, *own, *answered, KEYWORDS)
    return TableData("studies", "Studies", columns, tuple(rows), ("study",))


def _reports_table(studies: list[StudyEvidence]) -> TableData:
    reports = {report["key"]: report for study in studies for report in study.reports}
    columns = [TableColumn("report", "Report")]
    columns += [TableColumn(name, name.capitalize()) for name in REPORT_COLUMNS]
    rows = [
        {"report": key} | {name: report.get(name) for name in REPORT_COLUMNS}
        for key, report in reports.items()
    ]
    return TableData(_REPORTS, "Reports", tuple(columns), tuple(rows), ("report",))


def _links_table(studies: list[StudyEvidence]) -> TableData:
    rows = [{"report": r["key"], "study": study.key} for study in studies for r in study.reports]
    keys = (
        ForeignKey(("report",), _REPORTS, ("report",)),
        ForeignKey(("study",), "studies", ("study",)),
    )
    columns = (TableColumn("report", "Report"), STUDY)
    title = "Which report tells of which study"
    return TableData("report_study", title, columns, tuple(rows), ("report", "study"), keys)


def _entity_table(codebook: Codebook, section: Section, rows: list) -> TableData:
    fields = [asked for asked in section.fields if asked.type != "group"]
    key = _key_column(section)
    own_key = TableColumn(key, section.label)
    columns = (STUDY, own_key, *(c for asked in fields for c in _columns(asked)), KEYWORDS)
    return TableData(
        name=_name(section),
        title=section.label,
        columns=columns,
        rows=tuple(_entity_row(study, scope, fields, {key: scope.key}) for study, scope in rows),
        key=("study", key),
        foreign_keys=(*_to_study(), *_to_owner(codebook, section), *_references(codebook, fields)),
    )


def _group_table(codebook: Codebook, section: Section, group: Field, rows: list) -> TableData:
    owner, key = _key_column(section), group.entity or group.key
    own = (TableColumn(owner, section.label), TableColumn(key, group.label))
    answered = tuple(column for asked in group.fields for column in _columns(asked))
    found = [
        _entity_row(study, row, group.fields, {owner: scope.key, key: row.own().get("key")})
        for study, scope in rows
        for row in scope.rows(group.key)
    ]
    to_owner = ForeignKey(("study", owner), _name(section), ("study", owner))
    return TableData(
        name=group.table or f"{section.entity}_{group.key}",
        title=group.label,
        columns=(STUDY, *own, *answered, KEYWORDS),
        rows=tuple(found),
        key=("study", owner, key),
        foreign_keys=(to_owner, *_references(codebook, group.fields)),
    )


def _vocabulary_table(codebook: Codebook) -> TableData:
    names = ("vocabulary", "term", "label", "parent", "id", "id_verified", "deprecated")
    booleans = ("id_verified", "deprecated")
    columns = [TableColumn(n, n, "boolean" if n in booleans else "string") for n in names]
    rows = [
        {"vocabulary": name, "term": term.key}
        | {attribute: getattr(term, attribute) for attribute in names[2:]}
        for name, vocabulary in codebook.vocabularies.items()
        for term in vocabulary.terms
    ]
    key = ("vocabulary", "term")
    return TableData("vocab", "Vocabularies", tuple(columns), tuple(rows), key)


def _key_column(section: Section) -> str:
    """An entity filled per another is named by the other's key."""
    return section.per or section.entity


def _name(section: Section) -> str:
    return section.table or section.entity


def _columns(asked: Field) -> Iterator[TableColumn]:
    kind = "list" if asked.multi else _TYPES.get(asked.type, "string")
    yield TableColumn(asked.key, asked.label, kind, asked.help, asked.vocabulary)
    if asked.missing_codes:
        title = f"{asked.label}: missing code"
        yield TableColumn(f"{asked.key}{MISSING}", title, codes=asked.missing_codes)


def _entity_row(study: StudyEvidence, scope: Scope, fields: Iterable[Field], keys: dict) -> dict:
    row: dict[str, Any] = {"study": study.key, **keys, "keywords": list(study.keywords)}
    for asked in fields:
        row |= _cells(asked, scope)
    return row


def _cells(asked: Field, scope: Scope) -> dict[str, Any]:
    return {asked.key: scope.value(asked.key), f"{asked.key}{MISSING}": scope.code(asked.key)}


def _to_study() -> tuple[ForeignKey, ...]:
    return (ForeignKey(("study",), "studies", ("study",)),)


def _to_owner(codebook: Codebook, section: Section) -> Iterator[ForeignKey]:
    if section.per:
        owner = codebook.section(section.per)
        yield ForeignKey(("study", section.per), _name(owner), ("study", section.per))


def _references(codebook: Codebook, fields: Iterable[Field]) -> Iterator[ForeignKey]:
    for asked in fields:
        target = codebook.by_entity.get(asked.ref or "")
        if target and not asked.multi and (target.repeat or target.per):
            columns = ("study", asked.key)
            yield ForeignKey(columns, _name(target), ("study", _key_column(target)))
