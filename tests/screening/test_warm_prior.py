"""The warm model can be recomputed by hand, explained to the last bit, and switched off in part."""

import hashlib
import json
from dataclasses import replace
from itertools import pairwise
from math import exp, log, sqrt

import numpy as np
import pytest

from screening.ranking.documents import Document
from screening.ranking.explain import SIGNAL, contributions, strongest_terms
from screening.ranking.features import Features, build, build_warm, fingerprint_warm
from screening.ranking.model import RelevanceModel, class_weights
from screening.ranking.prior import FILE, SIGNALS, WarmPrior, shipped
from screening.ranking.signals import bm25
from screening.ranking.warm import GENERIC, NO_ABSTRACT, TEXT_MATCH, WarmModel, auc

TOPICS = ("hives in cats", "itch in dogs", "asthma in horses", "gout in parrots")
DESIGNS = (
    "A randomized trial of {}|Patients were randomly assigned; efficacy and safety were compared.",
    "A case report on {}|We report a case and review the literature on its management.",
    "Pharmacokinetics and {}|Plasma concentrations were measured after a single dose was given.",
    "Notes about {}|",
)
DOCUMENTS = [
    Document(*design.format(f"{topic} {number}").split("|"))
    for number in range(4)
    for topic in TOPICS
    for design in DESIGNS
]
PROTOCOL = "Randomized trials about hives in cats"
INCLUDED = [n for n, one in enumerate(DOCUMENTS) if "trial of hives" in one.title][:3]
EXCLUDED = [n for n, one in enumerate(DOCUMENTS) if "gout" in one.title][:8]
WAITING = sorted(set(range(len(DOCUMENTS))) - set(INCLUDED) - set(EXCLUDED))


@pytest.fixture(scope="module")
def features() -> Features:
    return build_warm(range(len(DOCUMENTS)), DOCUMENTS, PROTOCOL)


# ---------------------------------------------------------------- the file
def test_the_shipped_weights_are_the_ones_the_provenance_describes():
    said = json.loads(FILE.with_suffix(".json").read_text())
    prior = shipped()
    assert hashlib.sha256(FILE.read_bytes()).hexdigest() == said["sha256"]
    assert len(prior.vocabulary) == said["n_words"] == len(set(prior.vocabulary))
    assert prior.always.tolist() == pytest.approx(
        list(said["weights"]["always"].values()), abs=1e-4
    )
    assert FILE.stat().st_size < 100_000


def test_the_generic_part_is_recomputed_by_hand_from_the_file():
    document = Document("Randomized trial of a drug", "Patients were randomly assigned.", ("drug",))
    with np.load(FILE, allow_pickle=False) as stored:
        places = {word: n for n, word in enumerate(stored["vocabulary"].tolist())}
        in_text, in_title = stored["text_weights"].astype(float), stored["title_weights"]
    words = [
        "randomized",
        "trial",
        "of",
        "drug",
        "patients",
        "were",
        "randomly",
        "assigned",
        "drug",
    ]
    text = {*words, *(" ".join(pair) for pair in pairwise(words))}
    title = {"randomized", "trial", "of", "drug", "randomized trial", "trial of", "of drug"}
    known = [places[word] for word in text if word in places]
    by_hand = sqrt(80) / sqrt(len(known)) * sum(in_text[n] for n in known)
    by_hand += sum(float(in_title[places[word]]) for word in title if word in places)

    assert len(known) > 5
    assert shipped().generic([document])[0] == pytest.approx(by_hand, abs=1e-5)


def test_the_generic_part_prefers_reports_of_original_studies():
    trial, case = shipped().generic([DOCUMENTS[0], DOCUMENTS[1]])
    assert trial > case


# ---------------------------------------------------------------- signals
def test_bm25_is_the_textbook_sum():
    texts = ["cats and cats", "dogs", "cats dogs horses horses"]
    idf = log(1 + (3 - 2 + 0.5) / (2 + 0.5))
    mean = (2 + 1 + 4) / 3  # "and" is a stop word

    def of(count: int, length: int) -> float:
        return idf * count * 2.2 / (count + 1.2 * (0.5 + 0.5 * length / mean))

    assert bm25(texts, "The cats").tolist() == pytest.approx([of(2, 2), 0, of(1, 4)])
    assert bm25(texts, "the").tolist() == [0, 0, 0]


