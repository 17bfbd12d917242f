"""The page scripts in a real browser, under the strict content policy; no server, no database.

The pages extend the project's own base.html; the test plays the server.
"""

import json
import os
from pathlib import Path

import pytest
from django.contrib.staticfiles import finders
from django.template import engines
from django.utils.safestring import mark_safe
from playwright.sync_api import expect, sync_playwright

pytestmark = pytest.mark.browser

ROOT = Path(__file__).parents[2]
CASES = json.loads((ROOT / "tests/extraction/data/conditions.json").read_text(encoding="utf-8"))
CHROMIUM = Path(os.environ.get("CHROMIUM", "/usr/bin/chromium"))
SITE = "http://reviewtool.test"
TYPES = {".js": "text/javascript", ".css": "text/css", ".svg": "image/svg+xml"}
POLICY = "default-src 'self'; script-src 'self'; style-src 'self'; img-src 'self' data:"


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


class Stage:
    """A page whose scripts and styles come from the project and whose answers the test gives."""

    def __init__(self, browser):
        self.context = browser.new_context()
        self.page = self.context.new_page()
        self.body = ""
        self.answer = {"status": 200, "json": {"saved_at": "18:04"}}
        self.posted: list[str] = []
        self.faults: list[str] = []
        self.fragments: dict[str, dict] = {}
        self.page.on("console", self.heard)
        self.page.on("pageerror", lambda error: self.faults.append(str(error)))
        self.page.route(f"{SITE}/**", self.serve)

    def serve(self, route):
        path = route.request.url.removeprefix(SITE).split("?")[0]
        if route.request.method == "POST":
            self.posted.append(route.request.post_data or "")
            route.fulfill(**self.answer)
        elif path in self.fragments:
            route.fulfill(**self.fragments[path])
        elif path.startswith("/static/"):
            file = Path(finders.find(path.removeprefix("/static/")))
            route.fulfill(body=file.read_text("utf-8"), content_type=TYPES[file.suffix])
        else:
            headers = {"Content-Security-Policy": POLICY, "Content-Type": "text/html;charset=utf-8"}
            route.fulfill(body=self.document(), headers=headers)

    def document(self) -> str:
        source = '{% extends "base.html" %}{% block main %}{{ body }}{% endblock %}'
        template = engines["django"].from_string(source)
        return template.render({"body": mark_safe(self.body)})

    def heard(self, message):
        if "Content Security Policy" in message.text:
            self.faults.append(message.text)

    def show(self, body: str):
        self.body = body
        self.page.goto(f"{SITE}/")
        self.page.wait_for_load_state("load")
        return self.page


@pytest.fixture
def stage(browser):
    made = Stage(browser)
    yield made
    assert made.faults == []
    made.context.close()


def test_a_condition_means_in_the_browser_what_it_means_on_the_server(stage):
    page = stage.show("")
    found = page.evaluate(
        """async (table) => {
            const { evaluate } = await import("/static/reviewtool/js/conditions.js");
            return table.cases.map((one) =>
                evaluate(one.condition, table.values, table.missing, table.parents));
        }""",
        CASES,
    )
    wrong = [
        case["name"]
        for case, holds in zip(CASES["cases"], found, strict=True)
        if holds is not case["holds"]
    ]
    assert wrong == []


# ---------------------------------------------------------------- autosave
FORM = """
<form data-autosave="/save" data-autosave-key="test" method="post">
  <input type="hidden" name="draft_version" value="1">
  <label>Quote <input name="quote"></label>
  <label><input type="checkbox" name="known" value="true"> known</label>
  <p data-autosave-state></p>
</form>"""


def wait_for_state(page, state: str) -> None:
    page.wait_for_selector(f'[data-autosave-state][data-state="{state}"]')


def test_a_change_is_saved_by_itself_and_the_version_moves_on(stage):
    stage.answer = {"status": 200, "json": {"saved_at": "18:04", "draft_version": 2}}
    page = stage.show(FORM)
    page.fill("[name=quote]", "abc")
    wait_for_state(page, "saved")
    assert "quote=abc" in stage.posted[-1]
    assert page.input_value("[name=draft_version]") == "2"
    assert page.evaluate("localStorage.length") == 0


def test_what_could_not_be_sent_is_offered_again_after_a_crash(stage):
    stage.answer = {"status": 503, "body": "down"}
    page = stage.show(FORM)
    page.fill("[name=quote]", "abc")
    page.check("[name=known]")
    wait_for_state(page, "kept")

    stage.answer = {"status": 200, "json": {}}
    page = stage.show(FORM)
    assert page.input_value("[name=quote]") == ""
    page.get_by_role("button", name="Take them back").click()
    assert page.input_value("[name=quote]") == "abc"
    assert page.is_checked("[name=known]")
    wait_for_state(page, "saved")
    assert "quote=abc" in stage.posted[-1]


def test_a_refusal_is_said_in_words_and_not_tried_again(stage):
    stage.answer = {"status": 409, "json": {"errors": ["Somebody else saved this form."]}}
    page = stage.show(FORM)
    page.fill("[name=quote]", "abc")
    wait_for_state(page, "refused")
    assert "Somebody else saved this form." in page.inner_text("[data-autosave-state]")
    n_posted = len(stage.posted)
    page.fill("[name=quote]", "abcd")
    page.wait_for_timeout(1500)
    assert len(stage.posted) == n_posted


