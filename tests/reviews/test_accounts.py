"""Accounts are made, changed and given up; the ledger keeps acts, not names."""

import pytest
from django.core.exceptions import ValidationError

from reviewtool.reviews.events import read
from reviewtool.reviews.models import Event, Membership, Token, User
from reviewtool.reviews.passwords import DEMO_PASSWORD
from reviewtool.reviews.services import accounts, members, tokens
from tests.factories import PASSWORD, make_user

NEW = {"username": "zoe", "email": "zoe@example.org", "name": "Zoe", "password": PASSWORD}


def test_a_new_account_can_sign_in(db, client):
    user = accounts.sign_up(**NEW)
    assert user.check_password(PASSWORD)
    answer = client.post("/login/", {"username": "zoe", "password": PASSWORD})
    assert answer["Location"] == "/"


@pytest.mark.parametrize(
    ("changed", "field", "sentence"),
    [
        ({"username": "LENA"}, "username", "already an account with this name"),
        ({"email": "Lena@Example.org"}, "email", "already an account with this e-mail"),
        ({"email": "nonsense"}, "email", "valid email"),
        ({"username": "with space"}, "username", "valid username"),
        ({"username": ""}, "username", "blank"),
        ({"password": "short"}, "password", "too short"),
        ({"password": "830519274650173"}, "password", "entirely numeric"),
        ({"password": "zoe@example.org"}, "password", "similar"),
    ],
)
def test_a_mistake_in_a_new_account_is_told_at_its_field(lena, changed, field, sentence):
    with pytest.raises(ValidationError) as refused:
        accounts.sign_up(**(NEW | changed))
    assert list(refused.value.message_dict) == [field]
    assert sentence in refused.value.message_dict[field][0]
    assert User.objects.count() == 1


def test_the_demo_password_is_refused_where_work_is_real(db, settings):
    settings.PRODUCTION = True
    with pytest.raises(ValidationError, match="published demo password"):
        accounts.sign_up(**(NEW | {"password": DEMO_PASSWORD}))


def test_name_and_address_change_but_not_to_somebody_elses(lena, alice):
    changed = accounts.change_account(alice.user, name="Alice B.", email="ab@example.org")
    assert (str(changed), changed.email) == ("Alice B.", "ab@example.org")
    with pytest.raises(ValidationError, match="already an account"):
        accounts.change_account(alice.user, name="Alice", email="LENA@example.org")


def test_giving_up_an_account_takes_the_name_out_of_everything(lena, alice):
    alice = members.change_roles(alice, by=lena, roles=["reviewer", "extractor"])
    tokens.make_token(alice.user, name="script", scope="read")
    accounts.pseudonymise(alice.user)

    user = User.objects.get(pk=alice.user_id)
    assert (user.username, user.email, user.is_active) == (f"former-{user.pk}", "", False)
    assert not user.has_usable_password()
    assert not Token.objects.filter(user=user).exists()
    assert not Membership.objects.get(pk=alice.pk).is_active
    events = Event.objects.filter(review=lena.review)
    told = " ".join([*(read(e).sentence() for e in events), *(str(e.payload) for e in events)])
    assert "alice" not in told.lower()
    assert f"changed the roles of Former member {user.pk}" in told


def test_the_name_of_a_given_up_account_is_free_again(stranger):
    accounts.pseudonymise(stranger)
    assert make_user("stranger").is_active


def test_the_only_lead_gives_up_the_review_first(lena, alice):
    assert accounts.led_alone(lena.user) == [lena]
    with pytest.raises(ValidationError, match="You are the only lead"):
        accounts.pseudonymise(lena.user)
    assert User.objects.get(pk=lena.user_id).is_active
    members.change_roles(alice, by=lena, roles=["lead"])
    accounts.pseudonymise(lena.user)
    assert accounts.led_alone(alice.user) == [Membership.objects.get(pk=alice.pk)]


def test_leaving_one_review_is_taken_back_when_another_holds_the_account(alice, outsider, lena):
    _, secret = members.invite(lena, roles=["observer"])
    elsewhere = members.accept(secret, user=outsider.user)
    with pytest.raises(ValidationError):
        accounts.pseudonymise(outsider.user)
    assert Membership.objects.get(pk=elsewhere.pk).is_active


# ---------------------------------------------------------------- tokens
def test_a_token_opens_the_api_until_it_is_revoked(alice, client):
    token, secret = tokens.make_token(alice.user, name="R script", scope="read")
    header = {"Authorization": f"Bearer {secret}"}
    assert client.get("/api/v1/me/", headers=header).json() == {
        "username": "alice",
        "name": "Alice",
        "scope": "read",
        "reviews": {alice.review.slug: ["reviewer"]},
    }
    tokens.revoke(token)
    assert client.get("/api/v1/me/", headers=header).status_code == 401


def test_only_the_hash_of_a_token_is_kept(alice):
    token, secret = tokens.make_token(alice.user, name="R script", scope="read")
    assert secret not in str(Token.objects.filter(pk=token.pk).values().get())
    assert secret.startswith(token.prefix)


@pytest.mark.parametrize(
    ("changed", "field"),
    [({"days": 0}, "days"), ({"days": 99999}, "days"), ({"scope": "all"}, "scope"), ({"name": " "}, "name")],
)  # fmt: skip
def test_a_mistake_in_a_token_is_told_at_its_field(stranger, changed, field):
    with pytest.raises(ValidationError) as refused:
        tokens.make_token(stranger, **({"name": "script", "scope": "read"} | changed))
    assert field in refused.value.message_dict
    assert not Token.objects.exists()
