"""What this floor announces to the floors below: ledger tables, jobs, projections, places."""

from reviewtool.jobs import registry as jobs
from reviewtool.reviews import ledger, places, projections
from reviewtool.reviews.models import Stage
from reviewtool.reviews.permissions import Permission
from reviewtool.reviews.places import Place
from reviewtool.reviews.services import protocols
from screening import events
from screening.models import Decision, DuplicateJudgement, DuplicateQuestion, Offer
from screening.services import (
    conflicts,
    dedupe,
    effects,
    explanations,
    fetching,
    groups,
    importing,
    offers,
    prior_decisions,
    pubmed,
    ranking,
    reports,
    rereading,
    screenings,
    search_log,
    studies,
)


def announce() -> None:
    _ = events  # importing them registers the kinds
    for table in (Decision, DuplicateJudgement, Offer):
        ledger.register_table(table)
    protocols.register_effect(effects.effects)
    protocols.register_follow(effects.follow)
    _announce_projections()
    _announce_jobs()
    _announce_places()


def _announce_projections() -> None:
    projections.register("groups of duplicates", groups.differences)
    projections.register("screenings", screenings.differences)
    projections.register("retrieval", reports.differences)
    projections.register("studies", studies.differences)
    projections.register("searches", search_log.differences)


def _announce_jobs() -> None:
    jobs.register("import", label="Importing records", handler=importing.import_records)
    jobs.register("read_file", label="Reading a file", handler=importing.read_file)
    jobs.register(pubmed.JOB, label="Fetching from PubMed", handler=fetching.fetch)
    jobs.register(rereading.JOB, label="Reading a file again", handler=rereading.reread)
    jobs.register(
        prior_decisions.JOB,
        label="Entering decisions of another tool",
        handler=prior_decisions.import_decisions,
    )
    jobs.register("dedupe", label="Looking for duplicates", handler=dedupe.find_duplicates)
    jobs.register(
        explanations.JOB, label="Replaying the review", handler=explanations.replay_review
    )
    jobs.register("rank", label="Ranking the records", handler=ranking.train)
    jobs.register("text_layer", label="Reading a full text", handler=reports.read_text_layer)


def _announce_places() -> None:
    first, second = Stage.TITLE_ABSTRACT, Stage.FULL_TEXT
    screens = (Permission.SCREEN,)
    places.register(
        Place("Searches & imports", "screening:searches", "Collect", 1),
        Place("Duplicates", "screening:duplicates", "Collect", 2, (Permission.JUDGE_DUPLICATES,), _questions),
        Place("Records", "screening:records", "Report", 2),
        Place("Title & abstract", "screening:screen", "Screen", 1, screens, _waiting(first), (first,)),
        Place("Conflicts", "screening:conflicts", "Screen", 2, (Permission.ADJUDICATE,), conflicts.n_conflicts),
        Place("Full texts", "screening:fulltexts", "Screen", 3),
        Place("Full-text screening", "screening:screen", "Screen", 4, screens, _waiting(second), (second,)),
        Place("Studies", "screening:studies", "Evidence", 1),
        Place("PRISMA", "screening:prisma", "Report", 1),
    )  # fmt: skip


def _waiting(stage: Stage):
    return lambda member: offers.n_waiting(member, stage)


def _questions(member):
    return DuplicateQuestion.objects.filter(review=member.review, answered_seq=None).count()
