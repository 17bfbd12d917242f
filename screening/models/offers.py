from django.db import models

from reviewtool.reviews.models import LedgerRow, Stage


class Offer(LedgerRow):
    """A card given to a member (the actor); its kind and place are never shown to reviewers.

    The first offer of a record is its place in issue order: the stopping certificate replays by
    it. When a lease ends the card may be offered anew; the first offer stays.
    """

    class Kind(models.TextChoices):
        RANKED = "ranked"
        RANDOM = "random"
        AUDIT = "audit"
        PILOT = "pilot"
        OLDEST = "oldest"

    record = models.ForeignKey("screening.Record", models.RESTRICT, related_name="offers")
    stage = models.CharField(max_length=14, choices=Stage.choices)
    kind = models.CharField(max_length=6, choices=Kind.choices)
    run = models.ForeignKey("screening.RankingRun", models.RESTRICT, null=True, related_name="+")
    position = models.PositiveIntegerField(null=True)
    n_never_offered = models.PositiveIntegerField(null=True)
    seed = models.BigIntegerField(null=True)
    lease_until = models.DateTimeField()

    class Meta(LedgerRow.Meta):
        indexes = [
            models.Index(fields=["review", "stage", "actor"], name="offer_by_actor"),
            models.Index(fields=["record", "stage"], name="offer_by_record"),
        ]

    def __str__(self) -> str:
        return f"record {self.record_id} to {self.actor}"
