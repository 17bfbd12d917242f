"""What is said about stopping has its bound, names what it rests on, and claims no more."""

from dataclasses import replace
from datetime import date
from fractions import Fraction

import pytest

from screening.agreement import Pair
from screening.stopping import sentences
from screening.stopping.certainty import exact, price
from screening.stopping.certificate import Certificate
from screening.stopping.indicator import Indicator
from screening.stopping.log import Cause, DrawKind, Issued, Restarted
from screening.stopping.progress import Progress

NEVER = ("all relevant", "everything relevant", "probability", "guaranteed", "certain that")
AUTUMN = sentences.Circumstances(
    stage="titles and abstracts",
    stopped_on=date(2026, 10, 3),
    reviewers_per_record=2,
    model="the plain model, version 1",
    seed=42,
)


def standing(found=95, left=700, hits=(40,), n_draws=400, n_records=1000, target=".95"):
    n_read = n_records - left
    log = [
        Restarted(Cause.START, n_records),
        *[Issued(i, DrawKind.RANKED, i < found) for i in range(n_read)],
        *[Issued(n_read + i, DrawKind.RANDOM, i in hits) for i in range(1, n_draws + 1)],
    ]
    return Certificate(target=exact(target)).read(log)


def everything_said(of) -> str:
    return " ".join(
        [
            *sentences.of_certificate(of),
            sentences.of_cost(of),
            sentences.methods_of_certificate(of, AUTUMN, n_unread=300),
        ]
    )


def test_the_bound_in_plain_words():
    said = sentences.of_certificate(standing())
    assert said[0] == (
        "Found 96. With 95 % confidence no more than 103 relevant records are in this set, so at "
        "least 93 % of them are found."
    )
    assert said[1].startswith("Random audit: 400 read, 1 relevant; the likeliest total is ")
    assert said[-1] == sentences.LIMITS


@pytest.mark.parametrize(
    "of",
    [
        standing(),
        standing(hits=(), n_draws=400),
        standing(found=0, hits=()),
        standing(found=5, left=0, n_draws=0, hits=()),
        standing(n_draws=0),
        standing(found=5, left=100, n_records=150, n_draws=3, hits=()),
    ],
)
def test_what_must_never_be_claimed_is_not(of):
    said = everything_said(of).lower()
    assert not [claim for claim in NEVER if claim in said]
    assert sentences.LIMITS.lower() in said
    assert "  " not in said


def test_a_lower_bound_is_rounded_down():
    almost = replace(
        standing(), n_found=9499, n_known=9499, largest_total=10_000, worst_total=10_000
    )
    assert "at least 94 % of them" in " ".join(sentences.of_certificate(almost))
    assert "The target was not certified." in sentences.methods_of_certificate(
        almost, AUTUMN, n_unread=300
    )


def test_without_a_find_there_is_a_count_and_no_share():
    said = sentences.of_certificate(standing(found=0, hits=(), n_draws=400))[0]
    assert "Nothing relevant is found yet" in said
    assert "at most" in said
    assert "so at least" not in said


def test_a_small_review_is_told_to_read_everything():
    of = standing(found=5, left=100, n_records=150, n_draws=3, hits=())
    assert of.price.n_unread - of.price.n_audit == 4
    said = " ".join(sentences.of_certificate(of))
    assert "With fewer than 200 records, the advice is to read everything" in said
    assert "cannot save more than 3 % of the records" in said
    of = standing(found=12, hits=(), n_draws=10)
    assert "fewer than 20 relevant records found" in " ".join(sentences.of_certificate(of))


def test_pending_labels_are_named():
    of = replace(standing(), n_pending=1)
    said = " ".join(sentences.of_certificate(of))
    assert "1 record waits for a final label: the bound holds whatever they turn out" in said
    assert "in this set, and at least 93 %" in said
    assert "1 record without a final label was counted in the worst way." in (
        sentences.methods_of_certificate(of, AUTUMN, n_unread=300)
    )


@pytest.mark.parametrize(
    ("cause", "words"), [(Cause.POPULATION, "added or removed"), (Cause.CRITERIA, "criteria")]
)
def test_a_new_beginning_is_named(cause, words):
    assert words in sentences.of_certificate(replace(standing(), since=cause))[0]


def test_what_going_on_costs():
    of = standing()
    said = sentences.of_cost(of, records_per_hour=10)
    assert f"about {of.misses_needed} more random records if none of them is relevant" in said
    assert f"about {of.misses_needed / 10:.1f} hours" in said
    assert "minutes" in sentences.of_cost(of, records_per_hour=10_000)
    assert "hour" not in sentences.of_cost(of)
    assert sentences.of_cost(standing(target=".90")) == "The target of 90 % is certified."
    assert "once a relevant record is found" in sentences.of_cost(standing(found=0, hits=()))


