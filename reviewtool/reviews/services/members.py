"""The team: invited by a link, joining, changing roles, leaving."""

from collections.abc import Collection
from datetime import timedelta

from django.conf import settings
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction
from django.utils import timezone

from reviewtool.reviews import events, ledger
from reviewtool.reviews.authentication import hash_of, new_secret
from reviewtool.reviews.events import (
    InvitationRevoked,
    MemberInvited,
    MemberJoined,
    MemberLeft,
    RolesChanged,
)
from reviewtool.reviews.models import Invitation, Membership, Review, User
from reviewtool.reviews.permissions import Permission, Role, require

_SPENT = (
    "This invitation has been used, taken back, or is too old. "
    "Ask the lead of the review for a new one."
)
_LAST_LEAD = (
    "{who} the only lead of “{review}”. Make somebody else lead first, or delete the review."
)


def in_order(roles: Collection[str]) -> list[str]:
    """Return roles once each, in the order of the table of roles; unknown ones are refused."""
    unknown = set(roles) - set(Role)
    if unknown or not roles:
        raise ValidationError({"roles": "Choose at least one role."})
    return [role.value for role in Role if role in roles]


@transaction.atomic
def invite(by: Membership, *, roles: Collection[str], note: str = "") -> tuple[Invitation, str]:
    """Make a link that lets its bearer join, once; return it with its secret, shown only now."""
    require(by, Permission.MANAGE_TEAM)
    secret = new_secret()
    invitation = Invitation(
        review=by.review,
        secret_hash=hash_of(secret),
        roles=in_order(roles),
        note=note.strip(),
        created_by=by,
        expires_at=timezone.now() + timedelta(days=settings.INVITATION_DAYS),
    )
    invitation.full_clean()
    invitation.save()
    events.record(by.review, MemberInvited(invitation.pk, invitation.roles), by=by)
    return invitation, secret


@transaction.atomic
def revoke(invitation: Invitation, *, by: Membership) -> None:
    """Take an invitation back; its link stops working."""
    require(by, Permission.MANAGE_TEAM)
    _same_review(invitation.review_id, by)
    ledger.lock(by.review)
    revoked = Invitation.objects.open().filter(pk=invitation.pk).update(revoked_at=ledger.now())
    if not revoked:
        raise ValidationError("This invitation can no longer be used anyway.")
    events.record(by.review, InvitationRevoked(invitation.pk, invitation.roles), by=by)


def open_invitation(secret: str) -> Invitation | None:
    """Return the invitation a secret opens, if it can still be accepted."""
    open_ones = Invitation.objects.open().select_related("review", "created_by__user")
    return open_ones.filter(secret_hash=hash_of(secret)).first()


@transaction.atomic
def accept(secret: str, *, user: User) -> Membership:
    """Join the review an invitation is for; who left before comes back with the new roles."""
    invitation = open_invitation(secret)
    if invitation is None:
        raise ValidationError(_SPENT)
    review = invitation.review
    ledger.lock(review)
    used = Invitation.objects.open().filter(pk=invitation.pk)
    if Membership.objects.active().filter(review=review, user=user).exists():
        raise ValidationError("You are already a member of this review.")
    if not used.update(accepted_by=user, accepted_at=ledger.now()):
        raise ValidationError(_SPENT)
    return _join(review, user, invitation.roles)


def _join(review: Review, user: User, roles: list[str]) -> Membership:
    member = Membership.objects.filter(review=review, user=user).first()
    member = member or Membership(review=review, user=user)
    member.roles = roles
    member.left_at = None
    member.full_clean(validate_unique=False, validate_constraints=False)
    member.save()
    events.record(review, MemberJoined(member.pk, roles), by=member)
    return member


@transaction.atomic
def change_roles(member: Membership, *, by: Membership, roles: Collection[str]) -> Membership:
    """Give a member another set of roles; the only lead stays lead."""
    require(by, Permission.MANAGE_TEAM)
    after = in_order(roles)
    member = _locked(member, by)
    if after == member.roles:
        return member
    if Role.LEAD not in after:
        _keep_a_lead(member, by=by)
    happening = RolesChanged(member.pk, before=member.roles, after=after)
    member.roles = after
    member.save(update_fields=["roles"])
    events.record(by.review, happening, by=by)
    return Membership.objects.select_related("review", "user").get(pk=member.pk)


@transaction.atomic
def leave(member: Membership) -> None:
    """End one's own membership; what one decided stays."""
    member = _locked(member, member)
    _keep_a_lead(member, by=member)
    events.record(member.review, MemberLeft(member.pk), by=member)
    _end(member)


@transaction.atomic
def remove(member: Membership, *, by: Membership) -> None:
    """End somebody's membership; what they decided stays, under their name."""
    require(by, Permission.MANAGE_TEAM)
    if member.pk == by.pk:
        raise ValidationError("To end your own membership, leave the review.")
    member = _locked(member, by)
    _keep_a_lead(member, by=by)
    events.record(by.review, MemberLeft(member.pk, was_removed=True), by=by)
    _end(member)


def is_last_lead(member: Membership) -> bool:
    """Say whether the review would be without a lead if this member went."""
    others = member.review.memberships.active().exclude(pk=member.pk)
    return Role.LEAD in member.roles and not any(Role.LEAD in other.roles for other in others)


def why_not_end(member: Membership, *, by: Membership) -> str:
    """Say in a sentence why a membership cannot end, or nothing if it can."""
    if not is_last_lead(member):
        return ""
    who = "You are" if member.pk == by.pk else f"{member} is"
    return _LAST_LEAD.format(who=who, review=member.review)


def _keep_a_lead(member: Membership, *, by: Membership) -> None:
    reason = why_not_end(member, by=by)
    if reason:
        raise ValidationError(reason)


def _end(member: Membership) -> None:
    member.left_at = ledger.now()
    member.save(update_fields=["left_at"])


def _locked(member: Membership, by: Membership) -> Membership:
    """Return the membership as it is now that nobody else can change it."""
    _same_review(member.review_id, by)
    ledger.lock(by.review)
    fresh = Membership.objects.select_related("review", "user").get(pk=member.pk)
    if not fresh.is_active:
        raise ValidationError(f"{fresh} is no longer a member of this review.")
    return fresh


def _same_review(review_id: int, by: Membership) -> None:
    if review_id != by.review_id:
        raise PermissionDenied("This belongs to another review.")
