"""Training the relevance model: a job, one at a time, on what its reader may see.

A reviewer's order is learned from settled outcomes and their own decisions only; where the
protocol chooses one shared order, from settled outcomes. The queue serves the last order while a
new one is learned.
"""

import time
from collections.abc import Iterable
from dataclasses import dataclass
from importlib.metadata import version

from django.core.exceptions import ValidationError
from django.core.files.base import ContentFile
from django.db import IntegrityError, transaction
from django.db.models import Q

from reviewtool.jobs.attempt import Run
from reviewtool.jobs.models import Job
from reviewtool.jobs.services import enqueue
from reviewtool.reviews.models import LedgerHead, Membership, Review
from reviewtool.reviews.models.protocols import Order
from reviewtool.reviews.permissions import Permission
from screening.consensus import Outcome, Verdict
from screening.models import Decision, FeatureSet, RankingRun, Record, Screening
from screening.ranking import features, order
from screening.ranking.explain import Contribution, strongest_terms
from screening.ranking.model import should_retrain
from screening.ranking.prior import SIGNALS, shipped
from screening.ranking.warm import WarmModel
from screening.services import groups, screenings
from screening.services.offers import latest_run

SEED = 20190417
SHARED = "team"
_RANKED = (Order.RANKED, Order.MIXED)


def after_decision(decision: Decision, *, by: Membership) -> Job | None:
    """Ask for a training if this decision (or its being taken back) makes one due."""
    review = by.review
    if review.protocol.order not in _RANKED:
        return None
    reader = None if review.protocol.shared_order else by
    run = latest_run(by, decision.stage)
    included, excluded = labels(review, stage=decision.stage, member=reader)
    n_used = run.n_included + run.n_excluded if run else 0
    n_now = len(included) + len(excluded)
    is_first = bool(included) and (run is None or run.n_included == 0)
    taken_back = n_now < n_used
    if run is not None and not (is_first or taken_back or should_retrain(n_now - n_used, n_used)):
        return None
    return _enqueue(review, by=by, stage=decision.stage, reader=reader)


def request_training(review: Review, *, by: Membership, stage: str) -> list[Job]:
    """Ask for new orders for everybody who screens, for example after an import."""
    if review.protocol.order not in _RANKED:
        return []
    if review.protocol.shared_order:
        return [_enqueue(review, by=by, stage=stage, reader=None)]
    readers = review.memberships.all().holding(Permission.SCREEN)
    return [_enqueue(review, by=by, stage=stage, reader=reader) for reader in readers]


def _enqueue(review: Review, *, by: Membership, stage: str, reader: Membership | None) -> Job:
    key = f"{stage}:{reader.pk if reader else SHARED}"
    params = {"stage": stage, "member": reader.pk if reader else None}
    return enqueue(review, "rank", by=by, key=key, params=params)


def labels(
    review: Review, *, stage: str, member: Membership | None, records: Iterable[int] | None = None
) -> tuple[list[int], list[int]]:
    """Return the included and the excluded records as the reader may know them, sorted.

    Settled outcomes, and the member's own standing decisions where nothing is settled.
    """
    screenings = Screening.objects.filter(review=review, stage=stage)
    known = dict(
        screenings.filter(outcome__in=(Outcome.INCLUDED, Outcome.EXCLUDED)).values_list(
            "record", "outcome"
        )
    )
    if member is not None:
        own = Decision.objects.filter(review=review, stage=stage, actor=member)
        standing = own.filter(is_adjudication=False).current().order_by("seq")
        for record, verdict in standing.values_list("record__canonical", "verdict"):
            said = Outcome.EXCLUDED if verdict == Verdict.EXCLUDE else Outcome.INCLUDED
            known.setdefault(record, said.value)
    included = sorted(record for record, outcome in known.items() if outcome == Outcome.INCLUDED)
    excluded = sorted(record for record, outcome in known.items() if outcome == Outcome.EXCLUDED)
    return included, excluded


def labels_at(run: RankingRun) -> tuple[list[int], list[int]]:
    """Return the labels a stored run was learned from, read from the ledger as of its entry."""
    states = screenings.states_at(run.review, seq=run.seq)
    known = {
        group: state.outcome.value
        for (group, stage), state in states.items()
        if stage == run.stage and state.outcome in screenings.SETTLED
    }
    if run.member is not None:
        canonical = groups.grouping_of(run.review, seq=run.seq)
        rows = Decision.objects.filter(review=run.review, stage=run.stage, actor=run.member)
        own = screenings.current_of(rows.as_of(run.seq).order_by("seq"))
        for row in own:
            if not row.is_adjudication and row.record_id in canonical:
                said = Outcome.EXCLUDED if row.verdict == Verdict.EXCLUDE else Outcome.INCLUDED
                known.setdefault(canonical[row.record_id], said.value)
    included = sorted(group for group, outcome in known.items() if outcome == Outcome.INCLUDED)
    excluded = sorted(group for group, outcome in known.items() if outcome == Outcome.EXCLUDED)
    return included, excluded


