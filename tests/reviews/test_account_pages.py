"""Signing up and in, the account page, passwords, giving up: as a browser without scripts."""

import re

import pytest
from django.core import mail
from django.urls import reverse

from reviewtool.reviews.models import Token, User
from reviewtool.reviews.services import members
from tests.factories import PASSWORD

FORM = {
    "username": "zoe",
    "name": "Zoe",
    "email": "zoe@example.org",
    "password": PASSWORD,
    "repeated": PASSWORD,
}


def messages_of(answer) -> list[str]:
    return [str(message) for message in answer.context["messages"]]


def test_who_signs_up_is_signed_in_and_sees_what_to_do(client, db):
    answer = client.post("/sign-up/", FORM, follow=True)
    assert answer.request["PATH_INFO"] == "/"
    assert b"No review yet" in answer.content
    assert messages_of(answer) == ["Welcome, Zoe. This is your account now."]


@pytest.mark.parametrize(
    ("changed", "sentence"),
    [
        ({"repeated": "another"}, "The two passwords differ"),
        ({"username": "lena"}, "already an account with this name"),
        ({"password": "zoe", "repeated": "zoe"}, "too short"),
        ({"name": ""}, "This field is required"),
        ({"email": "x\x00@example.org"}, "Null characters"),
    ],
)
def test_a_mistake_is_told_beside_its_field_and_nothing_is_lost(client, lena, changed, sentence):
    answer = client.post("/sign-up/", FORM | changed)
    assert answer.status_code == 422
    page = answer.content.decode()
    assert re.search(rf'class="field-error"[^>]*>[^<]*{sentence}', page)
    assert 'value="zoe@example.org"' in page or "email" in changed
    assert User.objects.count() == 1


def test_a_closed_door_says_so(client, db, settings):
    settings.SIGN_UP_OPEN = False
    answer = client.get("/sign-up/")
    assert answer.status_code == 403
    assert b"Sign-up is closed here" in answer.content
    assert client.post("/sign-up/", FORM).status_code == 403
    assert b"/sign-up/" not in client.get("/login/").content
    assert not User.objects.exists()


def test_a_closed_door_opens_to_the_invited(client, lena, settings):
    settings.SIGN_UP_OPEN = False
    _, secret = members.invite(lena, roles=["reviewer"])
    link = reverse("reviews:accept", args=[secret])
    assert b"Make an account" in client.get(link).content

    answer = client.post("/sign-up/", FORM | {"next": link}, follow=True)
    assert answer.request["PATH_INFO"] == link
    answer = client.post(link, follow=True)
    assert answer.request["PATH_INFO"] == lena.review.get_absolute_url()
    assert client.post("/sign-up/", FORM | {"next": "/join/rt_unknown/"}).status_code == 302


@pytest.mark.parametrize("goal", ["https://evil.example", "//evil.example", "javascript:alert(1)"])
def test_nobody_is_led_away(client, db, goal):
    assert client.post("/sign-up/", FORM | {"next": goal})["Location"] == "/"


def test_signing_in_leads_back_to_where_one_was_going(client, lena):
    goal = lena.review.get_absolute_url()
    answer = client.get(goal)
    assert answer["Location"] == f"/login/?next={goal}"
    answer = client.post("/login/", {"username": "lena", "password": PASSWORD, "next": goal})
    assert answer["Location"] == goal


def test_signing_in_is_throttled_by_name_and_address(client, lena, settings):
    settings.AXES_FAILURE_LIMIT = 3
    for _ in range(2):
        answer = client.post("/login/", {"username": "lena", "password": "wrong"})
        assert b"correct username and password" in answer.content
    answer = client.post("/login/", {"username": "lena", "password": "wrong"})
    assert answer.status_code == 429
    assert b"Too many attempts" in answer.content
    assert client.post("/login/", {"username": "lena", "password": PASSWORD}).status_code == 429


def test_signing_out_ends_the_session(lena, client_of):
    client = client_of(lena)
    assert client.post("/logout/")["Location"] == "/login/"
    assert client.get("/").status_code == 302


