"""Why a record stands where it stands, where model and people disagree, and a review replayed."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np
from django.core.exceptions import PermissionDenied, ValidationError

from reviewtool.jobs.attempt import Run
from reviewtool.jobs.models import Job
from reviewtool.jobs.services import enqueue
from reviewtool.reviews.models import Membership, Review
from reviewtool.reviews.permissions import Permission, require
from screening.models import Decision, Record, Screening
from screening.ranking import features, metrics
from screening.ranking.explain import Contribution, contributions, nearest
from screening.ranking.second_look import FOLDS, out_of_fold
from screening.ranking.simulation import model_named, replay
from screening.services import decisions, ranking

JOB = "replay"
NEAREST = 3
MOST = 20
#: Settings a finished review is replayed with, and what they are called.
SETTINGS = {
    "warm": "our default",
    "warm-without-generic": "without the generic part",
    "elas_u4": "plain model, as ASReview's ELAS u4",
}


@dataclass(frozen=True)
class Neighbour:
    """A labelled record that reads alike; `likeness` is a cosine, 0 to 1."""

    record: Record
    is_included: bool
    likeness: float


@dataclass(frozen=True)
class Why:
    """Why a record stands where it does; the parts and the rest add up to the score exactly."""

    place: int
    n: int
    score: float
    parts: list[Contribution]
    rest: float
    neighbours: list[Neighbour]


def may_see_why(record: Record, *, member: Membership, stage: str) -> bool:
    """The model's view comes after one's own decision, unless the protocol shows scores before.

    Who does not screen, but runs the review, sees it any time.
    """
    if member.review.protocol.shows_scores or not member.may(Permission.SCREEN):
        return member.may(Permission.SCREEN) or member.may(Permission.SEE_RANKING)
    own = Decision.objects.current().filter(
        actor=member, stage=stage, record__canonical=record.canonical_id
    )
    settled = Screening.objects.settled().filter(record=record.canonical_id, stage=stage)
    return own.exists() or settled.exists()


def why(record: Record, *, by: Membership, stage: str) -> Why:
    """Explain a record's place from what the member may know; the exposure is logged.

    Raises ValidationError before the member has decided, where the protocol keeps scores back.
    """
    if record.review_id != by.review_id:
        raise PermissionDenied("The record belongs to another review.")
    if not may_see_why(record, member=by, stage=stage):
        raise ValidationError("The ranking is explained once you have decided on this record.")
    decisions.expose(record, by=by, stage=stage, to=decisions.SCORE)
    reader = None if by.review.protocol.shared_order else by
    included, excluded = ranking.labels(by.review, stage=stage, member=reader)
    _, matrix = ranking.feature_set(by.review)
    if record.canonical_id not in set(matrix.ids.tolist()):
        raise ValidationError("This record is not in the ranking: it was removed or is new.")
    model = ranking.model_for(by.review).fit(matrix, included, excluded)
    scores = model.score(matrix)
    own = scores[matrix.rows_of([record.group_id])[0]]
    parts, rest = contributions(model, matrix, record.group_id)
    return Why(
        place=int((scores > own).sum()) + 1,
        n=len(scores),
        score=float(own),
        parts=parts,
        rest=rest,
        neighbours=_neighbours(matrix, record.group_id, included, excluded),
    )


def _neighbours(
    matrix: features.Features, record: int, included: list[int], excluded: list[int]
) -> list[Neighbour]:
    """Return the labelled records that read most alike, of each kind a few."""
    alike = [
        (found, is_included)
        for ids, is_included in ((included, True), (excluded, False))
        for found in nearest(matrix, record, ids, most=NEAREST)
    ]
    records = Record.objects.in_bulk([found.record for found, _ in alike])
    return [Neighbour(records[found.record], is_in, found.likeness) for found, is_in in alike]


@dataclass(frozen=True)
class Disagreement:
    """A settled record that models trained without its label rank otherwise than it was decided."""

    record: Record
    above: float


@dataclass(frozen=True)
class SecondLook:
    """Excluded records the model ranks highest, and included ones it ranks lowest."""

    excluded: list[Disagreement]
    included: list[Disagreement]


def second_look(review: Review, *, stage: str) -> SecondLook | None:
    """Return where cross-validated models and settled outcomes disagree most; None with too few."""
    included, excluded = ranking.labels(review, stage=stage, member=None)
    if min(len(included), len(excluded)) < FOLDS:
        return None
    _, matrix = ranking.feature_set(review)
    known = set(matrix.ids.tolist())
    included, excluded = (
        [number for number in ids if number in known] for ids in (included, excluded)
    )
    if min(len(included), len(excluded)) < FOLDS:
        return None
    above = out_of_fold(
        matrix, included, excluded, model=lambda: ranking.model_for(review), seed=ranking.SEED
    )
    highest = sorted(excluded, key=lambda number: (-above[number], number))[:MOST]
    lowest = sorted(included, key=lambda number: (above[number], number))[:MOST]
    records = Record.objects.in_bulk([*highest, *lowest])
    return SecondLook(
        [Disagreement(records[number], above[number]) for number in highest],
        [Disagreement(records[number], above[number]) for number in lowest],
    )


# ---------------------------------------------------------------- replaying a review


def request_replay(by: Membership, *, stage: str) -> Job:
    """Ask for the review's settled outcomes to be replayed with each setting."""
    require(by, Permission.SEE_RANKING)
    included, excluded = ranking.labels(by.review, stage=stage, member=None)
    if not included or not excluded:
        raise ValidationError("Nothing can be replayed before an inclusion and an exclusion stand.")
    return enqueue(by.review, JOB, by=by, key=stage, params={"stage": stage})


