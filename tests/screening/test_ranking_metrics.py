"""The measures of an order give the published numbers, both definitions of WSS included."""

from math import isnan

import numpy as np
import pytest

from screening.ranking import metrics

L20 = [1, 1, 0, 1, 0, 0, 1, 0, 0, 0, 0, 1] + [0] * 8
M50 = [1, 0, 1] + [0] * 7 + [1] + [0] * 39
B200 = (np.random.default_rng(42).random(200) < np.linspace(0.6, 0.01, 200)).astype(int)

ORACLES = {
    "L20": (
        L20,
        {
            "recall_at_10": 0.4, "recall_at_25": 0.6, "recall_at_50": 0.8,
            "wss_cohen_95": 0.35, "wss_cohen_100": 0.40,
            "wss_insights_95": 0.40, "wss_insights_100": 0.35,
            "erf_at_10": 0.4, "loss": 0.146667, "atd_records": 5.2, "tnr_95": 0.8, "nnr_95": 2.4,
        },
    ),
    "M50": (
        M50,
        {
            "recall_at_10": 0.666667, "recall_at_25": 1, "recall_at_50": 1,
            "wss_cohen_95": 0.73, "wss_cohen_100": 0.78,
            "wss_insights_95": 0.46, "wss_insights_100": 0.62,
            "erf_at_10": 0.666667, "loss": 0.063830, "atd_records": 5.0,
            "tnr_95": 0.978723, "nnr_95": 3.6667,
        },
    ),
    "B200": (
        B200,
        {
            "recall_at_10": 0.129032, "recall_at_25": 0.403226, "recall_at_50": 0.709677,
            "wss_cohen_95": 0.175, "wss_insights_95": 0.165, "erf_at_10": 0.032258,
            "loss": 0.306685, "atd_records": 73.8225806, "nnr_95": 2.6271,
        },
    ),
}  # fmt: skip
CASES = [(name, key) for name, (_, wanted) in ORACLES.items() for key in wanted]


@pytest.mark.parametrize(("name", "key"), CASES)
def test_a_measure_equals_its_oracle(name, key):
    labels, wanted = ORACLES[name]
    assert metrics.summary(labels)[key] == pytest.approx(wanted[key], abs=5e-5, rel=0)


def test_the_oracles_are_exact_where_they_are_given_to_six_digits():
    assert metrics.loss(B200) == pytest.approx(0.306685, abs=5e-7)
    assert metrics.atd(B200) == pytest.approx(73.8225806, abs=5e-8)


@pytest.mark.parametrize(
    ("labels", "counts", "share"),
    [
        (L20, (4, 3, 12, 1), 0.8),
        (M50, (2, 1, 46, 1), 0.978723),
        (B200, (55, 81, 57, 7), 0.413043),
    ],
)
def test_counts_and_true_negatives_at_nine_tenths(labels, counts, share):
    assert metrics.confusion(labels, 0.9) == metrics.Confusion(*counts)
    assert metrics.tnr(labels, 0.9) == pytest.approx(share, abs=5e-7)


def test_ranks_are_counted_from_one():
    assert metrics.td([0, 1, 0, 1]).tolist() == [2, 4]


def test_the_best_order_loses_nothing_and_the_worst_everything():
    assert metrics.loss([1, 1, 0, 0, 0]) == 0
    assert metrics.loss([0, 0, 0, 1, 1]) == 1


def test_recall_just_below_the_target_is_not_enough_for_cohen():
    labels = [1] * 19 + [0] * 10 + [1] + [0] * 70
    assert metrics.screened_at(labels, 0.95) == 19
    assert metrics.screened_at(labels, 0.951) == 30


def test_without_a_relevant_record_nothing_is_claimed():
    found = metrics.summary([0, 0, 0])
    assert all(isnan(found[key]) for key in ("atd_records", "wss_cohen_95", "recall_at_10", "loss"))


@pytest.mark.parametrize("labels", [[0, 1, 2], [[0, 1]], [-1, 1]])
def test_anything_but_noughts_and_ones_is_refused(labels):
    with pytest.raises(ValueError, match="0 and 1"):
        metrics.td(labels)
