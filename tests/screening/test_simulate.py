"""`manage.py simulate`: a finished review screened again, without a database."""

import csv
import json
import xml.etree.ElementTree as ET
from io import StringIO

import numpy as np
import pytest
from django.core.management import CommandError, call_command

from screening.ranking import features
from screening.ranking.simulation import MODELS, drawn_priors, model_named, replay
from tests.screening.ranking_reviews import CRITERIA, record_texts, small_review

TEXTS, LABELS = record_texts()
INCLUDED = [f"r{n}" for n, label in enumerate(LABELS) if label]


def write(path, rows):
    with path.open("w", newline="", encoding="utf-8") as stream:
        writer = csv.DictWriter(stream, fieldnames=list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)
    return path


@pytest.fixture
def rows():
    return [
        {
            "record_id": f"r{n}",
            "title": text.title,
            "abstract": text.abstract,
            "label_included": int(label),
            "early": "1" if n < 3 else "0.0",
        }
        for n, (text, label) in enumerate(zip(TEXTS, LABELS, strict=True))
    ]


@pytest.fixture
def finished(tmp_path, rows):
    return write(tmp_path / "finished.csv", rows)


def simulate(path, *options: str) -> dict:
    out = StringIO()
    call_command("simulate", str(path), "--json", *options, stdout=out, stderr=StringIO())
    return json.loads(out.getvalue())


def refusal(path, *options: str) -> str:
    with pytest.raises(CommandError) as refused:
        call_command("simulate", str(path), *options, stdout=StringIO(), stderr=StringIO())
    assert refused.value.returncode == 2
    assert str(refused.value).endswith(".")
    return str(refused.value)


# ---------------------------------------------------------------- what it prints
@pytest.mark.parametrize("model", MODELS)
def test_every_record_is_screened_exactly_once(finished, model):
    found = simulate(finished, "--model", model, "--priors", "1,5")
    assert sorted(found["order"]) == sorted(f"r{n}" for n in range(60))
    assert found["metrics"]["n_records"] == 54
    assert found["metrics"]["n_relevant"] == 11
    assert found["seconds"] > 0
    assert found["seconds_per_retrain"] > 0


def test_priors_come_first_and_are_not_measured(finished):
    found = simulate(finished, "--prior-ids", "r5,r1,r2")
    assert found["order"][:3] == found["priors"] == ["r5", "r1", "r2"]
    labels = [name in INCLUDED for name in found["order"][3:]]
    ranks = np.flatnonzero(labels) + 1
    assert found["metrics"]["atd_records"] == pytest.approx(ranks.mean())
    assert found["metrics"]["first_relevant"] == ranks[0]


def test_the_same_seed_gives_the_same_order(finished):
    first, second, other = (simulate(finished, "--seed", seed)["order"] for seed in "112")
    assert first == second
    assert first != other


def test_the_order_beats_chance_by_far(finished):
    found = simulate(finished, "--priors", "1,5", "--criteria", CRITERIA)
    assert found["metrics"]["atd_share"] < 0.2


def test_the_label_may_be_any_column(finished):
    assert simulate(finished, "--label", "early")["metrics"]["n_relevant"] == 3


def test_criteria_may_come_from_a_file_and_start_a_review_from_nothing(finished, tmp_path):
    (tmp_path / "criteria.txt").write_text(CRITERIA)
    told = simulate(finished, "--criteria", CRITERIA)
    assert told["order"] == simulate(finished, "--criteria", f"@{tmp_path}/criteria.txt")["order"]
    assert told["order"][0] in INCLUDED
    assert told["has_criteria"]


def test_growth_nought_trains_after_every_record(finished):
    assert simulate(finished, "--growth", "0", "--priors", "1,5")["n_retrains"] == 54
    assert simulate(finished, "--growth", "0.5", "--priors", "1,5")["n_retrains"] < 12


def test_a_review_without_a_relevant_record_is_screened_to_the_end(tmp_path, rows):
    path = write(tmp_path / "none.csv", [row | {"label_included": 0} for row in rows])
    found = simulate(path)
    assert len(found["order"]) == 60
    assert found["metrics"]["atd_records"] is None


def test_without_json_it_prints_a_table_and_a_bar_on_stderr(finished):
    out, err = StringIO(), StringIO()
    call_command("simulate", str(finished), stdout=out, stderr=err)
    assert "wss_cohen_95" in out.getvalue()
    assert "60 of 60" in err.getvalue()
    assert "#" not in out.getvalue()