def last_replay(review: Review, *, stage: str) -> Job | None:
    """Return the latest finished replay."""
    done = Job.objects.filter(review=review, kind=JOB, key=stage, state=Job.State.DONE)
    return done.order_by("-pk").first()


def replay_review(run: Run) -> None:
    """Job: replay what is settled, from the protocol text alone, with each setting."""
    ids, texts = ranking.texts_of(run.review)
    included, excluded = ranking.labels(run.review, stage=run.params["stage"], member=None)
    label = dict.fromkeys(excluded, 0) | dict.fromkeys(included, 1)
    rows = [place for place, number in enumerate(ids) if number in label]
    labels = np.array([label[ids[place]] for place in rows])
    if not labels.any() or labels.all():
        raise ValidationError("Nothing can be replayed before an inclusion and an exclusion stand.")
    run.progress(0, len(SETTINGS), "Reading the records")
    matrix = features.build(
        range(len(rows)),
        [texts[place] for place in rows],
        run.review.protocol.ranking_text,
        examples=ranking.examples_of(run.review),
    )
    told = {}
    for n_done, name in enumerate(SETTINGS, 1):
        seed = ranking.SEED % 1000
        batches = replay(matrix, labels, model_named(name, seed=seed), seed=seed)
        told[name] = _told([int(labels[row]) for batch in batches for row in batch.rows])
        run.progress(n_done, len(SETTINGS), f"Replayed: {SETTINGS[name]}")
    run.finish(settings=told, n=len(rows), n_included=int(labels.sum()))


def _told(screened: list[int]) -> dict[str, Any]:
    """Return a replay's figures, and the place at which each inclusion was found, from 1."""
    places = metrics.td(screened).tolist()
    return {
        "places": places,
        "wss_95": round(metrics.wss_cohen(screened, 0.95), 4),
        "recall_10": round(metrics.rrf(screened, 0.1), 4),
        "first": places[0],
        "last": places[-1],
    }


def settings_told(job: Job) -> Iterable[tuple[str, dict[str, Any]]]:
    """Return the settings of a replay with what they are called."""
    told = job.result["settings"]
    return [(words, told[name]) for name, words in SETTINGS.items() if name in told]