def test_signals_survive_storage(features):
    known = build_warm([1, 2], DOCUMENTS[:2], PROTOCOL, known_inclusions=["hives in cats"])
    for one in (features, known):
        again = Features.from_bytes(one.to_bytes())
        scores = [WarmModel().fit(f, [1], [2]).score(f).tolist() for f in (one, again)]
        assert scores[0] == scores[1]


def test_the_fingerprint_knows_every_part():
    def mark(document=DOCUMENTS[0], text=PROTOCOL, known=(), prior=None) -> str:
        return fingerprint_warm([1], [document], text, known_inclusions=known, prior=prior)

    title, abstract, _ = DOCUMENTS[0]
    moved = Document(f"{title} {abstract}")
    other = replace(shipped(), early=shipped().early + 1e-3)
    marks = {mark(), mark(moved), mark(text=""), mark(known=["gout"]), mark(prior=other)}
    assert len(marks) == 5
    assert mark() == mark(prior=shipped())


def test_plain_features_are_refused_with_a_sentence():
    with pytest.raises(ValueError, match="build_warm"):
        WarmModel().fit(build([1], ["cats"]), [], [])


# ---------------------------------------------------------------- the score
def test_the_score_is_recomputed_by_hand(features):
    model = WarmModel(random_state=3).fit(features, INCLUDED, EXCLUDED)
    prior, found = shipped(), features.signals
    margin = (
        RelevanceModel(random_state=3, protocol_counts=False, weights_sum_to_n=False)
        .fit(features, INCLUDED, EXCLUDED)
        .score(features)
    )
    early = exp(-len(INCLUDED) / 5)
    about = {
        name: 2 * np.mean([[values[i] > values[x] for x in EXCLUDED] for i in INCLUDED])
        - 1
        + np.mean([[values[i] == values[x] for x in EXCLUDED] for i in INCLUDED])
        for name, values in (("cosine", found.cosine), ("generic", found.generic))
    }
    further = {
        "cosine": about["cosine"] * prior.trusted[0],
        "text_match": about["cosine"] * prior.trusted[1],
        "generic": about["generic"] * prior.trusted[2],
    }
    by_hand = np.zeros(len(DOCUMENTS))
    for column, name in enumerate(SIGNALS):
        values = margin if name == "svm" else getattr(found, name)
        pool = values[WAITING]
        spread = 1.0 if name == "no_abstract" else pool.std()
        weight = prior.always[column] + early * prior.early[column] + further.get(name, 0.0)
        by_hand += weight * np.clip((values - pool.mean()) / spread, -6, 6)

    assert model.score(features) == pytest.approx(by_hand, abs=1e-9)


def test_from_the_first_card_the_protocol_leads(features):
    order = np.argsort(-WarmModel().fit(features, [], []).score(features), kind="stable")
    assert "trial of hives in cats" in DOCUMENTS[order[0]].title


def test_with_exclusions_only_the_protocol_is_the_one_inclusion(features):
    model = WarmModel().fit(features, [], EXCLUDED)
    alone = RelevanceModel(weights_sum_to_n=False).fit(features, [], EXCLUDED)
    assert model.svm_.coef_.tolist() == alone.coef_.tolist()


def test_without_protocol_text_its_signals_weigh_nothing():
    bare = build_warm(range(len(DOCUMENTS)), DOCUMENTS)
    model = WarmModel().fit(bare, INCLUDED, EXCLUDED)
    assert model.weights_[[1, 2, 3]].tolist() == [0, 0, 0]
    assert model.weights_[GENERIC] != 0
    assert np.isfinite(WarmModel().fit(bare, [], []).score(bare)).all()


def test_a_protocol_may_set_the_generic_part_to_nothing(features):
    flipped = replace(
        features, signals=replace(features.signals, generic=-features.signals.generic)
    )
    for use_generic in (True, False):
        model = WarmModel(use_generic=use_generic)
        scores = [model.fit(f, INCLUDED, EXCLUDED).score(f).tolist() for f in (features, flipped)]
        assert (scores[0] == scores[1]) is not use_generic