def test_name_and_address_are_changed_on_the_account_page(alice, lena, client_of):
    client = client_of(alice)
    answer = client.post("/account/", {"name": "Alice B.", "email": "ab@example.org"}, follow=True)
    assert messages_of(answer) == ["Your account was changed."]
    assert b"Alice B." in answer.content
    answer = client.post("/account/", {"name": "Alice B.", "email": "lena@example.org"})
    assert answer.status_code == 422
    assert b"already an account with this e-mail address" in answer.content


def test_a_token_is_shown_once(alice, client_of):
    client = client_of(alice)
    answer = client.post("/account/tokens/", {"name": "R", "scope": "read", "days": "30"})
    secret = re.search(r"rt_[\w-]{40,}", answer.content.decode())[0]
    assert "no-store" in answer["Cache-Control"]
    assert secret not in client.get("/account/").content.decode()
    assert (
        client.get("/api/v1/me/", headers={"Authorization": f"Bearer {secret}"}).status_code == 200
    )

    client.post(reverse("reviews:revoke_token", args=[Token.objects.get().pk]))
    assert b"revoked" in client.get("/account/").content


def test_a_token_without_a_name_is_not_made(alice, client_of):
    answer = client_of(alice).post("/account/tokens/", {"scope": "write", "days": "0"})
    assert answer.status_code == 422
    assert answer.content.count(b'class="field-error"') == 2
    assert not Token.objects.exists()


def test_nobody_revokes_anothers_token(alice, bob, client_of):
    client_of(alice).post("/account/tokens/", {"name": "R", "scope": "read"})
    token = Token.objects.get()
    assert client_of(bob).post(reverse("reviews:revoke_token", args=[token.pk])).status_code == 404
    token.refresh_from_db()
    assert token.revoked_at is None


def test_the_password_is_changed_by_who_knows_it(alice, client_of, client):
    new = "quite-another-phrase"
    form = {"old_password": "wrong", "new_password1": new, "new_password2": new}
    browser = client_of(alice)
    assert (
        b"old password was entered incorrectly" in browser.post("/account/password/", form).content
    )
    answer = browser.post("/account/password/", form | {"old_password": PASSWORD}, follow=True)
    assert answer.request["PATH_INFO"] == "/account/"
    assert client.login(username="alice", password=new, request=answer.wsgi_request)


def test_a_forgotten_password_is_chosen_anew_by_mail(alice, client):
    client.post("/password/reset/", {"email": "alice@example.org"})
    (sent,) = mail.outbox
    assert "&#" not in sent.body
    link = re.search(r"http://testserver(\S+)", sent.body)[1]
    form_url = client.get(link)["Location"]
    new = {"new_password1": "a-newer-phrase-now", "new_password2": "a-newer-phrase-now"}
    answer = client.post(form_url, new, follow=True)
    assert messages_of(answer) == ["Your new password holds. Sign in with it."]
    assert User.objects.get(username="alice").check_password("a-newer-phrase-now")
    assert b"This link no longer works" in client.get(link, follow=True).content


def test_the_answer_does_not_tell_whether_there_is_an_account(client, db):
    answer = client.post("/password/reset/", {"email": "nobody@example.org"}, follow=True)
    assert b"If there is an account" in answer.content
    assert mail.outbox == []


def test_an_account_is_given_up_by_typing_its_name(alice, client_of, client):
    browser = client_of(alice)
    answer = browser.post("/account/delete/", {"typed": "Alice"})
    assert answer.status_code == 422
    assert b"This is not your username" in answer.content
    answer = browser.post("/account/delete/", {"typed": "alice"}, follow=True)
    assert answer.request["PATH_INFO"] == "/login/"
    assert "Former member" in messages_of(answer)[0]
    answer = client.post("/login/", {"username": "alice", "password": PASSWORD})
    assert answer.status_code == 200
    assert not User.objects.get(pk=alice.user_id).is_active


def test_the_only_lead_is_told_what_to_do_first(lena, client_of):
    browser = client_of(lena)
    assert b"You are the only lead of" in browser.get("/account/delete/").content
    assert browser.post("/account/delete/", {"typed": "lena"}).status_code == 422
    assert User.objects.get(pk=lena.user_id).is_active
