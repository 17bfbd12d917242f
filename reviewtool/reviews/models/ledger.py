"""The base of the ledger: append-only tables under one clock (see reviewtool.reviews.ledger)."""

from django.db import models


class LedgerHead(models.Model):
    """The last sequence number and time of a review's ledger; its row lock orders all writes."""

    review = models.OneToOneField("reviews.Review", models.CASCADE, related_name="ledger_head")
    seq = models.BigIntegerField(default=0)
    recorded_at = models.DateTimeField()

    def __str__(self) -> str:
        return f"{self.review}: {self.seq} entries"


class LedgerQuerySet(models.QuerySet):
    def update(self, **kwargs):
        raise TypeError("The ledger is append-only: append a new entry, do not update.")

    def delete(self):
        raise TypeError("The ledger is append-only: append a new entry, do not delete.")

    def as_of(self, seq: int | None):
        """Entries up to a sequence number; None means all."""
        return self if seq is None else self.filter(seq__lte=seq)


class LedgerRow(models.Model):
    """One entry: who, when, through which door, under which protocol version.

    `seq` has no gap within a review, across all ledger tables together.
    """

    class Door(models.TextChoices):
        PAGE = "page"
        API = "api"
        JOB = "job"
        SEED = "seed"

    review = models.ForeignKey("reviews.Review", models.CASCADE, related_name="+")
    seq = models.BigIntegerField()
    recorded_at = models.DateTimeField()
    actor = models.ForeignKey("reviews.Membership", models.RESTRICT, related_name="+")
    door = models.CharField(max_length=4, choices=Door.choices)
    protocol = models.ForeignKey(
        "reviews.Protocol", models.RESTRICT, null=True, blank=True, related_name="+"
    )
    idempotency_key = models.CharField(max_length=64, blank=True)

    objects = LedgerQuerySet.as_manager()

    class Meta:
        abstract = True
        ordering = ["seq"]
        constraints = [
            models.UniqueConstraint(fields=["review", "seq"], name="%(class)s_seq_is_unique"),
            models.UniqueConstraint(
                fields=["review", "actor", "idempotency_key"],
                condition=~models.Q(idempotency_key=""),
                name="%(class)s_acknowledged_once",
            ),
        ]

    def save(self, *args, **kwargs):
        raise TypeError("Ledger entries enter through ledger.append() only.")


class Event(LedgerRow):
    """Anything that happened which is not a decision, a duplicate judgement or an offer.

    `kind` names the frozen dataclass that describes `payload` (reviewtool.reviews.events);
    `subject` points at what it is about, for example "record:41".
    """

    kind = models.CharField(max_length=40)
    subject = models.CharField(max_length=60, blank=True)
    payload = models.JSONField(default=dict)

    class Meta(LedgerRow.Meta):
        indexes = [
            models.Index(fields=["review", "kind", "seq"], name="event_by_kind"),
            models.Index(fields=["review", "subject"], name="event_by_subject"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.subject}".strip()
