"""The simulated reviewers screen the cards they are offered; conflicts go to the adjudicator."""

import random
from collections.abc import Mapping

from reviewtool.reviews.models import Membership
from screening.consensus import Outcome
from screening.models import Offer, Screening
from screening.services import decisions, offers, ranking
from seeds.extramedullary_all import plan as planning
from seeds.extramedullary_all.render import SEED
from seeds.extramedullary_all.reviewers import FULL_TEXT, R1, R2, TITLE_ABSTRACT, Decision
from seeds.play.scene import Scene

PLAYED_BY = {"rosa": R1.name, "ravi": R2.name}
#: Cards a reviewer decides in one go; then a colleague does the same.
SITTING = 20
#: Sittings after which the order is learned anew.
LEARNING_AFTER = {1, 3, 6}
SECONDS = {TITLE_ABSTRACT: (9, 70), FULL_TEXT: (180, 1200)}

Planned = Mapping[tuple[str, str], Decision]


def title_abstract(scene: Scene) -> None:
    """Screen titles and abstracts until no card is left, then settle the conflicts."""
    _screen(scene, TITLE_ABSTRACT)


def full_text(scene: Scene) -> None:
    """Screen the retrieved full texts until no card is left, then settle the conflicts."""
    _screen(scene, FULL_TEXT)


def _screen(scene: Scene, stage: str) -> None:
    made = planning.decisions(scene.plan)
    planned = {(one.key, one.reviewer): one for one in made if one.stage == stage}
    scene.clock.wait(days=1)
    sitting = 0
    while sum(_sit(scene, name, stage, planned) for name in PLAYED_BY):
        sitting += 1
        if sitting in LEARNING_AFTER:
            _learn(scene, stage)
        scene.clock.wait(hours=20)
    n_settled = _adjudicate(scene, stage)
    _learn(scene, stage)
    scene.tell(f"{stage.replace('_', ' ')} screened; {n_settled} conflicts settled.")


def _sit(scene: Scene, name: str, stage: str, planned: Planned) -> int:
    """Let a reviewer decide the next cards; return how many there were."""
    member = scene[name]
    with scene.clock.shown():
        cards = offers.offer_ahead(member, stage=stage, ahead=SITTING)
    for card in cards:
        group = scene.group_of[card.record_id]
        _decide(scene, member, card, planned[group, PLAYED_BY[name]])
    return len(cards)


def _decide(scene: Scene, member: Membership, card: Offer, planned: Decision) -> None:
    rng = random.Random(f"{SEED} attention {planned.stage} {planned.key} {planned.reviewer}")
    seconds = round(rng.uniform(*SECONDS[planned.stage]), 1)
    scene.clock.wait(seconds=seconds + 2)
    with scene.clock.shown():
        decisions.decide(
            card.record, by=member, stage=planned.stage, verdict=planned.verdict,
            reason=planned.reason, offer=card, attention_seconds=seconds,
        )  # fmt: skip


def _learn(scene: Scene, stage: str) -> None:
    with scene.clock.shown():
        ranking.request_training(scene.review, by=scene["lena"], stage=stage)
    scene.work()


def _adjudicate(scene: Scene, stage: str) -> int:
    """Let the adjudicator settle every conflict by the truth; return how many there were."""
    truth = {one.key: one for one in planning.adjudications(scene.plan) if one.stage == stage}
    conflicts = Screening.objects.filter(
        review=scene.review, stage=stage, outcome=Outcome.CONFLICT
    ).select_related("record__review")
    found = list(conflicts.order_by("record"))
    for screening in found:
        settled = truth[scene.group_of[screening.record_id]]
        scene.clock.wait(minutes=4)
        with scene.clock.shown():
            decisions.adjudicate(
                screening.record, by=scene["ada"], stage=stage, verdict=settled.verdict,
                reason=settled.reason,
            )  # fmt: skip
    return len(found)
