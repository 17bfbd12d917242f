"""Reviews, protocols and teams as a browser without scripts meets them."""

import re

import pytest
from django.urls import reverse

from reviewtool.reviews.models import Invitation, Membership, Review
from reviewtool.reviews.services import members
from reviewtool.reviews.services.protocols import change_protocol
from screening.services.decisions import decide

NEW = {
    "title": "Niches of blasts",
    "also_screens": "on",
    "question": "Where do blasts live?",
    "part_population": "Blasts",
    "inclusion_criteria": "One criterion\n\nAnother",
    "reasons_title_abstract": "TA1: Not the disease",
    "reasons_full_text": "FT1: Not the disease\nFT2: No data: none",
    "highlights": "Cells: blast*, Leydig",
    "reviewers_title_abstract": "2",
    "reviewers_full_text": "1",
    "extractors": "1",
    "is_blind": "on",
    "recall_target": "97.5",
    "order": "mixed",
    "random_share": "10",
}


def form_of(answer) -> dict[str, str]:
    """Return the hidden fields of a page, as a browser would send them back."""
    found = re.findall(r'<input type="hidden" name="(\w+)"(?: value="([^"]*)")?', answer.content.decode())  # fmt: skip
    return {name: value for name, value in found if name != "csrfmiddlewaretoken"}


def typed(protocol, **changed: str) -> dict[str, str]:
    """Return the form of a change as it would be sent, with some fields typed anew."""
    form = {
        "question": protocol.question,
        "part_population": protocol.framework["Population"],
        "part_comparator": protocol.framework["Comparator"],
        "inclusion_criteria": "\n".join(protocol.inclusion_criteria),
        "exclusion_criteria": "\n".join(protocol.exclusion_criteria),
        "reasons_title_abstract": "TA1: Not the disease\nTA2: Not the site\nTA3: Not a study",
        "reasons_full_text": "FT1: Not the disease\nFT2: Not the site\nFT3: No primary data",
        "highlights": "Cells: blast*, Leydig",
        "reviewers_title_abstract": "2",
        "reviewers_full_text": "2",
        "extractors": "2",
        "is_blind": "on",
        "maybe_title_abstract": "on",
        "maybe_full_text": "on",
        "recall_target": "95",
        "order": "ranked",
        "random_share": "5",
        "uses_generic_prior": "on",
        "unread_are_automation": "on",
        "note": "Because",
        "base": str(protocol.version),
    }
    return form | changed


# ---------------------------------------------------------------- reviews
def test_the_home_page_shows_my_reviews_only(lena, alice, outsider, client_of):
    page = client_of(alice).get("/").content.decode()
    assert "Blasts outside the marrow" in page
    assert '<span class="chip">reviewer</span>' in page
    assert "A parallel review" not in page


def test_a_review_is_created_with_all_that_was_typed(stranger, client_of):
    answer = client_of(stranger).post("/reviews/new/", NEW)
    review = Review.objects.get()
    assert answer["Location"] == review.get_absolute_url()
    assert Membership.objects.get().roles == ["reviewer", "lead"]
    protocol = review.protocol
    assert protocol.framework == {"Population": "Blasts"}
    assert protocol.inclusion_criteria == ["One criterion", "Another"]
    assert protocol.reasons_at("full_text")[1] == {"code": "FT2", "label": "No data: none"}
    assert protocol.highlights == [{"label": "Cells", "terms": ["blast*", "Leydig"]}]
    assert (str(protocol.recall_target), protocol.order) == ("0.975", "mixed")
    assert (protocol.is_blind, protocol.maybe_full_text) == (True, False)


@pytest.mark.parametrize(
    ("field", "value", "sentence"),
    [
        ("title", "", "This field is required"),
        ("question", "", "This field is required"),
        ("slug", "not a slug", "digits and hyphens only"),
        ("slug", "new", "used by the program"),
        ("reasons_full_text", "", "write at least one"),
        ("reasons_full_text", "no colon here", "“no colon here”"),
        ("reasons_title_abstract", "A: one\nA: two", "occurs twice"),
        ("highlights", "Cells:", "No word stands behind"),
        ("recall_target", "20", "greater than or equal to 50"),
        ("reviewers_full_text", "0", "greater than or equal to 1"),
        ("order", "backwards", "not one of the available choices"),
        ("random_share", "99", "less than or equal to 50"),
        ("title", "x\x00", "Null characters"),
    ],
)
def test_a_mistake_is_told_beside_its_field(stranger, client_of, field, value, sentence):
    answer = client_of(stranger).post("/reviews/new/", NEW | {field: value})
    assert answer.status_code == 422
    page = answer.content.decode()
    error = re.search(rf'id="id_{field}_error">(.*?)</p>', page)
    assert error, f"nothing is said at {field}"
    assert sentence in error[1].replace("&quot;", '"')
    assert "Where do blasts live?" in page or field == "question"
    assert not Review.objects.exists()


