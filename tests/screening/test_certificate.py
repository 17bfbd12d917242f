"""The certificate: a pure function of the log that keeps its promise however it is looked at."""

import random
from fractions import Fraction
from itertools import combinations, product
from math import comb, exp, log
from time import perf_counter

import numpy as np
import pytest

from screening.consensus import Outcome
from screening.stopping.certainty import exact
from screening.stopping.certificate import Certificate
from screening.stopping.evidence import FORMS, Form, PriorPosterior
from screening.stopping.log import Cause, DrawKind, Issued, Left, Restarted, label_of, replays

RANKED, RANDOM = DrawKind.RANKED, DrawKind.RANDOM
PPR, THETA = Form.PPR, Form.THETA


def log_of(found: int, left: int, hits: set[int], n_draws: int, *, n_records: int = 1000) -> list:
    """Ranked reading of all but `left` records, then draws of which `hits` (1-based) are hits."""
    n_read = n_records - left
    ranked = [Issued(i, RANKED, i < found) for i in range(n_read)]
    draws = [Issued(n_read + i, RANDOM, i in hits) for i in range(1, n_draws + 1)]
    return [Restarted(Cause.START, n_records), *ranked, *draws]


# ---------------------------------------------------------------- published vectors
@pytest.mark.parametrize(
    ("form", "hits", "bounds"),
    [
        (THETA, (), {50: 135, 100: 114, 200: 104, 275: 101, 283: 101, 284: 100, 400: 98, 500: 97}),
        (PPR, (), {50: 136, 100: 116, 200: 105, 284: 101, 400: 99, 500: 98}),
        (THETA, (40,), {100: 147, 200: 120, 300: 110, 400: 105, 500: 102}),
        (PPR, (40,), {100: 138, 200: 115, 300: 107, 400: 103, 500: 100}),
        (THETA, (40, 150), {300: 114, 500: 104}),
        (PPR, (40, 150), {300: 112, 500: 103}),
    ],
)
def test_the_bound_after_so_many_draws(form, hits, bounds):
    certificate = Certificate(form=form)
    for n_draws, bound in bounds.items():
        standing = certificate.read(log_of(95, 700, set(hits), n_draws))
        assert standing.largest_total == bound
        assert standing.n_found == 95 + len(hits)
        assert standing.recall_floor == Fraction(95 + len(hits), bound)
        assert standing.is_certified == (standing.recall_floor >= Fraction(95, 100))
        assert standing.likeliest_total >= standing.n_found


def test_three_draws_by_hand():
    evidence = FORMS[THETA](95, 700)
    for hit, found, unissued in [(False, 95, 700), (True, 95, 699), (False, 96, 698)]:
        evidence.draw(hit, n_found=found, n_unissued=unissued)
    wealth = np.exp(evidence.log_e())
    assert wealth[101 - 95] == pytest.approx(0.0706518603, abs=1e-9)
    assert wealth[120 - 95] == pytest.approx(0.0730118253, abs=1e-9)


# ---------------------------------------------------------------- exact enumeration
@pytest.mark.parametrize(("n_records", "n_relevant"), [(6, 1), (8, 2), (9, 3)])
@pytest.mark.parametrize("form", list(Form))
def test_the_wealth_against_the_truth_is_a_fair_game(form, n_records, n_relevant):
    """Over all placements its mean is 1 until something is exhausted, and at most 1 after."""
    paths = np.array(
        [
            _wealths(form, n_records, n_relevant, set(places))
            for places in combinations(range(n_records), n_relevant)
        ]
    )
    assert len(paths) == comb(n_records, n_relevant)
    means = paths.mean(axis=0)
    untouched = n_records - n_relevant if form is THETA else n_relevant
    assert means[:untouched] == pytest.approx(1, abs=1e-9)
    assert (means <= 1 + 1e-9).all()
    for threshold in (1.1, 1.3, 1.5, 2, 4, 20):
        crossed = paths >= threshold
        first = np.where(crossed.any(axis=1), crossed.argmax(axis=1), -1)
        stopped = paths[np.arange(len(paths)), first]
        assert stopped.mean() <= 1 + 1e-9
        assert crossed.any(axis=1).mean() <= 1 / threshold


