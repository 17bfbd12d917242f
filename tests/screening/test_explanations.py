"""Orders are explained exactly and only after deciding; runs are replayed from their ledger entry."""

import numpy as np
import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from django.urls import reverse

from reviewtool.jobs.models import Job
from reviewtool.jobs.services import run_waiting
from reviewtool.reviews.models import Event
from reviewtool.reviews.services import protocols
from screening.models import RankingRun
from screening.ranking import order
from screening.ranking.second_look import out_of_fold
from screening.services import decisions, explanations, imports, ranking

TA = "title_abstract"
WORDS = ("blasts niche testis adhesion", "diet walking school survey")


@pytest.fixture
def screened(lena, alice, bob):
    """Forty records, the even ones about the niche and included by both, the odd ones excluded."""
    search = imports.register_search(
        lena, kind="database", source="PubMed", searched_on="2024-05-03"
    )
    rows = [
        imports.add_record(
            search, by=lena, title=f"{WORDS[n % 2]} {n}",
            abstract=f"{WORDS[n % 2]} observed in experiment {n} with many details told.",
        )
        for n in range(40)
    ]  # fmt: skip
    for n, record in enumerate(rows[:30]):
        for who in (alice, bob):
            verdict = "exclude" if n % 2 else "include"
            decisions.decide(record, by=who, stage=TA, verdict=verdict)
    return rows


def test_a_stored_order_is_learned_again_from_the_labels_of_its_entry(screened, lena, alice):
    ranking.request_training(lena.review, by=lena, stage=TA)
    run_waiting()
    run = RankingRun.objects.filter(member=alice).latest("pk")
    for record in screened[30:36]:
        decisions.decide(record, by=alice, stage=TA, verdict="include")

    assert order.unpack(bytes(run.order)) == ranking.replay(run)
    assert ranking.labels_at(run) != ranking.labels(lena.review, stage=TA, member=alice)


def test_an_order_of_an_earlier_model_is_not_pretended_to_be_replayed(screened, lena):
    ranking.request_training(lena.review, by=lena, stage=TA)
    run_waiting()
    run = RankingRun.objects.latest("pk")
    run.params = {"prior": "another"}

    with pytest.raises(ValidationError, match="another model"):
        ranking.replay(run)


def test_the_protocol_switches_the_generic_part_off_and_gives_known_references(lena, screened):
    protocol = lena.review.protocol
    fields = {name: getattr(protocol, name) for name in protocols.FIELDS}
    fields |= {"uses_generic_prior": False, "known_references": ["Blasts in the niche of testis"]}
    protocols.change_protocol(lena, **fields)
    lena.review.refresh_from_db()

    model = ranking.model_for(lena.review)
    _, matrix = ranking.feature_set(lena.review)

    assert model.generic is False
    assert matrix.examples.shape[0] == 1


def test_the_parts_add_up_to_the_score_and_the_neighbours_are_like_it(screened, alice):
    why = explanations.why(screened[0], by=alice, stage=TA)

    assert sum(part.value for part in why.parts) + why.rest == pytest.approx(why.score, abs=1e-6)
    assert 1 <= why.place <= why.n == 40
    assert [near.is_included for near in why.neighbours] == [True] * 3 + [False] * 3
    assert all("niche" in near.record.title for near in why.neighbours[:3])
    assert screened[0] not in [near.record for near in why.neighbours]


def test_the_model_is_not_shown_before_ones_own_decision(screened, alice, lena):
    waiting = screened[35]
    with pytest.raises(ValidationError, match="once you have decided"):
        explanations.why(waiting, by=alice, stage=TA)
    assert not Event.objects.filter(kind="exposed").exists()

    decisions.decide(waiting, by=alice, stage=TA, verdict="exclude")
    assert explanations.why(waiting, by=alice, stage=TA).n == 40
    seen = Event.objects.get(kind="exposed")
    assert (seen.actor, seen.payload["to"]) == (alice, decisions.SCORE)


