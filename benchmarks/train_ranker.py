"""Learn the warm prior across finished reviews and freeze it.

    python benchmarks/train_ranker.py DIR --out screening/ranking/warm_prior.json

DIR holds one labelled CSV file per review (as `manage.py simulate` reads them) and criteria.json,
one protocol-style paragraph by the name of each file. Two things are learned:

- the generic prior: one logistic regression over words and pairs of words that at least half of
  the reviews use, inclusions against exclusions, every review weighing the same;
- how much each signal counts: a pairwise logistic regression over states of simulated reviews,
  with a generic prior that has never seen the review a state comes from.
"""

import argparse
import hashlib
import json
import sys
import time
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import cache, cached_property
from importlib.metadata import version
from math import ceil, exp
from pathlib import Path

import numpy as np
from scipy import sparse
from sklearn.linear_model import LogisticRegression
from sklearn.preprocessing import normalize

from screening.ranking import features
from screening.ranking.generic import USUAL_WORDS, GenericPrior, title_words
from screening.ranking.labelled import LabelledReview, read_labelled
from screening.ranking.metrics import atd
from screening.ranking.model import RelevanceModel, auc
from screening.ranking.prior import SIGNALS, WarmPrior, from_json
from screening.ranking.simulation import drawn_priors, replay
from screening.ranking.warm import FADES_OVER, WarmModel, on_one_scale, signals

LEAST_RECORDS, LEAST_SHARE = 3, 0.003
GENERIC_C, REVIEW_COLUMN, SIDE_WEIGHT = 3e-5, 3.0, 500.0
TRAINING_SEEDS = (11, 12, 13, 14)
TEST_SEEDS = (0, 1, 2)
GROWTH = 0.15
STATES_KEPT_ALL = 9
MOST_INCLUSIONS, MOST_EXCLUSIONS, PAIRS = 40, 200, 200
PAIRWISE_C, UNPENALISED = 0.03, 100.0
GENERIC = SIGNALS.index("generic")
#: A missing abstract may count early, against a record; it never lifts one for good.
NEVER_IN_FAVOUR = SIGNALS.index("no_abstract")
NO_GENERIC = GenericPrior((), np.zeros(0), np.zeros(0))


@dataclass(frozen=True, eq=False)
class Review:
    """A finished review with its features; generic scores come later."""

    name: str
    labelled: LabelledReview
    criteria: str
    found: features.Features

    @cached_property
    def frequent(self) -> frozenset[str]:
        """Words and pairs of words in enough records to be told from chance."""
        df = np.bincount(self.found.matrix.indices, minlength=self.found.matrix.shape[1])
        enough = max(LEAST_RECORDS, LEAST_SHARE * len(self.labelled.ids))
        return frozenset(self.found.terms[df >= enough])


@dataclass(frozen=True, eq=False)
class State:
    """One moment of a simulated review: sampled records, their signals, what was labelled.

    `rows` are inclusions not yet found, then exclusions; `scaled` (rows, 6) are their signals on
    one scale (the generic column is filled in later), `labelled` the rows known then.
    """

    rows: np.ndarray
    n_inclusions: int
    scaled: np.ndarray
    labelled: np.ndarray
    n_found: int
    text_auc: float
    weight: float


def load(folder: Path) -> list[Review]:
    """Read every review of a folder, by name."""
    criteria = json.loads((folder / "criteria.json").read_text(encoding="utf-8"))
    return [_review(path, criteria.get(path.stem, "")) for path in sorted(folder.glob("*.csv"))]


def _review(path: Path, criteria: str) -> Review:
    labelled = read_labelled(path)
    ids = range(len(labelled.ids))
    found = features.build(ids, labelled.texts, criteria, prior=NO_GENERIC)
    return Review(path.stem, labelled, criteria, found)