def _wealths(form: Form, n_records: int, n_relevant: int, places: set[int]) -> list[float]:
    evidence, found, wealths = FORMS[form](0, n_records), 0, []
    for draw in range(n_records):
        hit = draw in places
        evidence.draw(hit, n_found=found, n_unissued=n_records - draw)
        found += hit
        wealths.append(exp(evidence.log_e()[n_relevant]))
    return wealths


@pytest.mark.parametrize("form", list(Form))
def test_it_stays_fair_when_ranked_finds_come_between_the_draws(form):
    """Every way in which draws can fall out, with ranked records read between them, weighed."""
    relevant = {0, 2, 5, 6}
    log = [Restarted(Cause.START, 8)]
    means: dict[int, float] = {}
    for chance, entries in _all_runs(log, relevant, n_records=8):
        ((replay,),) = replays(entries)
        evidence = FORMS[form](0, 8)
        n_draws = 0
        for step in replay.steps:
            if step.is_random:
                evidence.draw(step.is_relevant, n_found=step.n_found, n_unissued=step.n_unissued)
                n_draws += 1
                wealth = exp(evidence.log_e()[len(relevant)])
                means[n_draws] = means.get(n_draws, 0.0) + chance * wealth
    assert means[1] == pytest.approx(1, abs=1e-9)
    assert means[2] == pytest.approx(1, abs=1e-9)
    assert max(means.values()) <= 1 + 1e-9


def _all_runs(log: list, relevant: set[int], *, n_records: int):
    """Yield (chance, log) of every run that draws at random, then reads by rank, in turn."""
    issued = [entry.record for entry in log if isinstance(entry, Issued)]
    left = [record for record in range(n_records) if record not in issued]
    if not left:
        yield 1.0, log
        return
    at_random = len(issued) % 2 == 0
    for record in left if at_random else left[:1]:
        entry = Issued(record, RANDOM if at_random else RANKED, record in relevant)
        for chance, run in _all_runs([*log, entry], relevant, n_records=n_records):
            yield chance / (len(left) if at_random else 1), run


# ---------------------------------------------------------------- traps
def test_a_total_that_is_too_small_is_no_reason_to_stop():
    """Many hits refute R0 itself, as too small; larger totals stand, so nothing is certified."""
    entries = log_of(1, 990, {3, 9, 14}, 20)
    standing = Certificate().read(entries)
    evidence = PriorPosterior(1, 990)
    for step in replays(entries)[0][0].steps:
        if step.is_random:
            evidence.draw(step.is_relevant, n_found=step.n_found, n_unissued=step.n_unissued)
    assert evidence.log_peak[standing.broken_total - 1] > log(20), "R0 alone is refuted"
    assert not standing.is_certified
    assert standing.largest_total > 100


@pytest.mark.parametrize("form", list(Form))
def test_every_total_up_to_the_whole_population_is_asked(form):
    entries = log_of(100, 4800, set(), 0, n_records=5000)
    assert Certificate(form=form).read(entries).largest_total == 4900
    entries = log_of(100, 4800, {1}, 1, n_records=5000)
    assert Certificate(form=form).read(entries).largest_total == 4900
    entries = log_of(30, 800, set(range(1, 101)), 100)
    assert Certificate(form=form).read(entries).largest_total > 700


def test_draws_are_without_replacement_and_finds_between_them_move_the_odds():
    """Ranked finds between the draws lower what R leaves to be found: worked out by hand."""
    entries = [
        Restarted(Cause.START, 10),
        Issued(0, RANDOM, False),
        Issued(1, RANKED, True),
        Issued(2, RANDOM, True),
        Issued(3, RANKED, False),
        Issued(4, RANDOM, False),
    ]
    ((replay,),) = replays(entries)
    draws = [step for step in replay.steps if step.is_random]
    assert [(d.is_relevant, d.n_found, d.n_unissued) for d in draws] == [
        (False, 0, 10),
        (True, 1, 8),
        (False, 2, 6),
    ]
    evidence = FORMS[PPR](0, 10)
    for d in draws:
        evidence.draw(d.is_relevant, n_found=d.n_found, n_unissued=d.n_unissued)
    assert exp(evidence.log_likelihood[4]) == pytest.approx((6 / 10) * (3 / 8) * (4 / 6))


