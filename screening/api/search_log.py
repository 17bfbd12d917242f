"""The search log for API clients."""

from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from screening.prisma.search_log_tables import to_json
from screening.services.search_log import log_of


class SearchLogView(APIView):
    """The 16 items of PRISMA-S with what is missing of each, every search, and the totals."""

    @extend_schema(operation_id="search_log_retrieve", responses={200: OpenApiTypes.OBJECT})
    def get(self, request: Request, slug: str) -> Response:
        return Response(to_json(log_of(request.member.review)))
