"""Decisions of other tools are recognised, stay out by default, and enter only when asked for."""

import io
from datetime import date

import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from django.urls import reverse

from reviewtool.jobs.models import Job
from reviewtool.jobs.services import run_waiting
from reviewtool.reviews.models import Event, Stage
from screening.citations import Citation
from screening.citations.prior import PriorDecision, prior_decisions
from screening.models import Decision, ImportedFile, Record, Screening, Search
from screening.services import decisions, imports
from screening.services import prior_decisions as prior

RAYYAN = """TY  - JOUR
TI  - Finding {n} in the {what}
AB  - Blasts were counted beside Leydig cells in experiment {n}.
PY  - 2019
N1  - RAYYAN-INCLUSION: {{{votes}}}{more}
ER  - 

"""


def rayyan(*votes: str, more: str = "") -> bytes:
    places = ("testis", "ovary", "eye", "skin")
    return "".join(
        RAYYAN.format(n=n, what=places[n % 4], votes=vote, more=more)
        for n, vote in enumerate(votes)
    ).encode()


def bring(lena, data: bytes, name: str = "rayyan.ris") -> ImportedFile:
    search = imports.register_search(
        lena, kind="database", source="PubMed", searched_on=date(2024, 5, 3)
    )
    return into(search, lena, data, name)


def into(search: Search, lena, data: bytes, name: str) -> ImportedFile:
    file = imports.upload_file(search, by=lena, name=name, stream=io.BytesIO(data))
    imports.commit_file(file, by=lena)
    run_waiting()
    file.refresh_from_db()
    return file


def enter(file: ImportedFile, lena, voices: dict[str, int], **how) -> Job:
    job = prior.bring_in(file, by=lena, voices=voices, **how)
    run_waiting()
    job.refresh_from_db()
    return job


BOTH = '"Ann"=>"Included", "Ben"=>"Excluded"'
ANN = "title_abstract|Rayyan|Ann"
BEN = "title_abstract|Rayyan|Ben"


@pytest.mark.parametrize(
    ("tags", "found"),
    [
        (
            [("N1", 'RAYYAN-INCLUSION: {"Ann"=>"Included", "Ben"=>"Maybe"} | RAYYAN-LABELS: x')],
            [("Rayyan", "include", "Ann"), ("Rayyan", "maybe", "Ben")],
        ),
        ([("notes", 'RAYYAN-INCLUSION: {"A \\"B\\" C"=>"Excluded"}')], [("Rayyan", "exclude", 'A "B" C')]),
        ([("N1", "RAYYAN-INCLUSION: {}")], []),
        ([("N1", "<p>ASReview_relevant</p>")], [("ASReview", "include", "")]),
        ([("N1", "ASReview_irrelevant")], [("ASReview", "exclude", "")]),
        ([("N1", "ASReview_not_seen")], []),
        ([("asreview_label", "1"), ("included", "0")], [("ASReview", "include", "")]),
        ([("included", "0.0")], [("a table", "exclude", "")]),
        ([("label_included", "-1")], []),
        ([("I/E", "E")], [("EPPI-Reviewer", "exclude", "")]),
        ([("Decision", "Unclear")], [("a table", "maybe", "")]),
        ([("Title", "included"), ("N1", "patients were included; 1 excluded")], []),
        ([], []),
    ],
)  # fmt: skip
def test_marks_of_other_tools_are_recognised(tags, found):
    told = prior_decisions(Citation(raw=tuple(tags)))

    assert [(one.tool, one.verdict, one.reviewer) for one in told] == found


def test_reasons_and_notes_come_along():
    note = (
        'RAYYAN-INCLUSION: {"Ann"=>"Excluded", "Ben"=>"Included"} | '
        'RAYYAN-EXCLUSION-REASONS: wrong outcome,not a study | USER-NOTES: {"Ben"=>["look again"]}'
    )
    ann, ben = prior_decisions(Citation(raw=(("N1", note),)))

    assert ann.reasons == ("wrong outcome", "not a study")
    assert (ben.reasons, ben.note) == ((), "look again")


def test_covidence_tells_the_reason_of_a_full_text_exclusion():
    told = prior_decisions(Citation(raw=(("N1", "Exclusion reason: Wrong population; "),)))

    assert told == (
        PriorDecision("Covidence", "exclude", stage="full_text", reasons=("Wrong population",)),
    )


def test_importing_records_brings_no_decision_in(lena):
    file = bring(lena, rayyan(BOTH, BOTH))

    assert Record.objects.visible().count() == 2
    assert not Decision.objects.exists()
    assert {str(voice) for voice in prior.found_in(file).voices} == {"Ann (Rayyan)", "Ben (Rayyan)"}


def test_a_lead_says_whose_they_were_and_each_becomes_that_members_own(lena, alice, bob):
    file = bring(lena, rayyan(BOTH, '"Ann"=>"Included", "Ben"=>"Included"'))

    job = enter(file, lena, {ANN: alice.pk, BEN: bob.pk})

    assert job.result["entered"] == 4
    assert set(Decision.objects.values_list("actor", flat=True)) == {alice.pk, bob.pk}
    outcomes = Screening.objects.filter(stage=Stage.TITLE_ABSTRACT).order_by("record")
    assert [screening.outcome for screening in outcomes] == ["conflict", "included"]
    told = Event.objects.get(kind="prior_decisions_imported")
    assert (told.actor, told.payload["n_decisions"]) == (lena, 4)


def test_who_was_not_named_stays_out(lena, alice):
    file = bring(lena, rayyan(BOTH))

    enter(file, lena, {BEN: alice.pk})

    decision = Decision.objects.get()
    assert (decision.actor, decision.verdict) == (alice, "exclude")
    assert "Rayyan" in decision.note


