"""API tokens: `Authorization: Bearer rt_...`; only their hash is stored."""

import hashlib
import secrets
from datetime import timedelta

from django.utils import timezone
from drf_spectacular.extensions import OpenApiAuthenticationExtension
from rest_framework.authentication import BaseAuthentication, get_authorization_header
from rest_framework.exceptions import AuthenticationFailed

from reviewtool.reviews.models import Token

PREFIX = "rt_"
_USE_IS_NOTED_EVERY = timedelta(minutes=5)


def new_secret() -> str:
    return PREFIX + secrets.token_urlsafe(32)


def hash_of(secret: str) -> str:
    """Return the SHA-256 of a secret; secrets are random, so no salt or stretching is needed."""
    return hashlib.sha256(secret.encode()).hexdigest()


class TokenAuthentication(BaseAuthentication):
    """Authenticate by a personal token; `request.auth` becomes the Token."""

    def authenticate(self, request):
        header = get_authorization_header(request).split()
        if not header or header[0].lower() != b"bearer":
            return None
        if len(header) != 2:
            raise AuthenticationFailed("Write the header as “Authorization: Bearer rt_…”.")
        secret = header[1].decode("ascii", "replace")
        token = (
            Token.objects.usable()
            .select_related("user")
            .filter(secret_hash=hash_of(secret))
            .first()
        )
        if token is None or not token.user.is_active:
            raise AuthenticationFailed("This token is unknown, revoked or expired.")
        _note_use(token)
        return token.user, token

    def authenticate_header(self, request) -> str:
        return 'Bearer realm="reviewtool"'


def _note_use(token: Token) -> None:
    now = timezone.now()
    if token.last_used_at is None or now - token.last_used_at > _USE_IS_NOTED_EVERY:
        Token.objects.filter(pk=token.pk).update(last_used_at=now)


class TokenScheme(OpenApiAuthenticationExtension):
    """How the API schema describes the token."""

    target_class = TokenAuthentication
    name = "token"

    def get_security_definition(self, auto_schema):
        return {"type": "http", "scheme": "bearer", "description": "A personal token (rt_…)."}
