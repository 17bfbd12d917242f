"""The indicator: the published ranked test, looked at twenty times at most."""

import random
from fractions import Fraction
from math import comb, floor

import pytest

from screening.stopping.certainty import exact
from screening.stopping.indicator import Indicator

T, F = True, False


@pytest.mark.parametrize(
    ("labels", "n_records", "target", "p"),
    [
        ([T] * 10 + [F] * 90, 200, ".95", 0.5263157895),
        ([T] * 20 + [F] * 180, 400, ".95", 0.2763505069),
        ([T, F] * 25 + [F] * 100, 1000, ".95", 0.7987713764),
        ([T, F] * 25 + [F] * 100, 1000, ".8", 0.4544894446),
        ([F] * 50, 100, ".95", 0.5),
        ([T] * 95 + [F] * 400, 1000, ".95", 0.0297935840),
        ([T] * 19 + [F] * 200, 400, ".95", 0.2250310816),
        ([T] * 57 + [F] * 600, 1000, ".95", 0.0173090587),
    ],
)
def test_the_values_of_buscarpy(labels, n_records, target, p):
    assert Indicator(target=exact(target)).p(labels, n_records) == pytest.approx(p, abs=1e-9)


@pytest.mark.parametrize("seed", range(40))
def test_p_is_the_smallest_chance_over_all_starts_of_a_look_back(seed):
    """Against whole numbers only, and every start, not just those after a relevant record."""
    dice = random.Random(seed)
    n_records = dice.randint(20, 300)
    n_read = dice.randint(1, n_records * 9 // 10)
    rate = dice.choice([0.02, 0.1, 0.4])
    labels = [dice.random() < rate * (2 if i < n_read / 3 else 0.3) for i in range(n_read)]
    target = exact(dice.choice([".8", ".9", ".95", ".99"]))
    expected = min(_chance(labels, start, n_records, target) for start in range(n_read))
    assert Indicator(target=target).p(labels, n_records) == pytest.approx(float(expected), abs=1e-9)


def _chance(labels: list[bool], start: int, n_records: int, target: Fraction) -> Fraction:
    found, before = sum(labels), sum(labels[:start])
    hidden = floor(found / target) + 1 - before
    population, n_draws = n_records - start, len(labels) - start
    if hidden > population:
        return Fraction(0)
    ways = sum(
        comb(hidden, hits) * comb(population - hidden, n_draws - hits)
        for hits in range(found - before + 1)
    )
    return Fraction(ways, comb(population, n_draws))


def test_it_is_looked_at_twenty_times_at_most():
    for n_records in (1, 19, 20, 21, 39, 200, 999, 1001, 8899):
        points = Indicator().look_points(n_records)
        assert len(points) <= 20
        assert points[-1] == n_records
    assert Indicator().look_points(1000) == list(range(50, 1001, 50))
    assert Indicator().look_points(0) == []
    with pytest.raises(ValueError, match="1 to 20"):
        Indicator(n_looks=21)


def test_between_two_looks_nothing_is_seen():
    """A run that would be significant for a moment between two looks is never green."""
    labels = [T] * 57 + [F] * 567
    indicator = Indicator()
    assert indicator.p(labels[:624], 1000) < 0.05
    first = next(n for n in range(57, 625) if indicator.p(labels[:n], 1000) < 0.05)
    assert first % 50, "the example must turn significant between two looks"
    interrupted = [*labels[: first + 2], *[T] * 10]
    assert indicator.p(labels[: first + 2], 1000) < 0.05
    for n_read in range(first - 40, len(interrupted) + 1):
        reading = indicator.read(interrupted[:n_read], 1000)
        assert not reading.is_green
        assert reading.first_green is None
        assert [look.n_read for look in reading.looks] == list(range(50, n_read + 1, 50))
        assert reading.next_look == (n_read // 50 + 1) * 50


def test_it_turns_green_at_a_look_and_may_turn_back():
    labels = [T] * 57 + [F] * 600 + [T] * 20 + [F] * 73
    assert Indicator().read(labels[:650], 1000).is_green
    reading = Indicator().read(labels, 1000)
    assert not reading.is_green
    assert reading.first_green.n_read < 650


def test_without_a_find_it_is_never_green():
    reading = Indicator().read([F] * 1000, 1000)
    assert reading.looks[-2].p <= 0.05
    assert not reading.is_green
    assert reading.first_green is None
    assert reading.next_look is None


def test_reading_everything_proves_everything():
    reading = Indicator().read([F] * 99 + [T], 100)
    assert reading.looks[-1].p == 0
    assert reading.is_green


def test_pending_labels_count_for_the_worse():
    labels = [T] * 57 + [F] * 592 + [None]
    settled, worst = [*labels[:649], F], [*labels[:649], T]
    p = [Indicator().read(one, 1000).looks[-1].p for one in (labels, settled, worst)]
    assert p[0] == max(p[1:])
    assert p[1] < 0.05 < p[0]


def test_a_stricter_or_lower_promise_is_another_indicator():
    labels = [T] * 57 + [F] * 493
    assert not Indicator(target=exact(".98")).read(labels, 1000).is_green
    assert Indicator(target=exact(".90")).read(labels, 1000).is_green
    with pytest.raises(ValueError, match="between 0 and 1"):
        Indicator(target=Fraction(1))
    with pytest.raises(ValueError, match="more labels"):
        Indicator().read([F] * 3, 2)
