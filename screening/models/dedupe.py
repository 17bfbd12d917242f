from django.db import models
from django.db.models import F, Q

from reviewtool.reviews.models import LedgerRow


class DuplicateJudgement(LedgerRow):
    """Two records are the same report, different, or related; by a rule or by a person.

    The latest judgement on a pair holds; a rule never overrides a person. "open" takes a
    judgement back. `first` is always the record with the smaller id.
    """

    class Verdict(models.TextChoices):
        SAME = "same", "Same report"
        DIFFERENT = "different", "Different reports"
        RELATED = "related", "Related, not the same"
        UNSURE = "unsure", "Unsure"
        OPEN = "open", "Taken back"

    class Relation(models.TextChoices):
        ERRATUM_OF = "erratum_of", "erratum of"
        REPLY_TO = "reply_to", "reply to"
        ABSTRACT_OF = "abstract_of", "abstract of"
        VERSION_OF = "version_of", "version of"
        PROTOCOL_OF = "protocol_of", "protocol of"
        REGISTERED_AS = "registered_as", "registered as"
        RETRACTION_OF = "retraction_of", "retraction of"

    first = models.ForeignKey("screening.Record", models.RESTRICT, related_name="+")
    second = models.ForeignKey("screening.Record", models.RESTRICT, related_name="+")
    verdict = models.CharField(max_length=9, choices=Verdict.choices)
    relation = models.CharField(max_length=13, choices=Relation.choices, blank=True)
    by_rule = models.CharField("rule", max_length=60, blank=True)
    score = models.FloatField(null=True, blank=True)
    evidence_for = models.JSONField(default=list, blank=True)
    evidence_against = models.JSONField(default=list, blank=True)

    class Meta(LedgerRow.Meta):
        constraints = [
            *LedgerRow.Meta.constraints,
            models.CheckConstraint(
                condition=Q(first__lt=F("second")), name="duplicatejudgement_smaller_id_first"
            ),
            models.CheckConstraint(
                condition=Q(verdict="related") | Q(relation=""),
                name="duplicatejudgement_relation_only_when_related",
            ),
        ]
        indexes = [models.Index(fields=["first", "second"], name="judgement_by_pair")]

    def __str__(self) -> str:
        return f"{self.first_id} and {self.second_id}: {self.get_verdict_display()}"


class DuplicateQuestion(models.Model):
    """A pair that needs a person's eye, as the last dedupe run left it; not part of the ledger."""

    review = models.ForeignKey("reviews.Review", models.CASCADE, related_name="duplicate_questions")
    first = models.ForeignKey("screening.Record", models.CASCADE, related_name="+")
    second = models.ForeignKey("screening.Record", models.CASCADE, related_name="+")
    score = models.FloatField(default=0)
    reason = models.CharField(max_length=200, blank=True)
    evidence_for = models.JSONField(default=list, blank=True)
    evidence_against = models.JSONField(default=list, blank=True)
    answered_seq = models.BigIntegerField(null=True, blank=True)

    class Meta:
        ordering = ["-score", "pk"]
        constraints = [
            models.UniqueConstraint(fields=["first", "second"], name="question_once_per_pair")
        ]

    def __str__(self) -> str:
        return f"{self.first_id} and {self.second_id}?"
