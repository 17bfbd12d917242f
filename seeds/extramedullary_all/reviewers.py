"""Two simulated reviewers who err now and then, each in an own way.

R1 finds 95 % of what is relevant and rejects 95 % of what is not, R2 92 % and 97 %. Their
errors come from a fixed seed. An error that both would make on the same record is drawn again,
so that every error shows as a conflict and adjudication by `latent.label` restores the truth.
"""

import random
from collections.abc import Iterator
from dataclasses import dataclass

from seeds.extramedullary_all.render import SEED

TITLE_ABSTRACT, FULL_TEXT = "title_abstract", "full_text"
STAGES = (TITLE_ABSTRACT, FULL_TEXT)
MAYBE_SHARE = 0.08
OTHER_REASON_SHARE = 0.08
WRONG_REASONS = {TITLE_ABSTRACT: ("TA2", "TA3", "TA5"), FULL_TEXT: ("FT2", "FT3")}


@dataclass(frozen=True)
class Reviewer:
    """How often a simulated person is right about relevant and about irrelevant records."""

    name: str
    sensitivity: float
    specificity: float


@dataclass(frozen=True)
class Decision:
    """What a reviewer says about a report at a stage; `reason` only with "exclude"."""

    key: str
    stage: str
    reviewer: str
    verdict: str
    reason: str = ""

    @property
    def lets_through(self) -> bool:
        return self.verdict != "exclude"


R1 = Reviewer("R1", 0.95, 0.95)
R2 = Reviewer("R2", 0.92, 0.97)
REVIEWERS = (R1, R2)


def judge(key: str, stage: str, truth: str, reason: str) -> tuple[Decision, Decision]:
    """What both reviewers decide about a report whose truth is "include" or "exclude"."""
    rng = random.Random(f"{SEED} decisions {stage} {key}")
    errs = _errors(rng, truth)
    first, second = (
        _decision(rng, key, stage, reviewer, truth, reason, errs=err)
        for reviewer, err in zip(REVIEWERS, errs, strict=True)
    )
    return first, _other_reason(rng, first, second)


def _errors(rng: random.Random, truth: str) -> tuple[bool, bool]:
    while True:
        errs = tuple(rng.random() >= _skill(one, truth) for one in REVIEWERS)
        if not all(errs):
            return errs[0], errs[1]


def _skill(reviewer: Reviewer, truth: str) -> float:
    return reviewer.sensitivity if truth == "include" else reviewer.specificity


def _decision(
    rng: random.Random,
    key: str,
    stage: str,
    reviewer: Reviewer,
    truth: str,
    reason: str,
    *,
    errs: bool,
) -> Decision:
    excludes = (truth == "exclude") != errs
    if excludes:
        given = rng.choice(WRONG_REASONS[stage]) if errs else reason
        return Decision(key, stage, reviewer.name, "exclude", given)
    is_unsure = stage == TITLE_ABSTRACT and rng.random() < MAYBE_SHARE
    return Decision(key, stage, reviewer.name, "maybe" if is_unsure else "include")


def _other_reason(rng: random.Random, first: Decision, second: Decision) -> Decision:
    """At full text R2 now and then excludes for another reason: a conflict of reasons."""
    both = first.verdict == second.verdict == "exclude"
    if second.stage != FULL_TEXT or not both or rng.random() >= OTHER_REASON_SHARE:
        return second
    others = [code for code in WRONG_REASONS[FULL_TEXT] if code != second.reason]
    return Decision(second.key, second.stage, second.reviewer, "exclude", rng.choice(others))


def conflicts(decisions: Iterator[Decision] | list[Decision]) -> set[tuple[str, str]]:
    """The (report, stage) pairs on which the reviewers disagree, in verdict or full-text reason."""
    seen: dict[tuple[str, str], list[Decision]] = {}
    for one in decisions:
        seen.setdefault((one.key, one.stage), []).append(one)
    return {place for place, pair in seen.items() if _disagree(*pair)}


def _disagree(first: Decision, second: Decision) -> bool:
    if first.lets_through != second.lets_through:
        return True
    return first.stage == FULL_TEXT and first.reason != second.reason
