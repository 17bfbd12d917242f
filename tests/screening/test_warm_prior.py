"""The default model: its frozen weights, its switches, and what it may never do."""

import json
import re
from dataclasses import replace
from itertools import pairwise
from math import exp, sqrt

import numpy as np
import pytest
from scipy.stats import rankdata

from screening.ranking import features
from screening.ranking.explain import GENERIC, PROTOCOL, contributions, nearest
from screening.ranking.model import RelevanceModel, auc
from screening.ranking.prior import FILE, SIGNALS
from screening.ranking.texts import RecordText
from screening.ranking.warm import WarmModel
from tests.screening.ranking_reviews import CRITERIA, record_texts, small_review


@pytest.fixture(scope="module")
def review():
    """Features, relevant ids, irrelevant ids of a small review with a protocol text."""
    return small_review()


@pytest.fixture(scope="module")
def stored():
    return json.loads(FILE.read_text(encoding="utf-8"))


# ---------------------------------------------------------------- the file
def test_the_file_says_where_its_weights_come_from(stored):
    provenance = stored["provenance"]
    assert provenance["script"] == "benchmarks/train_ranker.py"
    assert re.fullmatch(r"\d{4}-\d{2}-\d{2}", provenance["made_on"])
    assert re.fullmatch(r"[0-9a-f]{64}", provenance["data_sha256"])
    assert set(provenance["versions"]) == {"scikit-learn", "numpy", "scipy"}
    assert len(provenance["reviews"]) >= 10
    assert 0.5 < provenance["left_out"]["atd_ratio"] < 1
    assert FILE.stat().st_size < 400_000


def test_the_file_weighs_every_signal_and_thousands_of_words(stored):
    assert set(stored["weights"]["always"]) == set(stored["weights"]["early"]) == set(SIGNALS)
    assert len(stored["generic"]) > 2000
    assert all(np.isfinite(pair).all() for pair in stored["generic"].values())


def _generic_by_hand(stored, text: str, title: str, left_out: set[str]) -> float:
    """Add up the file's numbers for one record, word by word."""

    def grams(said: str) -> set[str]:
        words = re.findall(r"\b\w\w+\b", said.lower())
        return {*words, *(f"{a} {b}" for a, b in pairwise(words))}

    known = [term for term in grams(text) if term in stored["generic"] and term not in left_out]
    body = sum(stored["generic"][term][0] for term in known) * sqrt(80 / max(len(known), 1))
    heading = sum(stored["generic"][t][1] for t in grams(title) if t in stored["generic"])
    return body + heading


def test_generic_scores_are_those_of_the_file_added_up_by_hand(stored, review):
    found, _, _ = review
    texts, _ = record_texts()
    documents = [str(text) for text in texts]
    everywhere = {
        term
        for term in stored["generic"]
        if sum(bool(re.search(rf"\b{term}\b", text)) for text in documents) > 0.95 * 61
    }
    expected = [_generic_by_hand(stored, str(text), text.title, everywhere) for text in texts]
    assert np.ptp(expected) > 0
    assert found.generic == pytest.approx(expected, abs=1e-9)


def test_scores_are_those_of_the_file_put_together_by_hand(stored, review):
    found, relevant, others = review
    included, excluded = relevant[:3], others[:9]
    model = WarmModel().fit(found, included, excluded)

    plain = RelevanceModel(protocol_counts=False).fit(found, included, excluded)
    columns = {
        "svm": plain.score(found), "cosine": found.cosine, "in_title": found.in_title_sum,
        "in_text": found.in_text_sum, "generic": found.generic, "no_abstract": found.no_abstract,
    }  # fmt: skip
    known = {*included, *excluded}
    pool = np.array([number not in known for number in found.ids.tolist()])
    label = np.array([number in included for number in found.ids.tolist()])

    def advantage(values):
        ranks = rankdata(values[~pool])
        wins = ranks[label[~pool]].sum() - 3 * 4 / 2
        return 2 * wins / (3 * 9) - 1

    weights, expected = stored["weights"], np.zeros(len(pool))
    for name, values in columns.items():
        scale = 1 if name == "no_abstract" else values[pool].std()
        scaled = np.clip((values - values[pool].mean()) / scale, -6, 6)
        weight = weights["always"][name] + exp(-3 / 5) * weights["early"][name]
        if name in ("cosine", "in_text"):
            weight += weights["proven"][name] * advantage(found.cosine)
        if name == "generic":
            weight += weights["proven"][name] * advantage(found.generic)
        expected += weight * scaled
    assert model.score(found) == pytest.approx(expected, abs=1e-9)


# ---------------------------------------------------------------- starting and going on
def test_the_protocol_text_leads_from_the_very_first_card(review):
    found, relevant, _ = review
    scores = WarmModel(generic=False).fit(found, [], []).score(found)
    best = found.ids[np.argsort(-scores)[: len(relevant)]]
    assert len(set(best) & set(relevant)) > 0.8 * len(relevant)


@pytest.mark.parametrize(("n_in", "n_out"), [(0, 0), (0, 4), (1, 0), (1, 4), (12, 48)])
@pytest.mark.parametrize("criteria", ["", CRITERIA])
def test_every_state_of_a_review_gets_finite_scores(n_in, n_out, criteria):
    found, relevant, others = small_review(criteria=criteria)
    scores = WarmModel().fit(found, relevant[:n_in], others[:n_out]).score(found)
    assert scores.shape == (60,)
    assert np.isfinite(scores).all()


