"""What the models read of records: texts, term weights, the protocol text's words."""

from math import log

import numpy as np
import pytest
from scipy import sparse
from sklearn.feature_extraction.text import TfidfVectorizer

from screening.ranking import features
from screening.ranking.bm25 import bm25, overlap
from screening.ranking.terms import tfidf, tokenise
from screening.ranking.texts import RecordText, clean, text_of
from tests.screening.ranking_reviews import CRITERIA, record_texts, small_review


def test_plain_text_is_read_exactly_as_written():
    text = text_of("A trial", "It <b>worked</b> & how.", ["pain", "", "adult"])
    assert str(text) == "A trial It <b>worked</b> & how. pain adult"


def test_ligatures_and_invisible_characters_hide_no_word():
    assert clean("e\ufb03cacy of new\u00adborn\u200b care") == "efficacy of newborn care"


@pytest.mark.parametrize(
    "abstract",
    ["", "  ", "[No abstract available]", "Abstract not available for this record.", "N/A",
     "No abstract is available for this article at the moment."],
)  # fmt: skip
def test_a_placeholder_is_no_abstract(abstract):
    assert not text_of("A title", abstract).has_abstract


def test_an_abstract_about_missing_abstracts_is_one():
    said = (
        "No abstract can say it all. We surveyed 200 editors about abstracts that were missing "
        "from the databases they use every day, and what they did about it."
    )
    assert text_of("A title", said).has_abstract


def test_stored_features_are_read_back_exactly():
    built, _, _ = small_review(examples=[RecordText("Statin trial in diabetes")])
    again = features.Features.from_bytes(built.to_bytes())
    for name in ("matrix", "protocol", "examples", "titles", "in_title", "in_text"):
        assert (getattr(built, name) != getattr(again, name)).nnz == 0
        assert getattr(built, name).dtype == getattr(again, name).dtype
    for name in ("ids", "terms", "generic", "no_abstract", "cosine"):
        assert (getattr(built, name) == getattr(again, name)).all()
    assert built.protocol_words == again.protocol_words


@pytest.mark.parametrize("content", [b"", b"nonsense", b"PK\x03\x04"])
def test_anything_else_is_refused(content):
    with pytest.raises(ValueError):
        features.Features.from_bytes(content)


def test_the_matrix_is_float32_and_its_rows_have_length_one():
    built, _, _ = small_review()
    assert built.matrix.dtype == np.float32
    assert sparse.linalg.norm(built.matrix, axis=1) == pytest.approx(1.0, abs=1e-5)


@pytest.mark.parametrize(("min_df", "max_df"), [(1, 0.95), (2, 0.5), (1, 1.0)])
def test_term_weights_are_those_of_scikit_learn(min_df, max_df):
    texts = [*record_texts()[0], RecordText("Élan vital"), RecordText(""), RecordText("a b")]
    found, vocabulary = tfidf(tokenise(texts), min_df=min_df, max_df=max_df)
    theirs = TfidfVectorizer(
        ngram_range=(1, 2), sublinear_tf=True, min_df=min_df, max_df=max_df, dtype=np.float32
    )
    expected = theirs.fit_transform(map(str, texts))
    names = vocabulary.names(range(len(vocabulary)))
    assert sorted(names) == sorted(theirs.get_feature_names_out())
    columns = vocabulary.columns_of(theirs.get_feature_names_out())
    assert abs(found[:, columns] - expected).max() < 1e-6


def test_unknown_words_and_pairs_have_no_column():
    _, vocabulary = tfidf(tokenise([RecordText("red fox runs")]), min_df=1, max_df=1.0)
    asked = ["fox", "red fox", "fox red", "hen", "red hen", "runs"]
    assert [column >= 0 for column in vocabulary.columns_of(asked)] == [1, 1, 0, 0, 0, 1]


def test_without_a_single_word_there_are_no_columns_and_no_error():
    built = features.build([1, 2], [RecordText(""), RecordText("?")])
    assert built.matrix.shape == (2, 0)
    assert built.cosine.tolist() == [0, 0]
    assert features.build([], []).matrix.shape[0] == 0


def test_many_records_keep_only_terms_that_occur_twice(monkeypatch):
    texts = [RecordText(f"common words {name}only") for name in "abc"]
    assert "aonly" in features.build([1, 2, 3], texts).terms
    monkeypatch.setattr(features, "MANY_RECORDS", 2)
    kept = features.build([1, 2, 3], texts).terms.tolist()
    assert "aonly" not in kept
    assert "common words" in kept


@pytest.mark.parametrize(
    "change",
    [{"protocol_text": "Other"}, {"examples": [RecordText("One more")]}, {"ids": [1, 3]},
     {"texts": [RecordText("a title", "an abstract"), RecordText("b")]}],
)  # fmt: skip
def test_the_fingerprint_changes_with_everything_the_features_are_made_of(change):
    same = {
        "ids": [1, 2],
        "texts": [RecordText("a title an", "abstract"), RecordText("b")],
        "protocol_text": "Text",
    }
    assert features.fingerprint(**same) == features.fingerprint(**same)
    assert features.fingerprint(**same) != features.fingerprint(**same | change)


def test_bm25_is_the_published_formula():
    documents = ["statin statin trial", "dental trial", "garden water school plan"]
    tokens = tokenise(map(RecordText, documents))
    found = bm25(tokens, tokens.starts[:-1], tokens.title_ends, ["statin", "trial"]).toarray()
    mean = (3 + 2 + 4) / 3
    idf = log(1 + (3 - 1 + 0.5) / 1.5)
    expected = idf * 2 * 2.2 / (2 + 1.2 * (0.5 + 0.5 * 3 / mean))
    assert found[0, 0] == pytest.approx(expected)
    idf = log(1 + (3 - 2 + 0.5) / 2.5)
    assert found[1, 1] == pytest.approx(idf * 2.2 / (1 + 1.2 * (0.5 + 0.5 * 2 / mean)))
    assert found[2].sum() == 0


def test_stop_words_of_the_protocol_text_say_nothing():
    tokens = tokenise([RecordText("the of and", "with for in")])
    found = overlap(tokens, 1, "The trials of statins for adults")
    assert found.words == ["adults", "statins", "trials"]
    assert found.in_text.nnz == 0


def test_keywords_are_read_as_text_but_not_counted_as_protocol_words():
    texts, _ = record_texts()
    tagged = RecordText("nothing here", "n" * 40, "statins")
    built = features.build(range(len(texts) + 1), [*texts, tagged], CRITERIA)
    assert built.cosine[-1] > 0
    assert built.in_text_sum[-1] == 0