def test_looking_never_takes_a_proof_back():
    """A total once refuted stays refuted, though a later hit makes its wealth fall again."""
    evidence = FORMS[THETA](95, 700)
    for draw in range(284):
        evidence.draw(False, n_found=95, n_unissued=700 - draw)
    before = evidence.log_peak.copy()
    evidence.draw(True, n_found=95, n_unissued=416)
    assert (evidence.log_e()[5:50] < before[5:50]).all()
    assert (evidence.log_peak >= before).all()


# ---------------------------------------------------------------- calibration (small; see benchmarks)
@pytest.mark.parametrize("form", list(Form))
@pytest.mark.parametrize("target", [".95", ".90"])
def test_one_hidden_record_too_many_is_certified_in_one_run_of_twenty_at_most(form, target):
    """Exactly: until the first hit all runs are the same, and the first hit ends the danger."""
    found = {".95": 94, ".90": 89}[target]
    standing = Certificate(target=exact(target), form=form).read(log_of(found, 700, set(), 0))
    hidden = standing.broken_total - found
    n_draws = standing.misses_needed
    false = Fraction(comb(700 - hidden, n_draws), comb(700, n_draws))
    assert Fraction(2, 100) < false <= Fraction(5, 100)


def test_many_hidden_records_at_the_bottom_of_the_ranking():
    """120 runs of a ranker that misses a tenth, every other record drawn at random."""
    dice = random.Random(20)
    false = sum(_is_certified_falsely(dice, n_found=90, n_hidden=10) for _ in range(120))
    assert false <= 12  # 0.05 + 2.33 standard errors of 120 runs


def _is_certified_falsely(dice: random.Random, *, n_found: int, n_hidden: int) -> bool:
    evidence = FORMS[PPR](n_found, 400)
    unissued = [rank >= 400 - n_hidden for rank in range(400)]
    found, ranked = n_found, False
    while unissued and 20 * found < 19 * (n_found + n_hidden):
        counts = {"n_found": found, "n_unissued": len(unissued)}
        hit = unissued.pop(0 if ranked else dice.randrange(len(unissued)))
        if not ranked:
            evidence.draw(hit, **counts)
        found, ranked = found + hit, not ranked
        most = evidence.largest(n_found=found, n_unissued=len(unissued), alpha=0.05)
        if 20 * found >= 19 * most:
            return 20 * found < 19 * (n_found + n_hidden)
    return False


# ---------------------------------------------------------------- edges
def test_with_nothing_found_only_a_count_is_bounded():
    standing = Certificate().read(log_of(0, 1000, set(), 900))
    assert standing.recall_floor is None
    assert standing.largest_total < 10
    assert not standing.is_certified
    assert standing.misses_needed is None


def test_nothing_found_in_all_records_is_not_certified_but_complete():
    standing = Certificate().read(log_of(0, 100, set(), 100, n_records=100))
    assert standing.is_complete
    assert standing.largest_total == 0
    assert not standing.is_certified


def test_reading_everything_needs_no_statistics():
    standing = Certificate().read(log_of(7, 0, set(), 0, n_records=50))
    assert standing.is_complete
    assert standing.recall_floor == 1
    assert standing.is_certified
    assert standing.likeliest_total is None


@pytest.mark.parametrize("form", list(Form))
def test_drawing_all_that_is_left_leaves_no_doubt(form):
    standing = Certificate(form=form).read(log_of(5, 30, {4, 30}, 30, n_records=60))
    assert (standing.largest_total, standing.n_hits, standing.n_audited) == (7, 2, 30)
    assert standing.is_certified