def test_learning_twice_gives_the_same_scores(review):
    found, relevant, others = review
    first, second = (WarmModel().fit(found, relevant[:4], others[:8]) for _ in range(2))
    assert (first.score(found) == second.score(found)).all()


def test_the_switch_takes_the_generic_prior_out_altogether(review):
    found, relevant, others = review
    model = WarmModel(generic=False).fit(found, relevant[:4], others[:8])
    assert model.weights_[SIGNALS.index("generic")] == 0
    turned = replace(found, generic=-found.generic)
    again = WarmModel(generic=False).fit(turned, relevant[:4], others[:8])
    assert again.score(turned) == pytest.approx(model.score(found))
    on = WarmModel().fit(found, relevant[:4], others[:8])
    assert not np.allclose(on.score(found), model.score(found))


def test_a_protocol_text_about_something_else_is_dropped_after_ten_inclusions():
    found, relevant, others = small_review(criteria="Survival of dental implants, crown and bone.")
    for model in (WarmModel(), RelevanceModel()):
        assert model.fit(found, relevant[:9], others[:20]).uses_protocol_
        assert not model.fit(found, relevant[:10], others[:20]).uses_protocol_
    warm = WarmModel().fit(found, relevant[:10], others[:20])
    assert (warm.weights_[1:4] == 0).all()


def test_a_protocol_text_that_helps_is_kept(review):
    found, relevant, others = review
    assert WarmModel().fit(found, relevant[:10], others[:20]).uses_protocol_


def test_inclusions_of_an_earlier_review_are_learned_from_and_never_ranked():
    earlier = [RecordText("Simvastatin lowers cholesterol in diabetes: a randomised placebo trial")]
    found, relevant, others = small_review(criteria="", examples=earlier)
    for model in (RelevanceModel(), WarmModel(generic=False)):
        scores = model.fit(found, [], others[:6]).score(found)
        assert scores.shape == (60,)
        best = found.ids[np.argsort(-scores)[: len(relevant)]]
        assert len(set(best) & set(relevant)) > 0.8 * len(relevant)


def test_a_record_without_an_abstract_is_not_carried_up_by_its_short_text():
    """Of two records with one title, the one whose abstract bears it out comes first."""
    texts, _ = record_texts()
    title = "Statin trial in diabetes"
    said = "Adults with diabetes were randomised to simvastatin or placebo; cholesterol fell."
    texts = [*texts, RecordText(title, said), RecordText(title)]
    found = features.build(range(62), texts, CRITERIA)
    labels = [[], [1, 2]], [[5, 10], [1, 2, 3, 4]], [[*range(0, 60, 5)], [1, 2, 3, 4, 6, 7, 8, 9]]
    for included, excluded in labels:
        scores = WarmModel(generic=False).fit(found, included, excluded).score(found)
        assert scores[60] > scores[61]


def test_area_under_the_curve_counts_ties_half():
    assert auc(np.array([2.0, 1.0]), np.array([1.0, 0.0])) == 3.5 / 4
    assert auc(np.array([]), np.array([1.0])) == 0.5


# ---------------------------------------------------------------- explaining
@pytest.mark.parametrize(
    "model", [RelevanceModel(), WarmModel(), WarmModel(generic=False), WarmModel(C=30.0)]
)
@pytest.mark.parametrize(("n_in", "n_out"), [(0, 5), (5, 12)])
def test_all_contributions_add_up_to_the_score(review, model, n_in, n_out):
    found, relevant, others = review
    scores = model.fit(found, relevant[:n_in], others[:n_out]).score(found)
    for row in (0, 7, 31, 59):
        parts, rest = contributions(model, found, int(found.ids[row]), most=7)
        assert 0 < len(parts) <= 7
        assert sum(part.value for part in parts) + rest == pytest.approx(scores[row], abs=1e-6)


def test_what_is_left_is_the_same_constant_for_every_record_not_cut_off(review):
    found, relevant, others = review
    model = WarmModel().fit(found, relevant[:5], others[:12])
    raw = (model.score(found), found.ids.tolist())
    rests = [contributions(model, found, number, most=10_000)[1] for number in raw[1]]
    constant = np.median(rests)
    assert sum(abs(rest - constant) < 1e-6 for rest in rests) >= 55


def test_a_contribution_names_what_it_comes_from(review):
    found, relevant, others = review
    model = WarmModel().fit(found, relevant[:5], others[:12])
    parts, _ = contributions(model, found, relevant[6], most=10_000)
    protocol = {part.term for part in parts if part.source == PROTOCOL}
    assert {"diabetes", "cholesterol"} & protocol
    assert any(part.source == GENERIC for part in parts)


def test_nobody_explains_a_record_that_is_not_there(review):
    found, relevant, others = review
    model = WarmModel().fit(found, relevant[:1], others[:1])
    with pytest.raises(KeyError):
        contributions(model, found, 999)
    with pytest.raises(KeyError):
        nearest(found, 999, relevant)


def test_the_nearest_labelled_records_are_the_most_alike(review):
    found, relevant, others = review
    near = nearest(found, relevant[1], [relevant[1], *relevant[2:], *others], most=4)
    assert relevant[1] not in [one.record for one in near]
    assert [one.likeness for one in near] == sorted((one.likeness for one in near), reverse=True)
    assert all(one.record in relevant for one in near)
