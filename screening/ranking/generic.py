"""The generic prior: what a report of an original study looks like, whatever the question.

Learned across reviews (`benchmarks/train_ranker.py`): it tells reports of original studies from
narrative papers, letters and case reports. A record is sqrt(80) times the L2-normalised binary
vector of its words and pairs of words, beside the binary vector of those in its title, both over
the shipped vocabulary; its score is the product with the shipped weights.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray
from scipy import sparse
from sklearn.feature_extraction.text import CountVectorizer

from screening.ranking.terms import Vocabulary

#: A text with this many words of the vocabulary counts each of them as 1.
USUAL_WORDS = 80.0


@dataclass(frozen=True, eq=False)
class GenericPrior:
    """Weights of words and pairs of words in the text and in the title, shape (vocabulary,)."""

    terms: tuple[str, ...]
    in_text: NDArray[np.float64]
    in_title: NDArray[np.float64]

    @cached_property
    def place(self) -> dict[str, int]:
        """The number of each word or pair in the vocabulary."""
        return {term: number for number, term in enumerate(self.terms)}

    def columns_in(self, vocabulary: Vocabulary) -> NDArray[np.int64]:
        """Return for each column of a term matrix its place among `terms`, or -1."""
        found = vocabulary.columns_of(self.terms)
        columns = np.full(len(vocabulary), -1, dtype=np.int64)
        columns[found[found >= 0]] = np.flatnonzero(found >= 0)
        return columns

    def score(
        self, matrix: sparse.csr_matrix, columns: NDArray[np.int64], titles: sparse.csr_matrix
    ) -> NDArray[np.float64]:
        """Return the generic score of every record, shape (n,).

        `matrix` (n, terms) is read for what is there, not for its weights; `columns` are those of
        `columns_in`; `titles` (n, vocabulary) is binary.
        """
        if not matrix.shape[1]:
            return np.asarray(titles @ self.in_title)
        known = columns >= 0
        weights = np.where(known, self.in_text[columns], 0.0) if self.terms else known * 0.0
        there = sparse.csr_matrix(
            (np.ones(matrix.nnz), matrix.indices, matrix.indptr), shape=matrix.shape
        )
        n_words = there @ known.astype(np.float64)
        scale = np.sqrt(USUAL_WORDS / np.maximum(n_words, 1.0))
        return np.asarray((there @ weights) * scale + titles @ self.in_title)


def title_words(titles: Sequence[str], prior: GenericPrior) -> sparse.csr_matrix:
    """Return 1 where a title holds a word or pair of the vocabulary, shape (n, vocabulary)."""
    if not prior.terms or not titles:
        return sparse.csr_matrix((len(titles), len(prior.terms)), dtype=np.float32)
    vectoriser = CountVectorizer(
        vocabulary=list(prior.terms), ngram_range=(1, 2), binary=True, dtype=np.float32
    )
    return vectoriser.transform(titles).tocsr()
