"""Rules join what they are sure of, people judge the rest; every judgement can be taken back."""

from datetime import date

import pytest
from django.core.exceptions import PermissionDenied, ValidationError

from reviewtool.jobs.services import run_waiting
from screening.models import Decision, DuplicateJudgement, DuplicateQuestion, Record, Screening
from screening.services import dedupe, duplicates, groups, imports, records, screenings
from screening.services.decisions import decide
from screening.side_by_side import row

STAGE = "title_abstract"
TITLE = "Leydig-cell contact and survival of leukaemic blasts in the rat testis"


@pytest.fixture
def search(lena):
    return imports.register_search(
        lena, kind="database", source="PubMed", searched_on=date(2024, 5, 3)
    )


@pytest.fixture
def add(search, lena):
    def add(title: str = TITLE, **fields) -> Record:
        return imports.add_record(search, by=lena, title=title, **fields)

    return add


@pytest.fixture
def pair(add) -> tuple[Record, Record]:
    return add("One thing about blasts"), add("Another thing about stroma")


def same_paper(add, **other) -> tuple[Record, Record]:
    fields = {
        "authors": ["Baptista, R", "Okafor, N"],
        "year": 2014,
        "journal": "Journal of Synthetic Haematology",
        "volume": "8",
        "number": "2",
        "pages": "101-109",
        "doi": "10.5555/jsh.2014.101",
    }
    return add(**fields), add(**(fields | {"note": "second copy"} | other))


def canonicals() -> list[int]:
    return list(Record.objects.visible().order_by("pk").values_list("canonical", flat=True))


def ask_about(first: Record, second: Record, reason: str = "pages differ") -> DuplicateQuestion:
    return DuplicateQuestion.objects.create(
        review=first.review, first=first, second=second, score=0.5, reason=reason
    )


def test_the_job_joins_the_same_paper_and_says_why(add):
    one, two = same_paper(add)
    run_waiting()

    assert canonicals() == [one.pk, one.pk]
    judgement = DuplicateJudgement.objects.get()
    assert (judgement.verdict, judgement.first_id, judgement.second_id) == ("same", one.pk, two.pk)
    assert judgement.by_rule
    assert judgement.evidence_for
    assert Screening.objects.get().record == one


def test_running_again_enters_nothing_twice(add, lena, review):
    same_paper(add)
    run_waiting()
    n = DuplicateJudgement.objects.count()
    dedupe.request_dedupe(review, by=lena, whole=True)
    run_waiting()
    assert DuplicateJudgement.objects.count() == n


def test_a_persons_word_survives_every_later_run(add, lena, review):
    one, two = same_paper(add)
    dedupe.judge_pair(two, one, by=lena, verdict="different")
    dedupe.request_dedupe(review, by=lena, whole=True)
    run_waiting()

    assert canonicals() == [one.pk, two.pk]
    assert not duplicates.open_questions(review).exists()


def test_a_large_review_compares_new_records_with_what_shares_a_key(add, monkeypatch):
    one, _ = same_paper(add)
    add("Something else altogether about bone marrow niches")
    run_waiting()
    monkeypatch.setattr(dedupe, "COMPARED_AS_A_WHOLE", 0)
    third = add(doi=one.doi, year=2014, authors=one.authors, pages=one.pages, volume="8")
    run_waiting()

    third.refresh_from_db()
    assert third.canonical_id == one.pk


@pytest.mark.parametrize("verdict", ["same", "different", "related", "unsure"])
def test_a_judgement_answers_the_question(pair, lena, review, verdict):
    ask_about(*pair)
    row = dedupe.judge_pair(*pair, by=lena, verdict=verdict)

    assert DuplicateQuestion.objects.get().answered_seq == row.seq
    assert not duplicates.open_questions(review).exists()
    joined = canonicals() == [pair[0].pk, pair[0].pk]
    assert joined == (verdict == "same")


def test_only_a_lead_judges_duplicates(pair, alice):
    with pytest.raises(PermissionDenied):
        dedupe.judge_pair(*pair, by=alice, verdict="same")