def train(run: Run) -> None:
    """Job: learn a new order for one reader (or the team) at one stage."""
    stage = run.params["stage"]
    member = run.review.memberships.get(pk=run.params["member"]) if run.params["member"] else None
    started = time.perf_counter()
    run.progress(0, 3, "Reading the records")
    stored, matrix = feature_set(run.review)
    seq = LedgerHead.objects.get(review=run.review).seq
    included, excluded = labels(run.review, stage=stage, member=member)
    run.progress(1, 3, "Learning from the decisions")
    model = model_for(run.review).fit(matrix, included, excluded)
    found = order.order_by(matrix.ids, model.score(matrix))
    with run.batch(done=3, total=3, result={"n_ranked": len(found)}, message="Ranked"):
        RankingRun.objects.create(
            review=run.review,
            stage=stage,
            member=member,
            seq=seq,
            seed=SEED,
            params={
                "model": "warm",
                "C": model.C,
                "generic": model.generic,
                "prior": shipped().fingerprint,
                "uses_protocol": model.uses_protocol_,
            },
            versions={name: version(name) for name in ("scikit-learn", "numpy", "scipy")},
            fingerprint=stored.fingerprint,
            features=stored,
            n_included=len(included),
            n_excluded=len(excluded),
            n_ranked=len(found),
            order=order.pack(found.tolist()),
            seconds=time.perf_counter() - started,
        )


def replay(run: RankingRun) -> list[int]:
    """Learn a stored run again from the labels of its ledger entry; for checking it.

    With the same library versions and the same shipped prior the order is identical.
    """
    if run.params.get("prior") != shipped().fingerprint:
        raise ValidationError("This order was learned by an earlier version with another model.")
    matrix = _load(run.features)
    included, excluded = labels_at(run)
    model = WarmModel(random_state=run.seed, C=run.params["C"], generic=run.params["generic"]).fit(
        matrix, included, excluded
    )
    return order.order_by(matrix.ids, model.score(matrix)).tolist()


def feature_set(review: Review) -> tuple[FeatureSet, features.Features]:
    """Return the term matrix of the review's records in play, computed once per state of them."""
    ids, texts = texts_of(review)
    protocol_text = review.protocol.ranking_text
    examples = examples_of(review)
    mark = features.fingerprint(ids, texts, protocol_text, examples)
    stored = FeatureSet.objects.filter(review=review, fingerprint=mark).first()
    if stored is not None:
        return stored, _load(stored)
    built = features.build(ids, texts, protocol_text, examples=examples)
    return _keep(review, mark, built), built


def texts_of(review: Review) -> tuple[list[int], list[features.RecordText]]:
    """Return the ids of the records in play and what the model reads of them."""
    records = Record.objects.filter(review=review).in_play().order_by("pk")
    rows = list(records.values_list("pk", "title", "abstract", "keywords"))
    return [row[0] for row in rows], [features.text_of(*row[1:]) for row in rows]


def examples_of(review: Review) -> list[features.RecordText]:
    """Return the references known to be relevant, from which the model learns at once."""
    return [features.text_of(text) for text in review.protocol.known_references]


def model_for(review: Review) -> WarmModel:
    """Return the model of a review, not yet fitted, as its protocol wants it."""
    return WarmModel(random_state=SEED, generic=review.protocol.uses_generic_prior)


def _load(stored: FeatureSet) -> features.Features:
    with stored.file.open("rb") as stream:
        return features.Features.from_bytes(stream.read())


def _keep(review: Review, mark: str, built: features.Features) -> FeatureSet:
    stored = FeatureSet(review=review, fingerprint=mark, n_records=len(built.ids))
    stored.file.save(f"{review.pk}-{mark[:16]}.npz", ContentFile(built.to_bytes()), save=False)
    try:
        with transaction.atomic():
            stored.save()
    except IntegrityError:  # another worker was first
        return FeatureSet.objects.get(review=review, fingerprint=mark)
    return stored


@dataclass(frozen=True)
class Learned:
    """What settled outcomes teach the model about a stage."""

    n_included: int
    n_excluded: int
    in_favour: list[Contribution]
    against: list[Contribution]
    signals: list[Contribution]
    is_protocol_dropped: bool


def learned(review: Review, *, stage: str) -> Learned | None:
    """Return the strongest terms of a model of settled outcomes, or None without any.

    Only outcomes that everybody may see are used, so the page tells nothing that is hidden.
    """
    included, excluded = labels(review, stage=stage, member=None)
    if not included or not excluded:
        return None
    _, matrix = feature_set(review)
    model = model_for(review).fit(matrix, included, excluded)
    in_favour, against = strongest_terms(model, matrix)
    return Learned(
        len(included), len(excluded), in_favour, against,
        signals=_signals_of(model),
        is_protocol_dropped=matrix.has_protocol and not model.uses_protocol_,
    )  # fmt: skip


def _signals_of(model: WarmModel) -> list[Contribution]:
    """Return how much each signal weighs at present."""
    words = {
        "svm": "words of what was included and excluded here",
        "cosine": "likeness to the protocol text",
        "in_title": "words of the protocol in the title",
        "in_text": "words of the protocol in title and abstract",
        "generic": "reads like a report of an original clinical study",
        "no_abstract": "has no abstract",
    }
    return [
        Contribution(words[name], float(weight))
        for name, weight in zip(SIGNALS, model.weights_, strict=True)
    ]


def shown_runs(member: Membership, *, stage: str):
    """Trainings a member may see: the shared ones and their own (others' label counts are hidden)."""
    runs = RankingRun.objects.filter(review=member.review, stage=stage).defer("order")
    return runs.filter(Q(member=None) | Q(member=member)).order_by("-pk")
