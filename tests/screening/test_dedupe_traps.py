"""Pairs that tools for finding duplicates stumble over, by name, and what is said of each."""

import json
from dataclasses import replace
from pathlib import Path

import pytest

from screening.citations import Citation
from screening.dedupe import best_fields, clusters, find_duplicates

TOLD = json.loads((Path(__file__).parent / "data" / "duplicate_pairs.json").read_text("utf-8"))
ABOUT_MORE_THAN_A_PAIR = {13, 15}


def citation(**fields) -> Citation:
    told = TOLD["record"] | fields
    return Citation(**told | {"authors": tuple(told["authors"])})


PAPER = citation()


@pytest.mark.parametrize("pair", TOLD["pairs"], ids=lambda pair: f"{pair['trap']} {pair['name']}")
def test_a_trap(pair):
    others = {10 + n: citation(**fields) for n, fields in enumerate(pair.get("others", []))}
    records = {1: citation(**pair["a"]), 2: citation(**pair["b"]), **others}
    found = [m for m in find_duplicates(records) if (m.first, m.second) == (1, 2)]

    verdict = found[0].verdict if found else "distinct"
    assert verdict in pair["expected"], found
    if "relation" in pair:
        assert found[0].relation == pair["relation"]
    if found:
        assert found[0].evidence_for
    if verdict == "ask":
        assert found[0].reason
        assert found[0].evidence_against


def test_every_trap_has_its_pairs():
    traps = {pair["trap"] for pair in TOLD["pairs"]}
    assert traps | ABOUT_MORE_THAN_A_PAIR == set(range(1, 16))


def test_13_a_third_record_never_joins_what_a_pair_refused():
    bridge = citation(title=PAPER.title + ". Part", doi="", pages="", number="")
    parts = (replace(bridge, title=f"{PAPER.title}. Part {n}") for n in ("I", "II"))
    one, two = (
        replace(part, pages=pages)
        for part, pages in zip(parts, ("311-323", "324-336"), strict=True)
    )
    records = {1: one, 2: bridge, 3: two}
    groups = clusters(find_duplicates(records), records)
    assert not any({1, 3} <= set(group) for group in groups)


def test_13_what_keeps_a_third_record_out_is_said():
    records = {1: PAPER, 2: replace(PAPER, doi=""), 3: replace(PAPER, doi="10.5555/other")}
    matches = find_duplicates(records)
    assert not any({1, 3} <= set(group) for group in clusters(matches, records))
    assert any("DOIs differ" in match.reason for match in matches if match.verdict == "ask")


def test_15_no_field_is_lost_in_joining():
    only_authors = citation(doi="", abstract="", journal="", volume="", number="")
    only_place = citation(authors=[], abstract="")
    best = best_fields({1: only_authors, 2: only_place})
    assert best["authors"] == (only_authors.authors, 1)
    assert best["doi"] == (only_place.doi, 2)
    assert best["journal"] == (only_place.journal, 2)