def test_the_same_key_sent_twice_enters_one_judgement(pair, lena):
    first = dedupe.judge_pair(*pair, by=lena, verdict="same", key="k1")
    again = dedupe.judge_pair(*pair, by=lena, verdict="same", key="k1")
    assert first.pk == again.pk


def test_taking_a_judgement_back_opens_the_pair_again(pair, lena, review):
    row = dedupe.judge_pair(*pair, by=lena, verdict="same")
    assert duplicates.last_by(lena) == row
    dedupe.undo(row, by=lena)

    assert canonicals() == [record.pk for record in pair]
    assert duplicates.open_questions(review).get().reason == dedupe.TAKEN_BACK
    assert duplicates.last_by(lena) is None


def test_taking_back_a_word_against_a_rule_lets_the_rule_hold_again(add, lena):
    one, two = same_paper(add)
    run_waiting()
    row = dedupe.judge_pair(one, two, by=lena, verdict="different")
    assert canonicals() == [one.pk, two.pk]

    dedupe.undo(row, by=lena)
    assert canonicals() == [one.pk, one.pk]
    assert duplicates.last_by(lena) is None


def test_a_rules_join_can_be_taken_back(add, lena):
    one, two = same_paper(add)
    run_waiting()
    dedupe.undo(DuplicateJudgement.objects.get(), by=lena)
    assert canonicals() == [one.pk, two.pk]


def test_a_judgement_that_was_changed_since_cannot_be_taken_back(pair, lena):
    row = dedupe.judge_pair(*pair, by=lena, verdict="same")
    dedupe.judge_pair(*pair, by=lena, verdict="different")
    with pytest.raises(ValidationError, match="already changed"):
        dedupe.undo(row, by=lena)


def test_joining_three_records_from_the_list(pair, add, lena):
    third = add("A third thing")
    dedupe.join([third, *pair], by=lena)
    assert canonicals() == [pair[0].pk] * 3


def test_one_record_alone_cannot_be_joined(pair, lena):
    with pytest.raises(ValidationError, match="at least two"):
        dedupe.join(pair[:1], by=lena)


def test_what_a_person_judged_apart_never_ends_in_one_group(pair, add, lena):
    third = add("A third thing")
    dedupe.judge_pair(*pair, by=lena, verdict="different")
    dedupe.judge_pair(pair[0], third, by=lena, verdict="same")
    with pytest.raises(ValidationError, match="judged apart"):
        dedupe.judge_pair(pair[1], third, by=lena, verdict="same")


def test_all_questions_of_one_reason_are_accepted_at_once(add, lena, review):
    records = [add(f"Study number {n}") for n in range(4)]
    ask_about(records[0], records[1])
    ask_about(records[2], records[3])
    ask_about(records[0], records[3], reason="years differ")

    assert dedupe.answer_all(lena, reason="pages differ") == 2
    assert canonicals() == [records[0].pk] * 2 + [records[2].pk] * 2
    assert duplicates.open_questions(review).get().reason == "years differ"


def test_decisions_follow_when_records_are_joined_and_parted(pair, alice, bob, lena):
    decide(pair[0], by=alice, stage=STAGE, verdict="include")
    decide(pair[1], by=bob, stage=STAGE, verdict="include")
    effects = duplicates.effects_of(lena.review, {(pair[0].pk, pair[1].pk): "same"})
    assert (effects.n_groups_before, effects.n_groups_after, effects.n_decisions) == (2, 1, 2)

    row = dedupe.judge_pair(*pair, by=lena, verdict="same")
    assert Screening.objects.get(stage=STAGE).outcome == "included"
    effects = duplicates.effects_of_undo(row)
    assert (effects.n_groups_before, effects.n_groups_after) == (1, 2)

    dedupe.undo(row, by=lena)
    outcomes = Screening.objects.filter(stage=STAGE).values_list("outcome", flat=True)
    assert list(outcomes) == ["pending", "pending"]
    assert Decision.objects.count() == 2


