"""Accounts: made, changed, and given up without a hole in any ledger."""

from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone

from reviewtool.reviews.models import Membership, User
from reviewtool.reviews.services import members


@transaction.atomic
def sign_up(*, username: str, email: str, name: str, password: str) -> User:
    """Make an account. Names and addresses that differ in case only are the same."""
    user = User(username=username.strip(), name=name.strip())
    user.email = User.objects.normalize_email(email.strip())
    _refuse_taken(user)
    user.set_unusable_password()
    user.full_clean()
    _check_password(password, user)
    user.set_password(password)
    user.save()
    return user


@transaction.atomic
def change_account(user: User, *, name: str, email: str) -> User:
    """Change the name colleagues see and the address a new password is sent to."""
    fresh = User.objects.select_for_update().get(pk=user.pk)
    fresh.name = name.strip()
    fresh.email = User.objects.normalize_email(email.strip())
    _refuse_taken(fresh)
    fresh.full_clean()
    fresh.save(update_fields=["name", "email"])
    return fresh


@transaction.atomic
def pseudonymise(user: User) -> None:
    """Give up an account: what the person decided stays, who they were goes.

    Raises ValidationError while the person is the only lead of a review: that review would
    have nobody to answer for it.
    """
    for member in user.memberships.active().select_related("review", "user"):
        members.leave(member)
    user.tokens.all().delete()
    fresh = User.objects.select_for_update().get(pk=user.pk)
    fresh.username = f"former-{user.pk}"
    fresh.name = f"Former member {user.pk}"
    fresh.email = ""
    fresh.is_active = False
    fresh.pseudonymised_at = timezone.now()
    fresh.set_unusable_password()
    fresh.save()


def led_alone(user: User) -> list[Membership]:
    """Return the user's memberships that cannot end, for no other lead is there."""
    active = user.memberships.active().select_related("review")
    return [member for member in active if members.is_last_lead(member)]


def _refuse_taken(user: User) -> None:
    others = User.objects.exclude(pk=user.pk)
    if others.filter(username__iexact=user.username).exists():
        raise ValidationError({"username": "There is already an account with this name."})
    if user.email and others.filter(email__iexact=user.email).exists():
        raise ValidationError({"email": "There is already an account with this e-mail address."})


def _check_password(password: str, user: User) -> None:
    try:
        validate_password(password, user)
    except ValidationError as error:
        raise ValidationError({"password": error.messages}) from error
