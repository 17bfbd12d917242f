"""The frozen model is numbers in a file, and our evaluation of it is scikit-learn's."""

import importlib.util
import re
import sys
from pathlib import Path

import numpy as np
import pytest

from screening.dedupe import trees
from screening.dedupe.compare import FEATURES

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def train():
    place = ROOT / "benchmarks" / "train_dedupe.py"
    spec = importlib.util.spec_from_file_location("train_dedupe", place)
    module = sys.modules["train_dedupe"] = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def labelled(train, seed: int):
    """A set of random features, a quarter of them missing, with labels that follow them."""
    chance = np.random.default_rng(seed)
    features = chance.random((4000, len(FEATURES)))
    labels = features[:, 0] + features[:, 6] + chance.normal(0, 0.2, len(features)) > 1.2
    features[chance.random(features.shape) < 0.25] = np.nan
    features[:, FEATURES.index("marks")] = 0
    return train.LabelledSet("made", [], {}, [None] * 2000, [], features, labels, "")


def test_our_evaluation_of_the_trees_is_that_of_scikit_learn(train):
    made = labelled(train, seed=1)
    model = train.fit([made])
    unseen = labelled(train, seed=2).features
    ours = train.forest(model).probability(unseen)
    assert np.abs(ours - model.predict_proba(unseen)[:, 1]).max() < 1e-9
    assert ours.min() < 0.1 < 0.9 < ours.max()


def test_the_frozen_model_asks_for_the_features_that_are_worked_out():
    assert trees.frozen().names == FEATURES


def test_the_model_file_tells_what_it_was_made_of():
    told = trees.read_model()
    assert set(told["versions"]) == {"python", "numpy", "scikit-learn"}
    assert told["data"]
    for one in told["data"].values():
        assert re.fullmatch(r"[0-9a-f]{64}", one["sha256"])
        assert one["records"] > 0
    assert set(told["pairs_before_vetoes_leave_one_set_out"]) == set(told["data"])


def test_no_rows_have_no_probabilities():
    assert trees.frozen().probability(np.empty((0, len(FEATURES)))).shape == (0,)
