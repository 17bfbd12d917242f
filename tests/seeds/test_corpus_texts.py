"""The demo's abstracts: varied, honest about what they are, and a real task for the ranking."""

from collections import defaultdict
from functools import cache

import numpy as np
import pytest
from sklearn.feature_extraction.text import CountVectorizer, TfidfVectorizer
from sklearn.metrics import roc_auc_score
from sklearn.model_selection import StratifiedKFold, cross_val_predict
from sklearn.svm import LinearSVC

from seeds.extramedullary_all.bibliography import citations
from seeds.extramedullary_all.latent import label, rows
from seeds.extramedullary_all.render import (
    HEADINGS,
    SITE_WORDS,
    abstracts,
    banks,
    is_american,
    localise,
)

WITHOUT_BODY = ("erratum", "retraction_notice", "unknown")
BAIT = ("niche", "sanctuar", "cxcr4")
BALANCE = 9.8


def screened():
    """The records of databases and registers that are screened."""
    return [row for row in rows() if not row.removed and not row.is_other_method]


def is_relevant(row) -> bool:
    return label(row.attributes).ta_label == "include"


@cache
def labels() -> np.ndarray:
    return np.array([is_relevant(row) for row in screened()], dtype=int)


@cache
def documents() -> list[str]:
    cited = [citations()[row.key] for row in screened()]
    return [f"{one.title} {one.abstract} {' '.join(one.keywords)}" for one in cited]


@cache
def features():
    vectorizer = TfidfVectorizer(ngram_range=(1, 2), sublinear_tf=True, max_df=0.95)
    return vectorizer.fit_transform(documents())


def screening_order(seed: int) -> list[int]:
    """The order in which a model retrained after every decision offers the records."""
    rng = np.random.default_rng(seed)
    relevant, others = np.flatnonzero(labels() == 1), np.flatnonzero(labels() == 0)
    order = [*rng.choice(relevant, 1), *rng.choice(others, 5, replace=False)]
    while len(order) < len(labels()):
        seen = labels()[order]
        weights = {1: 1.0, 0: seen.sum() / (BALANCE * (len(seen) - seen.sum()))}
        model = LinearSVC(C=0.11, class_weight=weights).fit(features()[order], seen)
        scores = model.decision_function(features())
        scores[order] = -np.inf
        order.append(int(scores.argmax()))
    return order


def work_saved(order: list[int]) -> float:
    """WSS@95 as Cohen defines it."""
    found = np.cumsum(labels()[order])
    needed = int(np.argmax(found >= 0.95 * labels().sum())) + 1
    return (len(order) - needed) / len(order) - 0.05


def test_abstracts_have_the_length_of_abstracts():
    for row in rows():
        n_words = len(abstracts()[row.key].text.split())
        if row.attributes.publication in WITHOUT_BODY:
            assert n_words < 60
        else:
            assert 120 <= n_words <= 260, row.key


def test_some_abstracts_are_structured_and_some_are_not():
    heads = {headings[0] for headings in HEADINGS if headings}
    starts = [abstracts()[row.key].text.partition(":")[0] in heads for row in screened()]
    assert 0.3 < np.mean(starts) < 0.8


def test_spelling_is_british_in_some_journals_and_american_in_others():
    assert 0.35 < np.mean([is_american(row) for row in screened()]) < 0.65
    for row in rows():
        text = abstracts()[row.key].text
        assert not (is_american(row) and "leukaemi" in text.casefold())


def test_spelling_keeps_the_case_of_the_first_letter():
    american = next(row for row in rows() if is_american(row))
    assert localise("Leukaemia and tumours", american) == "Leukemia and tumors"


def test_every_slot_has_at_least_six_wordings():
    assert all(len(set(wordings)) >= 6 for wordings in banks().values())


def test_no_wording_belongs_to_one_class_only():
    sides = defaultdict(set)
    for row in rows():
        for wording in abstracts()[row.key].wordings:
            sides[wording].add(is_relevant(row))
    known = {(slot, wording) for slot, wordings in banks().items() for wording in wordings}
    assert set(sides) == known
    assert all(both == {True, False} for both in sides.values())


def test_about_fifteen_in_a_hundred_are_hard_cases():
    share = np.mean([row.hard for row in screened()])
    assert 0.13 <= share <= 0.17
    assert sum(row.hard and is_relevant(row) for row in screened()) >= 5


@pytest.mark.parametrize("row", [one for one in screened() if one.hard], ids=lambda row: row.key)
def test_a_hard_case_hides_or_baits(row):
    text = abstracts()[row.key].text
    if is_relevant(row):
        assert not SITE_WORDS.search(text)
    else:
        assert any(word in text.casefold() for word in BAIT)


def test_no_single_term_decides():
    counter = CountVectorizer(ngram_range=(1, 2), binary=True)
    present = counter.fit_transform(documents()).toarray().astype(bool)
    found = present[labels() == 1].sum(axis=0)
    precision, recall = found / present.sum(axis=0), found / labels().sum()
    deciding = counter.get_feature_names_out()[(precision == 1) & (recall > 0.35)]
    assert list(deciding) == []


def test_a_model_learns_the_question_but_not_to_perfection():
    areas = []
    for seed in range(3):
        folds = StratifiedKFold(5, shuffle=True, random_state=seed)
        model = LinearSVC(C=0.11, class_weight="balanced")
        scores = cross_val_predict(
            model, features(), labels(), cv=folds, method="decision_function"
        )
        areas.append(roc_auc_score(labels(), scores))
    assert 0.75 < np.mean(areas) < 0.97


def test_active_learning_saves_a_good_part_of_the_work_but_not_all():
    saved = [work_saved(screening_order(seed)) for seed in range(5)]
    assert 0.35 <= np.mean(saved) <= 0.65
