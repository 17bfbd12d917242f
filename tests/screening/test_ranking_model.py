"""The plain model is ELAS u4: its weights, its states without labels, its learning."""

import numpy as np
import pytest
from sklearn.svm import LinearSVC

from screening.ranking.model import RelevanceModel, class_weights, should_retrain
from tests.screening.ranking_reviews import small_review


@pytest.mark.parametrize(("n_in", "n_out"), [(1, 5), (20, 100), (7, 3)])
def test_inclusions_together_outweigh_exclusions_and_a_record_weighs_one(n_in, n_out):
    weights = class_weights(n_in, n_out)
    assert n_in * weights[1] == pytest.approx(9.8 * n_out * weights[0])
    assert n_in * weights[1] + n_out * weights[0] == pytest.approx(n_in + n_out)


def test_the_weights_are_those_of_elas_u4():
    """Computed by ASReview 3.0.8's `Balanced(ratio=9.8)` for 20 inclusions and 100 exclusions."""
    weights = class_weights(20, 100)
    assert weights[1] == pytest.approx(5.44444444)
    assert weights[0] == pytest.approx(0.11111111)


def test_the_margin_is_that_of_the_classifier_with_weighted_records():
    found, relevant, others = small_review(criteria="")
    included, excluded = relevant[:4], others[:10]
    rows = found.rows_of([*included, *excluded])
    labels = np.r_[np.ones(4), np.zeros(10)]
    weights = np.r_[np.full(4, 14 / (4 * (1 + 1 / 9.8))), np.full(10, 14 / (10 * 10.8))]
    theirs = LinearSVC(C=0.11, loss="squared_hinge", tol=1e-8, max_iter=100_000)
    theirs.fit(found.matrix[rows], labels, sample_weight=weights)
    margins = RelevanceModel().fit(found, included, excluded).score(found)
    assert margins == pytest.approx(theirs.decision_function(found.matrix), abs=1e-3)


def test_relevant_records_come_first_after_a_few_decisions():
    found, relevant, others = small_review(criteria="")
    scores = RelevanceModel().fit(found, relevant[:3], others[:6]).score(found)
    best = found.ids[np.argsort(-scores)[: len(relevant)]]
    assert len(set(best) & set(relevant)) > 0.8 * len(relevant)


def test_with_nothing_to_learn_from_every_record_scores_the_same():
    found, _, others = small_review(criteria="")
    for excluded in ([], others[:5]):
        assert not RelevanceModel().fit(found, [], excluded).score(found).any()


@pytest.mark.parametrize(
    ("n_new", "n_used", "due"),
    [(0, 0, False), (1, 0, True), (1, 33, True), (1, 34, False), (2, 34, True), (29, 1000, False),
     (30, 1000, True)],
)  # fmt: skip
def test_a_training_is_due_after_three_new_labels_in_a_hundred(n_new, n_used, due):
    assert should_retrain(n_new, n_used) is due
