"""Cards: which record a reviewer sees next.

An offer is a ledger entry; cards shown are always cards offered before. Offers are made by the
decision (so that ten cards lie ready) and when a reviewer asks for cards, never by reading.
"""

import random
from collections import Counter
from collections.abc import Iterable, Iterator
from datetime import timedelta

from django.conf import settings
from django.db import transaction
from django.db.models import Count, Q, QuerySet

from reviewtool.reviews import ledger
from reviewtool.reviews.models import Event, Membership, Stage
from reviewtool.reviews.models.protocols import Order
from reviewtool.reviews.permissions import Permission, require
from screening.consensus import Outcome
from screening.events.screen import PutOff
from screening.models import Decision, Offer, RankingRun, Record, Report, Screening
from screening.models.decisions import ScreeningQuerySet
from screening.ranking.order import unpack
from screening.services import audits, screenings

AHEAD = 10
CHUNK = 50
AUDIT_PER_CENT = 50


def open_screenings(member: Membership, stage: str) -> ScreeningQuerySet:
    """Screenings the member may still decide: pending, not decided by them, retrievable."""
    own = Decision.objects.filter(actor=member, stage=stage, is_adjudication=False).current()
    pending = Screening.objects.filter(
        review=member.review, stage=stage, outcome=Outcome.PENDING
    ).not_about(own)
    if stage == Stage.FULL_TEXT:
        retrieved = Report.objects.filter(
            review=member.review, retrieval=Report.Retrieval.RETRIEVED
        )
        pending = pending.about(retrieved)
    return pending


def cards(member: Membership, *, stage: str, most: int = AHEAD) -> list[Offer]:
    """Return the member's open cards, in the order they were offered; put-off ones last.

    A card is open until decided by the member, or until its record is no longer pending.
    """
    first, later = _lying(member, stage)
    return (first + later)[:most]


def _lying(member: Membership, stage: str) -> tuple[list[Offer], list[Offer]]:
    """Return the open cards as they were offered, and those put off since, each in its order."""
    offers = (
        Offer.objects.filter(
            review=member.review, actor=member, stage=stage, lease_until__gt=ledger.now()
        )
        .filter(record__canonical__in=open_screenings(member, stage).values("record"))
        .select_related("record__search", "record__canonical")
        .order_by("seq")
    )
    latest = {offer.record.group_id: offer for offer in offers}
    put_off = _put_off(member, stage)
    first = [o for o in latest.values() if put_off.get(o.record.group_id, 0) < o.seq]
    later = [o for o in latest.values() if put_off.get(o.record.group_id, 0) > o.seq]
    return first, sorted(later, key=lambda o: put_off[o.record.group_id])


def _put_off(member: Membership, stage: str) -> dict[int, int]:
    events = Event.objects.filter(
        review=member.review, actor=member, kind=PutOff.kind, payload__stage=stage
    ).order_by("seq")
    return {event.payload["record"]: event.seq for event in events}


@transaction.atomic
def offer_ahead(member: Membership, *, stage: str, ahead: int = AHEAD) -> list[Offer]:
    """Make sure that `ahead` cards lie ready for the member, if there are as many records left."""
    require(member, Permission.SCREEN)
    head = ledger.lock(member.review)
    first, later = _lying(member, stage)
    lying = first + later
    missing = ahead - len(lying)
    if missing <= 0:
        return lying[:ahead]
    held = {offer.record.group_id for offer in lying}
    new = list(_draw(member, stage, missing, held, seed=head.seq))
    ledger.append(member.review, new, by=member, head=head)
    _fetch_records(new)
    return first + new + later


def _fetch_records(new: list[Offer]) -> None:
    """Give offers just made the records their cards show, all in one statement."""
    wanted = Record.objects.select_related("search", "canonical")
    found = wanted.in_bulk([offer.record_id for offer in new]) if new else {}
    for offer in new:
        offer.record = found[offer.record_id]


def _draw(member: Membership, stage: str, n: int, held: set[int], *, seed: int) -> Iterator[Offer]:
    """Choose the next records by the protocol's order and wrap them as unsaved offers."""
    protocol = member.review.protocol
    run = latest_run(member, stage) if protocol.order in (Order.RANKED, Order.MIXED) else None
    rng = random.Random(seed)
    lease = ledger.now() + timedelta(hours=settings.OFFER_LEASE_HOURS)
    ranked = _available(member, stage, _candidates(member, stage, run), held)
    draws = audits.draws_under_way(member.review, stage=stage)
    audit_share = AUDIT_PER_CENT if draws is not None else 0
    audited = _audit_offers(member, stage, draws, held)
    piloted = _pilot_offers(member, stage, held)
    for _ in range(n):
        offer = next(piloted, None)
        if offer is not None:
            held.add(offer.record_id)
            offer.stage, offer.lease_until = stage, lease
            yield offer
            continue
        is_random = protocol.order == Order.RANDOM or (
            protocol.order == Order.MIXED and rng.randrange(100) < protocol.random_share
        )
        offer = next(audited, None) if rng.randrange(100) < audit_share else None
        if offer is None and is_random:
            offer = _random_offer(member, stage, rng, held)
        if offer is None:
            position, record = next(ranked, (None, None))
            while record is not None and record in held:
                position, record = next(ranked, (None, None))
            if record is None:
                return
            kind = Offer.Kind.RANKED if run is not None else Offer.Kind.OLDEST
            offer = Offer(record_id=record, kind=kind, run=run, position=position)
        elif offer.kind == Offer.Kind.RANDOM:
            offer.seed = seed
        held.add(offer.record_id)
        offer.stage, offer.lease_until = stage, lease
        yield offer


