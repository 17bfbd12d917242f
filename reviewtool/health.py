"""/healthz: what a load balancer, a container and an administrator ask."""

from django.db import DatabaseError, connection
from django.http import HttpRequest, JsonResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe
from kombu.exceptions import OperationalError

from reviewtool.celery import app

PATIENCE = 2.0


@require_safe
@never_cache
def health(request: HttpRequest) -> JsonResponse:
    """Answer 200 when the database and the broker can be reached, 503 and which one when not."""
    parts = {"database": _database_answers(), "broker": _broker_answers()}
    words = {name: "reachable" if is_well else "unreachable" for name, is_well in parts.items()}
    return JsonResponse(words, status=200 if all(parts.values()) else 503)


def _database_answers() -> bool:
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
    except DatabaseError:
        return False
    return True


def _broker_answers() -> bool:
    try:
        with app.connection_for_write(connect_timeout=PATIENCE) as broker:
            broker.ensure_connection(
                max_retries=1, interval_start=0, interval_step=0, timeout=PATIENCE
            )
    except (OperationalError, OSError):
        return False
    return True
