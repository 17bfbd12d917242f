"""Learn the warm prior from finished reviews, and write it where the program finds it.

    python benchmarks/train_ranker.py DIR [--criteria DIR/criteria.json] [--into FILE.npz]

DIR holds labelled reviews as `manage.py simulate` reads them; criteria.json has a protocol-like
paragraph for each, by the file's name. Beside the weights goes a JSON file with their provenance.

The generic part is a logistic regression over all records of all reviews, each review weighing the
same, with an intercept of its own that is thrown away. The combination is learned from replays of
the plain model: at many moments of a replay, relevant records still waiting are to score higher
than irrelevant ones drawn at random. In its rows the generic part always comes from the *other*
reviews, or the combination would trust it too much. Hard negatives, or moments that all weigh the
same, teach distrust of the margin; so negatives are uniform and late moments weigh less.
"""

from __future__ import annotations

import argparse
import hashlib
import json
from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from importlib.metadata import version
from math import ceil
from pathlib import Path

import numpy as np
from scipy import sparse
from sklearn.feature_extraction.text import CountVectorizer
from sklearn.linear_model import LogisticRegression

from screening.ranking import warm
from screening.ranking.features import Features, build_warm
from screening.ranking.labelled import LabelledReview, read_labelled
from screening.ranking.prior import FILE, SIGNALS, TEXT_LENGTH, WarmPrior, presence, scaled
from screening.ranking.replay import State, drawn_priors, replay

# The generic part
RAREST = (
    3,
    0.003,
)  # a review knows a word that stands in so many, and such a share, of its records
GENERIC_C = 3e-5
INTERCEPT = 3.0
WEIGHT_OF_CLASS = 500.0
# The combination
SEEDS = (10, 11, 12, 13)  # benchmarks replay seeds 0, 1, 2
N_COLD = 2
EVERY_TRAINING_UNTIL = 9
MOST_INCLUSIONS, N_EXCLUSIONS, N_PAIRS = 40, 200, 200
COMBINATION_C = 0.03
FREE = 100.0  # a column so much larger is practically not penalised
NO_PRIOR = WarmPrior(
    np.array([], dtype=np.str_), *(np.zeros(n) for n in (0, 0, len(SIGNALS), len(SIGNALS), 3))
)


@dataclass(frozen=True)
class Finished:
    """A finished review with its features; `generic` in the signals is still 0."""

    name: str
    review: LabelledReview
    features: Features
    sha256: str
    protocol_text: str

    @cached_property
    def known_words(self) -> frozenset[str]:
        """The words and bigrams that are common enough in this review."""
        rarest = max(RAREST[0], ceil(RAREST[1] * len(self.review.documents)))
        reader = CountVectorizer(ngram_range=(1, 2), binary=True, min_df=rarest)
        reader.fit([one.text for one in self.review.documents])
        return frozenset(reader.vocabulary_)


@dataclass(frozen=True)
class Moment:
    """What was known at one training of a replay; `margin` of every record, shape (n,)."""

    margin: np.ndarray
    included: np.ndarray
    excluded: np.ndarray
    waiting: np.ndarray
    drawn: tuple[np.ndarray, np.ndarray]  # rows of unfound inclusions and of exclusions, paired
    weight: float


