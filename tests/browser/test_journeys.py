"""Journeys through the real app in a real browser: by keyboard, as people work."""

import json
import os
from datetime import date
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.test import Client
from django.urls import reverse
from playwright.sync_api import sync_playwright

from reviewtool.jobs.services import run_waiting
from reviewtool.reviews.models import Stage
from screening.models import Decision, Screening
from screening.services import decisions
from tests.pubmed_server import PubMed, serving

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
CHROMIUM = Path(os.environ.get("CHROMIUM", "/usr/bin/chromium"))
TA = Stage.TITLE_ABSTRACT


@pytest.fixture(scope="module", autouse=True)
def _django_beside_playwright():
    """Playwright's event loop runs in this thread; Django is used between its steps only."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("DJANGO_ALLOW_ASYNC_UNSAFE", "true")
        yield


@pytest.fixture(scope="module")
def browser():
    if not CHROMIUM.exists():
        pytest.skip("Needs Chromium: apt install chromium, or name its path in CHROMIUM.")
    with sync_playwright() as playwright:
        opened = playwright.chromium.launch(
            executable_path=str(CHROMIUM), args=["--no-sandbox", "--disable-dev-shm-usage"]
        )
        yield opened
        opened.close()


@pytest.fixture
def page_of(browser, live_server):
    """Return a page in which a member is signed in; faults of scripts fail the test."""
    contexts, faults = [], []

    def sign_in(member, **options):
        client = Client()
        client.force_login(member.user)
        context = browser.new_context(base_url=live_server.url, **options)
        context.add_cookies(
            [
                {
                    "name": "sessionid",
                    "value": client.cookies["sessionid"].value,
                    "url": live_server.url,
                }
            ]
        )
        contexts.append(context)
        page = context.new_page()
        page.on("pageerror", lambda error: faults.append(str(error)))
        return page

    yield sign_in
    for context in contexts:
        context.close()
    assert faults == []


def _shown(page) -> int:
    return int(page.locator("[data-card]:not([hidden])").get_attribute("data-record"))


def _all_sent(page) -> None:
    """Wait until the server has acknowledged every decision."""
    name = f"screen:{page.locator('[data-screen]').get_attribute('data-screen')}"
    for _ in range(300):
        if page.evaluate("(name) => localStorage.getItem(name)", name) == "[]":
            return
        page.wait_for_timeout(100)
    raise AssertionError("Some decisions were not sent.")


def _begin(page, review) -> None:
    page.goto(reverse("screening:screen", args=[review.slug, TA]))
    page.keyboard.press("Enter")  # "Begin screening" has the focus
    page.wait_for_selector("[data-card]")


def test_fifty_records_are_screened_by_keyboard(page_of, review, alice, records):
    records(52)
    page = page_of(alice)
    _begin(page, review)
    made = {}
    for n in range(50):
        record = _shown(page)
        verdict = ("include", "exclude", "maybe", "exclude", "exclude")[n % 5]
        if verdict == "exclude":
            page.keyboard.press("2")
        page.keyboard.press({"include": "i", "exclude": "e", "maybe": "u"}[verdict])
        made[record] = verdict
        page.wait_for_function(
            "(shown) => document.querySelector('[data-card]:not([hidden])')?.dataset.record !== shown",
            arg=str(record),
        )
    _all_sent(page)
    page.keyboard.press("z")
    page.wait_for_timeout(700)
    taken_back = _shown(page)
    assert made.pop(taken_back) == "exclude"
    kept = Decision.objects.filter(actor=alice).current()
    assert {d.record_id: d.verdict for d in kept} == made
    assert {d.reason for d in kept.filter(verdict="exclude")} == {"TA2"}
    assert Decision.objects.filter(actor=alice, act="decide").count() == 50
    assert all(d.offer_id for d in kept)


def test_decisions_made_without_a_network_are_sent_once(page_of, review, alice, records):
    records(8)
    page = page_of(alice)
    _begin(page, review)
    page.context.set_offline(True)
    decided = []
    for _ in range(3):
        decided.append(_shown(page))
        page.keyboard.press("i")
        page.wait_for_timeout(100)
    page.wait_for_selector("[data-offline]:not([hidden])")
    assert not Decision.objects.filter(actor=alice).exists()
    kept = page.evaluate("Object.values(localStorage).find((value) => value.includes('verdict'))")
    assert [int(item["record"]) for item in json.loads(kept)] == decided
    page.context.set_offline(False)
    _all_sent(page)
    assert sorted(d.record_id for d in Decision.objects.filter(actor=alice)) == sorted(decided)


def test_a_conflict_is_settled_by_key(page_of, review, alice, bob, ada, records):
    record = records(1)[0]
    decisions.decide(record, by=alice, stage=TA, verdict="include")
    decisions.decide(record, by=bob, stage=TA, verdict="exclude", reason="TA1")
    page = page_of(ada)
    page.goto(reverse("screening:conflict", args=[review.slug, TA, record.pk]))
    page.keyboard.press("1")
    page.keyboard.press("e")
    page.wait_for_url("**/conflicts/")
    screening = Screening.objects.get(record=record, stage=TA)
    assert (screening.outcome, screening.reason) == ("excluded", "TA1")


def test_a_lead_exports_the_flow(page_of, review, lena, records):
    records(3)
    page = page_of(lena)
    page.goto(reverse("screening:prisma", args=[review.slug]))
    assert "n\u00a0=\u00a03" in page.locator("figure.prisma-diagram").inner_text()
    for label, wanted in (("CSV for R", "database_results"), ("JSON", '"databases": 3')):
        with page.expect_download() as download:
            page.get_by_role("link", name=label, exact=True).click()
        assert wanted in Path(download.value.path()).read_text(encoding="utf-8")


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_a_lead_searches_pubmed_by_keyboard(scheme, page_of, review, lena, settings, tmp_path):
    settings.DATA_DIR, settings.PUBMED_API_KEY = tmp_path, "key"
    held = {100 + n: date(2024, 1, 1) for n in range(5)}
    with serving(PubMed(held, errors={"phrasesnotfound": ["leydigg"]}, withdrawn={103})) as pubmed:
        settings.PUBMED_URL = pubmed.url
        page = page_of(lena, color_scheme=scheme)
        page.goto(reverse("screening:pubmed", args=[review.slug]))
        page.get_by_label("Query").press_sequentially("testis AND leydigg")
        page.get_by_label("Name").press_sequentially("Testis")
        page.keyboard.press("Enter")
        page.get_by_role("heading", name="5 records").wait_for()
        faults = _faults(page)
        page.get_by_role("button", name="Fetch 5 records").press("Enter")
        page.get_by_text("Waiting for a worker").wait_for()
        faults += _faults(page)
        run_waiting()
        page.get_by_text("4 records fetched").wait_for()
        faults += _faults(page)
        page.get_by_role("link", name="Saved searches").press("Enter")
        page.get_by_role("button", name="Run Testis again").press("Enter")
        page.get_by_text("Waiting for a worker").wait_for()
        run_waiting()
        page.get_by_text("4 of them were already here").wait_for()
    assert faults == []


def _faults(page) -> list[str]:
    """What axe finds on the page as it is, and whether a telephone would have to scroll."""
    found = Axe().run(page).response["violations"]
    page.set_viewport_size({"width": 390, "height": 844})
    wider = page.evaluate("document.documentElement.scrollWidth - window.innerWidth")
    page.set_viewport_size({"width": 1280, "height": 900})
    too_wide = [f"{page.url}: {wider} px too wide at 390"] if wider > 0 else []
    return [f"{page.url}: {v['id']} {v['nodes'][0]['target']}" for v in found] + too_wide


PAGES = (
    "overview", "activity", "reviews:protocol", "reviews:edit_protocol", "reviews:team",
    "screening:searches", "screening:search_new", "screening:pubmed", "screening:search_log",
    "screening:search_log_edit", "screening:duplicates",
    "screening:duplicates_joined", "screening:conflicts", "screening:fulltexts",
    "screening:studies", "screening:records", "screening:prisma", "extraction:extract",
    "extraction:evidence", "extraction:table", "extraction:codebooks",
)  # fmt: skip


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing_and_nothing_overflows(scheme, page_of, review, member, alice, records):
    everything = member("lead", "reviewer", "extractor", "adjudicator", name="zoe")
    made = records(3)
    decisions.decide(made[0], by=alice, stage=TA, verdict="include")
    run_waiting()
    page = page_of(everything, color_scheme=scheme)
    _begin(page, review)
    urls = [reverse(name, args=[review.slug]) for name in PAGES]
    urls += [reverse("screening:record", args=[review.slug, made[1].pk])]
    urls += [
        reverse(f"screening:{n}", args=[review.slug, TA])
        for n in ("stopping", "agreement", "ranking")
    ]
    urls += [reverse("reviews:home"), reverse("reviews:account"), reverse("reviews:create")]
    faults = []
    for url in [reverse("screening:screen", args=[review.slug, TA]), *urls]:
        page.set_viewport_size({"width": 1280, "height": 900})
        page.goto(url)
        faults += _faults(page)
    assert faults == []