@pytest.mark.parametrize("form", list(Form))
def test_only_relevant_records_left(form):
    standing = Certificate(form=form).read(log_of(3, 6, {1, 2, 3, 4, 5, 6}, 6, n_records=20))
    assert (standing.n_found, standing.largest_total) == (9, 9)


def test_few_records_or_few_finds_are_named():
    assert Certificate().read(log_of(50, 100, set(), 5, n_records=199)).is_too_small
    assert Certificate().read(log_of(19, 700, set(), 5)).is_too_small
    standing = Certificate().read(log_of(20, 700, set(), 5, n_records=1000))
    assert not standing.is_too_small
    assert (standing.price.n_hidden, standing.price.n_unread) == (2, 695)


@pytest.mark.parametrize("form", list(Form))
@pytest.mark.parametrize("hits", [set(), {2, 11}])
def test_the_draws_still_needed_are_enough_and_no_fewer_are(form, hits):
    certificate = Certificate(form=form)
    standing = certificate.read(log_of(95, 500, hits, 12))
    n_draws = 12 + standing.misses_needed
    assert certificate.read(log_of(95, 500, hits, n_draws)).is_certified
    assert not certificate.read(log_of(95, 500, hits, n_draws - 1)).is_certified
    assert certificate.read(log_of(95, 500, hits, n_draws)).misses_needed == 0


@pytest.mark.parametrize("form", list(Form))
def test_zero_hits_cost_little_more_than_the_price_of_certainty(form):
    standing = Certificate(form=form).read(log_of(190, 1000, set(), 0, n_records=1400))
    assert standing.price.n_audit < standing.misses_needed <= 1.25 * standing.price.n_audit


def test_the_same_draws_serve_a_lower_target():
    entries = log_of(95, 700, {40}, 300)
    assert not Certificate().read(entries).is_certified
    easier = Certificate(target=exact(".85")).read(entries)
    assert easier.is_certified
    assert easier.largest_total == Certificate().read(entries).largest_total


def test_target_and_confidence_are_shares():
    with pytest.raises(ValueError, match="between 0 and 1"):
        Certificate(target=Fraction(1))
    with pytest.raises(ValueError, match="between 0 and 1"):
        Certificate(confidence=Fraction(0))


# ---------------------------------------------------------------- the log
def pending(entries: list, *records: int) -> list:
    waiting = dict.fromkeys(records)
    return [
        Issued(e.record, e.kind, waiting.get(e.record, e.label)) if isinstance(e, Issued) else e
        for e in entries
    ]


def labelled(entries: list, **labels: bool) -> list:
    given = {int(name[1:]): label for name, label in labels.items()}
    return [
        Issued(e.record, e.kind, given.get(e.record, e.label)) if isinstance(e, Issued) else e
        for e in entries
    ]


def test_a_pending_draw_is_taken_for_the_worse():
    entries = log_of(95, 700, set(), 320)
    assert Certificate().read(entries).is_certified
    standing = Certificate().read(pending(entries, 350))
    assert not standing.is_certified
    assert (standing.n_pending, standing.n_audited, standing.n_hits) == (1, 319, 0)
    relevant = Certificate().read(labelled(entries, r350=True))
    assert standing.recall_floor == relevant.recall_floor


def test_a_pending_find_is_not_counted_as_found():
    entries = log_of(95, 700, set(), 300)
    standing = Certificate().read(pending(entries, 10))
    assert (standing.n_found, standing.n_known, standing.n_pending) == (94, 94, 1)


def test_pending_finds_and_pending_draws_are_varied_apart():
    """Worst is a draw that is a hit and a find that is none, and that is neither all nor none."""
    entries = log_of(95, 700, set(), 300)
    both = Certificate().read(pending(entries, 10, 350))
    for find in (True, False):
        for draw in (True, False):
            settled = Certificate().read(labelled(entries, r10=find, r350=draw))
            assert both.recall_floor <= settled.recall_floor
    assert (both.n_found, both.n_known) == (95, 94)


