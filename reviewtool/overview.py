"""Where the review stands: the funnel, what waits for me, progress by person, last activity."""

from dataclasses import dataclass

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_safe

from extraction.services.extractions import n_to_reconcile, n_waiting
from reviewtool.activity import entries
from reviewtool.jobs.models import Job
from reviewtool.reviews.access import review_view
from reviewtool.reviews.models import Membership, Stage
from reviewtool.reviews.permissions import Permission
from screening.models import DuplicateQuestion, Report
from screening.prisma.flow import Flow
from screening.services import conflicts, offers, reports, studies
from screening.services.prisma import flow_for
from screening.services.progress import Progress, progress_of


@dataclass(frozen=True)
class Step:
    """One bar of the funnel."""

    label: str
    n: int
    url: str
    per_cent: int


@dataclass(frozen=True)
class Waiting:
    """Something this member can do now."""

    n: int
    what: str
    url: str


@require_safe
@review_view(Permission.READ)
def overview(request: HttpRequest, member: Membership) -> HttpResponse:
    """Show where the review stands, as this member may see it."""
    flow = flow_for(member)
    context = {
        "flow": flow,
        "funnel": funnel(flow, member.review.slug),
        "waiting": waiting(member),
        "progress": _progress(member),
        "jobs": Job.objects.open().filter(review=member.review),
        "latest": entries(member, most=8),
        "may_import": member.may(Permission.IMPORT),
    }
    return render(request, "reviewtool/overview.html", context)


def funnel(flow: Flow, slug: str) -> list[Step]:
    """The flow as bars, from everything identified to the studies included."""
    url = reverse("screening:prisma_box", args=[slug])
    n_all = flow.n_identified + flow.n_other_identified
    counts = [
        ("Records identified", n_all, "identified"),
        ("Records screened", flow.screened, "screened"),
        ("Reports sought", flow.left.sought + flow.right.sought, "sought"),
        ("Reports assessed", flow.left.assessed + flow.right.assessed, "assessed"),
        ("Reports included", flow.reports, "reports"),
        ("Studies included", flow.studies, "studies"),
    ]
    return [
        Step(label, n, f"{url}?box={box}", 100 * n // max(1, n_all)) for label, n, box in counts
    ]


def waiting(member: Membership) -> list[Waiting]:
    """What waits for this member, most of all first; nothing that waits for others."""
    slug = member.review.slug
    found = [
        *(_screening(member, stage) for stage in Stage),
        Waiting(
            conflicts.n_conflicts(member),
            "conflicts to settle",
            reverse("screening:conflicts", args=[slug]),
        ),
        _duplicates(member),
        _retrieval(member),
        _unlinked(member),
        Waiting(
            n_waiting(member), "studies to extract", reverse("extraction:extract", args=[slug])
        ),
        Waiting(
            n_to_reconcile(member),
            "studies to reconcile",
            reverse("extraction:extract", args=[slug]),
        ),
    ]
    return [one for one in found if one.n]


def _screening(member: Membership, stage: Stage) -> Waiting:
    url = reverse("screening:screen", args=[member.review.slug, stage])
    return Waiting(offers.n_waiting(member, stage), f"to screen: {stage.label.lower()}", url)


def _duplicates(member: Membership) -> Waiting:
    n = 0
    if member.may(Permission.JUDGE_DUPLICATES):
        n = DuplicateQuestion.objects.filter(review=member.review, answered_seq=None).count()
    url = reverse("screening:duplicates", args=[member.review.slug])
    return Waiting(n, "pairs that may be duplicates", url)


def _retrieval(member: Membership) -> Waiting:
    n = 0
    if member.may(Permission.RETRIEVE):
        open_states = (Report.Retrieval.SOUGHT, Report.Retrieval.AWAITING)
        n = reports.in_play(member.review).filter(retrieval__in=open_states).count()
    return Waiting(
        n, "full texts to retrieve", reverse("screening:fulltexts", args=[member.review.slug])
    )


def _unlinked(member: Membership) -> Waiting:
    n = 0
    if member.may(Permission.MANAGE_STUDIES):
        n = studies.unlinked_reports(member.review).count()
    url = reverse("screening:studies", args=[member.review.slug])
    return Waiting(n, "included reports without a study", url)


def _progress(member: Membership) -> list[tuple[Stage, Progress]]:
    if not member.may(Permission.SCREEN):
        return []
    return [(stage, progress_of(member, stage)) for stage in Stage]
