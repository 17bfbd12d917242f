"""Rules join only what they are sure of; what looks alike but may not be is asked or linked."""

from dataclasses import replace
from itertools import combinations

import pytest

from screening.citations import Citation
from screening.dedupe import best_fields, clusters, find_duplicates, keys_of

PAPER = Citation(
    title="Leydig-cell contact and survival of leukaemic blasts in the rat testis",
    authors=("Baptista, R", "Okafor, N"),
    year=2014,
    journal="Journal of Synthetic Haematology",
    volume="8",
    number="2",
    pages="101-109",
    doi="10.5555/jsh.2014.101",
)


def verdict(one: Citation, other: Citation) -> str:
    """The verdict on a pair, with its relation where there is one, or "nothing"."""
    found = find_duplicates({1: one, 2: other})
    assert len(found) < 2
    return (found[0].relation or found[0].verdict) if found else "nothing"


def paper(**fields) -> Citation:
    return replace(PAPER, **fields)


@pytest.mark.parametrize(
    "other",
    [
        {},
        {"title": PAPER.title.upper(), "doi": ""},
        {"title": f"[{PAPER.title}]. [Chinese]", "doi": ""},
        {"title": f"{PAPER.title}. [Review] [88 refs]", "doi": ""},
        {"title": f"{PAPER.title}. [Erratum appears in J Synth. 2015;9(1):3]", "doi": ""},
        {"title": PAPER.title.replace("rat", "<i>rat</i>"), "doi": ""},
        {"doi": "http://dx.doi.org/10.5555/JSH.2014.101"},
        {"doi": "", "pages": "101-9", "volume": "8 (SUPPL.2)"},
        {"doi": "", "year": 2015},
        {"doi": "", "authors": ("R Baptista", "N Okafor")},
        {"doi": "", "authors": ("Baptista R.Okafor N.",)},
        {"doi": "", "volume": "", "number": "", "pages": "", "journal": "J. Synth. Haematol."},
    ],
)
def test_the_same_report_in_another_house_style_is_joined(other):
    assert verdict(PAPER, paper(**other)) == "same"


@pytest.mark.parametrize(
    ("other", "expected"),
    [
        ({"doi": "10.5555/other"}, "ask"),
        ({"title": "A quite different report about stroma"}, "ask"),
        ({"doi": "", "pages": "", "volume": "", "number": "", "journal": ""}, "ask"),
        ({"doi": "", "pages": "S12"}, "ask"),
        ({"doi": "", "authors": ("Nguyen, T",)}, "ask"),
        ({"title": f"Erratum: {PAPER.title}", "pages": "300"}, "erratum_of"),
        ({"title": f"{PAPER.title} (vol 8, pg 101, 2014)", "pages": "300"}, "erratum_of"),
        ({"title": f"Retraction: {PAPER.title}"}, "retraction_of"),
        ({"title": f"{PAPER.title}: study protocol", "doi": "", "pages": "55-60"}, "protocol_of"),
        ({"title": f"{PAPER.title} - Reply to Smith", "doi": "", "pages": "106"}, "reply_to"),
    ],
)
def test_what_may_be_another_report_is_never_joined(other, expected):
    assert verdict(PAPER, paper(**other)) == expected


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("part I", "part II"),
        ("at 12 months", "at 24 months"),
        ("in children", "in adults"),
        ("delta(8)", "delta(9)"),
    ],
)
def test_numbers_parts_and_populations_keep_reports_apart(one, other):
    title = "Long outcome of marrow transplantation"
    pair = (paper(title=f"{title} {one}"), paper(title=f"{title} {other}"))
    assert verdict(*pair) != "same"


def test_empty_titles_never_match_each_other():
    assert verdict(Citation(year=2014), Citation(year=2014)) == "nothing"
    assert verdict(paper(title="", doi=""), paper(title="", doi="")) != "same"


def test_a_generic_title_is_not_one_report_in_every_issue():
    for pages in ("", "1-3"):
        one = paper(title="Editor's Comments", doi="", pages=pages, number="1")
        assert verdict(one, replace(one, number="3")) != "same"


def test_a_doi_of_a_whole_issue_joins_nothing():
    other = paper(title="Blasts rat and of testis survival in contact", pages="141")
    assert verdict(PAPER, other) == "ask"


def test_register_entries_of_one_title_are_told_apart_by_their_id():
    entry = Citation(title=PAPER.title, year=2014, pages="NCT01234567")
    assert verdict(entry, replace(entry, journal="ClinicalTrials.gov")) == "same"
    assert verdict(entry, replace(entry, pages="NCT07654321")) != "same"


def test_the_same_entry_imported_twice_is_joined_however_little_it_says():
    bare = Citation(title="Marrow niches", authors=("Okafor, N",))
    assert verdict(bare, bare) == "same"


def test_a_third_record_never_joins_what_a_pair_refused():
    bridge = paper(doi="")
    records = {1: PAPER, 2: bridge, 3: paper(doi="10.5555/other")}
    matches = find_duplicates(records)
    assert not any({1, 3} <= set(group) for group in clusters(matches, records))
    asked = [match for match in matches if match.verdict == "ask"]
    assert any("DOIs differ" in match.reason for match in asked)


def test_ids_decide_nothing():
    several = [PAPER, paper(doi=""), paper(doi="10.5555/other"), paper(title="Erratum")]

    def told(order):
        found = find_duplicates(dict(enumerate(order)))
        return {(frozenset(map(several.index, (order[m.first], order[m.second]))), m.verdict)
                for m in found}  # fmt: skip

    assert told(several) == told(several[::-1])


def test_the_first_of_a_match_is_the_smaller_id_and_evidence_is_in_words():
    (match,) = find_duplicates({9: PAPER, 4: paper(doi="")})
    assert (match.first, match.second) == (4, 9)
    assert "same first author" in match.evidence_for


def test_records_that_are_joined_share_a_key():
    copies = [PAPER, paper(doi=""), paper(title=PAPER.title.upper(), pages="101-9")]
    for one, other in combinations(copies, 2):
        assert set(keys_of(one)) & set(keys_of(other))


def test_the_best_of_each_field_names_its_record():
    best = best_fields({1: PAPER, 2: paper(abstract="Only here.", authors=("Baptista, R",))})
    assert best["abstract"] == ("Only here.", 2)
    assert best["authors"] == (PAPER.authors, 1)
