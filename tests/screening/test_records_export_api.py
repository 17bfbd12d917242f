"""Scripts download records as the page does: the same rows, rights and blindness."""

import csv
import io

import pytest
from django.urls import reverse

from reviewtool.reviews.permissions import GRANTS, Permission, Role
from screening.citations import Citation, read
from screening.citations.prior import prior_decisions
from screening.services.decisions import decide


def url_of(review, **asked) -> str:
    query = "&".join(f"{name.rstrip('_')}={value}" for name, value in asked.items())
    return reverse("api-records-export", args=[review.slug]) + (f"?{query}" if query else "")


def body_of(answer) -> bytes:
    assert answer.status_code == 200
    return b"".join(answer.streaming_content)


@pytest.mark.parametrize(
    ("format", "suffix"), [("ris", "ris"), ("csv", "csv"), ("xlsx", "xlsx"), ("bibtex", "bib")]
)
def test_a_script_downloads_what_the_page_downloads(
    format, suffix, records, lena, client_of, review
):
    records(3)
    client = client_of(lena)
    page = reverse("screening:records_export", args=[review.slug, format])
    answer = client.get(url_of(review, as_=format))

    assert f"{review.slug}-records.{suffix}" in answer["Content-Disposition"]
    ours, theirs = (
        [item.title for item in read(io.BytesIO(data)) if isinstance(item, Citation)]
        for data in (body_of(answer), body_of(client.get(page)))
    )
    assert len(ours) == 3
    assert ours == theirs


def test_filters_narrow_the_download(records, lena, client_of, review):
    first, *_ = records(3)
    first.year = 1987
    first.save()
    data = body_of(client_of(lena).get(url_of(review, year_to=1987))).decode()

    assert [row["record number"] for row in csv.DictReader(io.StringIO(data))] == [str(first.pk)]


@pytest.mark.parametrize(
    ("asked", "said"),
    [({"as_": "pdf"}, "choose one of ris"), ({"year_from": "soon"}, "year_from")],
)
def test_a_wrong_request_is_answered_with_what_to_do(asked, said, lena, client_of, review):
    answer = client_of(lena).get(url_of(review, **asked))

    assert answer.status_code == 400
    assert said in answer.content.decode()


def test_a_reviewer_downloads_only_their_own_open_decision(records, alice, bob, client_of, review):
    record = records(1)[0]
    decide(record, by=alice, stage="title_abstract", verdict="exclude", reason="TA1")
    data = body_of(client_of(bob).get(url_of(review, as_="ris")))
    (citation,) = [item for item in read(io.BytesIO(data)) if isinstance(item, Citation)]

    assert prior_decisions(citation) == ()
    assert b"Alice" not in data
    own = body_of(client_of(alice).get(url_of(review, as_="ris")))
    assert b"Alice: exclude" in own


def test_without_the_right_to_export_nothing_is_downloaded(
    records, eve, client_of, review, monkeypatch
):
    records(1)
    monkeypatch.setitem(GRANTS, Role.EXTRACTOR, GRANTS[Role.EXTRACTOR] - {Permission.EXPORT})

    assert client_of(eve).get(url_of(review)).status_code == 403
