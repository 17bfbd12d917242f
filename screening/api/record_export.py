"""Downloads of records for API clients: the same rows and the same blindness as the page's."""

from django.core.exceptions import ValidationError
from django.http import StreamingHttpResponse
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.request import Request
from rest_framework.views import APIView

from reviewtool.reviews.permissions import Permission, require
from screening.api.records import PARAMETERS, records_asked_for
from screening.services import record_export


class RecordExportView(APIView):
    """Exactly the records the filters find, as RIS, CSV, XLSX or BibTeX."""

    @extend_schema(
        operation_id="records_export",
        parameters=[
            *PARAMETERS,
            OpenApiParameter("as", str, enum=list(record_export.FORMATS), default="csv"),
        ],
        responses={200: OpenApiTypes.BINARY},
    )
    def get(self, request: Request, slug: str) -> StreamingHttpResponse:
        require(request.member, Permission.EXPORT)
        wanted = request.query_params.get("as", "csv")
        if wanted not in record_export.FORMATS:
            choices = ", ".join(record_export.FORMATS)
            raise ValidationError({"as": f"There is no such format; choose one of {choices}."})
        how = record_export.FORMATS[wanted]
        found = records_asked_for(request)
        response = StreamingHttpResponse(
            how.write(request.member, found), content_type=how.content_type
        )
        name = record_export.file_name(request.member, how)
        response["Content-Disposition"] = f'attachment; filename="{name}"'
        return response