def _pilot_offers(member: Membership, stage: str, held: set[int]) -> Iterator[Offer]:
    """Yield cards of an open pilot round that the member has not decided: all of them come first."""
    pilot = _open_pilot(member, stage)
    if pilot is None or member.pk not in pilot.reviewers:
        return
    waiting = open_screenings(member, stage).filter(record__in=pilot.records)
    for record in sorted(set(waiting.values_list("record", flat=True)) - held):
        yield Offer(record_id=record, kind=Offer.Kind.PILOT)


def _open_pilot(member: Membership, stage: str) -> screenings.Pilot | None:
    told = Event.objects.filter(review=member.review, kind__in=screenings.PILOTS).order_by("seq")
    rounds = screenings.pilots_in(told)
    return next((pilot for pilot in rounds if pilot.is_open and pilot.stage == stage), None)


def _audit_offers(
    member: Membership, stage: str, draws: audits.Draws | None, held: set[int]
) -> Iterator[Offer]:
    """Yield cards of the audit: colleagues' draws that still need a reviewer, then new draws."""
    if draws is None:
        return
    drawn = Offer.objects.filter(review=member.review, stage=stage, kind=Offer.Kind.AUDIT)
    earlier = drawn.order_by("seq").values_list("record__canonical", flat=True)
    candidates = ((None, record) for record in dict.fromkeys(earlier) if record is not None)
    for _, record in _available(member, stage, candidates, held):
        if record not in held:
            yield Offer(record_id=record, kind=Offer.Kind.AUDIT)
    nth = 0
    while (offer := draws.draw(held, nth=nth)) is not None:
        nth += 1
        yield offer


def latest_run(member: Membership, stage: str) -> RankingRun | None:
    """The order a member's cards follow: their own, or the team's where the protocol says so."""
    runs = RankingRun.objects.filter(review=member.review, stage=stage)
    if member.review.protocol.shared_order:
        runs = runs.filter(member=None)
    else:
        runs = runs.filter(member=member)
    return runs.order_by("-pk").first()


def _candidates(
    member: Membership, stage: str, run: RankingRun | None
) -> Iterator[tuple[int | None, int]]:
    """Yield (position, record): the ranked order first, then what entered after it, by age."""
    seen: set[int] = set()
    if run is not None:
        for position, record in enumerate(unpack(bytes(run.order))):
            seen.add(record)
            yield position, record
    rest = open_screenings(member, stage).order_by("record").values_list("record", flat=True)
    for record in rest.iterator(chunk_size=CHUNK):
        if record not in seen:
            yield None, record


def _available(
    member: Membership,
    stage: str,
    candidates: Iterable[tuple[int | None, int]],
    held: set[int],
) -> Iterator[tuple[int | None, int]]:
    """Walk the candidates in small chunks, past what is decided or amply offered to others."""
    chunk: list[tuple[int | None, int]] = []
    for candidate in candidates:
        chunk.append(candidate)
        if len(chunk) == CHUNK:
            yield from _free(member, stage, chunk, held)
            chunk = []
    yield from _free(member, stage, chunk, held)


def _free(
    member: Membership, stage: str, chunk: list[tuple[int | None, int]], held: set[int]
) -> list[tuple[int | None, int]]:
    records = [record for _, record in chunk if record not in held]
    is_open = set(
        open_screenings(member, stage).filter(record__in=records).values_list("record", flat=True)
    )
    taken = _taken_by_others(member, stage, is_open)
    needed = member.review.protocol.reviewers_at(stage)
    return [(p, record) for p, record in chunk if record in is_open and taken[record] < needed]


def _taken_by_others(member: Membership, stage: str, records: set[int]) -> Counter[int]:
    """Count for each record the colleagues who decided it or hold its card."""
    decided = (
        Decision.objects.filter(record__canonical__in=records, stage=stage, is_adjudication=False)
        .current()
        .exclude(actor=member)
        .values_list("record__canonical", "actor")
    )
    holding = (
        Offer.objects.filter(
            record__canonical__in=records, stage=stage, lease_until__gt=ledger.now()
        )
        .exclude(actor=member)
        .values_list("record__canonical", "actor")
    )
    return Counter(record for record, _ in set(decided) | set(holding) if record is not None)


def _random_offer(
    member: Membership, stage: str, rng: random.Random, held: set[int]
) -> Offer | None:
    """Draw uniformly from the records never offered to anybody at this stage."""
    offered = Offer.objects.filter(review=member.review, stage=stage)
    waiting = open_screenings(member, stage).not_about(offered)
    never = waiting.exclude(record__in=held).order_by("record")
    n_never = never.count()
    if n_never == 0:
        return None
    record = never.values_list("record", flat=True)[rng.randrange(n_never)]
    return Offer(record_id=record, kind=Offer.Kind.RANDOM, n_never_offered=n_never)


def n_waiting(member: Membership, stage: str) -> int:
    """How many records still wait for this member's decision at a stage."""
    if not member.may(Permission.SCREEN):
        return 0
    return waiting_for(member, stage).count()


def waiting_for(member: Membership, stage: str) -> QuerySet[Screening]:
    """The screenings that still wait for a reviewer's decision at a stage."""
    needed = member.review.protocol.reviewers_at(stage)
    n_reviewers = len(member.review.memberships.all().holding(Permission.SCREEN))
    waiting = open_screenings(member, stage)
    if n_reviewers <= needed:
        return waiting
    decisions = Decision.objects.filter(
        review=member.review, stage=stage, is_adjudication=False, record__canonical__isnull=False
    ).current()
    by_group = decisions.order_by().values("record__canonical")
    full = by_group.annotate(n=Count("actor", distinct=True)).filter(n__gte=needed)
    pilot = _open_pilot(member, stage)
    everybodys = Q(record__in=pilot.records if pilot is not None else ())
    return waiting.filter(~Q(record__in=full.values("record__canonical")) | everybodys)
