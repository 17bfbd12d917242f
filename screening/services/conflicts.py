"""Who sees and settles which conflicts."""

from django.db.models import Q, QuerySet

from reviewtool.reviews.models import Membership, Stage
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
        impartial |= ~_decided_by(other)
    return conflicts.exclude(_decided_by(member) & impartial)


def _decided_by(member: Membership) -> Q:
    """Screenings of groups on which the member decided; gathered once for each stage."""
    own = Decision.objects.filter(actor=member, is_adjudication=False).current().order_by()
    known = own.filter(record__canonical__isnull=False).values("record__canonical")
    decided = Q(pk__in=[])
    for stage in Stage.values:
        decided |= Q(stage=stage, record__in=known.filter(stage=stage))
    return decided


def n_conflicts(member: Membership) -> int:
    return conflicts_for(member).count()
