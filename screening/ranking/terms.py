"""Words and pairs of words of many documents, counted as whole arrays.

The columns are those scikit-learn's TfidfVectorizer would make of the same texts (lower case, words
of two characters or more, pairs of neighbours), in another order. Pairs stay numbers until somebody
asks for their name, which makes indexing several times faster and much smaller.
"""

from array import array
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from screening.ranking.texts import RecordText, words

NO_WORD = -1


@dataclass(frozen=True, eq=False)
class Tokens:
    """The words of documents, one after the other, as numbers.

    Document i is `flat[starts[i]:starts[i + 1]]`; its title ends at `title_ends[i]`, its abstract
    at `text_ends[i]`. `table` numbers the words in the order of their first appearance.
    """

    flat: NDArray[np.int32]
    starts: NDArray[np.int64]
    title_ends: NDArray[np.int64]
    text_ends: NDArray[np.int64]
    table: dict[str, int]


def tokenise(texts: Iterable[RecordText]) -> Tokens:
    """Number the words of every text: title, abstract, keywords."""
    table: defaultdict[str, int] = defaultdict()
    table.default_factory = table.__len__
    flat = array("i")
    ends = array("q")
    for text in texts:
        for part in (text.title, text.abstract, text.keywords):
            flat.extend([table[word] for word in words(part)])
            ends.append(len(flat))
    table.default_factory = None
    by_part = np.array(ends, dtype=np.int64).reshape(-1, 3)
    return Tokens(
        flat=np.array(flat, dtype=np.int32),
        starts=np.r_[np.int64(0), by_part[:, 2]],
        title_ends=by_part[:, 0],
        text_ends=by_part[:, 1],
        table=dict(table),
    )


@dataclass(frozen=True, eq=False)
class Vocabulary:
    """The columns of a term matrix: word `first`, or the pair `first` `second` (-1: none).

    `packed` holds the words by number, parted by line breaks.
    """

    packed: bytes
    first: NDArray[np.int32]
    second: NDArray[np.int32]

    def __len__(self) -> int:
        return len(self.first)

    @cached_property
    def words(self) -> list[str]:
        """The words by number."""
        return self.packed.decode().split("\n") if self.packed else []

    def names(self, columns: Iterable[int]) -> list[str]:
        """Return the word or pair of words of each column."""
        return [self._name(int(self.first[n]), int(self.second[n])) for n in columns]

    def _name(self, first: int, second: int) -> str:
        named = self.words[first]
        return named if second == NO_WORD else f"{named} {self.words[second]}"

    def columns_of(self, terms: Sequence[str]) -> NDArray[np.int64]:
        """Return the column of each word or pair of words, -1 where there is none."""
        number = {word: place for place, word in enumerate(self.words)}
        base = len(number) + 1
        own = (self.first.astype(np.int64) + 1) * base + self.second + 1
        asked = np.array([_code(term, number, base) for term in terms], dtype=np.int64)
        if not len(own) or not len(asked):
            return np.full(len(asked), NO_WORD, dtype=np.int64)
        order = np.argsort(own)
        place = np.minimum(np.searchsorted(own, asked, sorter=order), len(own) - 1)
        return np.where(own[order[place]] == asked, order[place], NO_WORD)


def _code(term: str, number: dict[str, int], base: int) -> int:
    first, _, second = term.partition(" ")
    numbers = [number.get(word, NO_WORD) for word in (first, second) if word]
    if NO_WORD in numbers or not numbers:
        return NO_WORD
    return (numbers[0] + 1) * base + (numbers[1] + 1 if len(numbers) == 2 else 0)


def tfidf(tokens: Tokens, *, min_df: int, max_df: float) -> tuple[sparse.csr_matrix, Vocabulary]:
    """Weigh words and pairs: (1 + ln tf) x (1 + ln((1 + n) / (1 + df))), rows of length one.

    Terms in fewer than `min_df` documents or more than the share `max_df` are left out. The matrix
    is float32 with sorted indices, shape (documents, terms).
    """
    singles, doubles, pairs = _counted(tokens)
    n_documents = singles.shape[0]
    most = max_df * n_documents
    singles, kept = _frequent(singles, min_df, most)
    doubles, kept_pairs = _frequent(doubles, min_df, most)
    n_words = max(len(tokens.table), 1)
    first, second = np.divmod(pairs[kept_pairs], n_words)
    vocabulary = Vocabulary(
        packed="\n".join(tokens.table).encode(),
        first=np.r_[kept, first].astype(np.int32),
        second=np.r_[np.full(len(kept), NO_WORD), second].astype(np.int32),
    )
    matrix = sparse.hstack([singles, doubles], format="csr", dtype=np.float32)
    return _weighed(matrix), vocabulary


def _counted(
    tokens: Tokens,
) -> tuple[sparse.csr_matrix, sparse.csr_matrix, NDArray[np.int64]]:
    """Count words and pairs per document; the codes of the pairs are word x n_words + word."""
    n_words, lengths = max(len(tokens.table), 1), np.diff(tokens.starts)
    singles = _rows(tokens.flat, tokens.starts, n_words)
    # The last word of a document and the first of the next are no pair.
    inside = np.ones(max(len(tokens.flat) - 1, 0), dtype=bool)
    borders = tokens.starts[1:-1]
    inside[borders[(borders > 0) & (borders < len(tokens.flat))] - 1] = False
    codes = tokens.flat[:-1][inside].astype(np.int64) * n_words + tokens.flat[1:][inside]
    pairs, columns = np.unique(codes, return_inverse=True)
    starts = np.r_[0, np.cumsum(np.maximum(lengths - 1, 0))]
    return singles, _rows(columns.astype(np.int32), starts, len(pairs)), pairs


def _rows(columns: NDArray, starts: NDArray, n_columns: int) -> sparse.csr_matrix:
    counts = sparse.csr_matrix(
        (np.ones(len(columns), dtype=np.float32), columns.copy(), starts),
        shape=(len(starts) - 1, n_columns),
    )
    counts.sum_duplicates()
    return counts


def _frequent(
    counts: sparse.csr_matrix, least: int, most: float
) -> tuple[sparse.csr_matrix, NDArray[np.int64]]:
    """Return the columns in `least` to `most` documents, and which they were."""
    df = np.bincount(counts.indices, minlength=counts.shape[1])
    kept = np.flatnonzero((df >= least) & (df <= most))
    place = np.full(counts.shape[1], -1, dtype=np.int32)
    place[kept] = np.arange(len(kept), dtype=np.int32)
    columns = place[counts.indices]
    stays = columns >= 0
    starts = np.r_[0, np.cumsum(stays)][counts.indptr]
    return (
        sparse.csr_matrix(
            (counts.data[stays], columns[stays], starts), shape=(counts.shape[0], len(kept))
        ),
        kept,
    )


def _weighed(counts: sparse.csr_matrix) -> sparse.csr_matrix:
    df = np.bincount(counts.indices, minlength=counts.shape[1])
    idf = (np.log((1 + counts.shape[0]) / (1 + df)) + 1).astype(np.float32)
    data = (np.log(counts.data) + 1) * idf[counts.indices]
    row_of = np.repeat(np.arange(counts.shape[0]), np.diff(counts.indptr))
    length = np.sqrt(np.bincount(row_of, data.astype(np.float64) ** 2, counts.shape[0]))
    length[length == 0] = 1.0
    counts.data = (data / length[row_of]).astype(np.float32)
    counts.sort_indices()
    return counts