def test_a_review_is_deleted_by_typing_its_title(lena, records, client_of):
    records(2)
    url = reverse("reviews:delete", args=[lena.review.slug])
    browser = client_of(lena)
    assert b"<b>2</b> <span>records</span>" in browser.get(url).content
    answer = browser.post(url, {"typed": "yes"})
    assert answer.status_code == 422
    assert re.search(r'id="id_typed_error">This is not the title', answer.content.decode())
    answer = browser.post(url, {"typed": lena.review.title}, follow=True)
    assert answer.request["PATH_INFO"] == "/"
    assert not Review.objects.exists()


# ---------------------------------------------------------------- protocol
def test_a_change_is_shown_before_it_is_made(lena, alice, records, client_of, review):
    for record in records(3):
        decide(record, by=alice, stage="title_abstract", verdict="include")
    url = reverse("reviews:edit_protocol", args=[review.slug])
    browser = client_of(lena)
    form = typed(review.protocol, reviewers_title_abstract="1", question="Wider?")

    shown = browser.post(url, form | {"step": "preview"})
    page = shown.content.decode()
    assert "<b>3</b> <span>screenings go from pending to included</span>" in page
    assert '<ins class="diff">Wider?</ins>' in page
    assert review.protocols.count() == 1

    again = browser.post(url, form_of(shown) | {"step": "edit"})
    assert b"Wider?</textarea>" in again.content
    answer = browser.post(url, form_of(shown) | {"step": "confirm"}, follow=True)
    assert answer.request["PATH_INFO"] == reverse("reviews:protocol", args=[review.slug])
    second = review.protocol
    assert (second.version, second.question, second.note) == (2, "Wider?", "Because")
    assert second.exclusion_reasons == review.protocols.get(version=1).exclusion_reasons
    assert second.is_blind


def test_a_change_of_nothing_is_told(lena, client_of, review):
    url = reverse("reviews:edit_protocol", args=[review.slug])
    answer = client_of(lena).post(url, typed(review.protocol) | {"step": "preview"})
    assert answer.status_code == 422
    assert b"Nothing was changed, so version 1 stays." in answer.content


def test_two_leads_do_not_overwrite_each_other_unseen(lena, client_of, review):
    url = reverse("reviews:edit_protocol", args=[review.slug])
    browser = client_of(lena)
    shown = browser.post(url, typed(review.protocol, question="Mine?") | {"step": "preview"})
    change_protocol(lena, question="Theirs?")

    answer = browser.post(url, form_of(shown) | {"step": "confirm"})
    assert answer.status_code == 422
    assert b"Somebody put version 2 in force" in answer.content
    assert review.protocol.question == "Theirs?"
    assert form_of(answer)["base"] == "2"


def test_parts_of_the_question_that_the_form_does_not_know_are_kept(lena, client_of, review):
    change_protocol(lena, framework={"Setting": "Hospitals", "Population": "Rats", "Comparator": "none"})  # fmt: skip
    url = reverse("reviews:edit_protocol", args=[review.slug])
    form = typed(review.protocol, part_comparator="", part_outcome="Survival")
    client_of(lena).post(url, form | {"step": "confirm"})
    assert review.protocol.framework == {"Setting": "Hospitals", "Population": "Rats", "Outcome": "Survival"}  # fmt: skip


def test_the_history_tells_who_changed_what_and_why(lena, otto, client_of, review):
    change_protocol(lena, note="Too narrow", question="Wider?")
    page = client_of(otto).get(reverse("reviews:protocol", args=[review.slug])).content.decode()
    assert "Too narrow" in page
    assert "Lena" in page
    compare = reverse("reviews:compare_protocols", args=[review.slug])
    assert b"Wider?" in client_of(otto).get(compare, {"from": "1", "to": "2"}).content
    old = client_of(otto).get(reverse("reviews:protocol_version", args=[review.slug, 1]))
    assert b"no longer in force" in old.content


