"""`simulate` replays a labelled review without a database, and says in a sentence what is wrong."""

import csv
import json
import random
import subprocess
import sys
from io import StringIO
from pathlib import Path
from xml.etree import ElementTree

import numpy as np
import pytest
from django.core.management import CommandError, call_command

from screening.ranking import metrics
from screening.ranking.features import build
from screening.ranking.replay import MODELS, State, drawn_priors, labels_in_order, replay

ROOT = Path(__file__).resolve().parents[2]
CRITERIA = "Effects of beekeeping on orchards"
BEES = [
    "hive",
    "orchard",
    "bees",
    "pollination",
    "apple",
    "keeper",
    "honey",
    "swarm",
    "blossom",
    "yield",
]
OTHER = [
    "copper",
    "zinc",
    "alloy",
    "furnace",
    "steel",
    "rust",
    "weld",
    "rivet",
    "bolt",
    "beam",
    "girder",
    "mill",
]
N, N_RELEVANT = 120, 12


def review_rows() -> list[dict[str, str]]:
    """A review of bees in orchards whose search also found metal works."""
    rng = random.Random(7)
    rows = []
    for number in range(N):
        is_relevant = number % (N // N_RELEVANT) == 3
        own = rng.choices(BEES, k=6) if is_relevant else rng.choices(BEES, k=1)
        words = own + rng.choices(OTHER, k=14)
        rows.append(
            {
                "record_id": f"r{number}",
                "title": " ".join(words[4:9]),
                "abstract": " ".join(words),
                "keywords": "agriculture" if is_relevant else "",
                "label_included": str(int(is_relevant)),
            }
        )
    return rows


def write(path: Path, rows: list[dict[str, str]]) -> Path:
    with path.open("w", newline="", encoding="utf-8") as stream:
        writer = csv.DictWriter(stream, list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)
    return path


@pytest.fixture
def file(tmp_path) -> Path:
    return write(tmp_path / "bees.csv", review_rows())


def simulate(file: Path, *options: str) -> dict:
    out = StringIO()
    call_command("simulate", str(file), "--json", *options, stdout=out)
    return json.loads(out.getvalue())


# ---------------------------------------------------------------- the answer
def test_the_order_holds_every_record_once_and_priors_first(file):
    found = simulate(file, "--prior-ids", "r3,r0,r1")
    assert found["order"][:3] == ["r3", "r0", "r1"]
    assert sorted(found["order"]) == sorted(f"r{n}" for n in range(N))
    assert (found["n_priors"], found["metrics"]["n_relevant"]) == (3, N_RELEVANT - 1)
    assert {"seconds", "seconds_per_retrain", "n_retrains"} <= set(found)


def test_the_metrics_are_those_of_the_order_without_its_priors(file):
    found = simulate(file, "--priors", "1,5", "--seed", "2")
    relevant = {row["record_id"] for row in review_rows() if row["label_included"] == "1"}
    labels = [int(name in relevant) for name in found["order"][6:]]
    expected = {name: round(value, 6) for name, value in metrics.summary(labels).items()}
    assert found["metrics"] == expected
    assert {"wss_cohen_95", "wss_insights_95"} <= set(expected)


@pytest.mark.parametrize("model", ["warm", "plain", "warm-without-generic"])
def test_every_model_finds_the_relevant_early_and_the_same_seed_finds_the_same(file, model):
    options = ("--priors", "1,5", "--seed", "1", "--model", model, "--criteria", CRITERIA)
    first, second = simulate(file, *options), simulate(file, *options)
    assert first["order"] == second["order"]
    assert first["metrics"]["atd"] < 0.2  # by chance it would be .5


def test_seeds_draw_different_priors(file):
    orders = {tuple(simulate(file, "--priors", "1,5", "--seed", s)["order"][:6]) for s in "012"}
    assert len(orders) == 3


def test_with_criteria_the_first_card_is_not_drawn_at_random(file, tmp_path):
    (tmp_path / "criteria.txt").write_text("orchard bees, honey and pollination", encoding="utf-8")
    found = simulate(file, "--criteria", f"@{tmp_path / 'criteria.txt'}")
    assert found["metrics"]["first_relevant"] <= 3
    assert found["n_priors"] == 0


def test_without_criteria_or_priors_records_come_in_a_seeded_random_order(file):
    orders = [simulate(file, "--seed", s)["order"] for s in ("5", "5", "6")]
    assert orders[0] == orders[1] != orders[2]
    rows = list(range(N))
    random.Random(5).shuffle(rows)
    first = next(place for place, row in enumerate(rows) if row % 10 == 3)
    assert orders[0][: first + 1] == [f"r{row}" for row in rows[: first + 1]]


def test_growth_nothing_trains_after_every_record(file):
    found = simulate(file, "--priors", "1,5", "--growth", "0", "--model", "plain")
    assert found["n_retrains"] == found["metrics"]["screened_100"] + 1 or (
        found["metrics"]["screened_100"] == N - 6
    )
    assert simulate(file, "--priors", "1,5", "--growth", ".15")["n_retrains"] < 25


def test_batches_grow_with_what_is_labelled():
    rows = review_rows()
    labels = np.array([int(row["label_included"]) for row in rows])
    features = build(range(N), [row["abstract"] for row in rows])
    sizes: list[int] = []

    def seen(state: State | None, n_screened: int) -> None:
        assert state is not None
        sizes.append(n_screened)

    priors = drawn_priors(labels, n_included=1, n_excluded=9, seed=0)
    found = replay(features, labels, model=MODELS["plain"], priors=priors, growth=0.5, seen=seen)
    assert sizes[:3] == [15, 22, 33]
    assert found.trained_with[:3] == [10, 15, 22]
    assert sum(labels_in_order(labels, found)) == N_RELEVANT - 1


def test_another_label_column_may_be_asked_for(tmp_path):
    rows = [row | {"kept": row["label_included"] + ".0"} for row in review_rows()]
    for row in rows:
        del row["label_included"]
    assert simulate(write(tmp_path / "kept.csv", rows), "--label", "kept")["metrics"]


def test_a_plot_is_a_drawing_with_the_model_s_name(file, tmp_path):
    simulate(file, "--priors", "1,5", "--plot", str(tmp_path / "curve.svg"))
    texts = [one.text for one in ElementTree.parse(tmp_path / "curve.svg").iter() if one.text]
    assert {"warm", "random order", "100%"} <= set(texts)


def test_without_json_it_answers_in_words(file):
    out = StringIO()
    call_command("simulate", str(file), "--priors", "1,5", stdout=out)
    assert "work saved at 95 % recall (Cohen)" in out.getvalue()


# ---------------------------------------------------------------- refusals
@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["--prior-ids", "r3,nobody"], "no record with the record_id “nobody”"),
        (["--prior-ids", "r3,r3"], "named twice"),
        (["--priors", "one"], "Write two numbers"),
        (["--priors", "99,1"], "only 12 relevant records"),
        (["--priors", "12,0"], "nothing left to find"),
        (["--growth", "-1"], "growth must be 0 or more"),
        (["--growth", "nan"], "growth must be 0 or more"),
        (["--seed", "-4"], "seed must be"),
        (["--label", "verdict"], "no column “verdict”"),
        (["--criteria", "@nowhere.txt"], "cannot be read"),
        (["--plot", "/nowhere/at/all.svg"], "no folder"),
    ],
)
def test_wrong_options_are_answered_with_a_sentence(file, options, said):
    with pytest.raises(CommandError, match=said) as refusal:
        call_command("simulate", str(file), *options)
    assert refusal.value.returncode == 2


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "no column “record_id”"),
        (b"record_id,title,abstract,label_included\n", "No record has the label 1"),
        (b"record_id,title,abstract,label_included\n1,a,b,0\n", "No record has the label 1"),
        (b"record_id,title,abstract,label_included\n1,a,b,yes\n", "must be 0 or 1"),
        (b"record_id,title,abstract,label_included\n1,a,b\n", "must be 0 or 1"),
        (b"record_id,title,abstract,label_included\n1,a,b,1\n1,a,b,0\n", "each needs its own"),
        (b"record_id,title,abstract,label_included\n,a,b,1\n", "has no record_id"),
        (b"record_id,title,abstract,label_included\n1,\xff\xfe,b,1\n", "not UTF-8"),
        (b"\x00\x01\x02", "no column"),
    ],
)
def test_wrong_files_are_answered_with_a_sentence(tmp_path, content, said):
    (tmp_path / "wrong.csv").write_bytes(content)
    with pytest.raises(CommandError, match=said) as refusal:
        call_command("simulate", str(tmp_path / "wrong.csv"))
    assert refusal.value.returncode == 2


def test_a_tiny_review_can_be_replayed(tmp_path):
    rows = [
        {"record_id": str(n), "title": "", "abstract": "", "label_included": str(n)} for n in (0, 1)
    ]
    found = simulate(write(tmp_path / "tiny.csv", rows))
    assert sorted(found["order"]) == ["0", "1"]


def test_it_needs_no_database_and_draws_its_progress_beside_the_answer(file, tmp_path):
    done = subprocess.run(
        [sys.executable, "manage.py", "simulate", str(file), "--priors", "1,5", "--json"],
        cwd=ROOT,
        env={"REVIEWTOOL_DATA": str(tmp_path / "data"), "PATH": ""},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["order"]
    assert f"{N}/{N}" in done.stderr
    assert not list(tmp_path.rglob("*.sqlite3"))