# ---------------------------------------------------------------- the generic prior
class GenericTrainer:
    """Fits generic priors on any choice of reviews; words are counted once."""

    def __init__(self, reviews: Sequence[Review]) -> None:
        self.reviews = {review.name: review for review in reviews}
        counts = Counter(term for review in reviews for term in review.frequent)
        least = max(1, ceil((len(reviews) - 2) / 2))
        self.terms = sorted(term for term, count in counts.items() if count >= least)
        self._all = GenericPrior(tuple(self.terms), *np.zeros((2, len(self.terms))))
        self._words = {review.name: self._counted(review) for review in reviews}

    def _counted(self, review: Review) -> tuple[sparse.csr_matrix, sparse.csr_matrix]:
        """Return which words of all candidates each text and each title holds."""
        place = {term: column for column, term in enumerate(review.found.terms)}
        known = [(number, place[term]) for number, term in enumerate(self.terms) if term in place]
        rows, columns = np.array(known).T
        shape = (len(place), len(self.terms))
        move = sparse.csr_matrix((np.ones(len(rows), np.float32), (columns, rows)), shape=shape)
        there = review.found.matrix.sign() @ move
        return there.tocsr(), title_words([text.title for text in review.labelled.texts], self._all)

    @cache  # noqa: B019 - one trainer lives as long as the script
    def fit(self, names: frozenset[str]) -> GenericPrior:
        """Learn from the named reviews only, vocabulary included."""
        chosen = [self.reviews[name] for name in sorted(names)]
        counts = Counter(term for review in chosen for term in review.frequent)
        least = ceil(len(chosen) / 2)
        kept = [n for n, term in enumerate(self.terms) if counts[term] >= least]
        blocks = [self._block(review, kept, n, len(chosen)) for n, review in enumerate(chosen)]
        labels = np.concatenate([review.labelled.relevant for review in chosen])
        weights = np.concatenate([_side_weights(review.labelled.relevant) for review in chosen])
        model = LogisticRegression(C=GENERIC_C, solver="liblinear", fit_intercept=False)
        model.fit(sparse.vstack(blocks).tocsr(), labels, sample_weight=weights)
        coef = model.coef_.ravel()
        body = coef[: len(kept)]
        return GenericPrior(
            tuple(self.terms[n] for n in kept), body, coef[len(kept) : 2 * len(kept)]
        )

    def _block(self, review: Review, kept: list[int], n: int, n_reviews: int) -> sparse.csr_matrix:
        text, title = (matrix[:, kept] for matrix in self._words[review.name])
        own = np.zeros((text.shape[0], n_reviews))
        own[:, n] = REVIEW_COLUMN
        return sparse.hstack([normalize(text) * np.sqrt(USUAL_WORDS), title, own]).tocsr()

    def scores(self, prior: GenericPrior, review: Review) -> np.ndarray:
        """Return the generic scores of a review's records, shape (n,)."""
        titles = title_words([text.title for text in review.labelled.texts], prior)
        return prior.score(review.found.matrix, prior.columns_in(review.found.vocabulary), titles)


def _side_weights(relevant: np.ndarray) -> np.ndarray:
    n_included = max(int(relevant.sum()), 1)
    n_excluded = max(len(relevant) - n_included, 1)
    return np.where(relevant, SIDE_WEIGHT / n_included, SIDE_WEIGHT / n_excluded)


# ---------------------------------------------------------------- how much each signal counts
def svm_only() -> WarmPrior:
    """Return weights that rank by the support vector machine alone."""
    always = np.eye(len(SIGNALS))[0]
    return WarmPrior(always, always * 0, np.zeros(3), NO_GENERIC, {}, "")


def states_of(review: Review, seeds: Iterable[int] = TRAINING_SEEDS) -> list[State]:
    """Simulate a review with the support vector machine, and from zero labels, and sample it."""
    relevant = review.labelled.relevant
    kept: list[State] = []
    for seed in seeds:
        warm_start = drawn_priors(relevant, n_included=1, n_excluded=5, seed=seed)
        for priors in (warm_start, []):
            rng = np.random.default_rng([seed, len(priors)])
            kept.extend(_states_of_run(review, priors, seed, rng))
    return kept


def _states_of_run(
    review: Review, priors: list[int], seed: int, rng: np.random.Generator
) -> list[State]:
    model = WarmModel(prior=svm_only())
    states, screened, n_states = [], list(priors), 0
    batches = replay(
        review.found, review.labelled.relevant, model, priors=priors, growth=GROWTH, seed=seed
    )
    for batch in batches:
        if not batch.is_random:
            n_states += 1
            if n_states <= STATES_KEPT_ALL or n_states % 2:
                states.append(_state(review, model, np.array(screened, dtype=int), rng))
        screened.extend(batch.rows)
    return [state for state in states if state.weight and len(state.rows) > state.n_inclusions]


def _state(
    review: Review, model: WarmModel, labelled: np.ndarray, rng: np.random.Generator
) -> State:
    relevant = review.labelled.relevant
    left = np.setdiff1d(np.arange(len(relevant)), labelled)
    inclusions, exclusions = left[relevant[left]], left[~relevant[left]]
    n = min(MOST_INCLUSIONS, len(inclusions))
    some = rng.choice(inclusions, n, replace=False)
    others = rng.choice(exclusions, min(MOST_EXCLUSIONS, len(exclusions)), replace=False)
    rows = np.r_[some, others]
    raw = signals(review.found, model.coef_, model.intercept_)
    cosine, known = review.found.cosine, relevant[labelled]
    return State(
        rows=rows,
        n_inclusions=n,
        scaled=on_one_scale(raw, model.centre_, model.scale_)[rows],
        labelled=labelled,
        n_found=int(known.sum()),
        text_auc=auc(cosine[labelled[known]], cosine[labelled[~known]]),
        weight=len(inclusions) / max(int(relevant.sum()), 1),
    )