def test_the_plot_is_a_drawing_that_says_what_it_shows(finished, tmp_path):
    simulate(finished, "--plot", str(tmp_path / "curve.svg"), "--criteria", CRITERIA)
    root = ET.parse(tmp_path / "curve.svg").getroot()
    space = "{http://www.w3.org/2000/svg}"
    assert root.tag == f"{space}svg"
    assert "finished" in root.findtext(f"{space}title")
    assert "after 10 % of all" in root.findtext(f"{space}desc")
    (curve,) = [one for one in root.iter(f"{space}path") if one.get("fill") == "none"]
    assert curve.get("d").count("V") == len(INCLUDED)


# ---------------------------------------------------------------- what it refuses
@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        (["--label", "nope"], "no column “nope”"),
        (["--priors", "1"], "two whole numbers"),
        (["--priors=-1,5"], "two whole numbers"),
        (["--priors", "99,5"], "12 included"),
        (["--prior-ids", "r1,zz"], "record_id zz"),
        (["--prior-ids", "r1", "--priors", "1,5"], "not both"),
        (["--growth", "-0.1"], "at least 0"),
        (["--growth", "nan"], "at least 0"),
        (["--seed", "-3"], "--seed"),
        (["--criteria", "@/does/not/exist"], "cannot be read"),
        (["--plot", "/does/not/exist.svg"], "cannot be written"),
    ],
)
def test_bad_input_gets_a_sentence(finished, options, sentence):
    assert sentence in refusal(finished, *options)


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"", "no records"),
        (b"record_id,title,abstract,label_included\n", "no records"),
        (b"record_id,title,label_included\n1,A,0\n", "no column “abstract”"),
        (b"record_id,title,abstract,label_included\n1,A,B,maybe\n", "“maybe”"),
        (b"record_id,title,abstract,label_included\n1,A,B,\n", "write 1 for included"),
        (b"record_id,title,abstract,label_included\n1,A,B,1\n1,C,D,0\n", "more than once"),
        (b"record_id,title,abstract,label_included\n1,\xff\xfe,B,1\n", "UTF-8"),
    ],
)
def test_a_file_that_is_no_finished_review_is_refused(tmp_path, content, sentence):
    path = tmp_path / "odd.csv"
    path.write_bytes(content)
    assert sentence in refusal(path)


def test_a_file_that_is_not_there_is_refused(tmp_path):
    assert "cannot be read" in refusal(tmp_path / "nowhere.csv")


# ---------------------------------------------------------------- how it goes on
@pytest.mark.parametrize(
    ("growth", "sizes"), [(0, [1] * 5), (0.15, [1, 1, 1, 1, 1]), (0.5, [3, 4, 6])]
)
def test_a_batch_is_a_share_of_what_is_labelled(growth, sizes):
    found, _, _ = small_review()
    priors = drawn_priors(LABELS, n_included=1, n_excluded=5, seed=0)
    batches = list(replay(found, LABELS, model_named("warm", seed=0), priors=priors, growth=growth))
    assert [len(batch.rows) for batch in batches][: len(sizes)] == sizes
    assert sum(len(batch.rows) for batch in batches) == 54


def test_with_nothing_to_go_by_the_start_is_random_until_the_first_inclusion():
    found = features.build(range(60), TEXTS)
    batches = list(replay(found, LABELS, model_named("warm", seed=0), growth=0, seed=4))
    random_part = [batch.rows[0] for batch in batches if batch.is_random]
    expected = np.random.RandomState(4).permutation(60)[: len(random_part)].tolist()
    assert random_part == expected
    assert [LABELS[row] for row in random_part] == [False] * (len(random_part) - 1) + [True]


class Peeking:
    """A model that notes what it is told."""

    def __init__(self):
        self.told = []

    def fit(self, features, included, excluded):
        self.told.append((set(included), set(excluded)))
        return self

    def score(self, features):
        return -np.arange(len(features.ids), dtype=float)


def test_a_model_is_told_the_labels_of_screened_records_only():
    found, model = features.build(range(60), TEXTS, CRITERIA), Peeking()
    screened: set[int] = set()
    for batch in replay(found, LABELS, model, growth=0.3):
        included, excluded = model.told[-1]
        assert included | excluded == screened
        assert included == {row for row in screened if LABELS[row]}
        screened |= set(batch.rows)
    assert screened == set(range(60))


def test_drawn_priors_are_those_of_the_published_schedule():
    rng = np.random.RandomState(1002)
    labels = np.array(LABELS)
    first = rng.choice(np.flatnonzero(labels), 1, replace=False).tolist()
    others = rng.choice(np.flatnonzero(~labels), 5, replace=False).tolist()
    assert drawn_priors(LABELS, n_included=1, n_excluded=5, seed=2) == [*first, *others]
