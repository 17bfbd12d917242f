"""Stopping and agreement for API clients: what their pages show, as numbers."""

from dataclasses import asdict
from typing import Any

from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from reviewtool.reviews.models import Stage
from screening.agreement import Estimate, Interval, Pair
from screening.services import agreements, stopping
from screening.services.stopping_state import Known
from screening.stopping.certificate import Standing


class StoppingView(APIView):
    """What is known about stopping a stage; counted from settled outcomes."""

    @extend_schema(operation_id="stopping_retrieve", responses={200: OpenApiTypes.OBJECT})
    def get(self, request: Request, slug: str, stage: Stage) -> Response:
        known = Known(request.member.review, stage)
        stop = stopping.standing_stop(known.review, stage=stage)
        progress = known.progress
        return Response(
            {
                "stage": stage,
                "target": float(known.target),
                "n_records": progress.n_records,
                "n_settled": progress.n_read,
                "n_found": progress.n_found,
                "n_unissued": known.n_unissued,
                "n_unread": known.n_unread,
                "n_since_last_relevant": progress.n_since_last_relevant,
                "records_per_hour": known.records_per_hour,
                "hours_left": known.hours_left,
                "price_of_certainty": [
                    {
                        "target": float(each.target),
                        "confidence": float(each.confidence),
                        "n_audit": each.n_audit,
                        "n_unread": each.n_unread,
                    }
                    for each in known.prices
                ],
                "looks": [
                    asdict(look) | {"target": float(look.target)} for look in known.looks.looks
                ],
                "next_look": known.looks.next_look,
                "is_green": known.looks.is_green,
                "is_stale": known.looks.is_stale,
                "audit": _audit(known.standing),
                "audit_is_under_way": known.audit is not None,
                "in_words": known.in_words,
                "stopped": dict(stop.payload) if stop is not None else None,
            }
        )


class AgreementView(APIView):
    """Agreement of first decisions by pair of reviewers, to whom no vote is hidden by it."""

    @extend_schema(operation_id="agreement_retrieve", responses={200: OpenApiTypes.OBJECT})
    def get(self, request: Request, slug: str, stage: Stage) -> Response:
        is_open = agreements.is_open_to(request.member, stage=stage)
        pairs = agreements.pairs(request.member.review, stage=stage) if is_open else []
        return Response(
            {
                "stage": stage,
                "is_open": is_open,
                "pairs": [
                    {"first": one.first, "second": one.second} | _pair(one.pair) for one in pairs
                ],
            }
        )


def _audit(standing: Standing | None) -> dict[str, Any] | None:
    if standing is None:
        return None
    floor = standing.recall_floor
    return {
        "form": standing.form,
        "since": standing.since,
        "confidence": float(standing.confidence),
        "n_records": standing.n_records,
        "n_found": standing.n_known,
        "n_unissued": standing.n_unissued,
        "n_audited": standing.n_audited,
        "n_hits": standing.n_hits,
        "n_pending": standing.n_pending,
        "largest_total": standing.largest_total,
        "likeliest_total": standing.likeliest_total,
        "recall_floor": float(floor) if floor is not None else None,
        "is_certified": standing.is_certified,
        "misses_needed": standing.misses_needed,
    }


def _pair(pair: Pair) -> dict[str, Any]:
    """The table always; statistics from twenty records on."""
    found: dict[str, Any] = {"n": pair.n, "table": pair.table}
    if pair.is_table_only:
        return found
    return found | {
        "percent": _bounds(pair.percent),
        "kappa": _bounds(pair.kappa),
        "why_undefined": pair.why_undefined,
        "ac1": _bounds(pair.ac1),
        "pabak": pair.pabak,
        "positive": pair.positive,
        "negative": pair.negative,
    }


def _bounds(found: Estimate | Interval | None) -> dict[str, float] | None:
    if found is None:
        return None
    return {"value": found.value, "low": found.low, "high": found.high}
