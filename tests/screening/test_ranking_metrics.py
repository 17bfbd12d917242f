"""The metrics of an order equal the fixed figures of three known orders."""

import numpy as np
import pytest

from screening.ranking import metrics

L20 = [1, 1, 0, 1, 0, 0, 1, 0, 0, 0, 0, 1] + [0] * 8
M50 = [1, 0, 1] + [0] * 7 + [1] + [0] * 39
B200 = (np.random.default_rng(42).random(200) < np.linspace(0.6, 0.01, 200)).astype(int).tolist()


def near(value: float):
    return pytest.approx(value, abs=5.1e-7)


@pytest.mark.parametrize(
    ("labels", "expected"),
    [
        (
            L20,
            {
                "recall_10": 0.4, "recall_25": 0.6, "recall_50": 0.8,
                "wss_cohen_95": 0.35, "wss_insights_95": 0.40,
                "wss_cohen_100": 0.40, "wss_insights_100": 0.35,
                "erf_10": 0.4, "loss": 0.146667, "atd_records": 5.2, "tnr_90": 0.8, "nnr_95": 2.4,
            },
        ),
        (
            M50,
            {
                "recall_10": 0.666667, "recall_25": 1.0, "recall_50": 1.0,
                "wss_cohen_95": 0.73, "wss_insights_95": 0.46,
                "wss_cohen_100": 0.78, "wss_insights_100": 0.62,
                "erf_10": 0.666667, "loss": 0.063830, "atd_records": 5.0, "tnr_90": 0.978723,
                "nnr_95": 3.666667,
            },
        ),
        (
            B200,
            {
                "n_relevant": 62, "recall_10": 0.129032, "recall_25": 0.403226,
                "recall_50": 0.709677, "wss_cohen_95": 0.175, "wss_insights_95": 0.165,
                "erf_10": 0.032258, "loss": 0.306685, "atd_records": 73.8225806,
                "tnr_90": 0.413043, "nnr_95": 2.627119,
            },
        ),
    ],
    ids=["L20", "M50", "B200"],
)  # fmt: skip
def test_known_orders_have_known_figures(labels, expected):
    found = metrics.summary(labels)
    assert {name: found[name] for name in expected} == {n: near(v) for n, v in expected.items()}


def test_the_best_order_has_no_loss_and_the_worst_has_all():
    assert metrics.loss([1, 1, 0, 0, 0]) == near(0)
    assert metrics.loss([0, 0, 0, 1, 1]) == near(1)


def test_a_level_that_is_a_whole_number_of_records_is_not_rounded_up():
    labels = [1] * 57 + [0] * 40 + [1] * 3  # .95 x 60 = 57, but 57.00000000000001 in floats
    assert metrics.screened_at_recall(labels, 0.95) == 57
    assert metrics.recall_at([1] * 3 + [0] * 7 + [1] * 20, 0.1) == near(3 / 23)


def test_the_curve_ends_at_one():
    assert metrics.recall_curve(L20)[[0, 11, -1]].tolist() == [near(0.2), 1.0, 1.0]


@pytest.mark.parametrize("labels", [[], [0, 0, 0]])
def test_without_a_relevant_record_there_is_nothing_to_measure(labels):
    with pytest.raises(ValueError, match="nothing to measure"):
        metrics.summary(labels)


def test_where_all_are_relevant_no_noise_can_be_spared():
    found = metrics.summary([1, 1])
    assert (found["loss"], found["tnr_90"]) == (0.0, 0.0)
