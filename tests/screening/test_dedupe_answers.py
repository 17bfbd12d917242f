"""Many pairs are answered as one and taken back as one; what is claimed of the rules is counted."""

from datetime import date
from itertools import count

import pytest
from django.core.exceptions import ValidationError
from django.urls import reverse
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from reviewtool.jobs.models import Job
from reviewtool.jobs.services import run_waiting
from screening.models import DuplicateJudgement, DuplicateQuestion, Record, Screening
from screening.services import (
    decisions,
    dedupe,
    duplicates,
    groups,
    imports,
    records,
    reports,
    screenings,
    studies,
)
from screening.services.prisma import flow_of

STAGE = "title_abstract"
_numbers = count(1)
Verdict = DuplicateJudgement.Verdict


@pytest.fixture
def search(lena):
    return imports.register_search(
        lena, kind="database", source="PubMed", searched_on=date(2024, 5, 3)
    )


@pytest.fixture
def add(search, lena):
    def add(title: str, **fields) -> Record:
        return imports.add_record(search, by=lena, title=title, **fields)

    return add


def ask(first: Record, second: Record, reason: str = "pages differ") -> DuplicateQuestion:
    return DuplicateQuestion.objects.create(
        review=first.review, first=first, second=second, score=0.5, reason=reason
    )


def canonicals() -> list[int]:
    return list(Record.objects.visible().order_by("pk").values_list("canonical", flat=True))


@pytest.fixture
def asked(add):
    rows = [add(f"Study of subject number {n}, told at length") for n in range(6)]
    for place in (0, 2, 4):
        ask(rows[place], rows[place + 1])
    return rows


@pytest.mark.parametrize("verdict", [Verdict.SAME, Verdict.DIFFERENT])
def test_one_answer_for_all_pairs_is_taken_back_as_one(asked, lena, verdict):
    before = canonicals()
    assert dedupe.answer_all(lena, reason="pages differ", verdict=verdict) == 3
    assert not duplicates.open_questions(lena.review).exists()

    last = duplicates.last_by(lena)
    assert dedupe.undo_together(last, by=lena) == 3

    assert canonicals() == before
    assert duplicates.open_questions(lena.review).count() == 3


def test_an_answer_changed_since_stays_when_the_others_are_taken_back(asked, lena):
    dedupe.answer_all(lena, reason="pages differ", verdict=Verdict.SAME)
    dedupe.judge_pair(asked[0], asked[1], by=lena, verdict=Verdict.DIFFERENT)
    bulk = DuplicateJudgement.objects.filter(idempotency_key__startswith=dedupe.BULK).latest("seq")

    assert dedupe.undo_together(bulk, by=lena) == 2
    assert duplicates.latest(asked[0].pk, asked[1].pk).verdict == Verdict.DIFFERENT


def test_all_at_once_can_only_be_same_or_different(asked, lena):
    with pytest.raises(ValidationError, match="the same, or different"):
        dedupe.answer_all(lena, reason="pages differ", verdict=Verdict.RELATED)


def test_the_page_of_one_reason_shows_a_sample_and_takes_one_answer(asked, lena, client_of):
    client = client_of(lena)
    slug = lena.review.slug
    url = reverse("screening:one_reason", args=[slug])

    page = client.get(url, {"reason": "pages differ"}).content.decode()
    assert "3 pairs for one reason" in page
    assert asked[0].title in page

    client.post(
        reverse("screening:answer_all", args=[slug]),
        {"reason": "pages differ", "verdict": "different"},
    )
    assert DuplicateJudgement.objects.filter(verdict=Verdict.DIFFERENT).count() == 3
    client.post(reverse("screening:undo_last_judgement", args=[slug]))
    assert duplicates.open_questions(lena.review).count() == 3


