"""The PRISMA flow for API clients."""

from datetime import datetime

from django.core.exceptions import ValidationError
from django.http import HttpResponse
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from screening.prisma import diagram, tables
from screening.services.prisma import flow_for


class PrismaView(APIView):
    """Counts, identities, what is pending, and the ids in every box, at any instant."""

    @extend_schema(
        operation_id="prisma_retrieve",
        parameters=[
            OpenApiParameter(
                "as_of", datetime, description="an instant with its zone; default now"
            ),
            OpenApiParameter("as", str, enum=["json", "csv", "svg"]),
        ],
        responses={200: OpenApiTypes.OBJECT},
    )
    def get(self, request: Request, slug: str) -> Response | HttpResponse:
        flow = flow_for(request.member, as_of=instant(request.query_params.get("as_of", "")))
        wanted = request.query_params.get("as", "json")
        if wanted == "csv":
            return HttpResponse(tables.to_r_csv(flow), content_type="text/csv; charset=utf-8")
        if wanted == "svg":
            return HttpResponse(diagram.to_svg(flow), content_type="image/svg+xml")
        return Response(tables.to_json(flow))


def instant(text: str) -> datetime | None:
    """Read an instant with its zone; raises ValidationError with a sentence."""
    if not text:
        return None
    try:
        found = datetime.fromisoformat(text.replace("Z", "+00:00"))
    except ValueError:
        found = None
    if found is None or found.tzinfo is None:
        raise ValidationError(
            {"as_of": "Write an instant with its zone, for example 2026-03-01T12:00:00+01:00."}
        )
    return found
