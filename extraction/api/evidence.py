"""Evidence and vocabularies for API clients: the same rows as the pages, filtered the same way."""

from typing import Any

from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.exceptions import NotFound
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from extraction.codebook.evidence import EvidenceRow
from extraction.evidence_map import NotMapped, build_map, build_matrix, build_pipeline
from extraction.exports import evidence_json
from extraction.services import codebooks, exports
from extraction.services.evidence import Evidence, evidence_of, filtered, quotes_of
from reviewtool.reviews.models import LedgerHead, Review

PAGE, LARGEST = 100, 1000
_TRUE = ("", "1", "true", "yes")


class EvidenceView(APIView):
    """Settled evidence items; any column of the codebook filters, with the terms below it.

    The answer is one page; `next` is the cursor of the following one. `as_of` names the ledger
    entry the answer was read at, so that a cited number can be found again.
    """

    @extend_schema(
        operation_id="evidence_list",
        parameters=[
            OpenApiParameter("study", str, description="id of a study"),
            OpenApiParameter(
                "descendants", bool, description="take terms below a term too (default)"
            ),
            OpenApiParameter("cursor", str),
            OpenApiParameter("page_size", int),
            OpenApiParameter(
                "<column>", str, description="any evidence column, e.g. site, factor, role, therapy"
            ),
        ],
        responses={200: OpenApiTypes.OBJECT},
    )
    def get(self, request: Request, slug: str) -> Response:
        review = request.member.review
        evidence = evidence_of(review)
        if evidence is None:
            return Response({"as_of": _head(review), "count": 0, "next": None, "results": []})
        wanted = _aliased(evidence, {k: str(v) for k, v in request.query_params.items()})
        below = request.query_params.get("descendants", "true").lower() in _TRUE
        rows = filtered(evidence, wanted, with_descendants=below)
        page, following = _page(rows, request)
        quotes = quotes_of(review, page)
        return Response(
            {
                "as_of": _head(review),
                "codebook": {"name": evidence.codebook.name, "version": evidence.version.version},
                "count": len(rows),
                "next": following,
                "results": [_row(row, quotes) for row in page],
            }
        )


def _aliased(evidence: Evidence, asked: dict[str, str]) -> dict[str, str]:
    """Let "role" and "level" name the columns the codebook maps them to."""
    mapping = evidence.codebook.outputs.map if evidence.codebook.outputs else None
    known = evidence.codebook.outputs.by_key if evidence.codebook.outputs else {}
    if mapping is not None:
        for alias, column in (("role", mapping.role), ("level", mapping.level)):
            if alias in asked and alias not in known:
                asked[column] = asked.pop(alias)
    return asked


def _page(rows: list[EvidenceRow], request: Request) -> tuple[list[EvidenceRow], str | None]:
    start, size = request.query_params.get("cursor", "0"), request.query_params.get("page_size", "")
    first = int(start) if start.isdigit() else 0
    n = min(int(size), LARGEST) if size.isdigit() and int(size) else PAGE
    return rows[first : first + n], str(first + n) if first + n < len(rows) else None


def _row(row: EvidenceRow, quotes: dict[tuple[str, str], list]) -> dict[str, Any]:
    found = quotes.get((row.study, row.key), [])
    return evidence_json(row) | {
        "quotes": [
            {
                "report": quote.report_id,
                "exact": quote.exact,
                "prefix": quote.prefix,
                "suffix": quote.suffix,
                "locator_type": quote.locator_type,
                "locator": quote.locator,
                "page": quote.page,
                "is_verified": quote.is_verified,
            }
            for quote in found
        ]
    }


def _head(review: Review) -> int:
    return LedgerHead.objects.get(review=review).seq


class EvidenceDocumentView(APIView):
    """All settled evidence in one JSON document with the terms' public identifiers."""

    @extend_schema(operation_id="evidence_document", responses={200: OpenApiTypes.OBJECT})
    def get(self, request: Request, slug: str) -> Response:
        evidence = _evidence(request)
        release = exports.release_of(evidence, request.member.review)
        return Response(exports.document(evidence.codebook, evidence.studies, release=release))


class MapView(APIView):
    """The evidence map: rows, columns, and a cell wherever there is evidence."""

    @extend_schema(operation_id="map_retrieve", responses={200: OpenApiTypes.OBJECT})
    def get(self, request: Request, slug: str) -> Response:
        evidence = _evidence(request)
        found = build_map(evidence.codebook, evidence.rows)
        return Response(
            {
                "rows": [vars(term) for term in found.rows],
                "columns": [vars(term) for term in found.columns],
                "cells": [
                    {
                        "row": row,
                        "column": column,
                        "n_studies": cell.n_studies,
                        "n_items": cell.n_items,
                        "studies": cell.studies,
                        "roles": dict(cell.roles),
                        "conflict": cell.conflict,
                        "level": cell.level,
                        "preclinical_only": cell.preclinical_only,
                    }
                    for (row, column), cell in found.cells.items()
                ],
                "n_excluded": len(found.excluded),
                "n_unplaced": len(found.unplaced),
            }
        )


class TherapiesView(APIView):
    """The therapy pipeline."""

    @extend_schema(operation_id="therapies_list", responses={200: OpenApiTypes.OBJECT})
    def get(self, request: Request, slug: str) -> Response:
        evidence = _evidence(request)
        rows = _mapped(lambda: build_pipeline(evidence.codebook, evidence.studies))
        return Response({"results": [vars(row) for row in rows]})


class ComparabilityView(APIView):
    """The comparability matrix."""

    @extend_schema(operation_id="comparability_list", responses={200: OpenApiTypes.OBJECT})
    def get(self, request: Request, slug: str) -> Response:
        evidence = _evidence(request)
        matrix = _mapped(lambda: build_matrix(evidence.codebook, evidence.studies))
        cells = [
            {"row": row, "column": column, "judgements": dict(counts)}
            for (row, column), counts in matrix.cells.items()
        ]
        return Response({"results": cells})


class VocabularyListView(APIView):
    """Names and sizes of the codebook's vocabularies."""

    @extend_schema(operation_id="vocabularies_list", responses={200: OpenApiTypes.OBJECT})
    def get(self, request: Request, slug: str) -> Response:
        version = codebooks.current(request.member.review)
        found = codebooks.loaded(version).vocabularies if version else {}
        return Response(
            {"results": [{"name": name, "n_terms": len(v.terms)} for name, v in found.items()]}
        )


class VocabularyView(APIView):
    """One vocabulary: its terms with parents and public identifiers."""

    @extend_schema(operation_id="vocabularies_retrieve", responses={200: OpenApiTypes.OBJECT})
    def get(self, request: Request, slug: str, name: str) -> Response:
        version = codebooks.current(request.member.review)
        vocabularies = codebooks.loaded(version).vocabularies if version else {}
        if name not in vocabularies:
            raise NotFound(f"The codebook has no vocabulary “{name}”.")
        return Response({"name": name, "terms": [vars(t) for t in vocabularies[name].terms]})


def _evidence(request: Request) -> Evidence:
    evidence = evidence_of(request.member.review)
    if evidence is None:
        raise NotFound("The review has no codebook yet.")
    return evidence


def _mapped(build):
    try:
        return build()
    except NotMapped as error:
        raise NotFound(str(error)) from error
