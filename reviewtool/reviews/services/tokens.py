"""Personal API tokens: made, shown once, revoked."""

from datetime import timedelta

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone

from reviewtool.reviews.authentication import hash_of, new_secret
from reviewtool.reviews.models import Token, User

LONGEST_DAYS = 3650


@transaction.atomic
def make_token(user: User, *, name: str, scope: str, days: int | None = None) -> tuple[Token, str]:
    """Make a token and return it with its secret, which is kept nowhere and shown only now."""
    if days is not None and not 1 <= days <= LONGEST_DAYS:
        raise ValidationError({"days": f"Choose between 1 and {LONGEST_DAYS} days, or none."})
    secret = new_secret()
    token = Token(
        user=user,
        name=name.strip(),
        prefix=secret[:8],
        secret_hash=hash_of(secret),
        scope=scope,
        expires_at=timezone.now() + timedelta(days=days) if days else None,
    )
    token.full_clean()
    token.save()
    return token, secret


def revoke(token: Token) -> None:
    """Let a token open nothing any more; it stays listed with its last use."""
    Token.objects.filter(pk=token.pk, revoked_at=None).update(revoked_at=timezone.now())