class Training:
    """Learns priors from any part of a collection of reviews; remembers what it has computed."""

    def __init__(self, finished: Sequence[Finished]) -> None:
        self.finished = {one.name: one for one in finished}
        self._weights: dict[frozenset[str], tuple[np.ndarray, np.ndarray, np.ndarray]] = {}
        self._moments: dict[str, list[Moment]] = {}

    @cached_property
    def candidates(self) -> np.ndarray:
        """Every word that can come into a vocabulary, sorted."""
        counted = Counter(word for one in self.finished.values() for word in one.known_words)
        fewest = max(ceil((len(self.finished) - 2) / 2), 1)
        return np.array(sorted(word for word, n in counted.items() if n >= fewest))

    @cached_property
    def words(self) -> dict[str, tuple[sparse.csc_matrix, sparse.csc_matrix]]:
        """Which candidates the texts and the titles of each review hold."""
        return {
            name: (
                presence([d.text for d in one.review.documents], self.candidates).tocsc(),
                presence([d.title for d in one.review.documents], self.candidates).tocsc(),
            )
            for name, one in self.finished.items()
        }

    def generic_weights(self, names: Collection[str]) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Return columns of `candidates` and their weights in text and title."""
        key = frozenset(names)
        if key not in self._weights:
            self._weights[key] = self._fit_generic(sorted(key))
        return self._weights[key]

    def _fit_generic(self, names: list[str]) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        counted = Counter(word for name in names for word in self.finished[name].known_words)
        columns = np.flatnonzero([counted[word] >= len(names) / 2 for word in self.candidates])
        blocks, labels, weights = [], [], []
        for place, name in enumerate(names):
            y = self.finished[name].review.labels
            intercept = np.zeros((len(y), len(names)))
            intercept[:, place] = INTERCEPT
            blocks.append(sparse.hstack([*self._rows(name, columns), intercept]))
            labels.append(y)
            weights.append(
                np.where(y == 1, WEIGHT_OF_CLASS / y.sum(), WEIGHT_OF_CLASS / (y == 0).sum())
            )
        model = LogisticRegression(solver="liblinear", C=GENERIC_C, fit_intercept=False)
        model.fit(sparse.vstack(blocks).tocsr(), np.concatenate(labels), np.concatenate(weights))
        found = model.coef_.ravel()[: 2 * len(columns)]
        found /= np.abs(found).max()  # signals are standardised, so only proportions count
        return columns, found[: len(columns)], found[len(columns) :]

    def _rows(self, name: str, columns: np.ndarray) -> tuple[sparse.csr_matrix, sparse.csr_matrix]:
        text, title = self.words[name]
        return scaled(text[:, columns].tocsr()), title[:, columns].tocsr()

    def generic_of(self, name: str, *, learned_on: Collection[str]) -> np.ndarray:
        """Return the generic part of a review's records, learned on other reviews."""
        columns, in_text, in_title = self.generic_weights(learned_on)
        text, title = self._rows(name, columns)
        return text @ in_text + title @ in_title

    def moments(self, name: str) -> list[Moment]:
        """Replay a review with the plain model and keep what was known on the way."""
        if name not in self._moments:
            self._moments[name] = _moments(self.finished[name])
        return self._moments[name]

    def prior(self, names: Collection[str]) -> WarmPrior:
        """Learn a prior from the named reviews only."""
        names = sorted(names)
        columns, in_text, in_title = self.generic_weights(names)
        rows, weights = [], []
        for name in names:
            generic = self.generic_of(name, learned_on=[one for one in names if one != name])
            one = self.finished[name].features
            signals = replace(one.signals, generic=generic)
            for moment in self.moments(name):
                rows.append(_differences(moment, signals))
                weights.append(np.full(len(rows[-1]), moment.weight / len(rows[-1])))
        found = _fit_combination(np.vstack(rows), np.concatenate(weights))
        n = len(SIGNALS)
        return WarmPrior(
            self.candidates[columns],
            in_text.astype(np.float16),
            in_title.astype(np.float16),
            *np.split(found, [n, 2 * n]),
        )


def read_folder(folder: Path, criteria: dict[str, str]) -> list[Finished]:
    """Read and index every labelled review of a folder."""
    found = []
    for file in sorted(folder.glob("*.csv")):
        with file.open(newline="", encoding="utf-8-sig") as stream:
            review = read_labelled(stream)
        ids, text = range(len(review.labels)), criteria.get(file.stem, "")
        features = build_warm(ids, review.documents, text, prior=NO_PRIOR)
        sha256 = hashlib.sha256(file.read_bytes()).hexdigest()
        found.append(Finished(file.stem, review, features, sha256, text))
    return found


class MarginModel(warm.WarmModel):
    """The plain model as the warm one uses it: its margin alone makes the order."""

    def __init__(self, random_state: int = 0) -> None:
        only_margin = np.eye(len(SIGNALS))[warm.SVM]
        super().__init__(random_state, prior=replace(NO_PRIOR, always=only_margin))


def _moments(one: Finished) -> list[Moment]:
    y = one.review.labels
    starts = [(drawn_priors(y, n_included=1, n_excluded=5, seed=s), s) for s in SEEDS]
    if one.features.protocol.nnz:
        starts += [([], seed) for seed in range(N_COLD)]
    found: list[Moment] = []
    for priors, seed in starts:
        rng = np.random.default_rng([seed, len(priors), len(y)])
        n_trainings = 0

        def seen(state: State | None, n_screened: int, rng=rng) -> None:
            nonlocal n_trainings
            n_trainings += 1
            late = n_trainings > EVERY_TRAINING_UNTIL and n_trainings % 2
            if state is not None and not late and (moment := _moment(one, state, rng)):
                found.append(moment)

        replay(one.features, y, model=MarginModel, priors=priors, seed=seed, seen=seen)
    return found