def test_many_pending_never_show_the_better_side():
    entries = log_of(95, 700, {7, 90}, 420)
    waiting = [3, 60, 299, 307, 333, 390, 500]
    worst = Certificate().read(pending(entries, *waiting)).recall_floor
    dice = random.Random(1)
    for _ in range(20):
        settled = labelled(entries, **{f"r{record}": dice.random() < 0.5 for record in waiting})
        assert worst <= Certificate().read(settled).recall_floor


def test_the_worst_of_two_pending_draws_may_be_one_hit():
    """Neither both nor none: one hit refutes less than two, and finds less than two."""
    entries = log_of(95, 400, set(), 183, n_records=600)
    draws = [e.record for e in entries if isinstance(e, Issued) and e.kind == RANDOM]
    waiting = draws[157], draws[171]
    floors = [
        Certificate().read(labelled(entries, **{f"r{waiting[0]}": a, f"r{waiting[1]}": b}))
        for a, b in product((False, True), repeat=2)
    ]
    assert [each.is_certified for each in floors] == [True, True, False, True]
    assert not Certificate().read(pending(entries, *waiting)).is_certified


@pytest.mark.parametrize("seed", range(60))
def test_what_is_shown_holds_however_pending_labels_turn_out(seed):
    """Against every completion of small logs with finds between the draws."""
    dice = random.Random(seed)
    n_records = dice.randrange(40, 160)
    order = dice.sample(range(n_records), dice.randrange(20, n_records))
    start = dice.randrange(len(order) // 2)
    entries = [Restarted(Cause.START, n_records)] + [
        Issued(
            record,
            RANDOM if place >= start and dice.random() < 0.7 else RANKED,
            dice.random() < (0.4 if place < start else 0.05),
        )
        for place, record in enumerate(order)
    ]
    waiting = dice.sample(order, dice.randrange(1, 7))
    certificate = Certificate(target=exact(dice.choice((".5", ".7", ".9"))))
    shown = certificate.read(pending(entries, *waiting))
    settled = [
        certificate.read(
            labelled(entries, **{f"r{r}": x for r, x in zip(waiting, way, strict=True)})
        )
        for way in product((False, True), repeat=len(waiting))
    ]
    floors = [each.recall_floor or 0 for each in settled]
    assert (shown.recall_floor or 0) <= min(floors)
    assert shown.largest_total >= max(each.largest_total for each in settled)
    assert not shown.is_certified or all(each.is_certified for each in settled)


def test_with_more_pending_than_can_be_counted_out_evidence_ends_before_them():
    entries = log_of(95, 700, set(), 340)
    draws = [e.record for e in entries if isinstance(e, Issued) and e.kind == RANDOM]
    late = Certificate().read(pending(entries, *draws[-20:]))
    assert late.is_certified, "twenty cards lie with the reviewers; what was proven stays proven"
    early = Certificate().read(pending(entries, *draws[:20]))
    assert not early.is_certified
    assert early.recall_floor < late.recall_floor


def test_labels_that_change_change_the_whole_replay():
    entries = log_of(95, 700, set(), 320)
    assert Certificate().read(entries).is_certified
    corrected = labelled(entries, r305=True)
    assert not Certificate().read(corrected).is_certified
    assert Certificate().read(entries).is_certified, "a pure function keeps nothing"


def test_issue_order_counts_not_the_order_of_labels():
    entries = [
        Restarted(Cause.START, 6),
        Issued(4, RANDOM, None),
        Issued(2, DrawKind.IMPORT, True),
        Issued(5, DrawKind.PRIOR, True),
        Issued(1, RANDOM, False),
    ]
    (last,) = replays(entries)[-1:]
    assert len(last) == 2
    for replay in last:
        assert [step.n_unissued for step in replay.steps] == [6, 5, 4, 3]
        assert [step.is_random for step in replay.steps] == [True, False, False, True]
        assert replay.steps[3].n_found == 2 + replay.steps[0].is_relevant
        assert replay.n_unissued == 2


def test_a_record_issued_to_a_second_reviewer_is_one_draw():
    entries = log_of(95, 700, set(), 50)
    again = [*entries, Issued(320, RANDOM, False), Issued(5, RANKED, True)]
    assert Certificate().read(again) == Certificate().read(entries)


def test_a_duplicate_found_among_the_unissued_leaves_from_then_on():
    entries = [*log_of(95, 700, set(), 50), Left(990), Issued(900, RANDOM, False)]
    ((replay,),) = replays(entries)
    assert replay.steps[-1].n_unissued == 649
    assert replay.n_unissued == 648


def test_new_records_start_a_new_certificate_and_keep_the_labels():
    entries = [*log_of(95, 700, {20}, 310), Restarted(Cause.POPULATION, 1200)]
    standing = Certificate().read(entries)
    assert standing.since == Cause.POPULATION
    assert (standing.n_audited, standing.n_found, standing.n_unissued) == (0, 96, 590)
    assert standing.largest_total == 96 + 590
    more = [*entries, *[Issued(2000 + i, RANDOM, False) for i in range(500)]]
    ((replay,),) = replays(more)
    assert sum(step.is_random for step in replay.steps) == 500
    assert Certificate().read(more).is_certified


def test_new_criteria_make_earlier_labels_pending_until_read_again():
    entries = [*log_of(95, 700, set(), 310), Restarted(Cause.CRITERIA, 1000)]
    standing = Certificate().read(entries)
    assert (standing.since, standing.n_audited) == (Cause.CRITERIA, 0)
    assert (standing.n_pending, standing.n_found) == (610, 0)
    assert not standing.is_certified

    again = [*entries, *[Issued(i, RANKED, i < 90) for i in range(611)]]
    standing = Certificate().read(again)
    assert (standing.n_pending, standing.n_found, standing.n_unissued) == (0, 90, 389)
    assert standing.n_audited == 0, "reading a drawn record again is no new draw"


@pytest.mark.parametrize(
    ("entries", "why"),
    [
        ([Issued(1, RANKED, True)], "begins with"),
        ([], "begins with"),
        ([Restarted(Cause.START, 1), Issued(1, RANKED, True), Issued(2, RANKED, True)], "More rec"),
        ([Restarted(Cause.START, 2), Issued(1, RANKED, True), Left(1)], "cannot leave"),
        ([Restarted(Cause.START, 3), Left(1), Left(1)], "cannot leave"),
        ([Restarted(Cause.START, 2), Left(1), Issued(1, RANKED, True)], "after it had left"),
        (
            [Restarted(Cause.START, 2), Issued(1, RANKED, True), Issued(2, RANKED, True),
             Restarted(Cause.POPULATION, 1)],
            "More records",
        ),
    ],
)  # fmt: skip
def test_a_log_that_cannot_have_happened_is_refused(entries, why):
    with pytest.raises(ValueError, match=why):
        Certificate().read(entries)


@pytest.mark.parametrize(
    ("outcome", "label"),
    [
        (Outcome.INCLUDED, True),
        (Outcome.EXCLUDED, False),
        (Outcome.WITHDRAWN, False),
        (Outcome.PENDING, None),
        (Outcome.CONFLICT, None),
        (Outcome.NOT_SCREENED, None),
    ],
)
def test_only_settled_outcomes_are_labels(outcome, label):
    assert label_of(outcome) is label


def test_the_chart_has_a_point_for_every_draw():
    entries = log_of(95, 700, {40}, 100)
    points = Certificate().history(entries)
    assert len(points) == 100
    assert [point.is_hit for point in points].index(True) == 39
    assert (points[-1].largest_total, points[-1].n_found) == (138, 96)
    assert points[0].n_issued == 301
    assert Certificate().history(log_of(95, 700, set(), 0)) == []


# ---------------------------------------------------------------- speed
def test_five_thousand_events_are_replayed_in_seconds():
    entries = log_of(95, 9700, {400, 3000}, 4700, n_records=10_000)
    began = perf_counter()
    Certificate().read(entries)
    assert perf_counter() - began < 10
