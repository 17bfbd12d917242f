"""What records have in common with the protocol text, word by word (Okapi BM25).

k1 = 1.2, b = .5; idf = ln(1 + (N - df + .5) / (df + .5)); single words, English stop words left
out, each word of the protocol text counted once.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import sparse
from sklearn.feature_extraction.text import ENGLISH_STOP_WORDS

from screening.ranking.terms import Tokens
from screening.ranking.texts import words

K1 = 1.2
B = 0.5


@dataclass(frozen=True, eq=False)
class Overlap:
    """BM25 of each record's title, and of its title and abstract, by word of the protocol text.

    Both matrices have shape (n, len(words)).
    """

    words: list[str]
    in_title: sparse.csr_matrix
    in_text: sparse.csr_matrix


def overlap(tokens: Tokens, n_records: int, protocol_text: str) -> Overlap:
    """Weigh the words of the protocol text in the first `n_records` documents."""
    asked = sorted(set(words(protocol_text)) - ENGLISH_STOP_WORDS)
    starts = tokens.starts[:n_records]
    return Overlap(
        asked,
        bm25(tokens, starts, tokens.title_ends[:n_records], asked),
        bm25(tokens, starts, tokens.text_ends[:n_records], asked),
    )


def bm25(tokens: Tokens, starts: NDArray, ends: NDArray, asked: list[str]) -> sparse.csr_matrix:
    """Return the BM25 weight of every asked word between starts and ends, shape (n, len(asked))."""
    n_documents = len(starts)
    counts = _counts(tokens, starts, ends, asked)
    if not counts.nnz:
        return counts
    lengths = _lengths(tokens, starts, ends)
    df = np.bincount(counts.indices, minlength=len(asked))
    idf = np.log1p((n_documents - df + 0.5) / (df + 0.5))
    length = np.repeat(lengths / lengths.mean(), np.diff(counts.indptr))
    tf = counts.data
    counts.data = idf[counts.indices] * tf * (K1 + 1) / (tf + K1 * (1 - B + B * length))
    return counts


def _counts(tokens: Tokens, starts: NDArray, ends: NDArray, asked: list[str]) -> sparse.csr_matrix:
    column_of = np.full(len(tokens.table) + 1, -1)
    for column, word in enumerate(asked):
        column_of[tokens.table.get(word, -1)] = column
    column_of[-1] = -1
    columns = column_of[tokens.flat]
    found = np.flatnonzero(columns >= 0)
    rows = np.searchsorted(starts, found, side="right") - 1
    inside = found < ends[rows] if len(starts) else np.zeros(len(found), dtype=bool)
    entries = (np.ones(inside.sum()), (rows[inside], columns[found[inside]]))
    counts = sparse.csr_matrix(entries, shape=(len(starts), len(asked)))
    counts.sum_duplicates()
    return counts


def _lengths(tokens: Tokens, starts: NDArray, ends: NDArray) -> NDArray[np.float64]:
    """Count the words that are no stop words."""
    is_telling = np.array([word not in ENGLISH_STOP_WORDS for word in tokens.table], dtype=bool)
    before = np.r_[0, np.cumsum(is_telling[tokens.flat])]
    return (before[ends] - before[starts]).astype(np.float64)
