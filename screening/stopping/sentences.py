"""What may be said about stopping, in plain words: for the page and for the Methods section.

Every share has its bound and names what it rests on. Lower bounds are rounded down, p upwards.
Never said: that everything was found, a recall without a bound, a probability (it is confidence
over the random draws), or anything about records the searches missed or reviewers misjudged.
"""

from dataclasses import dataclass
from datetime import date
from fractions import Fraction
from math import ceil, floor

from screening.agreement import Pair
from screening.stopping.certainty import Price
from screening.stopping.certificate import FEW_FOUND, FEW_RECORDS, Standing
from screening.stopping.indicator import Indicator, IndicatorReading, Look
from screening.stopping.log import Cause
from screening.stopping.progress import Progress

LIMITS = (
    "This is about the records of this set and the reviewers' own labels at this stage. It says "
    "nothing about studies the searches missed, about wrong labels, or about a later stage."
)
RELIES_ON_RANKING = "This relies on the ranking; it is not a guarantee."
_SINCE = {
    Cause.POPULATION: "Records were added or removed, so the audit began anew.",
    Cause.CRITERIA: "The criteria changed, so earlier labels count again only once they are "
    "confirmed under the new criteria, and the audit began anew.",
}


# ---------------------------------------------------------------- the page
def of_progress(progress: Progress) -> list[str]:
    """Say what was read and found; no claim about what is left."""
    said = [
        f"{_records(progress.n_read)} read, {progress.n_left:,} left; "
        f"{progress.n_found:,} relevant so far.",
        f"{_records(progress.n_since_last_relevant)} read since the last relevant one. A long run "
        "alone proves nothing about what is left.",
    ]
    if progress.records_per_relevant is not None:
        per = float(progress.records_per_relevant)
        said.append(f"Lately one relevant record came with every {per:.0f} read.")
    return said


def of_price(price: Price) -> str:
    """Say what certainty costs, whatever method is used."""
    if not price.n_unread:
        return "Nothing is left to read."
    return (
        f"To certify that {_percent(price.target)} are found, with {_percent(price.confidence)} "
        f"confidence and without trusting the ranking, about {price.n_audit:,} of the "
        f"{price.n_unread:,} unread records must be read ({price.per_cent} %), "
        "even if none of them is relevant."
    )


def of_indicator(reading: IndicatorReading) -> list[str]:
    """Say what the latest look showed and when the next is due."""
    said = [_look(reading, reading.looks[-1])] if reading.looks else []
    if reading.next_look is not None:
        said.append(f"The next look is after {_records(reading.next_look)}.")
    return said


def _look(reading: IndicatorReading, look: Look) -> str:
    if not look.n_found:
        return "Nothing relevant is found yet, so the ranked test has nothing to say."
    if reading.is_stale:
        return (
            f"The latest look, after {_records(look.n_read)} of {look.n_records:,} and for "
            f"{_percent(look.target)}, was taken before the target, the records or the criteria "
            "changed. It says nothing about what is left now: wait for the next look."
        )
    rare = "rare" if reading.is_green else "no surprise"
    return (
        f"After {_records(look.n_read)}: if the ranking is no worse than chance from here on, "
        f"such a run of irrelevant records would be {rare} (p = {_p(look.p)}) if more than "
        f"{_percent(1 - look.target)} of the relevant records were still missing. "
        f"{RELIES_ON_RANKING}"
    )


def of_certificate(standing: Standing) -> list[str]:
    """Say what the random audit proves now, in the worst case for pending labels."""
    said = [_SINCE[standing.since]] if standing.since in _SINCE else []
    said.append(_bound(standing))
    if standing.n_audited:
        said.append(
            f"Random audit: {standing.n_audited:,} read, {standing.n_hits:,} relevant; "
            f"{_likeliest(standing)}"
        )
    if standing.n_pending:
        said.append(
            f"{_records(standing.n_pending)} {_wait(standing.n_pending)} for a final label: the "
            "bound holds whatever they turn out to be."
        )
    if standing.is_too_small and not standing.is_complete:
        said.append(_too_small(standing))
    return [*said, LIMITS]