def test_what_is_claimed_of_rules_and_questions_is_what_people_said(asked, add, lena):
    twin = {"doi": "10.5555/a.1", "year": 2019, "pages": "5-9", "volume": "3"}
    first = add("A twin paper about blasts in rats, long enough", **twin)
    second = add("A twin paper about blasts in rats, long enough", **twin, note="again")
    run_waiting()
    assert canonicals()[-1] == first.pk
    for place in (0, 2):  # the run has withdrawn its questions: it would not ask them
        ask(asked[place], asked[place + 1])
    dedupe.judge_pair(asked[0], asked[1], by=lena, verdict=Verdict.SAME)
    dedupe.judge_pair(asked[2], asked[3], by=lena, verdict=Verdict.DIFFERENT)

    told = duplicates.estimate(lena.review)
    assert (told.n_joined, told.n_taken_back) == (1, 0)
    assert (told.n_answered, told.n_same) == (2, 1)
    assert 0 < told.same.low < 0.5 < told.same.high < 1

    dedupe.judge_pair(first, second, by=lena, verdict=Verdict.DIFFERENT)
    assert duplicates.estimate(lena.review).n_taken_back == 1


def test_nothing_is_claimed_of_what_nobody_looked_at(lena, search, client_of):
    assert duplicates.estimate(lena.review).same is None
    page = client_of(lena).get(reverse("screening:duplicates", args=[lena.review.slug]))
    assert "% with 95" not in page.content.decode()


@pytest.mark.parametrize(
    ("title", "kind", "flagged"),
    [
        ("RETRACTED: Blasts in the testis", "", True),
        ("Retracted article: Blasts", "", True),
        ("Withdrawn. Blasts", "", True),
        ("Blasts", "journal article; Retracted Publication", True),
        ("Retraction of consent in trials of children", "", False),
        ("Withdrawn patients in trials of children", "", False),
        ("Blasts", "journal article", False),
    ],
)
def test_a_retracted_report_is_known_by_its_title_or_type(title, kind, flagged):
    assert Record(title=title, type=kind).is_retracted == flagged


def test_a_retracted_report_is_flagged_wherever_it_is_shown(add, lena, alice, client_of):
    good = add("Blasts beside Leydig cells", abstract="x")
    bad = add("RETRACTED: Blasts beside Leydig cells", abstract="y")
    dedupe.join([good, bad], by=lena)
    slug = lena.review.slug

    assert (
        "retracted"
        in client_of(lena).get(reverse("screening:records", args=[slug])).content.decode()
    )
    page = client_of(lena).get(good.get_absolute_url()).content.decode()
    assert f"retracted, says the source of record {bad.pk}" in page


def test_a_notice_linked_as_a_retraction_is_told(add, lena):
    paper, notice = add("Blasts beside Leydig cells"), add("A notice about a paper")
    dedupe.judge_pair(paper, notice, by=lena, verdict="related", relation="retraction_of")

    assert f"Linked with record {notice.pk}" in duplicates.retraction_of(paper)


def test_a_related_report_is_suggested_for_the_study_of_its_relative(
    add, lena, alice, bob, client_of
):
    paper, abstract = add("Blasts beside Leydig cells", abstract="x"), add("The same at a meeting")
    for record in (paper, abstract):
        for who in (alice, bob):
            decisions.decide(record, by=who, stage=STAGE, verdict="include")
        reports.set_retrieval(reports.report_of(record.pk), by=lena, state="retrieved")
        for who in (alice, bob):
            decisions.decide(record, by=who, stage="full_text", verdict="include")
    study = studies.create_study(lena, label="Okafor 2019", reports=[reports.report_of(paper.pk)])
    dedupe.judge_pair(paper, abstract, by=lena, verdict="related", relation="abstract_of")

    assert studies.suggested_reports(study) == [(reports.report_of(abstract.pk), "abstract of")]
    page = client_of(lena).get(study.get_absolute_url()).content.decode()
    assert "Perhaps of the same study" in page


# ---------------------------------------------------------------- what is new


def test_only_what_is_new_is_compared_and_finds_the_same(add, lena, monkeypatch):
    monkeypatch.setattr(dedupe, "COMPARED_AS_A_WHOLE", 0)
    twin = {"doi": "10.5555/a.1", "year": 2019, "pages": "5-9", "volume": "3"}
    first = add("A twin paper about blasts in rats, long enough", **twin)
    add("Something else entirely about diets in schools")
    run_waiting()
    seen = []
    find = dedupe.engine.find_duplicates
    monkeypatch.setattr(
        dedupe.engine, "find_duplicates",
        lambda citations, *, new, standing: (
            seen.append((set(citations), new)) or find(citations, new=new, standing=standing)
        ),
    )  # fmt: skip

    second = add("A twin paper about blasts in rats, long enough", **twin, note="again")
    run_waiting()

    assert seen == [({first.pk, second.pk}, {second.pk})]
    second.refresh_from_db()
    assert second.canonical_id == first.pk


