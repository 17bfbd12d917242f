"""From the answers of studies to plain rows of evidence, as tables, maps and exports read them."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from extraction.codebook.conditions import has_value
from extraction.codebook.definition import Codebook
from extraction.codebook.derivation import view
from extraction.codebook.outputs import Outputs
from extraction.codebook.paths import Scope


class NoOutputs(ValueError):
    """The codebook does not say how its evidence is to be shown."""


@dataclass(frozen=True)
class StudyEvidence:
    """One study with its settled answers.

    `reports` are plain objects with a "key" that quotes refer to and whatever bibliographic
    data there is (title, year, doi, pmid, url ...). `keywords` mark every row made from it.
    """

    key: str
    label: str
    answers: dict
    reports: tuple[dict, ...] = ()
    extractor: str = ""
    revision: str = ""
    keywords: tuple[str, ...] = ()


@dataclass(frozen=True)
class EvidenceRow:
    """One evidence item: `values` and `missing` by the key of the evidence column."""

    study: str
    study_label: str
    key: str
    values: dict[str, Any]
    missing: dict[str, str] = field(default_factory=dict)
    quotes: tuple[dict, ...] = ()
    keywords: tuple[str, ...] = ()


def evidence_rows(codebook: Codebook, studies: Iterable[StudyEvidence]) -> list[EvidenceRow]:
    """A row for each evidence item of the studies, in order; absent values are left out."""
    outputs = outputs_of(codebook)
    return [
        _row(outputs, study, scope)
        for study in studies
        for scope in view(codebook, study.answers).scopes(outputs.entity)
    ]


def outputs_of(codebook: Codebook) -> Outputs:
    if codebook.outputs is None:
        raise NoOutputs(f"The codebook “{codebook.name}” names no outputs.")
    return codebook.outputs


def _row(outputs: Outputs, study: StudyEvidence, scope: Scope) -> EvidenceRow:
    found = {column.key: scope.value(column.path) for column in outputs.columns}
    codes = {column.key: scope.code(column.path) for column in outputs.columns}
    return EvidenceRow(
        study=study.key,
        study_label=study.label,
        key=scope.key,
        values={key: value for key, value in found.items() if has_value(value)},
        missing={key: code for key, code in codes.items() if code},
        quotes=_quotes(outputs, scope),
        keywords=study.keywords,
    )


def _quotes(outputs: Outputs, scope: Scope) -> tuple[dict, ...]:
    """Each quote as {"key", "report", "text", "locator_type", "locator", "supports"}."""
    mapping = outputs.quotes
    if mapping is None or mapping.entity != scope.section.entity:
        return ()
    parts = {
        "report": mapping.report,
        "text": mapping.text,
        "locator_type": mapping.locator_type,
        "locator": mapping.locator,
        "supports": mapping.supports,
    }
    return tuple(
        {"key": row.own().get("key", "")}
        | {part: row.value(path) for part, path in parts.items() if path and row.value(path)}
        for row in scope.rows(mapping.group)
    )