def _design(state: State, generic: np.ndarray, relevant: np.ndarray) -> np.ndarray:
    """Return what the weights multiply, shape (rows, 15): always, early, proven."""
    pool = np.delete(generic, state.labelled)
    centre, scale = pool.mean(), pool.std() or np.inf
    scaled = state.scaled.copy()
    scaled[:, GENERIC] = np.clip((generic[state.rows] - centre) / scale, -6, 6)
    known = relevant[state.labelled]
    generic_auc = auc(generic[state.labelled[known]], generic[state.labelled[~known]])
    fading = exp(-state.n_found / FADES_OVER)
    text, own = 2 * state.text_auc - 1, 2 * generic_auc - 1
    proven = scaled[:, [1, 3, 4]] * (text, text, own)
    return np.hstack([scaled, fading * scaled, proven])


def pairs_of(
    states: Sequence[State], generic: np.ndarray, relevant: np.ndarray, seed: int
) -> tuple[np.ndarray, np.ndarray]:
    """Return differences between an inclusion and an exclusion, and how much each pair weighs."""
    rng = np.random.default_rng(seed)
    differences, weights = [], []
    for state in states:
        design = _design(state, generic, relevant)
        above = rng.integers(0, state.n_inclusions, PAIRS)
        below = rng.integers(state.n_inclusions, len(state.rows), PAIRS)
        differences.append(design[above] - design[below])
        weights.append(np.full(PAIRS, state.weight / PAIRS))
    return np.vstack(differences), np.concatenate(weights)


def combine(pairs: Sequence[tuple[np.ndarray, np.ndarray]]) -> np.ndarray:
    """Fit the pairwise logistic regression; the weights in the order of `_design`, shape (15,).

    The penalty leaves the support vector machine's own weight free.
    """
    differences = np.vstack([one for one, _ in pairs])
    weights = np.concatenate([one for _, one in pairs])
    scale = differences.std(axis=0)
    scale[scale < 1e-9] = np.inf
    scaled = differences / scale
    scaled[:, 0] *= UNPENALISED
    scaled[:, NEVER_IN_FAVOUR] = 0.0
    sign = np.where(np.arange(len(scaled)) % 2, 1.0, -1.0)
    model = LogisticRegression(C=PAIRWISE_C, fit_intercept=False, solver="newton-cholesky")
    model.fit(scaled * sign[:, None], sign, sample_weight=weights)
    coef = model.coef_.ravel() / scale
    coef[0] *= UNPENALISED
    coef[NEVER_IN_FAVOUR] = 0.0
    return coef


class Trainer:
    """Learns whole priors on any choice of reviews; states and generic scores are kept."""

    def __init__(self, reviews: Sequence[Review], seeds: Sequence[int] = TRAINING_SEEDS) -> None:
        self.reviews = {review.name: review for review in reviews}
        self.generic = GenericTrainer(reviews)
        self.states = {review.name: states_of(review, seeds) for review in reviews}

    def fit(self, names: Iterable[str]) -> WarmPrior:
        """Learn a prior from the named reviews."""
        chosen = frozenset(names)
        pairs = [self._pairs(name, chosen - {name}) for name in sorted(chosen)]
        found = combine(pairs)
        return WarmPrior(
            found[:6], found[6:12], found[12:], self.generic.fit(chosen), {}, "unfrozen"
        )

    @cache  # noqa: B019 - one trainer lives as long as the script
    def _pairs(self, name: str, others: frozenset[str]) -> tuple[np.ndarray, np.ndarray]:
        review = self.reviews[name]
        generic = self.generic.scores(self.generic.fit(others), review)
        seed = int.from_bytes(hashlib.sha256(name.encode()).digest()[:4], "big")
        return pairs_of(self.states[name], generic, review.labelled.relevant, seed)


# ---------------------------------------------------------------- how well it does
def simulated_atd(review: Review, found, model, *, seeds=TEST_SEEDS, is_cold=False) -> float:
    """Return the mean position of an inclusion as a share of the records, over the seeds."""
    relevant, shares = review.labelled.relevant, []
    for seed in seeds:
        priors = [] if is_cold else drawn_priors(relevant, n_included=1, n_excluded=5, seed=seed)
        batches = replay(found, relevant, model, priors=priors, growth=GROWTH, seed=seed)
        labels = relevant[[row for batch in batches for row in batch.rows]].astype(int)
        shares.append(atd(labels) / len(labels))
    return float(np.mean(shares))


def with_generic(review: Review, prior: WarmPrior) -> features.Features:
    """Return the review's features with the generic scores of a prior."""
    titles = title_words([text.title for text in review.labelled.texts], prior.generic)
    columns = prior.generic.columns_in(review.found.vocabulary)
    scores = prior.generic.score(review.found.matrix, columns, titles)
    return replace(review.found, generic=scores, titles=titles)


