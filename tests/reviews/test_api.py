"""The API of people, reviews and protocols."""

import pytest

from reviewtool.reviews.services import members, tokens
from reviewtool.reviews.services.protocols import change_protocol


@pytest.fixture
def ask(client):
    """Ask the API with a token: `ask(user, path)`."""

    def ask(user, path, *, scope="read", method="get", **more):
        _, secret = tokens.make_token(user, name="test", scope=scope)
        call = getattr(client, method)
        return call(f"/api/v1/{path}", headers={"Authorization": f"Bearer {secret}"}, **more)

    return ask


def test_only_my_reviews_are_listed_with_my_roles(alice, lena, outsider, ask):
    (found,) = ask(alice.user, "reviews/").json()["results"]
    assert found["slug"] == lena.review.slug
    assert found["roles"] == ["reviewer"]
    assert found["protocol_version"] == 1


def test_one_review_answers_its_members_only(alice, stranger, ask, client):
    path = f"reviews/{alice.review.slug}/"
    assert ask(alice.user, path).json()["title"] == "Blasts outside the marrow"
    assert ask(stranger, path).status_code == 404
    assert client.get(f"/api/v1/{path}").status_code == 401


def test_who_left_is_still_named_and_no_longer_let_in(alice, bob, otto, ask):
    members.leave(bob)
    path = f"reviews/{alice.review.slug}/members/"
    found = {one["username"]: one for one in ask(otto.user, path).json()["results"]}
    assert found["bob"]["left_at"] is not None
    assert found["alice"]["roles"] == ["reviewer"]
    assert "email" not in found["alice"]
    assert ask(bob.user, path).status_code == 404


def test_every_version_of_the_protocol_can_be_read(lena, otto, ask):
    change_protocol(lena, note="Wider", question="Wider?")
    path = f"reviews/{lena.review.slug}/protocols/"
    versions = ask(otto.user, path).json()["results"]
    assert [(one["version"], one["note"]) for one in versions] == [(1, ""), (2, "Wider")]
    assert ask(otto.user, f"{path}2/").json()["question"] == "Wider?"
    assert ask(otto.user, f"{path}3/").status_code == 404


def test_nothing_of_it_is_written_through_the_api(lena, ask):
    for path in (
        "reviews/",
        f"reviews/{lena.review.slug}/",
        f"reviews/{lena.review.slug}/members/",
    ):
        answer = ask(lena.user, path, scope="write", method="post", data={})
        assert answer.status_code == 405


def test_a_token_never_exceeds_its_holders_roles_or_its_scope(lena, otto, ask):
    path = f"reviews/{lena.review.slug}/searches/"
    search = {"kind": "database", "source": "PubMed", "searched_on": "2024-05-03"}
    send = {"method": "post", "data": search, "content_type": "application/json"}
    refused = ask(lena.user, path, **send)
    assert refused.status_code == 403
    assert "may only read" in refused.json()["detail"]
    assert ask(otto.user, path, scope="write", **send).status_code == 403
    assert ask(lena.user, path, scope="write", **send).status_code == 201


@pytest.mark.parametrize("header", ["Bearer", "Bearer rt_unknown", "Bearer a b", "Bearer \xff"])
def test_a_token_that_is_none_is_refused_in_words(db, client, header):
    answer = client.get("/api/v1/me/", headers={"Authorization": header})
    assert answer.status_code == 401
    assert answer.json()["detail"]


def test_the_description_and_the_page_to_try_it_are_there(db, client):
    assert b"/api/v1/reviews/{slug}/protocols/{version}/" in client.get("/api/v1/schema/").content
    page = client.get("/api/v1/docs/")
    assert page.status_code == 200
    assert (
        "'unsafe-inline'"
        not in page["Content-Security-Policy"].split("script-src")[1].split(";")[0]
    )