@pytest.fixture
def twins(add, monkeypatch):
    """Two copies of one report, the second without its place, joined in a large review."""
    monkeypatch.setattr(dedupe, "COMPARED_AS_A_WHOLE", 0)
    said = {"year": 2019, "journal": "Blood", "abstract": "Blasts stay near bone. " * 20}
    said["authors"] = ["Tanaka, B", "Okafor, A"]
    title = "Fibrosis and kinase signals hold blasts in the marrow of rats"
    whole = add(title, **said, volume="39", pages="464-473")
    bare = add(title, **said)
    run_waiting()
    bare.refresh_from_db()
    assert bare.canonical_id == whole.pk
    return whole, bare, lambda **place: add(title, **said, **place)


def test_a_new_record_is_asked_about_where_its_group_forbids_it(twins, lena):
    _, _, add_twin = twins
    other = add_twin(volume="39", pages="3-9")
    run_waiting()

    other.refresh_from_db()
    assert other.canonical_id == other.pk
    asked = duplicates.open_questions(lena.review).values_list("first", "second")
    assert len(asked) == 1
    assert other.pk in asked[0]


def test_a_corrected_record_leaves_the_group_it_no_longer_fits(twins, lena):
    _, bare, _ = twins
    records.correct_record(bare, by=lena, pages="3-9", volume="12")
    dedupe.request_dedupe(lena.review, by=lena)
    run_waiting()

    bare.refresh_from_db()
    assert bare.canonical_id == bare.pk
    assert duplicates.open_questions(lena.review).count() == 1


# ---------------------------------------------------------------- what a person said is kept


SAID = {"year": 2019, "journal": "Blood", "volume": "3", "authors": ["Tanaka, B", "Okafor, A"]}
TITLE = "Fibrosis and kinase signals hold blasts in the marrow of rats"


@pytest.fixture(params=[0, 2000], ids=["new records", "whole"])
def compared(request, monkeypatch):
    """Both ways of comparing: new records against the rest, and all of them."""
    monkeypatch.setattr(dedupe, "COMPARED_AS_A_WHOLE", request.param)


def in_groups() -> set[frozenset[int]]:
    members: dict[int, set[int]] = {}
    for record in Record.objects.visible():
        members.setdefault(record.canonical_id, set()).add(record.pk)
    return set(map(frozenset, members.values()))


def test_a_copy_goes_to_the_record_it_is_a_copy_of(add, lena, compared):
    loud = add(TITLE.upper(), **SAID)
    plain = add(TITLE, **SAID, number="4")
    run_waiting()
    dedupe.judge_pair(loud, plain, by=lena, verdict=Verdict.DIFFERENT)

    copy = add(TITLE, **SAID, number="4", note="again")
    run_waiting()

    assert in_groups() == {frozenset({loud.pk}), frozenset({plain.pk, copy.pk})}


def test_what_was_answered_of_two_records_is_not_asked_of_their_copies(add, lena, compared):
    pages = ("123-131", "140-149")
    one, other = (add(TITLE, **SAID, pages=page) for page in pages)
    run_waiting()
    assert duplicates.open_questions(lena.review).count() == 1
    answer = dedupe.judge_pair(one, other, by=lena, verdict=Verdict.DIFFERENT)

    copies = [add(TITLE, **SAID, pages=page, note="again") for page in pages]
    run_waiting()

    assert not duplicates.open_questions(lena.review).exists()
    assert in_groups() == {frozenset({one.pk, copies[0].pk}), frozenset({other.pk, copies[1].pk})}

    dedupe.undo(answer, by=lena)
    assert duplicates.open_questions(lena.review).count() == 1


def test_a_group_that_people_made_is_begun_with(add, lena, compared):
    early = add(TITLE, **SAID | {"year": 2016, "volume": ""})
    late = add(TITLE, **SAID, pages="140-149")
    run_waiting()
    dedupe.judge_pair(early, late, by=lena, verdict=Verdict.SAME)

    third = add(TITLE, **SAID | {"year": 2016}, pages="3-9")
    run_waiting()

    assert in_groups() == {frozenset({early.pk, late.pk}), frozenset({third.pk})}
    assert duplicates.open_questions(lena.review).count() == 1