def test_entering_them_again_adds_nothing(lena, alice, bob):
    file = bring(lena, rayyan(BOTH))
    enter(file, lena, {ANN: alice.pk, BEN: bob.pk})

    again = enter(file, lena, {ANN: alice.pk, BEN: bob.pk})

    assert Decision.objects.count() == 2
    assert again.result == {prior.DECIDED: 2, "file": file.pk}


def test_a_decision_made_here_is_never_overwritten(lena, alice, bob):
    file = bring(lena, rayyan(BOTH))
    own = decisions.decide(
        Record.objects.get(), by=alice, stage=Stage.TITLE_ABSTRACT, verdict="exclude"
    )

    enter(file, lena, {ANN: alice.pk, BEN: bob.pk})

    assert list(Decision.objects.current().filter(actor=alice)) == [own]
    assert Decision.objects.filter(actor=bob).count() == 1


def test_reasons_are_translated_into_the_protocols(lena, alice):
    data = rayyan('"Ann"=>"Excluded"', more=" | RAYYAN-EXCLUSION-REASONS: wrong place")
    file = bring(lena, data)

    enter(file, lena, {ANN: alice.pk}, reasons={"wrong place": "TA2"})

    assert Decision.objects.get().reason == "TA2"


def test_a_reason_worded_as_in_the_protocol_needs_no_translation(lena, alice):
    data = rayyan('"Ann"=>"Excluded"', more=" | RAYYAN-EXCLUSION-REASONS: not a study")
    file = bring(lena, data)

    enter(file, lena, {ANN: alice.pk})

    assert Decision.objects.get().reason == "TA3"


def test_a_full_text_exclusion_waits_for_its_report(lena, alice):
    data = b"TY  - JOUR\nTI  - Excluded later\nN1  - Exclusion reason: Not the site; \nER  - \n"
    file = bring(lena, data, "covidence.ris")

    job = enter(file, lena, {"full_text|Covidence|": alice.pk})

    assert not Decision.objects.exists()
    assert job.result[prior.NOT_SCREENED] == 1
    assert prior.NOT_SCREENED in job.message


@pytest.mark.parametrize(
    ("voices", "sentence"),
    [
        (lambda a, lead: {}, "nobody was chosen"),
        (lambda a, lead: {ANN: a, BEN: a}, "twice on a record"),
        (lambda a, lead: {ANN: lead}, "who may screen"),
        (lambda a, lead: {"title_abstract|Rayyan|Zoe": a}, "no such decisions"),
    ],
)
def test_a_wrong_assignment_is_refused_in_a_sentence(lena, alice, voices, sentence):
    file = bring(lena, rayyan(BOTH))

    with pytest.raises(ValidationError, match=sentence):
        prior.bring_in(file, by=lena, voices=voices(alice.pk, lena.pk))


def test_only_a_lead_enters_them_and_only_once_the_records_are_in(lena, alice, outsider):
    file = bring(lena, rayyan(BOTH))
    with pytest.raises(PermissionDenied):
        prior.bring_in(file, by=alice, voices={ANN: alice.pk})
    with pytest.raises(PermissionDenied):
        prior.bring_in(file, by=outsider, voices={ANN: alice.pk})

    waiting = imports.upload_file(
        file.search, by=lena, name="more.ris", stream=io.BytesIO(rayyan('"Ann"=>"Maybe"'))
    )
    with pytest.raises(ValidationError, match="Import the records"):
        prior.bring_in(waiting, by=lena, voices={ANN: alice.pk})


def test_killed_halfway_it_enters_every_decision_once(lena, alice, bob, monkeypatch):
    monkeypatch.setattr(prior, "CHUNK", 2)
    file = bring(lena, rayyan(*[BOTH] * 5))
    assert Record.objects.visible().count() == 5
    refresh, calls = prior.screenings.refresh, []

    def dies(*args, **kwargs):
        calls.append(1)
        if len(calls) == 4:
            raise SystemExit("killed")
        refresh(*args, **kwargs)

    monkeypatch.setattr(prior.screenings, "refresh", dies)
    job = prior.bring_in(file, by=lena, voices={ANN: alice.pk, BEN: bob.pk})
    with pytest.raises(SystemExit):
        run_waiting()
    entered = Decision.objects.count()
    assert 0 < entered < 10

    Job.objects.filter(pk=job.pk).update(lease_until="2000-01-01T00:00:00+00:00")
    run_waiting()

    assert Decision.objects.count() == 10
    assert Decision.objects.values("record", "actor").distinct().count() == 10


def test_the_page_lists_voices_and_enters_what_was_chosen(lena, alice, client_of):
    data = rayyan('"Ann"=>"Excluded"', more=" | RAYYAN-EXCLUSION-REASONS: wrong place")
    file = bring(lena, data)
    url = reverse("screening:file_decisions", args=[lena.review.slug, file.pk])
    client = client_of(lena)

    assert url in client.get(file.get_absolute_url()).content.decode()
    page = client.get(url).content.decode()
    assert "Ann (Rayyan)" in page
    assert "wrong place" in page

    answer = client.post(url, {"voice_0": alice.pk, "reason_0": "TA2"})
    run_waiting()

    assert answer.status_code == 302
    assert Decision.objects.get().reason == "TA2"


def test_the_page_says_what_is_wrong_and_keeps_what_was_chosen(lena, alice, client_of):
    file = bring(lena, rayyan(BOTH))
    url = reverse("screening:file_decisions", args=[lena.review.slug, file.pk])

    answer = client_of(lena).post(url, {"voice_0": alice.pk, "voice_1": alice.pk})

    assert answer.status_code == 422
    assert "decided twice" in answer.content.decode()