def _bound(standing: Standing) -> str:
    floor_ = standing.recall_floor
    if standing.is_complete:
        return (
            f"Every record of this set is read: {standing.n_known:,} are relevant by the "
            "reviewers' labels. No statistics are needed."
        )
    confidence = _percent(standing.confidence)
    so = "and" if standing.n_pending else "so"
    if floor_ is None:
        return (
            f"Nothing relevant is found yet. With {confidence} confidence at most "
            f"{standing.largest_total:,} relevant records are in this set; a share found cannot "
            "be given."
        )
    return (
        f"Found {standing.n_known:,}. With {confidence} confidence no more than "
        f"{standing.largest_total:,} relevant records are in this set, {so} at least "
        f"{_percent_down(floor_)} of them are found."
    )


def _likeliest(standing: Standing) -> str:
    return (
        f"the likeliest total is {standing.likeliest_total:,}, up to {standing.largest_total:,} "
        "is possible."
    )


def _too_small(standing: Standing) -> str:
    price = standing.price
    spared = price.n_unread - price.n_audit
    share = ceil(100 * spared / standing.n_records)
    few = (
        f"fewer than {FEW_RECORDS} records"
        if standing.n_records < FEW_RECORDS
        else f"fewer than {FEW_FOUND} relevant records found"
    )
    return (
        f"With {few}, the advice is to read everything: from here a certificate cannot save more "
        f"than {share} % of the records."
    )


def of_cost(standing: Standing, *, records_per_hour: float | None = None) -> str:
    """Say how many more random records would certify the target if none of them is relevant."""
    if standing.is_certified:
        return f"The target of {_percent(standing.target)} is certified."
    if standing.misses_needed is None:
        return "How many more records a proof needs can be said once a relevant record is found."
    hours = ""
    if records_per_hour:
        hours = (
            f" At {records_per_hour:.0f} records an hour that is about "
            f"{_hours(standing.misses_needed / records_per_hour)}."
        )
    return (
        f"To prove {_percent(standing.target)} you would need about "
        f"{standing.misses_needed:,} more random records if none of them is relevant, and more if "
        f"some are.{hours}"
    )


# ---------------------------------------------------------------- the Methods section
@dataclass(frozen=True)
class Circumstances:
    """What the report says beside the statistics. `seed` is that of the random draws."""

    stage: str
    stopped_on: date
    reviewers_per_record: int
    model: str
    seed: int | None = None
    n_target_changes: int = 0
    agreement: Pair | None = None


def methods_of_certificate(
    standing: Standing, circumstances: Circumstances, *, n_unread: int
) -> str:
    """Return the Methods text of a stop by the certificate, reached or not."""
    seed = f", seed {circumstances.seed}" if circumstances.seed is not None else ""
    return " ".join(
        [
            _stopped(circumstances, standing.n_records, n_unread),
            "The stopping rule was an anytime-valid audit: records drawn uniformly at random from "
            "those not yet issued were mixed unmarked into the reviewers' queue "
            f"({standing.n_audited:,} read, {standing.n_hits:,} relevant{seed}), and every total "
            "of relevant records was tested by a betting martingale "
            f"({standing.form.upper()} form, alpha {_alpha(standing.confidence)}), which may be "
            f"looked at any time. The target was a recall of {_percent(standing.target)} with "
            f"{_percent(standing.confidence)} confidence.",
            _methods_result(standing),
            _pending(standing.n_pending),
            _about(circumstances),
            LIMITS,
        ]
    ).replace("  ", " ")


def methods_of_indicator(
    reading: IndicatorReading,
    indicator: Indicator,
    circumstances: Circumstances,
    *,
    n_records: int,
    n_unread: int,
) -> str:
    """Return the Methods text of a stop by the ranked test; raises IndexError before a look."""
    look = reading.looks[-1]
    verdict = "was" if reading.is_green else "was not"
    stale = (
        " Target, records or criteria changed after that look, so it does not count."
        if reading.is_stale
        else ""
    )
    return " ".join(
        [
            _stopped(circumstances, n_records, n_unread),
            "The stopping rule was the ranked hypergeometric test of Callaghan and "
            "Müller-Hansen (2020), looked at "
            f"{_count(len(reading.looks), 'once', f'{len(reading.looks)} times')} of at most "
            f"{indicator.n_looks} fixed looks, with a target recall of "
            f"{_percent(look.target)} and alpha {_alpha(indicator.confidence)}. At the "
            f"last look, after {_records(look.n_read)} of {look.n_records:,} with {look.n_found:,} "
            f"relevant, p was {_p(look.p)}.{stale} The criterion {verdict} met.",
            "The test presumes that ranked records are relevant at least as often as random "
            "unread ones; it is an indicator, not a guarantee, and it bounds no recall.",
            _about(circumstances),
            LIMITS,
        ]
    )


