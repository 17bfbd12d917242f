"""Whatever a team does, in whatever order: every projection is the fold of the ledger."""

from datetime import date

import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from reviewtool.reviews import projections
from reviewtool.reviews.models import LedgerHead, Stage
from screening.models import Decision, Record, Report, Screening
from screening.prisma import check_identities
from screening.services import (
    decisions,
    dedupe,
    imports,
    records,
    reports,
    stopping,
    studies,
)
from screening.services.prisma import flow_at
from tests import factories

N = 5
NUMBER = st.integers(0, N - 1)
STAGE = st.sampled_from(list(Stage))
VERDICT = st.sampled_from(["include", "maybe", "exclude"])
STEP = st.one_of(
    st.tuples(st.just("decide"), st.integers(0, 2), NUMBER, STAGE, VERDICT),
    st.tuples(st.just("retract"), st.integers(0, 2), NUMBER, STAGE),
    st.tuples(st.just("adjudicate"), NUMBER, STAGE, st.sampled_from(["include", "exclude"])),
    st.tuples(st.just("reopen"), NUMBER, STAGE),
    st.tuples(st.just("judge"), NUMBER, NUMBER, st.sampled_from(["same", "different", "open"])),
    st.tuples(st.just("remove"), NUMBER),
    st.tuples(st.just("restore"), NUMBER),
    st.tuples(st.just("retrieve"), NUMBER, st.sampled_from(["retrieved", "not_retrieved"])),
    st.tuples(st.just("study"), NUMBER),
    st.tuples(st.just("stop"), STAGE),
    st.tuples(st.just("resume"), STAGE),
)


class Team:
    """A small review and its people, and how each kind of step is done."""

    def __init__(self, tag: str):
        lead = factories.make_user(f"lead-{tag}")
        self.lena = factories.make_review(lead, title=f"Properties {tag}", slug=f"p-{tag}")
        self.reviewers = [
            factories.join(self.lena, factories.make_user(f"r{n}-{tag}"), "reviewer")
            for n in range(3)
        ]
        kinds = ("database", "register", "citation_searching", "database", "website")
        self.records = [self._record(n, kind) for n, kind in enumerate(kinds)]
        self.review = self.lena.review

    def _record(self, n: int, kind: str) -> Record:
        search = imports.register_search(
            self.lena, kind=kind, source=f"Source {n}", searched_on=date(2024, 5, n + 1)
        )
        return imports.add_record(search, by=self.lena, title=f"Finding {n} in cells of kind {n}")

    def do(self, step: tuple) -> None:
        """Do a step; what the rules forbid is refused and changes nothing."""
        try:
            with transaction.atomic():
                getattr(self, step[0])(*step[1:])
        except (ValidationError, PermissionDenied):
            pass

    def decide(self, who: int, n: int, stage: str, verdict: str) -> None:
        reason = ("TA1" if stage == Stage.TITLE_ABSTRACT else "FT1") if verdict == "exclude" else ""
        decisions.decide(
            self.fresh(n), by=self.reviewers[who], stage=stage, verdict=verdict, reason=reason
        )

    def retract(self, who: int, n: int, stage: str) -> None:
        own = Decision.objects.filter(
            record=self.records[n], stage=stage, actor=self.reviewers[who]
        ).current()
        for decision in own[:1]:
            decisions.retract(decision, by=self.reviewers[who])

    def adjudicate(self, n: int, stage: str, verdict: str) -> None:
        reason = "FT2" if stage == Stage.FULL_TEXT and verdict == "exclude" else ""
        decisions.adjudicate(
            self.fresh(n), by=self.lena, stage=stage, verdict=verdict, reason=reason
        )

    def reopen(self, n: int, stage: str) -> None:
        decisions.reopen(self.fresh(n), by=self.lena, stage=stage, note="once more")

    def judge(self, first: int, second: int, verdict: str) -> None:
        if first != second:
            dedupe.judge_pair(self.fresh(first), self.fresh(second), by=self.lena, verdict=verdict)

    def remove(self, n: int) -> None:
        records.remove_record(self.fresh(n), by=self.lena, reason="retraction notice")

    def restore(self, n: int) -> None:
        records.restore_record(self.fresh(n), by=self.lena)

    def retrieve(self, n: int, state: str) -> None:
        for report in Report.objects.filter(record=self.records[n]):
            reports.set_retrieval(report, by=self.lena, state=state, note="no copy")

    def study(self, n: int) -> None:
        for report in studies.unlinked_reports(self.review).filter(record=self.records[n]):
            studies.create_study(self.lena, label=f"Study {n}", reports=[report])

    def stop(self, stage: str) -> None:
        stopping.stop(self.lena, stage=stage, rule="time", note="time ran out")

    def resume(self, stage: str) -> None:
        stopping.resume(self.lena, stage=stage)

    def fresh(self, n: int) -> Record:
        return Record.objects.get(pk=self.records[n].pk)


_tag = iter(range(10**6))


@pytest.mark.django_db
@settings(
    max_examples=25,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(steps=st.lists(STEP, min_size=1, max_size=25))
def test_every_projection_follows_from_the_ledger(steps):
    with transaction.atomic():
        team = Team(str(next(_tag)))
        snapshots = {}
        for step in steps:
            team.do(step)
            snapshots[LedgerHead.objects.get(review=team.review).seq] = flow_at(team.review)
        assert projections.differences(team.review) == []
        for seq, then in snapshots.items():
            again = flow_at(team.review, seq=seq)
            assert again.counts() == then.counts(), f"the flow as of {seq} is not what it was"
            broken = [i for i in check_identities(again) if i.severity == "error" and not i.holds]
            assert not broken
        transaction.set_rollback(True)


@pytest.mark.django_db
@settings(max_examples=15, deadline=None)
@given(steps=st.lists(STEP, max_size=12), pair=st.tuples(NUMBER, NUMBER))
def test_joining_and_parting_is_exact(steps, pair):
    """Same, then different: outcomes and counts are what they were."""
    first, second = pair
    with transaction.atomic():
        team = Team(str(next(_tag)))
        for step in steps:
            team.do(step)
        one, two = team.fresh(first), team.fresh(second)
        if one.canonical_id != two.canonical_id:
            before = (_outcomes(team), flow_at(team.review).counts())
            team.judge(first, second, "same")
            team.judge(first, second, "different")
            assert (_outcomes(team), flow_at(team.review).counts()) == before
        transaction.set_rollback(True)


def _outcomes(team: Team) -> set[tuple]:
    return set(
        Screening.objects.filter(review=team.review).values_list(
            "record", "stage", "outcome", "reason"
        )
    )
