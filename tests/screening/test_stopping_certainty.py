"""The price of certainty and the counts shown as progress: exact, and without a claim."""

from fractions import Fraction

import pytest

from screening.stopping.certainty import count_bound, exact, price, smallest_broken_total
from screening.stopping.progress import Progress

T95, T90 = Fraction(95, 100), Fraction(90, 100)


@pytest.mark.parametrize(
    ("found", "total"),
    [(0, 1), (1, 2), (5, 6), (19, 21), (20, 22), (38, 41), (57, 61), (95, 101), (190, 201)],
)
def test_the_smallest_total_that_breaks_the_promise(found, total):
    assert smallest_broken_total(found, T95) == total


@pytest.mark.parametrize("percent", [55, 56, 68, 70, 80, 85, 90, 95, 99])
def test_a_recall_equal_to_the_target_keeps_the_promise(percent):
    """Floating point gets 33/.55 and 14/.56 wrong by one."""
    target = exact(f".{percent}")
    for found in range(500):
        total = smallest_broken_total(found, target)
        assert 100 * found < percent * total
        assert found == 0 or 100 * found >= percent * (total - 1)


def test_a_share_is_what_people_write():
    assert exact(0.95) == exact("0.95") == exact(T95) == Fraction(19, 20)
    assert smallest_broken_total(9, exact(0.9)) == 11
    assert smallest_broken_total(9, Fraction(0.9)) == 10, "what the nearest binary fraction gives"


@pytest.mark.parametrize(
    ("hidden", "left", "n_audit"),
    [(1, 100, 95), (1, 20, 19), (2, 1000, 777), (3, 1000, 631), (6, 1000, 393), (11, 1000, 238),
     (16, 1000, 170)],
)  # fmt: skip
def test_the_smallest_audit_without_a_hit(hidden, left, n_audit):
    found = {1: 5, 2: 20, 3: 40, 6: 100, 11: 200, 16: 300}[hidden]
    cost = price(found, left, target=T95, confidence=T95)
    assert (cost.n_hidden, cost.n_audit) == (hidden, n_audit)


@pytest.mark.parametrize(
    ("target", "confidence", "shares"),
    [
        (".95", ".95", [95, 95, 78, 63, 53, 39, 31, 24, 17, 10, 5]),
        (".90", ".95", [95, 78, 63, 45, 35, 22, 16, 12, 8, 5, 3]),
    ],
)
def test_the_price_in_a_large_review(target, confidence, shares):
    found = (5, 10, 20, 40, 60, 100, 150, 200, 300, 500, 1000)
    prices = [price(f, 4_000, target=exact(target), confidence=exact(confidence)) for f in found]
    assert [cost.per_cent for cost in prices] == pytest.approx(shares, abs=1)


def test_what_an_audit_of_fixed_size_without_a_hit_leaves_possible():
    assert count_bound(0, 300, 1000, confidence=T95) == 8
    assert count_bound(0, 0, 50, confidence=T95) == 50
    assert count_bound(2, 50, 50, confidence=T95) == 2


def test_the_bound_is_the_largest_count_that_is_not_refuted():
    """One hit in 10 of 30: by counting by hand, 0.05 lies between eleven and twelve."""
    bound = count_bound(1, 10, 30, confidence=T95)
    assert [_at_most_one(k) > Fraction(5, 100) for k in (bound, bound + 1)] == [True, False]


def _at_most_one(relevant: int) -> Fraction:
    chance = Fraction(1)
    for draw in range(10):
        chance *= Fraction(30 - relevant - draw, 30 - draw)
    one = Fraction(10 * relevant)
    for draw in range(9):
        one *= Fraction(30 - relevant - draw, 30 - draw)
    return chance + one / 21


# ---------------------------------------------------------------- progress
def test_progress_counts_and_claims_nothing():
    progress = Progress.of([True, False, True, True, False, False], 40)
    assert progress.curve == (1, 1, 2, 3, 3, 3)
    assert (progress.n_read, progress.n_left, progress.n_found) == (6, 34, 3)
    assert progress.n_since_last_relevant == 2
    assert progress.records_per_relevant == 2
    assert not any("recall" in name for name in dir(progress))


def test_records_per_relevant_looks_at_the_last_hundred_only():
    assert Progress.of([True] * 50 + [False] * 96 + [True] * 4, 200).records_per_relevant == 25
    assert Progress.of([True] * 50 + [False] * 100, 200).records_per_relevant is None
    assert Progress.of([True] + [False] * 99, 200).records_per_relevant == 100


def test_progress_before_the_first_find():
    progress = Progress.of([False] * 3, 10)
    assert (progress.n_found, progress.n_since_last_relevant) == (0, 3)
    assert progress.records_per_relevant is None
    assert Progress.of([], 10).n_read == 0


def test_more_labels_than_records_cannot_be():
    with pytest.raises(ValueError, match="more labels"):
        Progress.of([True] * 3, 2)