def test_the_price_in_plain_words():
    cost = price(95, 700, target=Fraction(95, 100), confidence=Fraction(95, 100))
    said = sentences.of_price(cost)
    assert "about 275 of the 700 unread records must be read (39 %)" in said
    nothing_left = price(95, 0, target=Fraction(95, 100), confidence=Fraction(95, 100))
    assert sentences.of_price(nothing_left) == "Nothing is left to read."


def test_the_indicator_says_that_it_relies_on_the_ranking():
    indicator = Indicator()
    labels = [True] * 57 + [False] * 600
    green = sentences.of_indicator(indicator.read(labels, 1000))
    assert "would be rare (p = 1.9 %) if more than 5 % of the relevant" in green[0]
    assert sentences.RELIES_ON_RANKING in green[0]
    assert green[1] == "The next look is after 700 records."
    early = sentences.of_indicator(indicator.read(labels[:100], 1000))
    assert "would be no surprise" in early[0]
    assert "nothing to say" in sentences.of_indicator(indicator.read([False] * 50, 90))[0]
    assert sentences.of_indicator(indicator.read([], 1000)) == [
        "The next look is after 50 records."
    ]


def test_p_is_rounded_up():
    indicator = Indicator()
    reading = indicator.read([True] * 57 + [False] * 600, 1000)
    close = replace(reading, looks=(replace(reading.looks[-1], p=0.05001),))
    assert "p = 5.1 %" in sentences.of_indicator(close)[0]


def test_a_look_speaks_for_its_own_target_and_only_while_nothing_has_changed():
    indicator = Indicator(target=Fraction(80, 100))
    reading = indicator.read([True] * 4 + [False] * 86, 100)
    assert reading.is_green
    assert "more than 20 % of the relevant" in sentences.of_indicator(reading)[0]

    stale = replace(reading, is_stale=True)
    assert not stale.is_green
    said = sentences.of_indicator(stale)[0]
    assert "after 90 records of 100 and for 80 %, was taken before" in said
    assert "rare" not in said
    text = sentences.methods_of_indicator(stale, indicator, AUTUMN, n_records=1100, n_unread=1010)
    assert "target recall of 80 %" in text
    assert "changed after that look, so it does not count. The criterion was not met." in text


def test_progress_in_plain_words():
    said = " ".join(sentences.of_progress(Progress.of([True] + [False] * 49, 1200)))
    assert "50 records read, 1,150 left; 1 relevant so far." in said
    assert "49 records read since the last relevant one. A long run alone proves nothing" in said
    assert "one relevant record came with every 50 read" in said


def test_the_methods_text_of_a_certificate_holds_everything_needed_to_repeat_it():
    pair = Pair(10, 15, 10, 465)
    of = standing(hits=(), n_draws=400)
    circumstances = replace(AUTUMN, agreement=pair, n_target_changes=1)
    said = sentences.methods_of_certificate(of, circumstances, n_unread=300)
    for words in (
        "Screening of titles and abstracts stopped on 3 October 2026 with 300 of 1,000 records",
        "(400 read, 0 relevant, seed 42)",
        "PPR form, alpha 0.05",
        "recall of 95 % with 95 % confidence",
        "no more than 99 relevant records",
        "The target was certified.",
        "The target was once changed after the first look.",
        "screened by 2 reviewers independently",
        "the plain model, version 1",
        "kappa 0.42 (95 % CI 0.23 to 0.60), AC1 0.95 (95 % CI 0.92 to 0.97)",
    ):
        assert words in said


def test_the_methods_text_of_an_indicator_bounds_no_recall():
    indicator = Indicator()
    reading = indicator.read([True] * 57 + [False] * 600, 1000)
    said = sentences.methods_of_indicator(reading, indicator, AUTUMN, n_records=1000, n_unread=343)
    assert "13 times of at most 20 fixed looks" in said
    assert (
        "after 650 records of 1,000 with 57 relevant, p was 1.9 %. The criterion was met." in said
    )
    assert "it is an indicator, not a guarantee, and it bounds no recall" in said
    assert not [claim for claim in NEVER if claim in said.lower()]


def test_the_methods_text_of_another_rule_claims_nothing():
    progress = Progress.of([True, False, False], 10)
    said = sentences.methods_of_another_rule("Time or money ran out", progress, AUTUMN, n_unread=7)
    assert "7 of 10 records unread" in said
    assert "The reason to stop was: Time or money ran out. Relevant records found: 1." in said
    assert "nothing can be said about how many are among the unread" in said
    everything = Progress.of([True, False], 2)
    read = sentences.methods_of_another_rule(
        "Every record was read", everything, AUTUMN, n_unread=0
    )
    assert "Every record was read. Relevant records found: 1." in read


def test_agreement_without_includes_says_so():
    circumstances = replace(AUTUMN, agreement=Pair(0, 0, 0, 40))
    said = sentences.methods_of_certificate(standing(), circumstances, n_unread=300)
    assert "kappa not defined (no includes), AC1 1.00" in said
    few = replace(AUTUMN, agreement=Pair(5, 1, 1, 5))
    assert "kappa" not in sentences.methods_of_certificate(standing(), few, n_unread=300)
