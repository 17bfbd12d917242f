"""Order, batches and repetition change nothing of what is found."""

import random
from dataclasses import replace
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from screening.citations import Citation
from screening.dedupe import Match, clusters, find_duplicates, keys_of, sharing_a_key

WORDS = [
    "stroma",
    "vessel",
    "biopsy",
    "relapse",
    "marrow",
    "signal",
    "chemotherapy",
    "receptor",
    "ligand",
    "hypoxia",
    "cohort",
    "survival",
    "transfusion",
    "donor",
    "fibrosis",
    "imaging",
    "antibody",
    "kinase",
    "ward",
    "nurse",
    "outcome",
]
NAMES = ("Okafor", "Lindqvist", "Tanaka", "Moreau", "Haddad", "Silva", "Byrne", "Castellano")
GIVEN = ("Ada", "Bo", "Carla")


def report(chance: random.Random, number: int) -> Citation:
    """A report nobody else wrote."""
    first = chance.randrange(1, 900)
    return Citation(
        title=" ".join(chance.sample(WORDS, 9)).capitalize(),
        authors=tuple(f"{name}, {chance.choice(GIVEN)}" for name in chance.sample(NAMES, 3)),
        year=chance.randrange(1995, 2024),
        journal=f"Journal of {' '.join(chance.sample(WORDS, 2))}",
        volume=str(chance.randrange(1, 60)),
        number=str(chance.randrange(1, 12)),
        pages=f"{first}-{first + 9}",
        doi=f"10.5555/{number}" if chance.random() < 0.6 else "",
    )


def copy_of(one: Citation, chance: random.Random) -> Citation:
    """The same report as another database tells it."""
    changes = [
        {"title": one.title.upper()},
        {"authors": one.authors[:1]},
        {"doi": ""},
        {"number": "", "title": f"{one.title}. [Review]"},
        {"year": (one.year or 0) + 1},
        {"authors": tuple(" ".join(reversed(name.split(", "))) for name in one.authors)},
        {"title": f"{one.title}: part II", "pages": "950-959", "doi": ""},
        {"title": f"Erratum: {one.title}", "pages": "960", "doi": ""},
    ]
    return replace(one, **chance.choice(changes))


def project(seed: int, n: int = 30) -> dict[int, Citation]:
    chance = random.Random(seed)
    originals = [report(chance, number) for number in range(n)]
    copies = [copy_of(chance.choice(originals), chance) for _ in range(n)]
    return dict(enumerate(originals + copies))


def told(matches: list[Match], names: dict[int, int] | None = None) -> set[tuple]:
    name = (lambda one: one) if names is None else names.__getitem__
    return {
        (frozenset((name(m.first), name(m.second))), m.verdict, m.relation, m.score, m.reason)
        for m in matches
    }


@given(st.integers(0, 10_000))
@settings(max_examples=15, deadline=None)
def test_the_order_of_the_file_decides_nothing(seed):
    records = project(seed)
    order = random.Random(seed + 1).sample(sorted(records), len(records))
    shuffled = {place: records[number] for place, number in enumerate(order)}

    straight, again = find_duplicates(records), find_duplicates(shuffled)
    assert told(again, dict(enumerate(order))) == told(straight)
    named = {frozenset(order[place] for place in group) for group in clusters(again, shuffled)}
    assert named == set(map(frozenset, clusters(straight, records)))


@given(st.integers(0, 10_000), st.lists(st.integers(1, 59), max_size=4))
@settings(max_examples=15, deadline=None)
def test_batches_find_what_one_import_finds(seed, cuts):
    """Verdicts of rules are the same; only which question stands for two groups may differ."""
    records = project(seed)
    bounds = [0, *sorted(set(cuts)), len(records)]
    there: dict[int, frozenset[str]] = {}
    found: list[Match] = []
    for start, end in pairwise(bounds):
        new = set(range(start, end))
        there |= {number: keys_of(records[number]) for number in new}
        near = sharing_a_key(there, new)
        compared = {number: records[number] for number in near}
        groups = [set(group) & near for group in clusters(found, there)]
        found += find_duplicates(compared, new=new, standing=groups)

    whole = find_duplicates(records)
    assert clusters(found, records) == clusters(whole, records)
    related = [m for m in whole if m.verdict == "related"]
    assert told([m for m in found if m.verdict == "related"]) == told(related)


def test_only_records_that_share_a_key_are_looked_at():
    records = project(5) | {900: replace(project(5)[0], doi="")}
    near = sharing_a_key({n: keys_of(c) for n, c in records.items()}, {900})

    assert {0, 900} <= near
    assert len(near) < 0.7 * len(records)
    found = find_duplicates({n: records[n] for n in near}, new={900})
    assert (0, 900, "same") in {(m.first, m.second, m.verdict) for m in found}


def test_a_new_record_joins_no_group_with_a_member_it_must_stay_apart_from():
    """Two copies stand together, one of them without its pages; the new one has other pages."""
    whole = report(random.Random(11), 1)
    bare = replace(whole, volume="", pages="", doi="")
    other = replace(whole, pages="3-9")
    records = {1: whole, 2: bare, 3: other}
    standing = clusters(find_duplicates({1: whole, 2: bare}), [1, 2])
    assert standing == [[1, 2]]

    alone = find_duplicates({2: bare, 3: other}, new={3})
    beside = find_duplicates(records, new={3}, standing=standing)

    assert [match.verdict for match in alone] == ["same"]
    assert {match.verdict for match in beside} == {"ask"}


@pytest.mark.parametrize("times", [2, 3])
def test_a_file_imported_again_is_joined_whole(times):
    once = project(7)
    records = {
        number + 1000 * time: citation for time in range(times) for number, citation in once.items()
    }
    groups = clusters(find_duplicates(records), records)
    group_of = {number: at for at, group in enumerate(groups) for number in group}
    for number in once:
        assert len({group_of[number + 1000 * time] for time in range(times)}) == 1
    before = clusters(find_duplicates(once), once)
    assert (
        sorted([n for n in group if n < 1000] for group in groups if len(group) > times) == before
    )


def test_a_hundred_copies_of_one_record_are_one_group():
    records = dict.fromkeys(range(100), report(random.Random(3), 3))
    assert clusters(find_duplicates(records), records) == [list(range(100))]


def test_no_group_holds_a_pair_that_a_rule_told_apart():
    for seed in range(20):
        records = project(seed)
        matches = find_duplicates(records)
        apart = {frozenset((m.first, m.second)) for m in matches if m.verdict == "related"}
        groups = clusters(matches, records)
        assert not any(pair <= set(group) for pair in apart for group in groups)
