"""Long work can be watched, stopped and asked for again; its trace is for leads."""

import pytest
from django.core.exceptions import PermissionDenied
from django.urls import reverse

from reviewtool.jobs import registry, services
from reviewtool.jobs.models import Job

HTMX = {"HX-Request": "true"}


@pytest.fixture
def job(lena, monkeypatch):
    """A job of a kind of its own that waits."""
    monkeypatch.setattr(registry, "_works", dict(registry._works))
    registry.register("count", label="Counting to ten", handler=lambda run: None)
    return services.enqueue(lena.review, "count", by=lena, total=10)


def ended(job: Job, state: str) -> Job:
    Job.objects.filter(pk=job.pk).update(state=state, trace="ValueError: ten", message="It broke.")
    job.refresh_from_db()
    return job


def test_a_page_shows_how_far_a_job_is_and_htmx_gets_only_that(job, otto, client_of):
    Job.objects.filter(pk=job.pk).update(state="running", done=4)
    browser = client_of(otto)
    page = browser.get(job.get_absolute_url()).content.decode()
    assert "Counting to ten" in page
    assert "4 of 10" in page
    assert "<html" in page
    assert 'hx-trigger="every 1s"' in page
    fragment = browser.get(job.get_absolute_url(), headers=HTMX).content.decode()
    assert "4 of 10" in fragment
    assert "<html" not in fragment


def test_a_job_that_ended_is_not_asked_about_any_more(job, otto, client_of):
    services.run_waiting()
    fragment = client_of(otto).get(job.get_absolute_url(), headers=HTMX).content.decode()
    assert "Done" in fragment
    assert "hx-get" not in fragment


def test_the_trace_is_for_leads(job, lena, alice, client_of):
    ended(job, "failed")
    url = job.get_absolute_url()
    assert b"ValueError: ten" in client_of(lena).get(url).content
    page = client_of(alice).get(url).content
    assert b"It broke." in page
    assert b"ValueError" not in page


def test_who_asked_and_leads_may_stop_a_job(job, lena, alice, eve, client_of):
    url = reverse("jobs:cancel", args=[job.review.slug, job.pk])
    assert client_of(alice).post(url).status_code == 403
    with pytest.raises(PermissionDenied):
        services.cancel(job, by=alice)
    own = services.enqueue(job.review, "count", by=eve, key="eve")
    services.cancel(own, by=eve)
    assert client_of(lena).post(url).status_code == 302
    job.refresh_from_db()
    assert (job.state, job.message) == ("cancelled", "Cancelled by Lena.")


def test_a_job_that_ended_cannot_be_stopped(job, lena, client_of):
    ended(job, "done")
    url = reverse("jobs:cancel", args=[job.review.slug, job.pk])
    assert b"already ended" in client_of(lena).post(url, follow=True).content


def test_a_job_that_was_set_aside_is_asked_for_again(job, lena, alice, client_of):
    ended(job, "failed")
    url = reverse("jobs:retry", args=[job.review.slug, job.pk])
    assert client_of(alice).post(url).status_code == 403
    answer = client_of(lena).post(url)
    again = Job.objects.get(state="queued")
    assert answer["Location"] == again.get_absolute_url()
    assert (again.kind, again.params) == (job.kind, job.params)


def test_another_reviews_job_is_not_there(job, outsider, client_of):
    browser = client_of(outsider)
    slug = outsider.review.slug
    assert browser.get(reverse("jobs:job", args=[slug, job.pk])).status_code == 404
    assert browser.post(reverse("jobs:cancel", args=[slug, job.pk])).status_code == 404
    with pytest.raises(PermissionDenied):
        services.cancel(job, by=outsider)


def test_the_counts_of_a_reviewers_own_ranking_are_for_that_reviewer(alice, bob, lena, client_of):
    ranking = Job.objects.create(review=lena.review, kind="rank", requested_by=alice)
    url = ranking.get_absolute_url()
    assert client_of(alice).get(url).status_code == 200
    assert client_of(bob).get(url).status_code == 404
    assert client_of(lena).get(url).status_code == 404
