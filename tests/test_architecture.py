"""The house keeps its shape: what a reader of docs/architecture.md may rely on."""

import ast
import os
import re
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.core.management import call_command

ROOT = Path(__file__).resolve().parent.parent
PACKAGES = ("reviewtool", "screening", "extraction", "seeds")
PURE = (
    "screening/citations",
    "screening/dedupe",
    "screening/ranking",
    "screening/stopping",
    "screening/prisma",
    "screening/consensus.py",
    "screening/agreement.py",
    "extraction/agreement.py",
    "extraction/codebook",
    "extraction/evidence_map.py",
    "extraction/exports",
)
MOST_LINES_OF_A_FILE = 500
MOST_LINES_OF_A_FUNCTION = 60
VAGUE = {"utils", "util", "helpers", "helper", "misc", "common", "core"}
WORDS_OF_ONE_REVIEW = ("testis", "cxcr4", "leptomening", "bone_marrow", "niche_factor")


def sources(*places: str, kinds: tuple[str, ...] = (".py",)) -> Iterator[Path]:
    """Yield what people wrote in these places: no migrations, no vendored files."""
    for place in places:
        path = ROOT / place
        found = [path] if path.is_file() else sorted(path.rglob("*"))
        for file in found:
            if file.suffix in kinds and not {"migrations", "vendor"} & set(file.parts):
                yield file


def named(path: Path, line: int | None = None) -> str:
    name = str(path.relative_to(ROOT))
    return f"{name}:{line}" if line else name


def assert_none(found: list[str], what_to_do: str) -> None:
    if found:
        pytest.fail("\n  ".join([what_to_do, *found]), pytrace=False)


