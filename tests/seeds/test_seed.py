"""The seeded demo equals its plan, number by number, and seeding again changes nothing."""

from collections import Counter
from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.db import transaction
from django.test import override_settings

from extraction.evidence_map import build_map
from extraction.models import Extraction
from extraction.services.evidence import evidence_of
from reviewtool.jobs.models import Job
from reviewtool.management.commands.check_ledger import differences
from reviewtool.reviews import ledger
from reviewtool.reviews.models import Event, LedgerHead, Membership, Review, Stage, User
from reviewtool.reviews.passwords import DEMO_PASSWORD
from screening.models import Decision, DuplicateJudgement, RankingRun, Record, Report, Screening
from screening.prisma import search_log
from screening.prisma.flow import total
from screening.prisma.identities import check_identities
from screening.services import duplicates, offers, studies
from screening.services.prisma import flow_of
from screening.services.search_log import log_of
from seeds import play
from seeds.events import DemoPlayed
from seeds.extramedullary_all import protocol
from seeds.extramedullary_all.plan import (
    adjudications,
    decisions,
    excluded_at_full_text,
    plan,
)
from seeds.play.scene import BEGIN, PEOPLE, PRACTICE_SLUG
from seeds.play.screen import PLAYED_BY

pytestmark = [pytest.mark.slow, pytest.mark.django_db]


@pytest.fixture(scope="module", autouse=True)
def seeded(django_db_setup, django_db_blocker, tmp_path_factory):
    """Seed once for this file; everything is rolled back when the file is through."""
    files = tmp_path_factory.mktemp("files")
    with django_db_blocker.unblock(), transaction.atomic():
        with override_settings(MEDIA_ROOT=files):
            call_command("seed", stdout=StringIO())
        yield
        transaction.set_rollback(True)


@pytest.fixture
def demo() -> Review:
    return Review.objects.get(slug=protocol.slug())


@pytest.fixture
def practice() -> Review:
    return Review.objects.get(slug=PRACTICE_SLUG)


@pytest.fixture
def counted(demo):
    return flow_of(demo)


def ledger_ends() -> dict[str, int]:
    return dict(LedgerHead.objects.values_list("review__slug", "seq"))


def group_names(review: Review) -> dict[int, str]:
    """Record -> the planned group it belongs to, by its file and its place there."""
    planned = {(one.file, one.position): one.group for one in plan().records}
    rows = Record.objects.filter(review=review).values_list("pk", "file__name", "position")
    return {pk: planned[name, position] for pk, name, position in rows}


def test_the_diagram_shows_the_planned_numbers(counted):
    assert {
        "databases": counted.n_databases,
        "registers": counted.n_registers,
        "duplicates": counted.duplicates_by_rule + counted.duplicates_by_person,
        "removed": total(counted.removed),
        "screened": counted.screened,
        "excluded": counted.excluded_by_people,
        "by automation": counted.automation + counted.excluded_by_automation,
        "sought": counted.left.sought,
        "not retrieved": counted.left.n_not_retrieved,
        "assessed": counted.left.assessed,
        "excluded reports": counted.left.n_excluded,
        "reports": counted.reports,
        "studies": counted.studies,
    } == {
        "databases": 240,
        "registers": 8,
        "duplicates": 64,
        "removed": 2,
        "screened": 182,
        "excluded": 146,
        "by automation": 0,
        "sought": 36,
        "not retrieved": 3,
        "assessed": 33,
        "excluded reports": 13,
        "reports": 22,
        "studies": 18,
    }


def test_the_column_of_other_methods_shows_the_planned_numbers(counted):
    right = counted.right
    numbers = (right.sought, right.n_not_retrieved, right.assessed, right.n_excluded)
    assert (counted.n_other_identified, *numbers) == (6, 4, 1, 3, 1)


@pytest.mark.parametrize(("column", "side"), [("databases", "left"), ("other", "right")])
def test_reports_are_excluded_for_the_planned_reasons(counted, column, side):
    shown = {label.split()[0]: n for label, n in getattr(counted, side).excluded if n}
    assert shown == dict(excluded_at_full_text(plan(), column))


def test_the_diagram_is_final_and_every_identity_holds(counted):
    assert not counted.is_provisional
    assert [one.sentence for one in check_identities(counted) if not one.holds] == []


def test_every_projection_follows_from_the_ledger(demo, practice):
    assert differences(demo) == []
    assert differences(practice) == []


def test_no_job_was_left_or_failed():
    assert not Job.objects.exclude(state=Job.State.DONE).exists()


def test_groups_of_duplicates_are_the_planned_ones(demo):
    name = group_names(demo)
    rows = list(Record.objects.filter(review=demo).values_list("pk", "canonical"))
    assert all(name[pk] == name[canonical] for pk, canonical in rows)
    assert len({canonical for _, canonical in rows}) == len({name[pk] for pk, _ in rows})
    assert not duplicates.open_questions(demo).exists()


def test_rules_find_most_duplicates_and_take_no_two_reports_for_one(demo):
    name = group_names(demo)
    same = DuplicateJudgement.objects.filter(review=demo, verdict="same").exclude(by_rule="")
    pairs = list(same.values_list("first", "second"))
    assert all(name[first] == name[second] for first, second in pairs)
    assert len(pairs) >= 32


def test_every_planned_decision_stands_in_the_ledger(demo):
    name = group_names(demo)
    entered = Counter(
        (name[record], stage, PLAYED_BY[actor], verdict, reason)
        for record, stage, actor, verdict, reason in Decision.objects.filter(
            review=demo, is_adjudication=False
        ).values_list("record", "stage", "actor__user__username", "verdict", "reason")
    )
    assert entered == Counter(
        (one.key, one.stage, one.reviewer, one.verdict, one.reason) for one in decisions(plan())
    )


