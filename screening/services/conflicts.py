"""Who sees and settles which conflicts."""

from django.db.models import Exists, OuterRef, Q, QuerySet

from reviewtool.reviews.models import Membership
from reviewtool.reviews.permissions import Permission
from screening.consensus import Outcome
from screening.models import Decision, Screening


def conflicts_for(member: Membership) -> QuerySet[Screening]:
    """Conflicts this member may settle: not those they decided on, if a colleague can settle them.

    A member who decided on a record does not even see that it is in conflict, unless nobody else
    in the team could settle it.
    """
    conflicts = Screening.objects.filter(review=member.review, outcome=Outcome.CONFLICT)
    if not member.may(Permission.ADJUDICATE):
        return conflicts.none()
    others = member.review.memberships.exclude(pk=member.pk).holding(Permission.ADJUDICATE)
    impartial = Q(pk__in=[])
    for other in others:
        impartial |= ~Q(Exists(_decisions_of(other)))
    return conflicts.exclude(Exists(_decisions_of(member)) & impartial)


def _decisions_of(member: Membership) -> QuerySet[Decision]:
    return Decision.objects.filter(
        actor=member,
        stage=OuterRef("stage"),
        record__canonical=OuterRef("record"),
        is_adjudication=False,
    ).current()


def n_conflicts(member: Membership) -> int:
    return conflicts_for(member).count()