def _moment(one: Finished, state: State, rng: np.random.Generator) -> Moment | None:
    y = one.review.labels[state.waiting]
    unfound, noise = state.waiting[y == 1], state.waiting[y == 0]
    if not len(unfound) or not len(noise):
        return None
    inclusions = rng.permutation(unfound)[:MOST_INCLUSIONS]
    exclusions = rng.permutation(noise)[:N_EXCLUSIONS]
    return Moment(
        margin=state.model.svm_.score(one.features),
        included=np.array(state.included, dtype=np.int64),
        excluded=np.array(state.excluded, dtype=np.int64),
        waiting=state.waiting,
        drawn=(rng.choice(inclusions, N_PAIRS), rng.choice(exclusions, N_PAIRS)),
        weight=len(unfound) / one.review.labels.sum(),
    )


def _differences(moment: Moment, signals) -> np.ndarray:
    """Return inclusion minus exclusion, shape (pairs, 15): always, early and trusted columns."""
    raw = warm.raw_signals(signals, moment.margin)
    centres, spreads = warm.scale_of(raw[moment.waiting])
    inclusions, exclusions = (
        warm.standardise(raw[rows], centres, spreads) for rows in moment.drawn
    )
    apart = inclusions - exclusions
    labelled = [(s[moment.included], s[moment.excluded]) for s in (signals.cosine, signals.generic)]
    trust = warm.trust(*(warm.auc(*both) for both in labelled))
    early = warm.early_share(len(moment.included))
    return np.hstack([apart, early * apart, trust * apart[:, warm.TRUSTED]])


def _fit_combination(apart: np.ndarray, weights: np.ndarray) -> np.ndarray:
    scale = apart.std(axis=0)
    scale[scale < 1e-12] = np.inf
    scale[warm.SVM] /= FREE
    flipped = np.where(np.arange(len(apart)) % 2, 1.0, -1.0)
    model = LogisticRegression(C=COMBINATION_C, fit_intercept=False, max_iter=2000)
    model.fit(apart / scale * flipped[:, None], flipped, sample_weight=weights)
    return model.coef_.ravel() / scale


def provenance(training: Training, prior: WarmPrior) -> dict:
    """Say what the weights were learned from and how."""
    names = sorted(training.finished)
    return {
        "made_by": "benchmarks/train_ranker.py",
        "reviews": [
            {
                "name": name,
                "n_records": len(training.finished[name].review.labels),
                "n_included": int(training.finished[name].review.labels.sum()),
                "sha256": training.finished[name].sha256,
            }
            for name in names
        ],
        "text_length": TEXT_LENGTH,
        "generic_C": GENERIC_C,
        "combination_C": COMBINATION_C,
        "seeds": list(SEEDS),
        "versions": {name: version(name) for name in ("scikit-learn", "numpy", "scipy")},
        "n_words": len(prior.vocabulary),
        "weights": {
            part: dict(zip(columns, np.round(getattr(prior, part), 4).tolist(), strict=True))
            for part, columns in (
                ("always", SIGNALS),
                ("early", SIGNALS),
                ("trusted", [SIGNALS[column] for column in warm.TRUSTED]),
            )
        },
    }


def main() -> None:
    ask = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    ask.add_argument("folder", type=Path)
    ask.add_argument("--criteria", type=Path, help="default: criteria.json in the folder")
    ask.add_argument("--into", type=Path, default=FILE)
    given = ask.parse_args()
    criteria = json.loads((given.criteria or given.folder / "criteria.json").read_text())
    training = Training(read_folder(given.folder, criteria))
    prior = training.prior(training.finished)
    prior.save(given.into)
    said = provenance(training, prior) | {
        "sha256": hashlib.sha256(given.into.read_bytes()).hexdigest()
    }
    given.into.with_suffix(".json").write_text(json.dumps(said, indent=1) + "\n")
    print(json.dumps(said["weights"], indent=1), len(prior.vocabulary), "words")


if __name__ == "__main__":
    main()
