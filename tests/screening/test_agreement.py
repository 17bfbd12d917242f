"""Agreement: equal to published tables, and honest where a statistic is not defined."""

import pytest

from screening.agreement import (
    Pair,
    PilotGate,
    ac1,
    all_agree,
    alpha,
    disagreements,
    fleiss,
    kappa,
    pabak,
    pairs_of,
    wilson,
)

FEW = {"abs": 2e-6}

# (both, first, second, neither): po, kappa, ASE, low, high, AC1, SE, PABAK, alpha, PPA, NPA
TABLES = [
    ((20, 5, 10, 15), 0.70, 0.4, 0.126996, 0.1511, 0.6489, 0.405941, 0.13147, 0.40, 0.4,
     0.7273, 0.6667),
    ((45, 15, 25, 15), 0.60, 0.130435, 0.098662, -0.0629, 0.3238, 0.266055, 0.10392, 0.20,
     0.125275, 0.6923, 0.4286),
    ((25, 35, 5, 35), 0.60, 0.259259, 0.077160, 0.1080, 0.4105, 0.207921, 0.09952, 0.20, 0.195960,
     0.5556, 0.6364),
    ((40, 9, 6, 45), 0.85, 0.699519, 0.071394, 0.5596, 0.8394, 0.700748, 0.07171, 0.70, 0.700752,
     0.8421, 0.8571),
    ((80, 10, 5, 5), 0.85, 0.318182, 0.133457, 0.0566, 0.5798, 0.808, 0.05239, 0.70, 0.317714,
     0.9143, 0.4),
    ((118, 5, 2, 0), 0.944, -0.023392, 0.012287, -0.047474, 0.00069, 0.940776, 0.02306, 0.888,
     -0.024691, 0.9712, 0.0),
    ((10, 15, 10, 465), 0.95, 0.418605, 0.095070, 0.2323, 0.6049, 0.945298, 0.01120, 0.90,
     0.418848, 0.4444, 0.9738),
]  # fmt: skip


def records_of(pair: Pair) -> list[tuple[bool, bool]]:
    cells = ((True, True), (True, False), (False, True), (False, False))
    counts = (pair.both, pair.first, pair.second, pair.neither)
    return [cell for cell, count in zip(cells, counts, strict=True) for _ in range(count)]


@pytest.mark.parametrize("row", TABLES, ids=lambda row: str(row[0]))
def test_two_reviewers_as_in_published_tables(row):
    cells, po, k, ase, low, high, gwet, gwet_se, pbk, krippendorff, ppa, npa = row
    pair = Pair(*cells)
    assert pair.percent.value == pytest.approx(po, abs=5e-5)
    assert (pair.kappa.value, pair.kappa.error) == pytest.approx((k, ase), **FEW)
    assert (pair.kappa.low, pair.kappa.high) == pytest.approx((low, high), abs=6e-5)
    assert pair.ac1.value == pytest.approx(gwet, **FEW)
    assert pair.ac1.error == pytest.approx(gwet_se, abs=6e-6)
    assert pair.pabak == pytest.approx(pbk)
    assert alpha(records_of(pair)) == pytest.approx(krippendorff, **FEW)
    assert (pair.positive, pair.negative) == pytest.approx((ppa, npa), abs=5e-5)
    assert Pair.of(records_of(pair)) == pair


def test_a_large_screening_table():
    pair = Pair(1467, 782, 1309, 16232)
    assert pair.kappa.value == pytest.approx(0.524130, **FEW)
    assert (pair.kappa.low, pair.kappa.high) == pytest.approx((0.5063, 0.5420), abs=6e-5)
    assert pair.pabak == pytest.approx(0.7887, abs=5e-5)


def test_three_categories():
    table = [[0, 4, 1], [0, 8, 0], [0, 1, 5]]
    found = kappa(table)
    assert (found.value, found.error) == pytest.approx((0.4842, 0.1380), abs=5e-5)
    assert (found.low, found.high) == pytest.approx((0.2137, 0.7547), abs=6e-5)

    table = [[13, 0, 0], [0, 20, 7], [0, 4, 56]]
    ratings = [(i, j) for i in range(3) for j in range(3) for _ in range(table[i][j])]
    found = kappa(table)
    assert (found.value, found.error) == pytest.approx((0.79641, 0.05891), abs=6e-6)
    found = ac1(ratings)
    divided_by_n = found.error * (99 / 100) ** 0.5  # as the source does for tables of 100
    assert (found.value, divided_by_n) == pytest.approx((0.84933, 0.04322), abs=6e-6)
    assert pabak(table) == pytest.approx(0.835)
    assert alpha(ratings) == pytest.approx(0.79726, abs=6e-6)


# Four observers and twelve units with gaps (Krippendorff 2011).
GAPS = list(
    zip(
        [1, 2, 3, 3, 2, 1, 4, 1, 2, None, None, None],
        [1, 2, 3, 3, 2, 2, 4, 1, 2, 5, None, 3],
        [None, 3, 3, 3, 2, 3, 4, 2, 2, 5, 1, None],
        [1, 2, 3, 3, 2, 4, 4, 1, 2, 5, 1, None],
        strict=True,
    )
)


def test_more_raters_with_gaps():
    assert alpha(GAPS) == pytest.approx(0.743421, **FEW)
    found = ac1(GAPS)
    assert (found.value, found.error) == pytest.approx((0.775444, 0.14295), abs=6e-6)
    assert all_agree(GAPS).value == pytest.approx(8 / 11)