def methods_of_another_rule(
    rule: str, progress: Progress, circumstances: Circumstances, *, n_unread: int
) -> str:
    """Return the Methods text of a stop that rests on no statistics."""
    said = [_stopped(circumstances, progress.n_records, n_unread)]
    if n_unread:
        said += [
            f"The reason to stop was: {rule.rstrip('.')}. Relevant records found: "
            f"{progress.n_found:,}. No statistical criterion was applied, so nothing can be said about how "
            "many are among the unread."
        ]
    else:
        said += [f"Every record was read. Relevant records found: {progress.n_found:,}."]
    return " ".join([*said, _about(circumstances), LIMITS])


def _stopped(circumstances: Circumstances, n_records: int, n_unread: int) -> str:
    day = f"{circumstances.stopped_on.day} {circumstances.stopped_on:%B %Y}"
    return (
        f"Screening of {circumstances.stage} stopped on {day} with {n_unread:,} of "
        f"{n_records:,} records unread."
    )


def _methods_result(standing: Standing) -> str:
    met = "was" if standing.is_certified else "was not"
    return f"{_bound(standing)} The target {met} certified."


def _pending(n_pending: int) -> str:
    if not n_pending:
        return ""
    were = _count(n_pending, "was", "were")
    return f"{_records(n_pending)} without a final label {were} counted in the worst way."


def _about(circumstances: Circumstances) -> str:
    changes = circumstances.n_target_changes
    changed = _count(changes, "once", f"{changes} times") if changes else "never"
    reviewers = circumstances.reviewers_per_record
    by = _count(reviewers, "one reviewer", f"{reviewers} reviewers independently")
    said = [
        f"The target was {changed} changed after the first look. Each record was screened by "
        f"{by}. Records were ranked by {circumstances.model}."
    ]
    if circumstances.agreement is not None and not circumstances.agreement.is_table_only:
        said.append(_agreement(circumstances.agreement))
    return " ".join(said)


def _agreement(pair: Pair) -> str:
    parts = [f"kappa {pair.why_undefined}"]
    if pair.kappa is not None:
        parts = [
            f"kappa {pair.kappa.value:.2f} (95 % CI {pair.kappa.low:.2f} to {pair.kappa.high:.2f})"
        ]
    if pair.ac1 is not None:
        parts.append(
            f"AC1 {pair.ac1.value:.2f} (95 % CI {pair.ac1.low:.2f} to {pair.ac1.high:.2f})"
        )
    return f"Agreement of first decisions on {_records(pair.n)}: {', '.join(parts)}."


# ---------------------------------------------------------------- numbers
def _percent(share: Fraction) -> str:
    return f"{float(100 * share):g} %"


def _percent_down(share: Fraction) -> str:
    """Round a lower bound down: 94.99 % is at least 94 %, never 95."""
    return f"{floor(100 * share)} %"


def _alpha(confidence: Fraction) -> str:
    return f"{float(1 - confidence):g}"


def _p(p: float) -> str:
    """Round up, so that what is not below the limit never looks so."""
    percent = ceil(1000 * p) / 10
    return f"{percent:g} %" if percent else "0 %"


def _records(n: int) -> str:
    return f"{n:,} {_count(n, 'record', 'records')}"


def _wait(n: int) -> str:
    return _count(n, "waits", "wait")


def _count(n: int, one: str, more: str) -> str:
    return one if n == 1 else more


def _hours(hours: float) -> str:
    if hours < 1:
        return f"{ceil(60 * hours)} minutes"
    return f"{hours:.1f} hours"
