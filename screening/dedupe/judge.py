"""Judging a pair: joined by a rule, asked of a person, linked as related, or passed over."""

from dataclasses import dataclass

from screening.dedupe.pair import Pair
from screening.dedupe.relations import relation_of
from screening.dedupe.vetoes import Veto, vetoes_on

#: From here on the model is sure enough to join, and from here on a person is worth asking.
SURE, WORTH_ASKING = 0.9, 0.1
#: Only records that are the same in every field have a score of 1: they are joined first.
_BELOW_IDENTICAL = 0.9999
#: Abstracts less alike are two texts; a title so long hardly comes twice in a volume.
OTHER_TEXT, _TELLING_TITLE = 0.55, 30
#: Pairs with these vetoes are other reports: nobody is asked about them.
_FINAL = frozenset(["column", "registration"])
_ONLY_TITLE = "nothing beyond the title agrees"
_NOT_SURE = "the records agree in too little to be sure"


@dataclass(frozen=True)
class Match:
    """A pair worth telling of; `first` is the smaller id.

    `verdict`: same (a rule joins them), ask (a person decides) or related (a rule links them as
    `relation`). `score` is the model's probability that they are duplicates. Evidence is in words;
    `reason` is the weightiest, without what the two records say, so that pairs of one reason can
    be answered together.
    """

    first: int
    second: int
    verdict: str
    relation: str = ""
    rule: str = ""
    score: float = 0.0
    reason: str = ""
    evidence_for: tuple[str, ...] = ()
    evidence_against: tuple[str, ...] = ()


def judge(first: int, second: int, pair: Pair, *, score: float, identical: bool) -> Match | None:
    """Judge one pair; None means that it is not worth telling of.

    `identical` tells that the two citations say the same in every field.
    """
    if identical:
        rule = "the same in every field"
        return Match(first, second, "same", "", rule, 1.0, "", _in_favour(pair), ())
    score = min(round(float(score), 4), _BELOW_IDENTICAL)
    against = vetoes_on(pair)
    said = tuple(veto.said(pair) for veto in against)
    relation = relation_of(pair)
    if relation:
        rule = f"looks like {relation.replace('_', ' ')}"
        return Match(first, second, "related", relation, rule, score, "", _in_favour(pair), said)
    rule = "" if against else _rule(pair, score)
    if rule:
        return Match(first, second, "same", "", rule, score, "", _in_favour(pair), ())
    if any(veto.name in _FINAL for veto in against):
        return None
    if score < WORTH_ASKING and not _shares_an_id(pair):
        return None
    return _question(first, second, pair, score, against)


def _question(
    first: int, second: int, pair: Pair, score: float, against: tuple[Veto, ...]
) -> Match:
    unsure = _NOT_SURE if score < SURE else _ONLY_TITLE
    reason = against[0].words if against else unsure
    said = tuple(veto.said(pair) for veto in against) or (unsure,)
    return Match(first, second, "ask", "", "", score, reason, _in_favour(pair), said)


def _shares_an_id(pair: Pair) -> bool:
    """A DOI under titles that have nothing in common may be wrong, or the title translated."""
    is_by_same = pair.same_first_author or (pair.same_page and not pair.no_author_shared)
    return pair.same_id and not pair.is_column and (is_by_same or not pair.both("title"))


def _rule(pair: Pair, score: float) -> str:
    """The rule that joins a pair without a veto; empty where none does."""
    is_one_title = pair.likeness >= 90 and not pair.is_column
    if pair.is_column and _is_one_column(pair):
        return "same title, author, issue and pages"
    if pair.a.is_entry and pair.b.is_entry:
        is_one = pair.agree("registry") and is_one_title
        return f"same registration, {_title_words(pair)}" if is_one else ""
    if score < SURE:
        return (
            f"same PubMed id, {_title_words(pair)}" if pair.agree("pmid") and is_one_title else ""
        )
    return _sure_rule(pair)


