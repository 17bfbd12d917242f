"""The team: invited by a link that works once, with roles, and never without a lead."""

from datetime import timedelta

import pytest
import time_machine
from django.core.exceptions import PermissionDenied, ValidationError
from django.utils import timezone

from reviewtool.reviews.events import read
from reviewtool.reviews.models import Event, Invitation, Membership
from reviewtool.reviews.permissions import Permission
from reviewtool.reviews.services import members
from tests.factories import join, make_user


def sentences(review) -> list[str]:
    return [read(event).sentence() for event in Event.objects.filter(review=review)]


def test_an_invited_person_joins_with_the_roles_of_the_invitation(lena, stranger):
    invitation, secret = members.invite(lena, roles=["extractor", "reviewer"], note="for Zoe")
    zoe = members.accept(secret, user=stranger)

    assert zoe.review == lena.review
    assert zoe.roles == ["reviewer", "extractor"]
    assert zoe.may(Permission.EXTRACT)
    invitation.refresh_from_db()
    assert invitation.accepted_by == stranger
    assert sentences(lena.review)[-2:] == [
        "made an invitation as reviewer, extractor",
        "joined as reviewer, extractor",
    ]


def test_only_the_hash_of_the_secret_is_kept(lena):
    invitation, secret = members.invite(lena, roles=["observer"])
    stored = Invitation.objects.filter(pk=invitation.pk).values().get()
    assert secret not in str(stored)


def test_an_invitation_works_once(lena, stranger):
    _, secret = members.invite(lena, roles=["observer"])
    members.accept(secret, user=stranger)
    with pytest.raises(ValidationError, match="has been used"):
        members.accept(secret, user=make_user("late"))


def test_an_invitation_ends(lena, stranger, settings):
    _, secret = members.invite(lena, roles=["observer"])
    later = timezone.now() + timedelta(days=settings.INVITATION_DAYS, minutes=1)
    with time_machine.travel(later):
        assert members.open_invitation(secret) is None
        with pytest.raises(ValidationError, match="too old"):
            members.accept(secret, user=stranger)


def test_an_invitation_can_be_taken_back_once(lena, stranger):
    invitation, secret = members.invite(lena, roles=["observer"])
    members.revoke(invitation, by=lena)
    with pytest.raises(ValidationError):
        members.accept(secret, user=stranger)
    with pytest.raises(ValidationError, match="no longer be used"):
        members.revoke(invitation, by=lena)


def test_a_member_does_not_use_up_an_invitation(lena, alice, stranger):
    _, secret = members.invite(lena, roles=["lead"])
    with pytest.raises(ValidationError, match="already a member"):
        members.accept(secret, user=alice.user)
    assert members.accept(secret, user=stranger).roles == ["lead"]


def test_who_left_comes_back_as_the_same_member(lena, alice):
    members.leave(alice)
    again = join(lena, alice.user, "observer")
    assert again.pk == alice.pk
    assert again.is_active
    assert again.roles == ["observer"]


@pytest.mark.parametrize("roles", [[], ["boss"], ["reviewer", "boss"]])
def test_an_invitation_needs_roles_that_exist(lena, roles):
    with pytest.raises(ValidationError) as refused:
        members.invite(lena, roles=roles)
    assert refused.value.message_dict == {"roles": ["Choose at least one role."]}


def test_only_leads_invite_change_roles_and_remove(alice, bob):
    with pytest.raises(PermissionDenied):
        members.invite(alice, roles=["observer"])
    with pytest.raises(PermissionDenied):
        members.change_roles(bob, by=alice, roles=["lead"])
    with pytest.raises(PermissionDenied):
        members.remove(bob, by=alice)


def test_a_lead_has_no_power_over_another_review(outsider, alice, lena):
    invitation, _ = members.invite(lena, roles=["observer"])
    for act in (
        lambda: members.change_roles(alice, by=outsider, roles=["observer"]),
        lambda: members.remove(alice, by=outsider),
        lambda: members.revoke(invitation, by=outsider),
    ):
        with pytest.raises(PermissionDenied):
            act()


def test_roles_change_at_once_and_are_told(lena, alice):
    alice = members.change_roles(alice, by=lena, roles=["observer"])
    assert not alice.may(Permission.SCREEN)
    assert sentences(lena.review)[-1] == "changed the roles of Alice from reviewer to observer"


def test_the_same_roles_are_no_change(lena, alice):
    n_events = Event.objects.count()
    members.change_roles(alice, by=lena, roles=["reviewer"])
    assert Event.objects.count() == n_events


def test_the_only_lead_stays_lead_and_stays(lena, alice):
    for act in (
        lambda: members.change_roles(lena, by=lena, roles=["reviewer"]),
        lambda: members.leave(lena),
    ):
        with pytest.raises(ValidationError, match="You are the only lead of “Blasts outside"):
            act()


def test_a_lead_may_go_when_there_is_another(lena, alice):
    members.change_roles(alice, by=lena, roles=["lead"])
    members.leave(lena)
    assert not Membership.objects.get(pk=lena.pk).is_active


def test_a_lead_who_left_does_not_count_as_one(lena, member):
    second = member("lead", name="second")
    members.leave(second)
    with pytest.raises(ValidationError):
        members.leave(lena)


def test_a_removed_member_has_no_rights_and_stays_in_the_list(lena, alice):
    members.remove(alice, by=lena)
    alice = Membership.objects.get(pk=alice.pk)
    assert not alice.may(Permission.READ)
    assert alice in lena.review.memberships.all()
    assert sentences(lena.review)[-1] == "removed Alice from the review"
    with pytest.raises(ValidationError, match="no longer a member"):
        members.remove(alice, by=lena)


def test_one_leaves_but_does_not_remove_oneself(lena, member):
    member("lead", name="second")
    with pytest.raises(ValidationError, match="leave the review"):
        members.remove(lena, by=lena)
