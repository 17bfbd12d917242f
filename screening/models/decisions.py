from django.db import models
from django.db.models import Exists, OuterRef, Q

from reviewtool.reviews.models import LedgerRow, Membership, Stage
from reviewtool.reviews.models.ledger import LedgerQuerySet
from reviewtool.reviews.permissions import Permission
from screening.consensus import Outcome, Verdict

SETTLED = (Outcome.INCLUDED, Outcome.EXCLUDED)


class ScreeningQuerySet(models.QuerySet):
    def at(self, stage: str):
        return self.filter(stage=stage)

    def settled(self):
        return self.filter(outcome__in=SETTLED)

    def about(self, rows: models.QuerySet):
        """Screenings of the groups that these decisions or offers are about.

        The groups are gathered once: looking for them beside each screening would cost as much
        as the screenings times the rows.
        """
        return self.filter(record__in=_groups_of(rows))

    def not_about(self, rows: models.QuerySet):
        return self.exclude(record__in=_groups_of(rows))


def _groups_of(rows: models.QuerySet) -> models.QuerySet:
    known = rows.filter(record__canonical__isnull=False)  # NOT IN a set with NULL is never true
    return known.order_by().values("record__canonical")


class Screening(models.Model):
    """One group of duplicates at one stage: a projection of the decisions on its members.

    `record` is the group's canonical record; `settled_seq` the ledger entry that settled it.
    """

    review = models.ForeignKey("reviews.Review", models.CASCADE, related_name="screenings")
    record = models.ForeignKey("screening.Record", models.CASCADE, related_name="screenings")
    stage = models.CharField(max_length=14, choices=Stage.choices)
    outcome = models.CharField(
        max_length=12,
        choices=[(o.value, o.value.replace("_", " ").capitalize()) for o in Outcome],
        default=Outcome.PENDING.value,
    )
    reason = models.CharField("exclusion reason", max_length=40, blank=True)
    conflict_kind = models.CharField(max_length=7, blank=True)
    settled_seq = models.BigIntegerField(null=True)

    objects = ScreeningQuerySet.as_manager()

    class Meta:
        ordering = ["record"]
        constraints = [
            models.UniqueConstraint(fields=["record", "stage"], name="screening_once_per_stage")
        ]
        indexes = [models.Index(fields=["review", "stage", "outcome"], name="screening_by_outcome")]

    def __str__(self) -> str:
        return f"{self.record}, {self.get_stage_display().lower()}: {self.outcome}"

    @property
    def is_settled(self) -> bool:
        return self.outcome in SETTLED


class DecisionQuerySet(LedgerQuerySet):
    def current(self):
        """Decisions that stand: nobody has taken them back, changed or reopened them."""
        return self.filter(act=Decision.Act.DECIDE, superseded_by=None)

    def visible_to(self, member: Membership):
        """What the member may see: own decisions, and colleagues' once the matter is settled.

        Those who settle conflicts and do not screen the record themselves see more:
        adjudicators and leads who are not reviewers. Where the protocol is open (not blind)
        everybody sees everything.
        """
        decisions = self.filter(review=member.review)
        if not member.review.protocol.is_blind:
            return decisions
        settled = Screening.objects.filter(
            record=OuterRef("record__canonical"), stage=OuterRef("stage"), outcome__in=SETTLED
        )
        seen = Q(actor=member) | Q(Exists(settled))
        if member.may(Permission.ADJUDICATE) and not member.may(Permission.SCREEN):
            return decisions
        if member.may(Permission.ADJUDICATE):
            own = self.model._default_manager.filter(
                actor=member,
                record__canonical=OuterRef("record__canonical"),
                stage=OuterRef("stage"),
                act=Decision.Act.DECIDE,
                superseded_by=None,
            )
            conflict = Screening.objects.filter(
                record=OuterRef("record__canonical"),
                stage=OuterRef("stage"),
                outcome=Outcome.CONFLICT,
            )
            seen |= Q(Exists(conflict)) & ~Q(Exists(own))
        return decisions.filter(seen)


class Decision(LedgerRow):
    """One verdict by one person on the record they were shown; never changed once made.

    Changing one's mind supersedes the earlier decision; "retract" takes it back, and a lead's
    "reopen" row supersedes each decision of a settled record so that it is decided anew.
    """

    class Act(models.TextChoices):
        DECIDE = "decide"
        RETRACT = "retract"
        REOPEN = "reopen"

    record = models.ForeignKey("screening.Record", models.RESTRICT, related_name="decisions")
    stage = models.CharField(max_length=14, choices=Stage.choices)
    act = models.CharField(max_length=7, choices=Act.choices, default=Act.DECIDE)
    verdict = models.CharField(
        max_length=7, choices=[(v.value, v.value.capitalize()) for v in Verdict], blank=True
    )
    reason = models.CharField("exclusion reason", max_length=40, blank=True)
    further_reasons = models.JSONField(default=list, blank=True)
    criteria = models.JSONField("criteria answers", default=dict, blank=True)
    note = models.TextField(blank=True)
    is_adjudication = models.BooleanField(default=False)
    supersedes = models.OneToOneField(
        "self", models.RESTRICT, null=True, blank=True, related_name="superseded_by"
    )
    offer = models.ForeignKey(
        "screening.Offer", models.RESTRICT, null=True, blank=True, related_name="decisions"
    )
    attention_seconds = models.FloatField(null=True, blank=True)

    objects = DecisionQuerySet.as_manager()  # type: ignore[misc]  # narrower than the base's

    class Meta(LedgerRow.Meta):
        constraints = [
            *LedgerRow.Meta.constraints,
            models.CheckConstraint(
                condition=Q(act="decide") ^ Q(verdict=""),
                name="decision_has_a_verdict",
                violation_error_message="A decision needs a verdict: include, maybe or exclude.",
            ),
            models.CheckConstraint(
                condition=Q(is_adjudication=False) | ~Q(verdict="maybe"),
                name="decision_adjudication_is_definite",
                violation_error_message="An adjudication includes or excludes; it cannot be maybe.",
            ),
            models.CheckConstraint(
                condition=~Q(stage="full_text", verdict="exclude", reason=""),
                name="decision_full_text_exclusion_has_a_reason",
                violation_error_message="Give a reason for excluding a report at full text.",
            ),
        ]
        indexes = [
            models.Index(fields=["review", "stage", "actor"], name="decision_by_actor"),
            models.Index(fields=["record", "stage"], name="decision_by_record"),
        ]

    def __str__(self) -> str:
        return f"{self.actor}: {self.verdict or self.act}, record {self.record_id}"
