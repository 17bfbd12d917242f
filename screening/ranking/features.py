"""What the models know of a review's records before anybody has decided.

TF-IDF of word 1-2-grams over title, abstract and keywords, as ASReview's ELAS u4 weighs them
(sublinear term frequency, min_df 1, max_df .95), with keywords added; float32, CSR. Beside it
stands what every record has in common with the protocol text, and its generic score.
"""

import hashlib
import io
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any
from zipfile import BadZipFile

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from screening.ranking.bm25 import overlap
from screening.ranking.generic import GenericPrior, title_words
from screening.ranking.prior import shipped
from screening.ranking.terms import Vocabulary, tfidf, tokenise
from screening.ranking.texts import RecordText, text_of

__all__ = ["Features", "RecordText", "build", "fingerprint", "text_of"]

#: Above this many records a term must occur twice: a quarter of the columns, 1 % of ATD.
MANY_RECORDS = 50_000
#: Up to this many records a term in all of them is no common word yet.
FEW_RECORDS = 20
_MATRICES = ("matrix", "protocol", "examples", "titles", "in_title", "in_text")
_SEPARATOR = "\x1f"
#: Raised whenever the same texts would give other features.
_VERSION = "2"


def fingerprint(
    ids: Iterable[int],
    texts: Iterable[RecordText],
    protocol_text: str,
    examples: Iterable[RecordText] = (),
) -> str:
    """Return the SHA-256 of everything the features are made of, the shipped prior included."""
    digest = hashlib.sha256(
        f"{_VERSION}{shipped().fingerprint}{_SEPARATOR}{protocol_text}".encode()
    )
    for number, text in zip(ids, texts, strict=True):
        parts = (str(number), text.title, text.abstract, text.keywords)
        digest.update(_SEPARATOR.join(("", *parts)).encode())
    for text in examples:
        digest.update(_SEPARATOR.join(("example", str(text))).encode())
    return digest.hexdigest()


@dataclass(frozen=True, eq=False)
class Features:
    """One row per record, and one for the protocol text; `vocabulary` names the columns.

    `ids` has shape (n,), `matrix` (n, terms), `protocol` (1, terms), `examples` (k, terms): the
    records an earlier review included. `titles` (n, vocabulary) is 1 where a title holds a word
    of the generic prior; `in_title` and `in_text` (n, words) are the BM25 weights of the protocol
    text's words (`protocol_words`); `no_abstract` and `generic` have shape (n,).
    """

    ids: NDArray[np.int64]
    matrix: sparse.csr_matrix
    protocol: sparse.csr_matrix
    examples: sparse.csr_matrix
    titles: sparse.csr_matrix
    in_title: sparse.csr_matrix
    in_text: sparse.csr_matrix
    no_abstract: NDArray[np.float64]
    generic: NDArray[np.float64]
    vocabulary: Vocabulary
    protocol_words: list[str]

    @cached_property
    def terms(self) -> NDArray[np.object_]:
        """The words and pairs of words that are the columns of `matrix`; slow for many records."""
        return np.array(self.vocabulary.names(range(len(self.vocabulary))), dtype=object)

    @cached_property
    def _place(self) -> dict[int, int]:
        return {number: row for row, number in enumerate(self.ids.tolist())}

    def rows_of(self, ids: Iterable[int]) -> NDArray[np.int64]:
        """Return the row of every known id, in the order given; unknown ids are left out."""
        place = self._place
        return np.array([place[i] for i in ids if i in place], dtype=np.int64)

    def only(self, row: int) -> "Features":
        """Return the features of one row alone."""
        one = slice(row, row + 1)
        names = ("ids", "matrix", "titles", "in_title", "in_text", "no_abstract", "generic")
        return replace(self, **{name: getattr(self, name)[one] for name in names})

    @cached_property
    def cosine(self) -> NDArray[np.float64]:
        """How alike each record and the protocol text are, shape (n,); 0 without a text."""
        return (self.matrix @ self.protocol.T).toarray().ravel().astype(np.float64)

    @cached_property
    def in_title_sum(self) -> NDArray[np.float64]:
        """BM25 of the protocol text's words in the title, shape (n,)."""
        return np.asarray(self.in_title.sum(axis=1), dtype=np.float64).ravel()

    @cached_property
    def in_text_sum(self) -> NDArray[np.float64]:
        """BM25 of the protocol text's words in title and abstract, shape (n,)."""
        return np.asarray(self.in_text.sum(axis=1), dtype=np.float64).ravel()

    @property
    def has_protocol(self) -> bool:
        """Say whether there is a protocol text that shares a word with a record."""
        return bool(self.protocol.nnz)

    def to_bytes(self) -> bytes:
        """Serialise without pickling, so that a stored file can never run code."""
        stream = io.BytesIO()
        arrays: dict[str, Any] = {
            "ids": self.ids,
            "no_abstract": self.no_abstract,
            "generic": self.generic,
            "words": np.frombuffer(self.vocabulary.packed, dtype=np.uint8),
            "first": self.vocabulary.first,
            "second": self.vocabulary.second,
            "asked": np.array(self.protocol_words, dtype=np.str_),
        }
        for name in _MATRICES:
            arrays |= {f"{name}_{k}": v for k, v in _parts(getattr(self, name)).items()}
        np.savez(stream, **arrays)
        return stream.getvalue()

    @classmethod
    def from_bytes(cls, content: bytes) -> "Features":
        """Read what `to_bytes` wrote; raises ValueError for anything else."""
        try:
            with np.load(io.BytesIO(content), allow_pickle=False) as stored:
                return cls(
                    ids=stored["ids"],
                    no_abstract=stored["no_abstract"],
                    generic=stored["generic"],
                    vocabulary=Vocabulary(
                        stored["words"].tobytes(), stored["first"], stored["second"]
                    ),
                    protocol_words=stored["asked"].tolist(),
                    **{name: _assembled(stored, name) for name in _MATRICES},
                )
        except (KeyError, EOFError, BadZipFile) as error:
            raise ValueError("These are no features of this version; build them anew.") from error


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
    texts: Sequence[RecordText],
    protocol_text: str = "",
    *,
    examples: Sequence[RecordText] = (),
    prior: GenericPrior | None = None,
) -> Features:
    """Fit the vocabulary on all texts and the protocol text, and weigh every record.

    `examples` are records an earlier review included: they are learned from and never ranked.
    `prior` replaces the generic part of the shipped prior. An empty collection, or one without a
    single word, gives a matrix without columns.
    """
    prior = prior or shipped().generic
    n_records = len(texts)
    tokens = tokenise([*texts, RecordText(protocol_text), *examples])
    everything, vocabulary = tfidf(
        tokens,
        min_df=2 if n_records > MANY_RECORDS else 1,
        max_df=0.95 if n_records > FEW_RECORDS else 1.0,
    )
    matrix = everything[:n_records]
    titles = title_words([text.title for text in texts], prior)
    common = overlap(tokens, n_records, protocol_text)
    return Features(
        ids=np.asarray(ids, dtype=np.int64),
        matrix=matrix,
        protocol=everything[n_records : n_records + 1],
        examples=everything[n_records + 1 :],
        titles=titles,
        in_title=common.in_title,
        in_text=common.in_text,
        no_abstract=np.array([not text.has_abstract for text in texts], dtype=np.float64),
        generic=prior.score(matrix, prior.columns_in(vocabulary), titles),
        vocabulary=vocabulary,
        protocol_words=common.words,
    )