def test_a_login_page_in_answer_to_a_save_is_not_taken_for_a_yes(stage):
    stage.answer = {"status": 200, "body": "<h1>Sign in</h1>", "content_type": "text/html"}
    page = stage.show(FORM)
    page.fill("[name=quote]", "abc")
    wait_for_state(page, "kept")
    assert page.evaluate("localStorage.length") == 1


# ---------------------------------------------------------------- keys
KEYS = """
<button data-shortcut="e">Exclude <kbd>E</kbd></button>
<label>Note <input name="note"></label><output></output>"""


def count_clicks(page) -> None:
    page.evaluate(
        """() => {
            window.clicks = 0;
            document.querySelector("main button").addEventListener("click", () => { clicks += 1; });
        }"""
    )


def test_a_key_presses_its_button_but_not_while_somebody_types(stage):
    page = stage.show(KEYS)
    count_clicks(page)
    page.keyboard.press("e")
    assert page.evaluate("clicks") == 1
    page.focus("input")
    page.keyboard.press("e")
    page.evaluate("document.activeElement.blur()")
    page.keyboard.press("Control+e")
    assert page.evaluate("clicks") == 1


def test_the_question_mark_lists_every_key(stage):
    page = stage.show(KEYS)
    count_clicks(page)
    page.keyboard.press("?")
    assert "Exclude" in page.inner_text("dialog[open]")
    page.keyboard.press("e")
    assert page.evaluate("clicks") == 0
    page.keyboard.press("Escape")
    assert page.locator("dialog[open]").count() == 0


# ---------------------------------------------------------------- a tree of options
TREE = """
<form><label for="site">Site</label>
<select id="site" name="site" data-tree-select>
  <option value="">–</option>
  <option value="cns" data-depth="0">Central nervous system</option>
  <option value="cho" data-depth="1" data-terms="ependyma">Choroid plexus</option>
  <option value="lep" data-depth="1">Leptoméninges</option>
  <option value="tes" data-depth="0">Testis</option>
</select></form>"""


def type_and_choose(page, text: str) -> str:
    box = page.get_by_role("combobox", name="Site")
    box.fill(text)
    page.keyboard.press("Enter")
    return page.evaluate("document.querySelector('select').value")


@pytest.mark.parametrize(
    ("typed", "chosen"),
    [("plex", "cho"), ("nervous lepto", "lep"), ("leptomeninges", "lep"), ("ependyma", "cho")],
)
def test_a_term_is_found_by_its_name_its_path_or_another_name(stage, typed, chosen):
    assert type_and_choose(stage.show(TREE), typed) == chosen


def test_half_a_word_changes_nothing_and_an_empty_box_takes_the_choice_back(stage):
    page = stage.show(TREE)
    assert type_and_choose(page, "plex") == "cho"
    box = page.get_by_role("combobox", name="Site")
    box.fill("tes")
    box.blur()
    assert page.evaluate("document.querySelector('select').value") == "cho"
    assert box.input_value() == "Central nervous system › Choroid plexus"
    box.fill("")
    box.blur()
    assert page.evaluate("document.querySelector('select').value") == ""


# ---------------------------------------------------------------- fragments
POLLING = '<div id="job" hx-get="/job" hx-trigger="every 100ms" hx-swap="outerHTML">0 of 2</div>'
ASKING = (
    '<form method="post" action="/ask" hx-post="/ask" hx-target="#answer"><button>Ask</button>'
    '</form><div id="answer">nothing yet</div>'
)


def test_progress_is_asked_for_until_the_answer_asks_no_more(stage):
    stage.fragments["/job"] = {"status": 200, "body": '<div id="job">2 of 2</div>'}
    page = stage.show(POLLING)
    expect(page.locator("#job")).to_have_text("2 of 2")


def test_a_form_with_mistakes_is_shown_again(stage):
    stage.answer = {"status": 422, "body": "Title: enter one."}
    page = stage.show(ASKING)
    page.click("text=Ask")
    expect(page.locator("#answer")).to_contain_text("enter one")


def test_a_fragment_that_failed_leaves_the_page_and_says_so(stage):
    stage.answer = {"status": 500, "body": "<h1>Something broke</h1>"}
    page = stage.show(ASKING)
    page.click("text=Ask")
    page.wait_for_selector("[data-request-problem]:not([hidden])")
    assert page.inner_text("#answer") == "nothing yet"


def test_what_is_swapped_in_is_wired_too(stage):
    stage.answer = {"status": 200, "body": TREE}
    page = stage.show(ASKING)
    page.click("text=Ask")
    expect(page.get_by_role("combobox", name="Site")).to_be_visible()


# ---------------------------------------------------------------- the theme
def test_the_chosen_theme_is_there_before_anything_is_painted(stage):
    page = stage.show("")
    page.get_by_role("button", name="Dark").click()
    page = stage.show("<p>Next page</p>")
    assert page.evaluate("document.documentElement.dataset.theme") == "dark"
    ground = page.evaluate("getComputedStyle(document.body).backgroundColor")
    assert ground == "rgb(20, 23, 29)"
