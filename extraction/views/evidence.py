"""Evidence: map, table, therapies, comparability; what is shown is what is exported."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_safe

from extraction.codebook.evidence import EvidenceRow, outputs_of
from extraction.evidence_map import (
    AxisTerm,
    Cell,
    NotMapped,
    build_map,
    build_matrix,
    build_pipeline,
    map_output,
    matrix_output,
)
from extraction.services import evidence as services
from extraction.services.evidence import Evidence, evidence_of, filtered, quotes_of, vocabulary_of
from extraction.services.exports import FORMATS, exported
from reviewtool.reviews.access import review_view
from reviewtool.reviews.models import Membership
from reviewtool.reviews.permissions import Permission

TABLE_COLUMNS = 10


@dataclass(frozen=True)
class ShownCell:
    """A place of the map: how many studies, what they show, how strong the evidence is."""

    n: int = 0
    tone: str = "gap"
    words: str = "0, a gap"
    url: str = ""
    is_clinical: bool = False


@dataclass(frozen=True)
class ShownRow:
    """A row of the map with its cells in the order of the columns."""

    term: AxisTerm
    cells: list[ShownCell] = field(default_factory=list)


@require_safe
@review_view(Permission.READ)
def show_map(request: HttpRequest, member: Membership) -> HttpResponse:
    """The site x factor map; a cell opens the rows behind it, and they the quotes."""
    evidence = evidence_of(member.review)
    context: dict[str, Any] = {"evidence": evidence, "tab": "map"}
    if evidence is not None and evidence.rows:
        try:
            context |= _map(evidence, member, opened=request.GET.get("open", ""))
        except NotMapped as error:
            context["not_mapped"] = str(error)
        wanted = {key: request.GET.get(key, "") for key in context.get("axes", ())}
        if any(wanted.values()):
            rows = filtered(evidence, _column_filter(evidence, wanted))
            context |= _rows(evidence, member, rows) | {"chosen": _chosen(evidence, wanted)}
    return render(request, "extraction/evidence/map.html", context)


def _map(evidence: Evidence, member: Membership, *, opened: str) -> dict[str, Any]:
    found = build_map(evidence.codebook, evidence.rows)
    mapping = map_output(evidence.codebook)
    url = reverse("extraction:evidence", args=[member.review.slug])
    used_rows = {row for row, _ in found.cells}
    used_columns = {column for _, column in found.cells}
    columns = [
        term
        for term in found.columns
        if term.depth == 0 or (term.key in used_columns and term.parent == opened)
    ]
    rows = [
        ShownRow(
            term,
            [
                _shown(evidence, found.cell(term.key, column.key), url, mapping, term, column)
                for column in columns
            ],
        )
        for term in found.rows
        if term.depth == 0 or term.key in used_rows
    ]
    return {
        "map_rows": rows,
        "map_columns": columns,
        "axes": (mapping.row, mapping.column),
        "axis_labels": [_column_label(evidence, key) for key in (mapping.row, mapping.column)],
        "opened": opened,
        "n_studies": len({row.study for row in evidence.rows}),
        "n_items": len(evidence.rows),
        "n_excluded": len(found.excluded),
        "n_unplaced": len(found.unplaced),
        "roles": _role_words(evidence),
    }


def _column_label(evidence: Evidence, key: str) -> str:
    outputs = evidence.codebook.outputs
    return outputs.by_key[key].label if outputs else key


def _shown(
    evidence: Evidence, cell: Cell | None, url: str, mapping: Any, row: AxisTerm, column: AxisTerm
) -> ShownCell:
    if cell is None:
        return ShownCell()
    labels = _role_words(evidence)
    said = [f"{labels.get(role, role)}: {n}" for role, n in sorted(cell.roles.items())]
    query = urlencode({mapping.row: row.key, mapping.column: column.key})
    level = _term_label(evidence, mapping.level, cell.level)
    words = [f"{cell.n_studies} {'study' if cell.n_studies == 1 else 'studies'}", *said]
    words += ["studies disagree"] if cell.conflict else []
    words += [f"highest level: {level}"] if level else []
    return ShownCell(
        cell.n_studies,
        _tone(cell, mapping),
        "; ".join(words),
        f"{url}?{query}#rows",
        not cell.preclinical_only,
    )


def _tone(cell: Cell, mapping: Any) -> str:
    """The colour of a cell: conflict first, then what its studies show."""
    if cell.conflict:
        return "conflict"
    roles = set(cell.roles)
    supports, opposes = bool(roles & set(mapping.supporting)), bool(roles & set(mapping.opposing))
    if supports and opposes:
        return "mixed"
    return "supports" if supports else "opposes" if opposes else "neutral"


def _role_words(evidence: Evidence) -> dict[str, str]:
    vocabulary = vocabulary_of(evidence.codebook, map_output(evidence.codebook).role)
    return {term.key: term.label for term in vocabulary.terms} if vocabulary else {}


def _term_label(evidence: Evidence, column: str, key: str | None) -> str:
    vocabulary = vocabulary_of(evidence.codebook, column)
    term = vocabulary.get(key) if vocabulary and key else None
    return term.label if term else key or ""


def _column_filter(evidence: Evidence, wanted: Mapping[str, str]) -> dict[str, str]:
    """A column of the map may be a class: then the rows of the class are wanted."""
    mapping = map_output(evidence.codebook)
    found = dict(wanted)
    column = found.get(mapping.column, "")
    vocabulary = vocabulary_of(evidence.codebook, mapping.column)
    term = vocabulary.get(column) if vocabulary else None
    if vocabulary and term and term.parent is None and vocabulary.children(term.key):
        found.pop(mapping.column)
        found[mapping.column_group] = column
    return found


def _chosen(evidence: Evidence, wanted: Mapping[str, str]) -> list[str]:
    return [_term_label(evidence, key, value) for key, value in wanted.items() if value]


def _rows(evidence: Evidence, member: Membership, rows: list[EvidenceRow]) -> dict[str, Any]:
    quotes = quotes_of(member.review, rows)
    mapping = map_output(evidence.codebook)
    return {
        "rows": [
            {
                "row": row,
                "cells": _cells(evidence, row),
                "role": _term_label(evidence, mapping.role, row.values.get(mapping.role)),
                "tone": _row_tone(mapping, row),
                "quotes": quotes.get((row.study, row.key), []),
            }
            for row in rows
        ]
    }


def _row_tone(mapping: Any, row: EvidenceRow) -> str:
    role = row.values.get(mapping.role)
    if role in mapping.supporting:
        return "supports"
    return "opposes" if role in mapping.opposing else "neutral"


def _cells(evidence: Evidence, row: EvidenceRow) -> list[tuple[str, str]]:
    """What an evidence row says, as (column label, words), without empty columns."""
    cells = []
    for column in outputs_of(evidence.codebook).columns:
        value, code = row.values.get(column.key), row.missing.get(column.key, "")
        if value not in (None, "", []) or code:
            cells.append(
                (column.label, services.in_words(evidence.codebook, column.key, value) or code)
            )
    return cells


@require_safe
@review_view(Permission.READ)
def show_table(request: HttpRequest, member: Membership) -> HttpResponse:
    """The evidence table; filters are in the URL, exports hold exactly what is shown."""
    evidence = evidence_of(member.review)
    context: dict[str, Any] = {"evidence": evidence, "tab": "table", "formats": FORMATS}
    if evidence is not None and evidence.codebook.outputs:
        wanted = _filters(evidence, request)
        rows = filtered(evidence, wanted)
        columns = evidence.codebook.outputs.columns
        context |= {
            "columns": columns,
            "table": [
                (row, [services.in_words(evidence.codebook, c.key, row.values.get(c.key)) or row.missing.get(c.key, "") for c in columns])
                for row in rows
            ],
            "choices": _filter_choices(evidence, wanted),
            "wanted": {key: value for key, value in wanted.items() if value},
            "query": urlencode({key: value for key, value in wanted.items() if value}),
        }  # fmt: skip
    return render(request, "extraction/evidence/table.html", context)


def _filters(evidence: Evidence, request: HttpRequest) -> dict[str, str]:
    outputs = evidence.codebook.outputs
    known = [*outputs.by_key, "study"] if outputs else []
    return {key: request.GET.get(key, "") for key in known}


def _filter_choices(evidence: Evidence, wanted: Mapping[str, str]) -> list[dict[str, Any]]:
    """Filters worth offering: columns with a vocabulary of which some term occurs."""
    choices = []
    for column in outputs_of(evidence.codebook).columns:
        vocabulary = vocabulary_of(evidence.codebook, column.key)
        used = _used(evidence, column.key)
        if vocabulary is None or len(used) < 2:
            continue
        above = {one for key in used if key in vocabulary for one in vocabulary.ancestors(key)}
        options = [
            (term.key, "\u2003" * depth + term.label)
            for depth, term in vocabulary.walk()
            if term.key in used | above
        ]
        choices.append({"column": column, "options": options, "chosen": wanted.get(column.key, "")})
    return choices


def _used(evidence: Evidence, column: str) -> set[str]:
    values = (row.values.get(column) for row in evidence.rows)
    flat = (one for value in values for one in (value if isinstance(value, list) else [value]))
    return {one for one in flat if isinstance(one, str)}


@require_safe
@review_view(Permission.READ)
def show_therapies(request: HttpRequest, member: Membership) -> HttpResponse:
    """Agents with their targets, the furthest stage, the sites they were tested at."""
    evidence = evidence_of(member.review)
    context: dict[str, Any] = {"evidence": evidence, "tab": "therapies"}
    if evidence is not None:
        try:
            context["pipeline"] = [
                services.pipeline_in_words(evidence, row)
                for row in build_pipeline(evidence.codebook, evidence.studies)
            ]
        except NotMapped as error:
            context["not_mapped"] = str(error)
    return render(request, "extraction/evidence/therapies.html", context)


@require_safe
@review_view(Permission.READ)
def show_comparability(request: HttpRequest, member: Membership) -> HttpResponse:
    """Sites against criteria, with the studies' judgements counted."""
    evidence = evidence_of(member.review)
    context: dict[str, Any] = {"evidence": evidence, "tab": "comparability"}
    if evidence is not None:
        try:
            context |= _matrix(evidence)
        except NotMapped as error:
            context["not_mapped"] = str(error)
    return render(request, "extraction/evidence/comparability.html", context)