@pytest.mark.parametrize("asked", [{"to": "9"}, {"to": "x"}, {"from": "-1"}, {"to": "9" * 30}])
def test_versions_that_are_not_there_are_not_found(otto, client_of, review, asked):
    url = reverse("reviews:compare_protocols", args=[review.slug])
    assert client_of(otto).get(url, asked).status_code == 404


# ---------------------------------------------------------------- team
def test_a_link_is_made_shown_once_and_followed(lena, stranger, client_of, client, review):
    url = reverse("reviews:invite", args=[review.slug])
    browser = client_of(lena)
    answer = browser.post(url, {"note": "for Zoe", "roles": ["reviewer", "extractor"]})
    link = re.search(r"http://testserver(/join/rt_[^\"]+)", answer.content.decode())[1]
    team = browser.get(reverse("reviews:team", args=[review.slug])).content.decode()
    assert "for Zoe" in team
    assert link not in team

    assert f"/login/?next={link}".encode() in client.get(link).content
    joined = client_of(stranger).post(link)
    assert joined["Location"] == review.get_absolute_url()
    spent = client.get(link)
    assert spent.status_code == 404
    assert b"This invitation no longer works" in spent.content


def test_behind_a_proxy_the_link_names_the_public_address(lena, client_of, review, settings):
    settings.PUBLIC_URL = "https://review.example.org/"
    answer = client_of(lena).post(reverse("reviews:invite", args=[review.slug]), {"roles": ["observer"]})  # fmt: skip
    assert b"https://review.example.org/join/rt_" in answer.content


def test_an_invitation_without_roles_is_told_at_the_field(lena, client_of, review):
    answer = client_of(lena).post(reverse("reviews:invite", args=[review.slug]), {"note": "Zoe"})
    assert answer.status_code == 422
    assert b"Choose at least one role." in answer.content
    assert not Invitation.objects.exists()


def test_a_member_who_opens_an_invitation_is_told(lena, alice, client_of):
    _, secret = members.invite(lena, roles=["observer"])
    answer = client_of(alice).post(reverse("reviews:accept", args=[secret]))
    assert answer.status_code == 422
    assert b"already a member" in answer.content


def test_roles_are_changed_on_the_page(lena, alice, client_of, review):
    url = reverse("reviews:roles", args=[review.slug, alice.pk])
    browser = client_of(lena)
    assert b'value="reviewer" id="id_roles_1" checked' in browser.get(url).content
    assert browser.post(url, {"roles": ["observer"]}).status_code == 302
    assert Membership.objects.get(pk=alice.pk).roles == ["observer"]
    assert browser.post(url, {}).status_code == 422
    own = reverse("reviews:roles", args=[review.slug, lena.pk])
    assert b"You are the only lead" in browser.post(own, {"roles": ["observer"]}).content


def test_a_member_is_removed_and_another_leaves(lena, alice, bob, client_of, review):
    answer = client_of(lena).post(reverse("reviews:remove_member", args=[review.slug, alice.pk]))
    assert answer.status_code == 302
    browser = client_of(bob)
    leave = reverse("reviews:leave", args=[review.slug])
    assert browser.post(leave, follow=True).request["PATH_INFO"] == "/"
    assert browser.get(review.get_absolute_url()).status_code == 404
    assert list(review.memberships.active()) == [lena]


def test_the_only_lead_sees_at_once_that_leaving_is_impossible(lena, client_of, review):
    browser = client_of(lena)
    leave = reverse("reviews:leave", args=[review.slug])
    page = browser.get(leave)
    assert b"You are the only lead" in page.content
    assert b"Leave the review</button>" not in page.content
    assert browser.post(leave).status_code == 422


def test_an_open_invitation_is_taken_back(lena, client_of, review):
    invitation, _ = members.invite(lena, roles=["observer"])
    url = reverse("reviews:revoke_invitation", args=[review.slug, invitation.pk])
    browser = client_of(lena)
    browser.post(url)
    assert not Invitation.objects.open().exists()
    answer = browser.post(url, follow=True)
    assert b"can no longer be used anyway" in answer.content


def test_observers_see_the_team_and_no_invitations(lena, otto, client_of, review):
    members.invite(lena, roles=["observer"], note="secret plan")
    page = client_of(otto).get(reverse("reviews:team", args=[review.slug])).content.decode()
    assert "Lena" in page
    assert "secret plan" not in page
    assert "Delete the review" not in page
