"""Every page of people and reviews answers everybody as it should."""

import pytest
from django.urls import reverse

from reviewtool.reviews.services.members import invite

PAGES = {
    "protocol": (200, 200),
    "edit_protocol": (200, 403),
    "compare_protocols": (200, 200),
    "team": (200, 200),
    "leave": (200, 200),
    "delete": (200, 403),
}


@pytest.mark.parametrize("name", PAGES)
def test_a_page_of_a_review_opens_by_role_and_is_nothing_to_others(
    name, lena, otto, stranger, outsider, client_of, client, review
):
    url = reverse(f"reviews:{name}", args=[review.slug])
    for_lead, for_observer = PAGES[name]
    assert client_of(lena).get(url).status_code == for_lead
    assert client_of(otto).get(url).status_code == for_observer
    assert client_of(stranger).get(url).status_code == 404
    assert client_of(outsider).get(url).status_code == 404
    assert client.get(url).status_code == 302


@pytest.mark.parametrize("name", ["home", "create", "account", "give_up"])
def test_a_page_of_ones_own_needs_signing_in_only(name, stranger, client_of, client):
    url = reverse(f"reviews:{name}")
    assert client_of(stranger).get(url).status_code == 200
    assert client.get(url)["Location"] == f"/login/?next={url}"


@pytest.mark.parametrize("name", ["login", "password_reset", "password_reset_done"])
def test_signing_in_and_a_new_password_are_open_to_all(name, client, db):
    assert client.get(reverse(name)).status_code == 200


@pytest.mark.parametrize("name", ["roles", "remove_member"])
def test_pages_about_a_colleague_are_for_leads(name, lena, alice, otto, outsider, client_of):
    url = reverse(f"reviews:{name}", args=[lena.review.slug, alice.pk])
    assert client_of(lena).get(url).status_code == 200
    assert client_of(otto).get(url).status_code == 403
    assert client_of(outsider).get(url).status_code == 404
    other = reverse(f"reviews:{name}", args=[lena.review.slug, outsider.pk])
    assert client_of(lena).get(other).status_code == 404


@pytest.mark.parametrize(
    ("method", "name"),
    [("get", "invite"), ("get", "make_token"), ("get", "logout"), ("post", "protocol")],
)
def test_what_changes_something_is_posted_and_what_shows_something_is_not(
    method, name, lena, client_of
):
    own = name in ("make_token", "logout")
    space = "" if name == "logout" else "reviews:"
    url = reverse(f"{space}{name}", args=[] if own else [lena.review.slug])
    assert getattr(client_of(lena), method)(url).status_code == 405


def test_another_reviews_invitation_cannot_be_taken_back(lena, outsider, client_of):
    invitation, _ = invite(lena, roles=["observer"])
    url = reverse("reviews:revoke_invitation", args=[outsider.review.slug, invitation.pk])
    assert client_of(outsider).post(url).status_code == 404