def _matrix(evidence: Evidence) -> dict[str, Any]:
    matrix = build_matrix(evidence.codebook, evidence.studies)
    mapping = matrix_output(evidence.codebook)
    judgement = evidence.codebook.field(f"{mapping.entity}.{mapping.judgement}")
    used = {row for row, _ in matrix.cells}
    rows = [term for term in matrix.rows if term.key in used]
    return {
        "matrix_columns": matrix.columns,
        "matrix_label": evidence.codebook.section(mapping.entity).label,
        "matrix_rows": [
            (
                term,
                [
                    [
                        (key, evidence.codebook.label_of(judgement, key), n)
                        for key, n in sorted(matrix.cells.get((term.key, column.key), {}).items())
                    ]
                    for column in matrix.columns
                ],
            )
            for term in rows
        ],
    }


@require_safe
@review_view(Permission.EXPORT)
def export(request: HttpRequest, member: Membership, format: str) -> HttpResponse:
    """Download the evidence in a format, filtered as the table is."""
    evidence = evidence_of(member.review)
    if evidence is None or format not in FORMATS:
        raise Http404("There is nothing to export in this format.")
    content, content_type, ending = exported(
        evidence, member.review, format, _filters(evidence, request)
    )
    response = HttpResponse(content, content_type=content_type)
    response["Content-Disposition"] = (
        f'attachment; filename="{member.review.slug}-evidence.{ending}"'
    )
    return response
