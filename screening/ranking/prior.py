"""The warm prior: what other, finished reviews teach about ranking a new one.

Two things are learned across reviews by benchmarks/train_ranker.py and frozen in
`warm_prior.npz`: the *generic part*, word weights that tell reports of original studies from
narrative papers, pharmacokinetics and case reports; and the *combination*, how much to trust each
signal, early and late in a review. `warm_prior.json` says what they were learned from.
"""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from scipy import sparse
from sklearn.feature_extraction.text import CountVectorizer

from screening.ranking.documents import Document

FILE = Path(__file__).with_name("warm_prior.npz")
#: The weight of a text's words against its title's, as squared lengths.
TEXT_LENGTH = 80.0
SIGNALS = ("svm", "cosine", "title_match", "text_match", "generic", "no_abstract")
_ARRAYS = ("vocabulary", "text_weights", "title_weights", "always", "early", "trusted")


@dataclass(frozen=True)
class WarmPrior:
    """Frozen weights.

    `vocabulary` holds V words and bigrams; `text_weights` and `title_weights`, shape (V,), are the
    generic part. `always` and `early`, shape (6,), weigh the SIGNALS, the second times
    exp(-inclusions / 5); `trusted`, shape (3,), weighs cosine and text match by how well the
    cosine did on the labels so far, and the generic part by how well it did.
    """

    vocabulary: NDArray[np.str_]
    text_weights: NDArray[np.float16]
    title_weights: NDArray[np.float16]
    always: NDArray[np.float64]
    early: NDArray[np.float64]
    trusted: NDArray[np.float64]

    def generic(
        self,
        documents: Sequence[Document],
        *,
        words: tuple[sparse.csr_matrix, NDArray] | None = None,
    ) -> NDArray[np.float64]:
        """Return the generic part of every document, shape (n,); 0 for one without known words.

        `words` are the counts of the documents' words and word pairs, shape (n, terms), and the
        terms, sorted, where they are known already: counting them is the slow part.
        """
        if not len(self.vocabulary) or not documents:
            return np.zeros(len(documents))
        found = (
            presence([one.text for one in documents], self.vocabulary)
            if words is None
            else presence_in(*words, self.vocabulary)
        )
        titles = presence([one.title for one in documents], self.vocabulary)
        return scaled(found) @ self.text_weights.astype(float) + titles @ self.title_weights.astype(
            float
        )

    def mark(self) -> str:
        """Return the SHA-256 of the weights; features made with another prior are no longer valid."""
        digest = hashlib.sha256("\n".join(self.vocabulary.tolist()).encode())
        for name in _ARRAYS[1:]:
            digest.update(np.ascontiguousarray(getattr(self, name)).tobytes())
        return digest.hexdigest()

    def save(self, file: Path) -> None:
        """Write the weights, without pickling."""
        np.savez_compressed(file, **{name: getattr(self, name) for name in _ARRAYS})

    @classmethod
    def load(cls, file: Path) -> "WarmPrior":
        """Read what `save` wrote."""
        with np.load(file, allow_pickle=False) as stored:
            return cls(**{name: stored[name] for name in _ARRAYS})


@cache
def shipped() -> WarmPrior:
    """Return the prior that comes with the program."""
    return WarmPrior.load(FILE)


def presence(texts: Sequence[str], vocabulary: Sequence[str] | NDArray) -> sparse.csr_matrix:
    """Return which words and bigrams of a vocabulary each text holds, shape (n, V), 0 or 1."""
    counter = CountVectorizer(
        ngram_range=(1, 2), binary=True, vocabulary=list(vocabulary), dtype=np.float32
    )
    return counter.transform(texts).tocsr()


def presence_in(
    counts: sparse.csr_matrix, terms: NDArray, vocabulary: NDArray
) -> sparse.csr_matrix:
    """Return the same from counts of words and word pairs, whose terms are sorted."""
    if not len(terms):
        return sparse.csr_matrix((counts.shape[0], len(vocabulary)), dtype=np.float32)
    places = np.minimum(np.searchsorted(terms, vocabulary), len(terms) - 1)
    known = np.flatnonzero(terms[places] == vocabulary)
    part = counts[:, places[known]].tocoo()
    ones = np.ones(len(part.data), dtype=np.float32)
    shape = (counts.shape[0], len(vocabulary))
    return sparse.csr_matrix((ones, (part.row, known[part.col])), shape=shape)


def scaled(words: sparse.csr_matrix) -> sparse.csr_matrix:
    """Return binary rows scaled to the squared length TEXT_LENGTH, whatever their words' number."""
    lengths = np.sqrt(np.maximum(np.asarray(words.sum(axis=1)).ravel(), 1.0))
    return (sparse.diags(np.sqrt(TEXT_LENGTH) / lengths) @ words).tocsr()
