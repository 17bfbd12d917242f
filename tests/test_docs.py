"""What the documentation says exists, and what exists is documented."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.core.management import get_commands
from django.urls import URLPattern, URLResolver, get_resolver

from reviewtool.reviews.permissions import GRANTS, Permission, Role

ROOT = Path(__file__).resolve().parent.parent
PAGES = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").glob("*.md")])
OURS = ("reviewtool", "screening", "extraction", "seeds")


def text_of(name: str) -> str:
    return (ROOT / name).read_text()


def fenced_blocks(text: str) -> list[str]:
    return re.findall(r"^```\w*\n(.*?)^```$", text, flags=re.MULTILINE | re.DOTALL)


def table_rows(text: str, head: str) -> list[list[str]]:
    """Return the cells of the table whose first line begins with a head."""
    lines = text[text.index(head) :].splitlines()[2:]
    rows = []
    for line in lines:
        if not line.startswith("|"):
            break
        rows.append([cell.strip() for cell in line.strip("|").split("|")])
    return rows


# ---------------------------------------------------------------- settings and commands
def settings_read() -> set[str]:
    return set(re.findall(r"\benv\.\w+\(\s*\"(\w+)\"", text_of("reviewtool/settings.py")))


def settings_described() -> set[str]:
    rows = table_rows(text_of("docs/administrators.md"), "| Variable |")
    return {row[0].strip("`") for row in rows}


def test_every_setting_is_described_and_every_described_setting_exists():
    assert settings_read() - settings_described() == set(), "Describe these in administrators.md."
    assert settings_described() - settings_read() == set(), "Nothing reads these any more."


def test_no_other_module_reads_settings_of_its_own():
    allowed = {"reviewtool/settings.py", "reviewtool/supervision/probe.py"}
    asks = re.compile(r"environ\.get\(|environ\[|getenv\(")
    found = {
        str(path.relative_to(ROOT))
        for package in OURS
        for path in (ROOT / package).rglob("*.py")
        if asks.search(path.read_text())
    }
    assert found - allowed == set(), "Read the environment in settings.py, where it is documented."


def test_every_command_of_ours_is_described_and_every_described_command_exists():
    known = get_commands()
    described = {
        row[0].split()[1].strip("`")
        for row in table_rows(text_of("docs/administrators.md"), "| Command |")
    }
    ours = {name for name, app in known.items() if app.startswith(OURS)}
    assert ours - described == set(), "Describe these commands in administrators.md."
    assert described - set(known) == set(), "There are no such commands."


# ---------------------------------------------------------------- API
def routes(patterns: list, before: str = "") -> Iterator[str]:
    for pattern in patterns:
        route = before + str(pattern.pattern)
        if isinstance(pattern, URLResolver):
            yield from routes(pattern.url_patterns, route)
        elif isinstance(pattern, URLPattern):
            yield "/" + re.sub(r"<(?:\w+:)?(\w+)>", r"{\1}", route).replace("{pk}", "{id}")


def api_routes() -> set[str]:
    found = routes(get_resolver().url_patterns)
    return {route for route in found if route.startswith("/api/v1/")}


def test_every_api_route_is_described_and_every_described_route_exists():
    described = set(re.findall(r"`(?:[A-Z]+ )?(/api/v1/[^`?]*)`", text_of("docs/api.md")))
    assert api_routes() - described == set(), "Describe these routes in docs/api.md."
    assert described - api_routes() == set(), "There are no such routes."


def test_the_table_of_roles_is_the_one_the_program_uses():
    rows = table_rows(text_of("docs/leads.md"), "| A member may |")
    said = {row[0]: [cell == "yes" for cell in row[1:]] for row in rows}
    assert said == {
        permission.value: [permission in GRANTS[role] for role in Role] for permission in Permission
    }


# ---------------------------------------------------------------- README
def test_the_readme_opens_with_two_commands_that_name_what_exists():
    demo, test = fenced_blocks(text_of("README.md"))[:2]
    for block in (demo, test):
        assert block.startswith("python3 -m venv .venv")
        assert "--constraint constraints.txt" in block
        assert "/" not in block.replace(".venv/bin/", ""), "It must run in any fresh clone."
    assert "reviewtool demo" in demo
    assert "demo" in get_commands(), "The README's first command needs `demo`."
    assert "-m pytest" in test
    project = text_of("pyproject.toml")
    assert 'reviewtool = "reviewtool.cli:main"' in project
    assert "\ntest = [" in project


def test_the_constraints_are_plain_versions():
    lines = text_of("constraints.txt").splitlines()
    pins = [line for line in lines if not line.startswith("#")]
    assert pins
    assert [line for line in pins if not re.fullmatch(r"[\w.-]+==[\w.]+", line)] == []


@pytest.mark.parametrize("name", ["pyproject.toml", "CITATION.cff", "reviewtool/__init__.py"])
def test_every_place_tells_the_same_version(name):
    said = re.search(r"^(?:__)?version(?:__)? ?[=:] \"?([\d.]+)", text_of(name), flags=re.MULTILINE)
    assert said is not None
    assert f"## {said[1]}" in text_of("CHANGELOG.md")


# ---------------------------------------------------------------- links
def anchors_of(path: Path) -> set[str]:
    heads = re.findall(r"^#+ (.+)$", path.read_text(), flags=re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", head.lower()).replace(" ", "-") for head in heads}


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_link_leads_somewhere(page):
    text = re.sub(r"^```.*?^```$", "", page.read_text(), flags=re.MULTILINE | re.DOTALL)
    for link in re.findall(r"\]\(([^)\s]+)\)", text):
        if link.startswith(("https://", "http://")):
            continue
        name, _, anchor = link.partition("#")
        target = (page.parent / name).resolve() if name else page
        assert target.exists(), f"{page.name} links to {link}, which is not there"
        assert not anchor or anchor in anchors_of(target), f"{link}: no such heading"


def test_every_page_of_the_documentation_can_be_found_from_its_index():
    linked = set(re.findall(r"\]\(([^)#]+\.md)\)", text_of("docs/index.md")))
    pages = {page.name for page in (ROOT / "docs").glob("*.md")} - {"index.md"}
    assert pages - linked == set(), "Link these pages from docs/index.md."
