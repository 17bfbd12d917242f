"""What every page owes its reader: enough contrast, no inline code, nothing that is not there."""

import re
from itertools import chain
from pathlib import Path

import pytest
from django.contrib.staticfiles import finders
from django.template.loader import get_template

ROOT = Path(__file__).parents[1]
FLOORS = ("reviewtool", "screening", "extraction", "seeds")
TEMPLATES = sorted(chain.from_iterable((ROOT / floor).rglob("*.html") for floor in FLOORS))
SHEETS = sorted(chain.from_iterable((ROOT / floor).rglob("*.css") for floor in FLOORS))
TOKENS = ROOT / "reviewtool/static/reviewtool/css/tokens.css"
READ_ON = ("paper", "surface", "sunk", "raised")

TEXT_PAIRS = [
    *((ink, ground) for ink in ("ink", "ink-2", "ink-3", "accent") for ground in READ_ON),
    ("accent-ink", "accent"),
    ("accent-ink", "accent-strong"),
    *((f"{name}", f"{name}-soft") for name in ("include", "exclude", "maybe", "info", "accent")),
    *(("ink", f"{name}-soft") for name in ("include", "exclude", "maybe", "info", "accent")),
    *(("ink", f"mark-{n}") for n in (1, 2, 3, 4)),
    ("sheet-ink", "sheet"),
    ("sheet-quiet", "sheet"),
]
EDGE_PAIRS = [
    *(("edge", ground) for ground in READ_ON),
    *(("accent", ground) for ground in READ_ON),
    *((f"mark-{n}-line", "surface") for n in (1, 2, 3, 4)),
]


def name_of(path: Path) -> str:
    return str(path.relative_to(ROOT))


def colours() -> dict[str, tuple[str, str]]:
    """Each token's colour in the light and in the dark."""
    text = TOKENS.read_text(encoding="utf-8")
    both = re.findall(r"--([\w-]+): light-dark\((#\w{6}), (#\w{6})\);", text)
    one = re.findall(r"--([\w-]+): (#\w{6});", text)
    return {name: (light, dark) for name, light, dark in both} | {
        name: (colour, colour) for name, colour in one
    }


def luminance(colour: str) -> float:
    parts = [int(colour[n : n + 2], 16) / 255 for n in (1, 3, 5)]
    red, green, blue = (c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    dark, light = sorted((luminance(one), luminance(other)))
    return (light + 0.05) / (dark + 0.05)


@pytest.mark.parametrize("theme", [0, 1], ids=["light", "dark"])
@pytest.mark.parametrize(("ink", "ground"), TEXT_PAIRS)
def test_text_can_be_read_on_its_ground(ink, ground, theme):
    assert contrast(colours()[ink][theme], colours()[ground][theme]) >= 4.5


@pytest.mark.parametrize("theme", [0, 1], ids=["light", "dark"])
@pytest.mark.parametrize(("edge", "ground"), EDGE_PAIRS)
def test_edges_and_the_focus_ring_can_be_seen(edge, ground, theme):
    assert contrast(colours()[edge][theme], colours()[ground][theme]) >= 3


@pytest.mark.parametrize("path", TEMPLATES, ids=name_of)
def test_no_template_needs_the_content_policy_to_look_away(path):
    text = path.read_text(encoding="utf-8")
    assert not re.findall(r"""\sstyle=["']|<style[\s>]|\son[a-z]+=["']|\shx-on|javascript:""", text)
    assert not re.findall(r"<script(?![^>]*\ssrc=)[^>]*>", text)
    assert not re.findall(r"""(?:src|href)=["']https?://(?!\S*\{)\S+\.(?:js|css|woff2?)""", text)


@pytest.mark.parametrize("path", TEMPLATES, ids=name_of)
def test_every_template_finds_what_it_names(path):
    text = path.read_text(encoding="utf-8")
    for name in re.findall(r"""{%\s*static\s+["']([^"']+)["']""", text):
        assert finders.find(name), f"{name} is no static file"
    for name in re.findall(r"""{%\s*(?:include|extends)\s+["']([^"']+)["']""", text):
        get_template(name)


@pytest.mark.parametrize("path", [path for path in SHEETS if path != TOKENS], ids=name_of)
def test_colours_are_named_in_one_place(path):
    text = re.sub(r"(?s)@media print.*|/\*.*?\*/", "", path.read_text(encoding="utf-8"))
    assert not re.findall(r":[^;{]*#[0-9a-fA-F]{3,8}\b", text)


def test_every_token_that_is_used_exists():
    named = set(re.findall(r"(--[\w-]+):", TOKENS.read_text(encoding="utf-8")))
    for path in SHEETS:
        text = path.read_text(encoding="utf-8")
        own = set(re.findall(r"(--[\w-]+):", text))
        assert set(re.findall(r"var\((--[\w-]+)", text)) <= named | own, name_of(path)


def test_every_icon_that_is_used_exists():
    sprite = get_template("components/icons.html").render()
    drawn = set(re.findall(r'id="icon-([\w-]+)"', sprite))
    for path in TEMPLATES:
        text = path.read_text(encoding="utf-8")
        used = re.findall(r'components/icon\.html" with name="([\w-]+)"', text)
        used += re.findall(r'components/button\.html"[^%]*\bicon="([\w-]+)"', text)
        assert set(used) <= drawn, name_of(path)


@pytest.mark.parametrize("name", ["403.html", "403_csrf.html", "404.html", "429.html", "500.html"])
def test_an_error_page_needs_nothing_to_be_shown(name):
    page = get_template(name).render()
    assert page.count("<h1>") == 1
