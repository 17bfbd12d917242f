"""What can be said of a record before anybody has decided: signals of the protocol and the prior.

They are computed once per import or change of the protocol's text, together with the term matrix.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import sparse
from sklearn.feature_extraction.text import ENGLISH_STOP_WORDS, CountVectorizer

from screening.ranking.documents import Document
from screening.ranking.prior import WarmPrior

NAMES = ("cosine", "title_match", "text_match", "generic", "no_abstract")
# BM25's saturation and length normalisation (Robertson and Zaragoza 2009).
_K1, _B = 1.2, 0.5


@dataclass(frozen=True)
class Signals:
    """One value per record and signal, each of shape (n,).

    cosine: to the protocol text in the term matrix; title_match and text_match: BM25 of the
    protocol's words in the title, in title and abstract; generic: the prior's generic part;
    no_abstract: 1 without an abstract, else 0. Without protocol text the first three are 0.
    """

    cosine: NDArray[np.float64]
    title_match: NDArray[np.float64]
    text_match: NDArray[np.float64]
    generic: NDArray[np.float64]
    no_abstract: NDArray[np.float64]


def signals_of(
    documents: Sequence[Document],
    matrix: sparse.csr_matrix,
    protocol: sparse.csr_matrix,
    *,
    protocol_text: str,
    prior: WarmPrior,
    words: tuple[sparse.csr_matrix, NDArray] | None = None,
) -> Signals:
    """Compute the signals of documents, whose term matrix (n, terms) and protocol row are given."""
    return Signals(
        cosine=np.asarray((matrix @ protocol.T).todense(), dtype=np.float64).ravel(),
        title_match=bm25([one.title for one in documents], protocol_text),
        text_match=bm25([f"{one.title} {one.abstract}" for one in documents], protocol_text),
        generic=prior.generic(documents, words=words),
        no_abstract=np.array([not one.has_abstract for one in documents], dtype=np.float64),
    )


def bm25(texts: Sequence[str], query: str) -> NDArray[np.float64]:
    """Return how well each text answers the query's distinct words, shape (n,).

    Lowercase words without English stop words; idf is ln(1 + (N - df + .5) / (df + .5)).
    """
    reader = CountVectorizer(stop_words=list(ENGLISH_STOP_WORDS))
    analyse = reader.build_analyzer()
    asked = sorted(set(analyse(query)))
    if not asked or not texts:
        return np.zeros(len(texts))
    n_words: list[int] = []

    def counted(text: str) -> list[str]:  # one text at a time: a review's words fill gigabytes
        words = analyse(text)
        n_words.append(len(words))
        return words

    counts = CountVectorizer(vocabulary=asked, analyzer=counted).transform(texts)
    lengths = np.array(n_words, dtype=np.float64) / max(float(np.mean(n_words)), 1.0)
    frequency = np.diff(counts.tocsc().indptr)
    idf = np.log1p((len(texts) - frequency + 0.5) / (frequency + 0.5))
    found = counts.tocoo()
    saturated = found.data * (_K1 + 1) / (found.data + _K1 * (1 - _B + _B * lengths[found.row]))
    sums = np.bincount(found.row, weights=saturated * idf[found.col], minlength=len(texts))
    return sums.astype(np.float64)
