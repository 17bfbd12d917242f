"""The cast: one review with a person for every role, and people who have no business there."""

import pytest
from django.test import Client

from reviewtool.reviews.models import Membership, User
from screening.models import Record
from tests import factories


@pytest.fixture(autouse=True)
def _own_files(settings, tmp_path):
    """Uploads of a test go where the test's other files go."""
    settings.MEDIA_ROOT = tmp_path / "files"


@pytest.fixture
def lena(db) -> Membership:
    """The lead; she does not screen."""
    user = factories.make_user("lena")
    return factories.make_review(user, title="Blasts outside the marrow")


@pytest.fixture
def review(lena):
    return lena.review


@pytest.fixture
def protocol(review):
    """Version 1: two blind reviewers, reasons TA1 to TA3 and FT1 to FT3."""
    return review.protocol


@pytest.fixture
def member(lena):
    """Make one more member with the given roles: `member("reviewer", name="zoe")`."""

    def make(*roles: str, name: str = "") -> Membership:
        return factories.join(lena, factories.make_user(name or "-and-".join(roles)), *roles)

    return make


@pytest.fixture
def alice(member) -> Membership:
    return member("reviewer", name="alice")


@pytest.fixture
def bob(member) -> Membership:
    return member("reviewer", name="bob")


@pytest.fixture
def ada(member) -> Membership:
    return member("adjudicator", name="ada")


@pytest.fixture
def eve(member) -> Membership:
    return member("extractor", name="eve")


@pytest.fixture
def otto(member) -> Membership:
    return member("observer", name="otto")


@pytest.fixture
def stranger(db) -> User:
    """Somebody with an account and no review."""
    return factories.make_user("stranger")


@pytest.fixture
def outsider(db) -> Membership:
    """The lead and reviewer of a review of their own, which runs beside ours."""
    user = factories.make_user("outsider")
    return factories.make_review(user, title="A parallel review", roles=("lead", "reviewer"))


@pytest.fixture
def records(lena):
    """Make records that are ready to screen: `records(3)`."""

    def make(n: int) -> list[Record]:
        return factories.make_records(lena, n)

    return make


@pytest.fixture
def client_of():
    """Return a browser in which a member (or a user) is signed in."""

    def sign_in(who: Membership | User) -> Client:
        client = Client()
        client.force_login(who.user if isinstance(who, Membership) else who)
        return client

    return sign_in
