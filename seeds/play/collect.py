"""The searches come in, their duplicates are found, and what is no report is removed."""

import io
from collections.abc import Iterable
from datetime import UTC, date, datetime
from datetime import time as clock_time

from screening.models import DuplicateJudgement, DuplicateQuestion, Record
from screening.services import dedupe, duplicates, imports, records
from seeds.extramedullary_all.export import SEARCHES
from seeds.extramedullary_all.latent import DATABASES
from seeds.extramedullary_all.protocol import PlannedSearch, searches
from seeds.play.scene import Interrupted, Scene

LEFT = (*DATABASES, "clinicaltrials")
Verdict = DuplicateJudgement.Verdict


def databases(scene: Scene) -> None:
    """Import what databases and registers gave, and settle its duplicates."""
    _collect(scene, [one for one in searches() if one.key in LEFT])


def other_methods(scene: Scene) -> None:
    """Import what other methods found, and settle its duplicates."""
    _collect(scene, [one for one in searches() if one.key not in LEFT])


def one_database(scene: Scene, key: str) -> None:
    """Import a single search, and settle its duplicates."""
    _collect(scene, [one for one in searches() if one.key == key])


def remove_unfit(scene: Scene) -> None:
    """Remove before screening what nobody could screen, each with its reason."""
    canonical = scene.canonical_of()
    for one in scene.plan.reports:
        if one.removed:
            scene.clock.wait(minutes=10)
            with scene.clock.shown():
                records.remove_record(canonical[one.key], by=scene["lena"], reason=one.removed)


def _collect(scene: Scene, planned: Iterable[PlannedSearch]) -> None:
    for search in planned:
        _import(scene, search)
    scene.work()
    _learn_groups(scene)
    _check_rules(scene)
    scene.tell(f"{len(scene.group_of)} records imported; the lead looks at duplicates …")
    _answer_questions(scene)
    _join_the_rest(scene)
    scene.work()
    _check_groups(scene)


def _import(scene: Scene, planned: PlannedSearch) -> None:
    searched_on = date.fromisoformat(planned.searched_on)
    scene.clock.wait_until(datetime.combine(searched_on, clock_time(10), tzinfo=UTC))
    scene.clock.wait(minutes=20)
    with scene.clock.shown():
        search = imports.register_search(
            scene["lena"], kind=planned.kind, source=planned.name, platform=planned.platform,
            query=planned.query, searched_on=searched_on, n_shown=planned.shown,
            details=dict(planned.details),
        )  # fmt: skip
        stream = io.BytesIO((SEARCHES / planned.file).read_bytes())
        file = imports.upload_file(search, by=scene["lena"], name=planned.file, stream=stream)
        imports.commit_file(file, by=scene["lena"])


def _learn_groups(scene: Scene) -> None:
    """Find each imported record in the plan by its file and its place there."""
    planned = {(one.file, one.position): one.group for one in scene.plan.records}
    rows = Record.objects.filter(review=scene.review).visible()
    for pk, name, position in rows.values_list("pk", "file__name", "position"):
        scene.group_of[pk] = planned[name, position]


def _check_rules(scene: Scene) -> None:
    """A rule may miss a duplicate; it must never take two reports for one."""
    rows = Record.objects.filter(pk__in=scene.group_of).values_list("pk", "canonical_id")
    wrong = [pk for pk, canonical in rows if scene.group_of[pk] != scene.group_of[canonical]]
    if wrong:
        titles = "; ".join(Record.objects.filter(pk__in=wrong).values_list("title", flat=True))
        raise Interrupted(f"A rule took different reports for duplicates: {titles}")


def _answer_questions(scene: Scene) -> None:
    """Answer what the rules ask, one question at a time, as long as there is one."""
    while question := _next_question(scene):
        verdict, relation = _answer(scene, question)
        scene.clock.wait(seconds=45)
        with scene.clock.shown():
            dedupe.judge_pair(
                question.first, question.second, by=scene["lena"], verdict=verdict,
                relation=relation,
            )  # fmt: skip


def _next_question(scene: Scene) -> DuplicateQuestion | None:
    asked = duplicates.open_questions(scene.review)
    return asked.select_related("first__review", "second__review").first()


def _answer(scene: Scene, question: DuplicateQuestion) -> tuple[str, str]:
    """Say how two records hang together, and by which relation where the plan names one."""
    first, second = scene.group_of[question.first_id], scene.group_of[question.second_id]
    if first == second:
        return Verdict.SAME, ""
    relations = {
        frozenset((one.key, one.related_to)): one.relation
        for one in scene.plan.reports
        if one.related_to
    }
    relation = relations.get(frozenset((first, second)))
    if relation is None:
        return Verdict.DIFFERENT, ""
    return Verdict.RELATED, relation if relation in DuplicateJudgement.Relation else ""


def _join_the_rest(scene: Scene) -> None:
    """Join the duplicates that neither a rule nor a question found, group by group."""
    members: dict[str, list[Record]] = {}
    for record in Record.objects.filter(pk__in=scene.group_of).select_related("review"):
        members.setdefault(scene.group_of[record.pk], []).append(record)
    for same in members.values():
        if len({record.canonical_id for record in same}) > 1:
            scene.clock.wait(minutes=2)
            with scene.clock.shown():
                dedupe.join(same, by=scene["lena"])


def _check_groups(scene: Scene) -> None:
    _check_rules(scene)
    n_canonical = Record.objects.filter(pk__in=scene.group_of).canonical().count()
    n_planned = len(set(scene.group_of.values()))
    if n_canonical != n_planned:
        raise Interrupted(f"There are {n_canonical} groups of duplicates, not {n_planned}.")
    scene.tell(f"{len(scene.group_of) - n_canonical} duplicates joined.")