def run(*command: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run a tool as `python -m`, with this test's own settings kept out of its environment."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("PYTEST_")}
    return subprocess.run(
        [sys.executable, *command],
        cwd=ROOT,
        env=kept | environment,
        capture_output=True,
        text=True,
        check=False,
    )


def assert_passed(done: subprocess.CompletedProcess[str], what_to_do: str) -> None:
    if done.returncode:
        said = done.stdout.strip() or done.stderr.strip()
        pytest.fail(f"{what_to_do}\n{said[-6000:]}", pytrace=False)


# ---------------------------------------------------------------- arrows
def test_imports_point_downwards_only():
    done = run(
        "-c",
        "import sys; from importlinter.cli import lint_imports_command as lint; "
        "sys.exit(lint(['--no-cache', '--no-logo']))",
    )
    assert_passed(
        done,
        "An import points upwards. Move the code to the floor it belongs to, or let the lower "
        "floor publish a registry (docs/architecture.md, “Floors”); do not loosen the contract.",
    )


def test_every_pure_package_is_held_to_its_contract():
    contracts = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["importlinter"]
    (pure,) = [one for one in contracts["contracts"] if one["id"] == "pure"]
    there = {name for name in PURE if (ROOT / name).exists()}
    named_ = {name.removesuffix(".py").replace("/", ".") for name in there}
    assert named_ == set(pure["source_modules"]), "Name it in pyproject.toml's contract “pure”."


def test_pure_packages_ask_no_clock_and_no_network():
    asked = re.compile(r"\b(?:now|utcnow|today|localtime)\(|\burllib\.request\b")
    found = [
        named(path, number)
        for path in sources(*PURE)
        for number, line in enumerate(path.read_text().splitlines(), start=1)
        if asked.search(line)
    ]
    assert_none(found, "Hand dates and data to pure code from a service, do not fetch them there:")


def test_every_import_stands_at_the_top():
    found = [
        named(path, node.lineno)
        for path in sources(*PACKAGES)
        if path.name != "apps.py"  # AppConfig.ready may only import late: the models load first
        for function in functions(path)
        for node in ast.walk(function)
        if isinstance(node, ast.Import | ast.ImportFrom)
    ]
    assert_none(found, "An import inside a function hides a wrong arrow. Turn the arrow round:")


def test_nothing_happens_by_model_signals_or_models_by_name():
    forbidden = re.compile(r"django\.db\.models\.signals|\bpost_save\b|\bpre_save\b|\.get_model\(")
    found = [
        named(path, number)
        for path in sources(*PACKAGES)
        if path.name != "guards.py"  # a migration operation: it is handed a past state's models
        for number, line in enumerate(path.read_text().splitlines(), start=1)
        if forbidden.search(line)
    ]
    assert_none(found, "Call a service where it happens instead of a model signal or get_model:")


# ---------------------------------------------------------------- sizes and names
def functions(path: Path) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield node


def test_no_file_is_longer_than_one_sitting():
    kinds = (".py", ".js", ".css", ".html")
    lengths = {path: len(path.read_text().splitlines()) for path in sources(*PACKAGES, kinds=kinds)}
    found = [
        f"{named(path)} ({n} lines)" for path, n in lengths.items() if n > MOST_LINES_OF_A_FILE
    ]
    assert_none(
        found, f"Split these files by what they are about (at most {MOST_LINES_OF_A_FILE}):"
    )


def test_no_function_is_longer_than_a_screen():
    found = [
        f"{named(path, node.lineno)} {node.name} ({length} lines)"
        for path in sources(*PACKAGES, "tests")
        for node in functions(path)
        if (length := (node.end_lineno or 0) - node.lineno + 1) > MOST_LINES_OF_A_FUNCTION
    ]
    assert_none(found, "Split these functions at their thoughts, and name each one:")


def test_no_room_has_a_vague_name():
    found = [
        named(path)
        for path in sources(*PACKAGES, "tests")
        if {path.stem, *path.relative_to(ROOT).parts} & VAGUE
    ]
    assert_none(found, "Name a module after what it is about; these names could hold anything:")


@pytest.mark.parametrize("word", WORDS_OF_ONE_REVIEW)
def test_no_code_knows_the_words_of_one_review(word):
    found = [
        named(path, number)
        for path in sources("reviewtool", "screening", "extraction", kinds=(".py", ".js", ".html"))
        for number, line in enumerate(path.read_text().splitlines(), start=1)
        if word in line.lower()
    ]
    assert_none(found, f"“{word}” belongs to a codebook or to seeds/, not to the code:")


# ---------------------------------------------------------------- tools
def test_ruff_finds_nothing():
    assert_passed(run("-m", "ruff", "check", "--no-cache", "."), "Run `ruff check --fix .`:")


def test_everything_is_formatted():
    done = run("-m", "ruff", "format", "--no-cache", "--check", ".")
    assert_passed(done, "Run `ruff format .`:")


@pytest.mark.slow
def test_mypy_finds_nothing(tmp_path):
    done = run("-m", "mypy", "--cache-dir", str(tmp_path))
    assert_passed(done, "Mend what mypy says; a relaxation needs its reason in pyproject.toml:")


def test_bandit_finds_nothing():
    done = run("-m", "bandit", "-q", "-c", "pyproject.toml", "-r", *PACKAGES)
    assert_passed(done, "Mend it, or write `# nosec BNNN - why it is safe` on the line:")


# ---------------------------------------------------------------- Django's own checks
@pytest.mark.django_db
def test_every_model_change_has_its_migration():
    try:
        call_command("makemigrations", check=True, dry_run=True, verbosity=0)
    except SystemExit:
        pytest.fail(
            "A model changed without a migration: run `python manage.py makemigrations`, and end "
            "it with GuardLedger for every ledger table it touches."
        )


def test_production_settings_raise_no_warning(tmp_path):
    done = run(
        "manage.py", "check", "--deploy", "--fail-level", "WARNING",
        REVIEWTOOL_PRODUCTION="1",
        REVIEWTOOL_DATA=str(tmp_path),
        SECRET_KEY="0123456789-a-long-enough-secret-of-the-tests-abcdefghijklmnop",
        ALLOWED_HOSTS="review.example.org",
        DATABASE_URL=f"sqlite:///{tmp_path}/check.sqlite3",
    )  # fmt: skip
    assert_passed(done, "Mend the production settings; silence no check:")
    assert "no issues" in done.stdout + done.stderr


def test_production_refuses_to_start_with_a_weak_secret(tmp_path):
    done = run(
        "manage.py", "check",
        REVIEWTOOL_PRODUCTION="1", REVIEWTOOL_DATA=str(tmp_path), SECRET_KEY="short",
    )  # fmt: skip
    assert done.returncode != 0
    assert "Set SECRET_KEY to at least 50 random characters" in done.stderr