def test_the_effects_never_tell_how_anybody_decided(pair, alice, lena):
    decide(pair[0], by=alice, stage=STAGE, verdict="exclude")
    effects = duplicates.effects_of(lena.review, {(pair[0].pk, pair[1].pk): "same"})
    said = " ".join(effects.sentences)
    assert "1 decision by 1 person" in said
    assert "exclu" not in said


def test_the_best_fields_name_the_record_they_are_from(add):
    one, two = same_paper(add, abstract="Only the second has an abstract.")
    best = {field.name: field.record.pk for field in duplicates.best_of([one, two])}
    assert best["abstract"] == two.pk


@pytest.mark.parametrize(
    ("left", "right", "marked"),
    [
        ("101-109", "101-109", []),
        ("8(2)", "8(3)", ["2", "3"]),
        ("rat testis", "rat testis. Part II", [". Part II"]),
        ("10.5555/a", "", []),
    ],
)
def test_differing_characters_are_marked(left, right, marked):
    compared = row("Field", left, right)
    assert [p.text for p in (*compared.left, *compared.right) if p.differs] == marked
    assert "".join(p.text for p in compared.left) == left
    assert "".join(p.text for p in compared.right) == right


def test_groups_and_screenings_stay_what_the_ledger_says(add, lena, alice, bob, review):
    one, two = same_paper(add)
    third = add("A third thing")
    run_waiting()
    two.refresh_from_db()
    decide(two, by=alice, stage=STAGE, verdict="include")
    decide(third, by=bob, stage=STAGE, verdict="include")
    dedupe.join([one, third], by=lena)
    dedupe.undo(duplicates.last_by(lena), by=lena)
    dedupe.judge_pair(one, two, by=lena, verdict="different")
    records.remove_record(one, by=lena, reason="Because")

    assert list(groups.differences(review)) == []
    assert list(screenings.differences(review)) == []


# ---------------------------------------------------------------- pages and API


def test_judging_on_the_page_works_without_scripts(pair, lena, client_of, review):
    ask_about(*pair)
    client, base = client_of(lena), f"/reviews/{review.slug}/duplicates/"
    page = client.get(base)
    assert b"pages differ" in page.content

    word = {"first": pair[0].pk, "second": pair[1].pk, "verdict": "same", "key": "a"}
    assert client.post(base + "judge/", word).status_code == 302
    assert canonicals() == [pair[0].pk] * 2
    client.post(base + "undo/")
    assert canonicals() == [record.pk for record in pair]


def test_every_page_about_duplicates_answers(pair, lena, otto, client_of, review):
    row = dedupe.judge_pair(*pair, by=lena, verdict="related", relation="erratum_of")
    base = f"/reviews/{review.slug}/duplicates/"
    for member in (lena, otto):
        client = client_of(member)
        for path in ("", "joined/", "apart/", "history/", f"pair/{pair[0].pk}/{pair[1].pk}/"):
            assert client.get(base + path).status_code == 200, path
    assert client_of(lena).get(f"{base}undo/{row.pk}/").status_code == 200
    assert client_of(otto).get(f"{base}undo/{row.pk}/").status_code == 403
    assert client_of(otto).post(f"{base}judge/").status_code == 403


def test_records_are_joined_from_the_list(pair, lena, client_of, review):
    client = client_of(lena)
    url = f"/reviews/{review.slug}/duplicates/join/"
    client.post(url, {"record": [record.pk for record in pair]})
    assert canonicals() == [pair[0].pk] * 2


def test_the_api_lists_and_enters_judgements(pair, lena, alice, client_of, review):
    url = f"/api/v1/reviews/{review.slug}/duplicates/"
    word = {"first": pair[0].pk, "second": pair[1].pk, "verdict": "same"}
    assert client_of(alice).post(url, word, "application/json").status_code == 403
    assert client_of(lena).post(url, word, "application/json").status_code == 201
    assert client_of(alice).get(url).json()["results"][0]["verdict"] == "same"
