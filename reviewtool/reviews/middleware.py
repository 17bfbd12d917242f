"""Every request gets a trace id and is known to the ledger by the door it came through."""

import logging
import secrets

from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse

from reviewtool.reviews import ledger
from reviewtool.reviews.models import LedgerRow

logger = logging.getLogger("reviewtool.requests")


class TraceMiddleware:
    """Give each request an id that an error page shows and the log repeats."""

    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        request.trace_id = secrets.token_hex(6)
        response = self.get_response(request)
        response["X-Trace-Id"] = request.trace_id
        return response

    def process_exception(self, request: HttpRequest, exception: Exception) -> None:
        if isinstance(exception, Http404 | PermissionDenied):
            return  # an answer, not a failure
        logger.error("trace %s: %s %s", request.trace_id, request.method, request.path)


class DoorMiddleware:
    """Tell the ledger whether a page or the API was used."""

    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        is_api = request.path.startswith("/api/")
        with ledger.through(LedgerRow.Door.API if is_api else LedgerRow.Door.PAGE):
            return self.get_response(request)
