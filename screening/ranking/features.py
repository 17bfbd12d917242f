"""The term matrix of a review's records.

TF-IDF of word 1-2-grams over title, abstract and keywords, as ASReview's ELAS u4 weighs them
(sublinear term frequency, min_df 1, max_df .95), with keywords added. Float32, CSR. Beside it
stand the signals that the warm model reads.
"""

import hashlib
import io
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, fields, replace
from typing import Any

import numpy as np
from scipy import sparse
from sklearn.feature_extraction.text import CountVectorizer, TfidfTransformer

from screening.ranking.documents import Document, text_of
from screening.ranking.prior import WarmPrior, shipped
from screening.ranking.signals import Signals, signals_of

__all__ = [
    "Document",
    "Features",
    "build",
    "build_warm",
    "fingerprint",
    "fingerprint_warm",
    "text_of",
]

_MAX_DF = 0.95
_SMALL = 20
"""In so few records nothing is left out for standing in nearly all of them."""

_SEPARATOR = "\x1f"
_PART = "\x1e"
_KNOWN = "known"


def fingerprint(ids: Iterable[int], texts: Iterable[str], protocol_text: str) -> str:
    """Return the SHA-256 of everything the matrix is made of."""
    digest = hashlib.sha256(protocol_text.encode())
    for number, text in zip(ids, texts, strict=True):
        digest.update(f"{_SEPARATOR}{number}{_SEPARATOR}{text}".encode())
    return digest.hexdigest()


def fingerprint_warm(
    ids: Iterable[int],
    documents: Iterable[Document],
    protocol_text: str,
    *,
    known_inclusions: Iterable[str] = (),
    prior: WarmPrior | None = None,
) -> str:
    """Return the SHA-256 of everything that `build_warm` reads, the prior's weights among it."""
    parts = [(prior or shipped()).mark(), protocol_text, *known_inclusions]
    texts = (_PART.join([one.title, one.abstract, *one.keywords]) for one in documents)
    return fingerprint(ids, texts, _PART.join(parts))


@dataclass(frozen=True)
class Features:
    """One row per record, and one for the protocol text; `terms` name the columns.

    `ids` has shape (n,), `matrix` (n, terms), `protocol` (1, terms), `known` (k, terms): the
    inclusions of an earlier review or pasted references, which no longer wait to be screened.
    `signals` are there if the warm model is to read them.
    """

    ids: np.ndarray
    matrix: sparse.csr_matrix
    protocol: sparse.csr_matrix
    terms: np.ndarray
    known: sparse.csr_matrix | None = None
    signals: Signals | None = None

    def rows_of(self, ids: Iterable[int]) -> np.ndarray:
        """Return the row of every known id, in the order given; unknown ids are left out."""
        place = {int(number): row for row, number in enumerate(self.ids)}
        return np.array([place[i] for i in ids if i in place], dtype=np.int64)

    def to_bytes(self) -> bytes:
        """Serialise without pickling, so that a stored file can never run code."""
        stream = io.BytesIO()
        arrays: dict[str, Any] = {"ids": self.ids, "terms": np.array(self.terms, dtype=np.str_)}
        arrays |= {f"matrix_{k}": v for k, v in _parts(self.matrix).items()}
        arrays |= {f"protocol_{k}": v for k, v in _parts(self.protocol).items()}
        if self.known is not None:
            arrays |= {f"{_KNOWN}_{k}": v for k, v in _parts(self.known).items()}
        if self.signals is not None:
            arrays |= {f"signal_{k}": v for k, v in vars(self.signals).items()}
        np.savez_compressed(stream, **arrays)
        return stream.getvalue()

    @classmethod
    def from_bytes(cls, content: bytes) -> "Features":
        """Read what `to_bytes` wrote; raises ValueError for anything else."""
        with np.load(io.BytesIO(content), allow_pickle=False) as stored:
            return cls(
                ids=stored["ids"],
                matrix=_assembled(stored, "matrix"),
                protocol=_assembled(stored, "protocol"),
                terms=stored["terms"],
                known=_assembled(stored, _KNOWN) if f"{_KNOWN}_shape" in stored else None,
                signals=_signals(stored) if "signal_generic" in stored else None,
            )


def _signals(stored) -> Signals:
    return Signals(**{one.name: stored[f"signal_{one.name}"] for one in fields(Signals)})


def _parts(matrix: sparse.csr_matrix) -> dict[str, np.ndarray]:
    return {
        "data": matrix.data,
        "indices": matrix.indices,
        "indptr": matrix.indptr,
        "shape": np.array(matrix.shape),
    }


def _assembled(stored, name: str) -> sparse.csr_matrix:
    parts = (stored[f"{name}_{part}"] for part in ("data", "indices", "indptr"))
    return sparse.csr_matrix(tuple(parts), shape=tuple(stored[f"{name}_shape"]))


def build(
    ids: Sequence[int],
    texts: Sequence[str],
    protocol_text: str = "",
    *,
    known_inclusions: Sequence[str] = (),
) -> Features:
    """Fit the vocabulary on all records and the protocol text, and weigh every record.

    `known_inclusions` are texts of relevant reports that are not to be screened themselves.
    An empty collection, or one without a single word, gives a matrix without columns.
    """
    return _weighed(ids, _counted([*texts, protocol_text, *known_inclusions]))


@dataclass(frozen=True)
class Counted:
    """How often each word and word pair stands in each text: `counts` (n, terms), float32."""

    counts: sparse.csr_matrix
    terms: np.ndarray


def _counted(texts: Sequence[str]) -> Counted:
    counter = CountVectorizer(ngram_range=(1, 2), dtype=np.float32)
    try:
        counts = counter.fit_transform(texts).tocsr()
    except ValueError:  # no words at all
        empty = sparse.csr_matrix((len(texts), 0), dtype=np.float32)
        return Counted(empty, np.array([], dtype=np.str_))
    return Counted(counts, counter.get_feature_names_out())


def _weighed(ids: Sequence[int], counted: Counted) -> Features:
    """Weigh counts as TF-IDF; the rows behind the ids' are the protocol and known inclusions."""
    n, n_rows = len(ids), counted.counts.shape[0]
    everything, terms = counted.counts, counted.terms
    if n > _SMALL:
        spread = np.bincount(everything.indices, minlength=everything.shape[1])
        kept = np.flatnonzero(spread <= _MAX_DF * n_rows)
        everything, terms = everything[:, kept], terms[kept]
    if everything.shape[1]:
        everything = TfidfTransformer(sublinear_tf=True).fit_transform(everything).tocsr()
    return Features(
        ids=np.asarray(ids, dtype=np.int64),
        matrix=everything[:n],
        protocol=everything[n : n + 1],
        terms=terms,
        known=everything[n + 1 :] if n_rows > n + 1 else None,
    )


def build_warm(
    ids: Sequence[int],
    documents: Sequence[Document],
    protocol_text: str = "",
    *,
    known_inclusions: Sequence[str] = (),
    prior: WarmPrior | None = None,
) -> Features:
    """Build the term matrix and the signals that the warm model reads beside it.

    `prior` is the shipped one unless a benchmark hands in another.
    """
    counted = _counted([*(one.text for one in documents), protocol_text, *known_inclusions])
    plain = _weighed(ids, counted)
    signals = signals_of(
        documents,
        plain.matrix,
        plain.protocol,
        protocol_text=protocol_text,
        prior=prior or shipped(),
        words=(counted.counts[: len(documents)], counted.terms),
    )
    return replace(plain, signals=signals)