@pytest.mark.parametrize(
    ("counts", "expected"),
    [
        (
            [[0, 0, 0, 0, 14], [0, 2, 6, 4, 2], [0, 0, 3, 5, 6], [0, 3, 9, 2, 0], [2, 2, 8, 1, 1],
             [7, 7, 0, 0, 0], [3, 2, 6, 3, 0], [2, 5, 3, 2, 2], [6, 5, 2, 1, 0], [0, 2, 2, 3, 7]],
            0.209931,
        ),
        ([[7, 1], [3, 5]], 0.161905),
        ([[6, 1, 0], [0, 7, 0]], 0.708333),
    ],
)  # fmt: skip
def test_fleiss(counts, expected):
    assert fleiss(counts) == pytest.approx(expected, **FEW)


def test_fleiss_needs_as_many_raters_of_every_record():
    with pytest.raises(ValueError, match="same number of raters"):
        fleiss([[2, 0], [1, 2]])
    with pytest.raises(ValueError, match="same number of raters"):
        fleiss([[1, 0], [0, 1]])
    assert fleiss([[3, 0], [3, 0]]) is None


def test_if_everybody_excludes_everything_kappa_is_not_defined():
    pair = Pair(0, 0, 0, 40)
    assert pair.kappa is None
    assert pair.why_undefined == "not defined (no includes)"
    assert pair.positive is None
    assert (pair.ac1.value, pair.negative, pair.percent.value) == (1, 1, 1)
    assert alpha(records_of(pair)) is None


def test_if_everybody_includes_everything_kappa_is_not_defined_either():
    assert Pair(30, 0, 0, 0).why_undefined == "not defined (no excludes)"
    assert Pair(10, 2, 3, 30).why_undefined == ""


def test_nothing_to_compare():
    pair = Pair.of([])
    assert pair.percent is pair.kappa is pair.ac1 is pair.pabak is pair.positive is None
    assert pair.bias_index is pair.prevalence_index is None
    assert pair.why_undefined == "not defined (no records)"
    assert alpha([]) is ac1([[True]]) is alpha([[True, None]]) is all_agree([]) is None


def test_few_records_show_their_table_only():
    assert Pair(3, 1, 2, 13).is_table_only
    assert not Pair(3, 1, 2, 14).is_table_only
    assert Pair(3, 1, 2, 13).table == [[3, 1], [2, 13]]


def test_bias_and_prevalence():
    pair = Pair(10, 15, 10, 465)
    assert pair.bias_index == pytest.approx(0.01)
    assert pair.prevalence_index == pytest.approx(-0.91)


def test_wilson_stays_inside_and_is_never_a_point():
    none, all_ = wilson(0, 20), wilson(20, 20)
    assert (none.low, all_.high) == (0, 1)
    assert none.high == pytest.approx(0.161125, **FEW)
    assert all_.low == pytest.approx(1 - none.high)
    # published: 81 of 263 (Newcombe 1998)
    some = wilson(81, 263)
    assert (some.low, some.high) == pytest.approx((0.2553, 0.3662), abs=5e-5)


# ---------------------------------------------------------------- pilot rounds
GOOD = Pair(12, 2, 3, 40)


def test_a_good_round_passes_once_its_disagreements_are_talked_over():
    assert PilotGate().judge([GOOD]).passed
    judgement = PilotGate().judge([GOOD], n_undiscussed=5)
    assert not judgement.passed
    assert judgement.reasons == ("5 disagreements are still to be talked over.",)


def test_every_pair_of_reviewers_must_agree():
    assert not PilotGate().judge([GOOD, Pair(4, 10, 6, 40)]).passed


def test_ac1_alone_does_not_pass_a_round_that_agrees_on_excludes_only():
    pair = Pair(1, 6, 5, 200)
    assert pair.ac1.value > 0.8
    judgement = PilotGate().judge([pair])
    assert not judgement.passed
    assert "Agreement is too low" in judgement.reasons[0]


def test_ac1_with_positive_agreement_makes_up_for_a_low_kappa():
    pair = Pair(80, 10, 5, 5)
    assert pair.kappa.value < 0.6
    assert PilotGate().judge([pair]).passed


def test_the_thresholds_are_the_teams_own():
    assert not PilotGate(kappa=0.99, ac1=0.99).judge([GOOD]).passed
    assert PilotGate(n_records=20, n_includes=5).judge([Pair(5, 0, 1, 14)]).passed


def test_a_round_with_few_records_or_includes_says_so():
    reasons = " ".join(PilotGate().judge([Pair(5, 0, 0, 14)]).reasons)
    assert "A round needs 50 records; this one has 19." in reasons
    assert "Only 5 records were included by anybody" in reasons
    assert PilotGate().judge([]).reasons[0].startswith("Nobody has decided on the same records")


def test_pairs_share_only_what_both_decided_on():
    decisions = {
        "alice": {1: True, 2: False, 3: True},
        "bob": {1: True, 2: True, 4: False},
        "chen": {3: False, 2: False},
    }
    pairs = pairs_of(decisions)
    assert pairs["alice", "bob"] == Pair(1, 0, 1, 0)
    assert pairs["alice", "chen"] == Pair(0, 1, 0, 1)
    assert pairs["bob", "chen"] == Pair(0, 1, 0, 0)
    assert disagreements(decisions) == [2, 3]
