"""Playing the demo reviews: every step is a service that a click of a user calls too.

A review that was played to its end carries a `DemoPlayed` entry. One without it was interrupted;
it is deleted and played anew.
"""

import time
from collections.abc import Callable

from reviewtool.reviews import events, ledger
from reviewtool.reviews.models import Event, LedgerRow, Review
from reviewtool.reviews.permissions import Permission
from reviewtool.reviews.services import reviews
from seeds.events import DemoPlayed
from seeds.extramedullary_all import protocol
from seeds.play import collect, extract, fulltext, screen
from seeds.play.scene import PRACTICE_SLUG, Scene, Tell, open_scene

PRACTICE_TITLE = "Practice: screen the demo's records yourself"
BANNER = (
    "Demonstration: every record, person and result in this review is invented. "
    "Nothing here is evidence."
)
TEAM = {
    "lena": ("lead", "adjudicator"),
    "rosa": ("reviewer", "extractor"),
    "ravi": ("reviewer", "extractor"),
    "ada": ("adjudicator",),
    "otto": ("observer",),
}
PRACTICE_TEAM = {"lena": ("lead",), "rosa": ("reviewer",), "ravi": ("reviewer",)}


def play_all(tell: Tell) -> None:
    """Play the demo review and the practice review, each unless it is there already."""
    _play_once(protocol.slug(), tell, play_demo)
    _play_once(PRACTICE_SLUG, tell, play_practice)


def play_demo(tell: Tell) -> Scene:
    """Play the whole review, from its protocol to its evidence map."""
    scene = open_scene(
        slug=protocol.slug(), title=protocol.title(), banner=BANNER, team=TEAM, tell=tell
    )
    collect.databases(scene)
    collect.remove_unfit(scene)
    screen.title_abstract(scene)
    collect.other_methods(scene)
    screen.title_abstract(scene)
    fulltext.retrieve(scene)
    screen.full_text(scene)
    fulltext.group_studies(scene)
    extract.publish_codebook(scene)
    extract.extract_all(scene)
    return scene


def play_practice(tell: Tell) -> Scene:
    """Prepare a small review in which nobody has decided anything."""
    scene = open_scene(
        slug=PRACTICE_SLUG, title=PRACTICE_TITLE, banner=BANNER, team=PRACTICE_TEAM, tell=tell
    )
    collect.one_database(scene, "pubmed")
    return scene


def is_played(review: Review) -> bool:
    return Event.objects.filter(review=review, kind=DemoPlayed.kind).exists()


def _play_once(slug: str, tell: Tell, play: Callable[[Tell], Scene]) -> None:
    review = Review.objects.filter(slug=slug).first()
    if review is not None and is_played(review):
        tell(f"The review “{slug}” is here already; nothing was changed.")
        return
    with ledger.through(LedgerRow.Door.SEED):
        if review is not None:
            tell(f"Playing “{slug}” was interrupted; it begins anew.")
            _delete(review)
        started = time.monotonic()
        scene = play(tell)
        _close(scene, time.monotonic() - started)


def _close(scene: Scene, seconds: float) -> None:
    with scene.clock.shown():
        events.record(scene.review, DemoPlayed(round(seconds)), by=scene["lena"])
    scene.tell(f"“{scene.review.slug}” is ready, played in {seconds:.0f} seconds.")


def _delete(review: Review) -> None:
    lead = review.memberships.all().holding(Permission.DELETE_REVIEW)[0]
    reviews.delete_review(lead, typed_title=review.title)