@cache
def plain_atd(review: Review, is_cold: bool) -> float:
    """Return what ELAS u4 gets: title and abstract only, no protocol text."""
    texts = [replace(text, keywords="") for text in review.labelled.texts]
    found = features.build(range(len(texts)), texts, prior=NO_GENERIC)
    return simulated_atd(review, found, RelevanceModel(), is_cold=is_cold)


def left_out(trainer: Trainer) -> dict[str, dict[str, float]]:
    """Return, for each review, ATD with a prior that never saw it, and of the plain model."""
    answer = {}
    for name, review in trainer.reviews.items():
        prior = trainer.fit(set(trainer.reviews) - {name})
        found, model = with_generic(review, prior), WarmModel(prior=prior)
        answer[name] = {
            "warm": simulated_atd(review, found, model),
            "plain": plain_atd(review, False),
            "cold": simulated_atd(review, found, model, is_cold=True),
            "cold_plain": plain_atd(review, True),
        }
    return answer


def ratio(found: dict[str, dict[str, float]], above: str, below: str) -> float:
    """Return the geometric mean over reviews of one ATD over another."""
    return float(np.exp(np.mean([np.log(one[above] / one[below]) for one in found.values()])))


# ---------------------------------------------------------------- freezing
def frozen(prior: WarmPrior, provenance: dict[str, object]) -> str:
    """Return the file's content: one line per word, so that a change can be read as a difference."""
    named = {
        "always": dict(zip(SIGNALS, _rounded(prior.always), strict=True)),
        "early": dict(zip(SIGNALS, _rounded(prior.early), strict=True)),
        "proven": dict(zip(("cosine", "in_text", "generic"), _rounded(prior.proven), strict=True)),
    }
    generic = prior.generic
    columns = (_rounded(generic.in_text), _rounded(generic.in_title))
    words = {term: [a, b] for term, a, b in zip(generic.terms, *columns, strict=True)}
    lines = ",\n".join(f"{json.dumps(term)}: {json.dumps(pair)}" for term, pair in words.items())
    head = json.dumps({"provenance": provenance, "weights": named}, indent=1)
    return f'{head[:-2]},\n "generic": {{\n{lines}\n}}\n}}\n'


def _rounded(numbers: np.ndarray) -> list[float]:
    return [float(f"{number:.4g}") for number in numbers]


def _provenance(trainer: Trainer, folder: Path, found: dict, seconds: float) -> dict[str, object]:
    sizes = {
        name: [len(review.labelled.ids), int(review.labelled.relevant.sum())]
        for name, review in trainer.reviews.items()
    }
    return {
        "script": "benchmarks/train_ranker.py",
        "made_on": datetime.now(UTC).date().isoformat(),
        "seconds": round(seconds),
        "versions": {name: version(name) for name in ("scikit-learn", "numpy", "scipy")},
        "python": sys.version.split()[0],
        "data_sha256": data_fingerprint(folder),
        "reviews": sizes,
        "training_seeds": list(TRAINING_SEEDS),
        "left_out": {
            "what": "mean position of an inclusion as a share of the records; each review ranked "
            "by a prior that never saw it, seeds 0-2; plain: title and abstract, no protocol text",
            "atd_ratio": round(ratio(found, "warm", "plain"), 4),
            "cold_atd_ratio": round(ratio(found, "cold", "cold_plain"), 4),
            "reviews": {
                name: {k: round(v, 4) for k, v in one.items()} for name, one in found.items()
            },
        },
    }


def data_fingerprint(folder: Path) -> str:
    """Return the SHA-256 of the files learned from, names included."""
    digest = hashlib.sha256()
    for path in sorted([*folder.glob("*.csv"), folder / "criteria.json"]):
        digest.update(path.name.encode() + hashlib.sha256(path.read_bytes()).digest())
    return digest.hexdigest()


def main() -> None:
    """Train, check by leaving each review out, and write the file."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--out", type=Path, required=True)
    options = parser.parse_args()
    started = time.perf_counter()
    trainer = Trainer(load(options.folder))
    found = left_out(trainer)
    for name, one in found.items():
        print(f"{name:<34}", *(f"{key} {value:.4f}" for key, value in one.items()), flush=True)
    print(f"left out: warm / plain {ratio(found, 'warm', 'plain'):.3f}")
    print(f"left out, cold: warm / plain {ratio(found, 'cold', 'cold_plain'):.3f}")
    prior = trainer.fit(trainer.reviews)
    seconds = time.perf_counter() - started
    content = frozen(prior, _provenance(trainer, options.folder, found, seconds))
    from_json(content)
    options.out.write_text(content, encoding="utf-8")
    print(f"{options.out}: {len(prior.generic.terms)} words, {seconds:.0f} s")


if __name__ == "__main__":
    main()
