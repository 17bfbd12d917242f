"""Errors as API clients see them: always {"detail": sentence} or {"errors": {field: [...]}}."""

from django.core.exceptions import ValidationError
from rest_framework import exceptions
from rest_framework.response import Response
from rest_framework.views import exception_handler


def api_exception_handler(exception: Exception, context: dict) -> Response | None:
    """Let services raise Django's ValidationError; clients get 400 with its sentences."""
    if isinstance(exception, ValidationError):
        messages = getattr(exception, "message_dict", None) or {
            "non_field_errors": exception.messages
        }
        exception = exceptions.ValidationError(messages)
    return exception_handler(exception, context)