def test_the_adjudicator_settled_every_planned_conflict(demo):
    name = group_names(demo)
    entered = Decision.objects.filter(review=demo, is_adjudication=True)
    assert set(entered.values_list("actor__user__username", flat=True)) == {"ada"}
    assert {
        (name[record], stage, verdict, reason)
        for record, stage, verdict, reason in entered.values_list(
            "record", "stage", "verdict", "reason"
        )
    } == {(one.key, one.stage, one.verdict, one.reason) for one in adjudications(plan())}


def test_every_decision_was_made_on_an_offered_card(demo):
    reviewed = Decision.objects.filter(review=demo, is_adjudication=False)
    assert not reviewed.filter(offer=None).exists()
    assert all(one.offer.seq < one.seq for one in reviewed.select_related("offer"))


def test_nothing_waits_for_anybody(demo):
    missing = Report.objects.filter(review=demo, retrieval="not_retrieved")
    undecided = Screening.objects.filter(review=demo, outcome__in=("pending", "conflict"))
    assert set(undecided.values_list("record", flat=True)) == set(
        missing.values_list("record__canonical", flat=True)
    )
    assert not studies.unlinked_reports(demo).exists()
    for member in Membership.objects.filter(review=demo):
        assert [offers.n_waiting(member, stage) for stage in Stage.values] == [0, 0]


def test_every_retrieved_report_has_a_readable_full_text(demo):
    for report in Report.objects.filter(review=demo, retrieval="retrieved"):
        assert report.files.get().has_text


def test_both_extractors_and_the_team_submitted_every_study(demo):
    submitted = Extraction.objects.filter(review=demo).exclude(submitted_seq=None)
    by = Counter(submitted.values_list("extractor__user__username", flat=True))
    assert by == {"rosa": 18, "ravi": 18, None: 18}


def test_the_evidence_map_shows_conflicting_evidence(demo):
    evidence = evidence_of(demo)
    assert len(evidence.studies) == 18
    shown = build_map(evidence.codebook, evidence.rows)
    assert any(cell.conflict for cell in shown.cells.values())


def test_the_past_is_played_in_order_and_never_ahead_of_today(demo):
    moments = [
        row
        for table in ledger.tables()
        for row in table._default_manager.filter(review=demo).values_list("seq", "recorded_at")
    ]
    in_order = [moment for _, moment in sorted(moments)]
    assert in_order == sorted(in_order)
    assert in_order[0] == BEGIN
    assert (in_order[-1] - in_order[0]).days > 14


def test_entries_say_that_they_were_seeded(demo):
    doors = set(Event.objects.filter(review=demo).values_list("door", flat=True))
    assert doors == {"seed", "job"}


def test_the_practice_review_is_ready_to_screen_and_untouched(practice):
    assert not Decision.objects.filter(review=practice).exists()
    for name in PLAYED_BY:
        member = Membership.objects.get(review=practice, user__username=name)
        cards = offers.offer_ahead(member, stage=Stage.TITLE_ABSTRACT)
        assert len(cards) == offers.AHEAD
        assert {card.kind for card in cards} == {"ranked"}
        assert RankingRun.objects.filter(review=practice, member=member).exists()


def test_everybody_signs_in_with_the_published_password():
    for name in PEOPLE:
        assert User.objects.get(username=name).check_password(DEMO_PASSWORD)


def test_seeding_again_says_so_and_changes_nothing():
    before, said = ledger_ends(), StringIO()
    call_command("seed", stdout=said)
    assert ledger_ends() == before
    assert said.getvalue().count("is here already; nothing was changed.") == 2


def test_an_interrupted_review_is_played_anew(practice):
    pages = Review.objects.get(slug=protocol.slug())
    before = LedgerHead.objects.get(review=pages).seq
    half = play.open_scene(
        slug="half", title="Half", banner="", team=play.PRACTICE_TEAM, tell=lambda line: None
    )
    assert not play.is_played(half.review)
    Review.objects.filter(pk=practice.pk).delete()
    Review.objects.filter(pk=half.review.pk).update(slug=PRACTICE_SLUG)
    said = StringIO()
    call_command("seed", stdout=said)
    assert "was interrupted; it begins anew" in said.getvalue()
    anew = Review.objects.get(slug=PRACTICE_SLUG)
    assert anew.pk != half.review.pk
    assert Event.objects.filter(review=anew, kind=DemoPlayed.kind).count() == 1
    assert LedgerHead.objects.get(review=pages).seq == before


@pytest.mark.parametrize("command", ["seed", "demo"])
def test_in_production_nothing_is_seeded(settings, command):
    settings.PRODUCTION = True
    before = ledger_ends()
    with pytest.raises(CommandError, match="not seeded in production"):
        call_command(command, stdout=StringIO())
    assert ledger_ends() == before


def test_the_search_log_tells_what_the_plan_knows_and_lists_the_rest(demo):
    log = log_of(demo)
    incomplete = [each.item.key for each in search_log.report(log) if each.missing]

    assert [search.n_records for search in log.searches] == [100, 95, 45, 8, 5, 1]
    assert (log.n_left, log.n_other) == (248, 6)
    assert log.deduplication.n_removed == flow_of(demo).duplicates
    assert incomplete == ["contacts", "other_methods", "prior_work", "updates", "peer_review"]