def _is_one_column(pair: Pair) -> bool:
    """An editorial twice: the model knows too few of them to be sure."""
    is_one_issue = pair.agree("volume") and pair.agree("number") and pair.years_apart == 0
    is_by_same = pair.same_first_author and pair.a.title == pair.b.title
    return is_one_issue and is_by_same and pair.same_pages and (pair.journals or 0) >= 0.8


def _sure_rule(pair: Pair) -> str:
    """What agrees beyond the title, which alone never joins; empty where nothing does."""
    title = _title_words(pair)
    if pair.same_id:
        return f"same {'DOI' if pair.agree('doi') else 'PubMed id'}, {title}"
    if pair.same_place and max(pair.likeness, pair.inside - 20) >= 70:
        return f"same first page and {'volume' if pair.agree('volume') else 'journal'}, {title}"
    if _same_pages_by_same(pair):
        return f"same pages and first author, {title}"
    if pair.words_added or pair.likeness < 90:
        return ""
    if (pair.abstracts or 0) > 0.85:
        return f"same abstract, {title}"
    if pair.abstracts is not None and pair.abstracts < OTHER_TEXT:
        return ""
    if _same_volume_by_same(pair):
        return f"same journal and volume, {title}"
    if not _four_agree(pair):
        return ""
    year = "same year" if pair.years_apart == 0 else "years one apart"
    return f"{title}, authors and journal, {year}"


def _same_volume_by_same(pair: Pair) -> bool:
    """A volume has many reports: a short title, or one without an author, is not enough."""
    shorter = min(len(pair.a.title), len(pair.b.title))
    is_by_same = pair.same_first_author or (pair.authors or 0) > 0
    is_long_enough = shorter >= (_TELLING_TITLE if is_by_same else 2 * _TELLING_TITLE)
    is_one_journal = (pair.journals or 0) >= 0.8
    return pair.agree("volume") and is_one_journal and is_long_enough and not pair.other_initial


def _same_pages_by_same(pair: Pair) -> bool:
    """Proceedings have neither volume nor journal; ten pages by one author are telling."""
    is_title = max(pair.likeness, pair.inside - 5) >= 90
    is_near = pair.years_apart in (0, 1) and pair.a.first_page != "1"
    is_by_same = pair.same_first_author and pair.same_pages
    return is_title and is_near and is_by_same and not pair.journals_differ


def _four_agree(pair: Pair) -> bool:
    """Title, authors, year and journal, each by itself."""
    n_authors = min(len(pair.a.surnames), len(pair.b.surnames))
    is_by_same = pair.same_first_author and (pair.authors or 0) * n_authors >= min(2, n_authors)
    is_title = pair.likeness >= 96 and min(len(pair.a.title), len(pair.b.title)) >= 40
    is_near = pair.years_apart in (0, 1)
    is_one_journal = pair.journals is None or pair.journals >= 0.8
    is_namesake = n_authors == 1 and pair.other_initial
    return is_title and is_by_same and is_near and is_one_journal and not is_namesake


def _title_words(pair: Pair) -> str:
    return "same title" if pair.a.title == pair.b.title else f"titles {pair.likeness:.0f} % alike"


def _in_favour(pair: Pair) -> tuple[str, ...]:
    said = [
        ("same DOI", pair.agree("doi")),
        ("same PubMed id", pair.agree("pmid")),
        (_title_words(pair), pair.likeness >= 60),
        ("one title is found in the other", pair.likeness < 90 and pair.inside >= 95),
        ("same first author", pair.same_first_author),
        ("same authors", pair.authors == 1.0 and len(pair.a.surnames) > 1),
        ("same year", pair.years_apart == 0),
        ("same journal", (pair.journals or 0) >= 0.9),
        ("same volume", pair.agree("volume")),
        ("same pages", pair.same_pages),
        ("same first page", pair.same_page and not pair.same_pages),
        (f"abstracts {(pair.abstracts or 0) * 100:.0f} % alike", (pair.abstracts or 0) >= 0.6),
        ("same registration", pair.agree("registry")),
    ]
    return tuple(words for words, holds in said if holds)