def test_a_rule_taken_back_within_a_group_of_three_parts_the_pair(add, lena):
    one, two, _ = (add(TITLE, **SAID, number="4", note=str(n)) for n in range(3))
    run_waiting()
    assert len(in_groups()) == 1

    dedupe.undo(duplicates.latest(one.pk, two.pk), by=lena)

    assert not any({one.pk, two.pk} <= group for group in in_groups())
    assert len(in_groups()) == 2
    assert duplicates.open_questions(lena.review).count() == 1


def test_a_third_copy_does_not_bring_together_what_was_taken_apart(add, lena, compared):
    one, two = (add(TITLE, **SAID, number="4", note=str(n)) for n in range(2))
    run_waiting()
    dedupe.undo(duplicates.latest(one.pk, two.pk), by=lena)

    add(TITLE, **SAID, number="4", note="again")
    run_waiting()

    assert not any({one.pk, two.pk} <= group for group in in_groups())
    assert duplicates.open_questions(lena.review).exists()
    dedupe.judge_pair(one, two, by=lena, verdict=Verdict.SAME)
    assert len(in_groups()) == 1


def test_after_an_upgrade_keys_are_renewed_and_everything_is_compared_once(add, lena, monkeypatch):
    monkeypatch.setattr(dedupe, "COMPARED_AS_A_WHOLE", 0)
    record = add("A paper about blasts in rats, long enough to have keys")
    run_waiting()
    keys = Record.objects.get(pk=record.pk).keys
    Record.objects.filter(pk=record.pk).update(keys=["an old key"])
    job = Job.objects.filter(kind=dedupe.JOB, state=Job.State.DONE).first()
    job.result = job.result | {"engine": 1}
    job.save()

    again = dedupe.request_dedupe(lena.review, by=lena)
    run_waiting()

    again.refresh_from_db()
    assert Record.objects.get(pk=record.pk).keys == keys
    assert again.result["engine"] == dedupe.ENGINE


def test_not_a_duplicate_is_remembered_for_ever(add, search, lena):
    twin = {"doi": "10.5555/a.1", "year": 2019, "pages": "5-9", "volume": "3"}
    first = add("A twin paper about blasts in rats, long enough", **twin)
    second = add("A twin paper about blasts in rats, long enough", **twin, note="again")
    run_waiting()
    dedupe.judge_pair(first, second, by=lena, verdict=Verdict.DIFFERENT)

    for _ in range(2):
        dedupe.request_dedupe(lena.review, by=lena, whole=True)
        run_waiting()
    add("A third paper, to have something new")
    run_waiting()

    assert canonicals()[:2] == [first.pk, second.pk]
    assert not duplicates.open_questions(lena.review).exists()


# ---------------------------------------------------------------- merge, then split


@given(data=st.data())
@settings(
    max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
def test_merging_and_splitting_leaves_every_count_and_decision_as_it_was(
    data, add, lena, alice, bob
):
    rows = [add(f"Subject {next(_numbers)} of a study") for _ in range(4)]
    for record in rows:
        for who in (alice, bob):
            verdict = data.draw(st.sampled_from(["", "include", "exclude", "maybe"]))
            if verdict:
                decisions.decide(record, by=who, stage=STAGE, verdict=verdict)
    before = _state(lena.review)
    pairs = data.draw(
        st.lists(
            st.tuples(st.sampled_from(range(4)), st.sampled_from(range(4))).filter(
                lambda pair: pair[0] < pair[1]
            ),
            min_size=1, max_size=4, unique=True,
        )
    )  # fmt: skip
    made = [dedupe.judge_pair(rows[a], rows[b], by=lena, verdict=Verdict.SAME) for a, b in pairs]
    assert not list(groups.differences(lena.review))

    for row in data.draw(st.permutations(made)):
        dedupe.undo(row, by=lena)

    assert _state(lena.review) == before
    assert not list(groups.differences(lena.review))
    assert not list(screenings.differences(lena.review))


def _state(review):
    outcomes = Screening.objects.filter(review=review).order_by("record", "stage")
    current = decisions.Decision.objects.filter(review=review).current().order_by("pk")
    flow = flow_of(review)
    return (
        list(outcomes.values_list("record", "stage", "outcome")),
        list(current.values_list("record", "actor", "verdict")),
        (flow.screened, flow.excluded_by_people, flow.duplicates_by_person, flow.databases),
    )