def test_a_protocol_text_that_misleads_is_dropped_after_ten_inclusions():
    gout = [n for n, one in enumerate(DOCUMENTS) if "gout" in one.title]
    cats = [n for n, one in enumerate(DOCUMENTS) if "cats" in one.title]
    found = build_warm(range(len(DOCUMENTS)), DOCUMENTS, "hives in cats")
    early = WarmModel().fit(found, gout[:9], cats)
    late = WarmModel().fit(found, gout[:10], cats)
    right = WarmModel().fit(found, cats[:10], gout)
    assert (early.is_protocol_dropped_, late.is_protocol_dropped_) == (False, True)
    assert late.weights_[TEXT_MATCH] == 0
    assert not right.is_protocol_dropped_


def test_inclusions_of_an_earlier_review_teach_without_being_ranked():
    earlier = ["Parrots with gout were fed seeds", "Gout in old parrots"]
    found = build_warm(range(len(DOCUMENTS)), DOCUMENTS, known_inclusions=earlier)
    cats = [n for n, one in enumerate(DOCUMENTS) if "cats" in one.title][:6]
    for model in (WarmModel(use_generic=False), RelevanceModel()):
        scores = model.fit(found, [], cats).score(found)
        assert len(scores) == len(DOCUMENTS)
        waiting = [n for n in np.argsort(-scores, kind="stable") if n not in cats]
        assert all("parrots" in DOCUMENTS[n].title for n in waiting[:3])


def test_a_record_without_an_abstract_gets_no_free_ride(features):
    model = WarmModel().fit(features, [], [])
    assert model.weights_[NO_ABSTRACT] < 0
    assert model.spreads_[NO_ABSTRACT] == 1


@pytest.mark.parametrize(
    ("included", "excluded", "expected"),
    [([1, 2], [0], 1.0), ([0], [1], 0.0), ([1], [1], 0.5), ([], [1], 0.5), ([3, 1], [2, 0], 0.75)],
)
def test_auc_counts_pairs(included, excluded, expected):
    assert auc(np.array(included), np.array(excluded)) == expected


def test_everything_labelled_still_gives_an_order(features):
    everything = sorted(set(range(len(DOCUMENTS))) - set(INCLUDED))
    assert np.isfinite(WarmModel().fit(features, INCLUDED, everything).score(features)).all()


# ---------------------------------------------------------------- the explanation
@pytest.mark.parametrize("labels", [(INCLUDED, EXCLUDED), ([], EXCLUDED), ([], []), (INCLUDED, [])])
@pytest.mark.parametrize("model", [WarmModel(), WarmModel(use_generic=False), RelevanceModel()])
@pytest.mark.parametrize("most", [3, 1000])
def test_an_explanation_adds_up_to_the_score(features, model, labels, most):
    model.fit(features, *labels)
    scores = model.score(features)
    for record in range(len(DOCUMENTS)):
        parts, rest = contributions(model, features, record, most=most)
        assert len(parts) <= most
        assert sum(part.value for part in parts) + rest == pytest.approx(scores[record], abs=1e-6)


def test_the_rest_of_a_full_explanation_is_the_same_for_all(features):
    model = WarmModel().fit(features, INCLUDED, EXCLUDED)
    cut = np.abs(model.standardised(features)) >= 6
    rests = [
        contributions(model, features, record, most=1000)[1]
        for record in range(len(DOCUMENTS))
        if not cut[record].any()
    ]
    assert len(rests) > 10
    assert rests == pytest.approx([rests[0]] * len(rests), abs=1e-6)


def test_the_signals_of_the_prior_are_named(features):
    model = WarmModel().fit(features, INCLUDED, EXCLUDED)
    parts, _ = contributions(model, features, 0, most=1000)
    named = {part.term for part in parts if part.kind == SIGNAL}
    assert "reads like a report of an original study" in named
    in_favour, against = strongest_terms(model, features)
    assert {"hives", "cats"} & {one.term for one in in_favour}
    assert {"gout", "parrots"} & {one.term for one in against}


def test_a_prior_survives_its_file(tmp_path):
    shipped().save(tmp_path / "again.npz")
    again = WarmPrior.load(tmp_path / "again.npz")
    assert again.generic(DOCUMENTS).tolist() == shipped().generic(DOCUMENTS).tolist()


def test_classes_weigh_nearly_ten_to_one_and_a_record_one_on_average():
    weights = class_weights(2, 98, sum_to_n=True)
    assert 2 * weights[1] + 98 * weights[0] == pytest.approx(100)
    assert 2 * weights[1] / (98 * weights[0]) == pytest.approx(9.8)
    assert class_weights(2, 98, sum_to_n=False)[1] == 1.0