def test_having_seen_the_score_leaves_a_decision_ones_own_to_change(screened, alice):
    waiting = screened[35]
    first = decisions.decide(waiting, by=alice, stage=TA, verdict="exclude")
    explanations.why(waiting, by=alice, stage=TA)

    second = decisions.decide(waiting, by=alice, stage=TA, verdict="include")

    assert second.supersedes == first


def test_having_seen_a_colleagues_verdict_on_the_page_only_a_lead_reopens(
    screened, alice, client_of
):
    record = screened[0]
    client_of(alice).get(record.get_absolute_url())

    with pytest.raises(ValidationError, match="seen a colleague"):
        decisions.decide(record, by=alice, stage=TA, verdict="exclude")


def test_a_record_of_another_review_is_not_explained(screened, outsider):
    with pytest.raises(PermissionDenied):
        explanations.why(screened[0], by=outsider, stage=TA)


def test_a_wrong_exclusion_is_the_first_to_be_looked_at_again(screened, lena, alice, bob):
    odd = screened[32]
    for who in (alice, bob):
        decisions.decide(odd, by=who, stage=TA, verdict="exclude")

    look = explanations.second_look(lena.review, stage=TA)

    assert look.excluded[0].record == odd
    assert look.excluded[0].above > 0.4
    assert len(look.included) == 15


def test_there_is_no_second_look_before_enough_is_settled(lena, records):
    records(3)

    assert explanations.second_look(lena.review, stage=TA) is None


def test_no_record_is_scored_by_a_model_that_saw_its_label(screened, lena):
    _, matrix = ranking.feature_set(lena.review)
    ids = matrix.ids.tolist()
    seen = []

    class Watching(type(ranking.model_for(lena.review))):
        def fit(self, features, included, excluded):
            seen.append({*included, *excluded})
            return super().fit(features, included, excluded)

    above = out_of_fold(matrix, ids[:10], ids[10:20], model=Watching, seed=3)

    assert set(above) == set(ids[:20])
    assert all(0 <= share <= 1 for share in above.values())
    left_out = [set(ids[:20]) - known for known in seen]
    assert sorted(n for fold in left_out for n in fold) == sorted(ids[:20])


def test_a_finished_review_is_replayed_with_every_setting(screened, lena):
    job = explanations.request_replay(lena, stage=TA)
    run_waiting()
    job.refresh_from_db()

    assert job.state == Job.State.DONE
    told = dict(explanations.settings_told(job))
    assert list(told) == list(explanations.SETTINGS.values())
    for figures in told.values():
        assert len(figures["places"]) == 15
        assert np.all(np.diff(figures["places"]) > 0)
        assert 1 <= figures["first"] <= figures["last"] <= 30
    assert job.result["n"] == 30


def test_nothing_is_replayed_before_both_kinds_are_settled(lena, records, alice):
    records(2)
    with pytest.raises(ValidationError, match="before an inclusion and an exclusion"):
        explanations.request_replay(lena, stage=TA)
    with pytest.raises(PermissionDenied):
        explanations.request_replay(alice, stage=TA)


def test_the_pages_show_signals_replay_and_second_look(screened, lena, alice, client_of):
    slug = lena.review.slug
    client = client_of(lena)
    url = reverse("screening:ranking", args=[slug, TA])
    client.post(reverse("screening:ranking_replay", args=[slug, TA]))
    run_waiting()

    page = client.get(url).content.decode()
    assert "likeness to the protocol text" in page
    assert "our default" in page
    assert "<svg" in page
    look = client.get(reverse("screening:second_look", args=[slug, TA])).content.decode()
    assert screened[1].title in look

    reader = client_of(alice)
    record = reader.get(screened[0].get_absolute_url()).content.decode()
    why = reverse("screening:why", args=[slug, screened[0].pk, TA])
    assert why in record
    assert "everything else" in reader.get(why).content.decode()
    hidden = reverse("screening:why", args=[slug, screened[35].pk, TA])
    assert "once you have decided" in reader.get(hidden).content.decode()
