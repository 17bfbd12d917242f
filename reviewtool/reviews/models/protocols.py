from decimal import Decimal

from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models


class Stage(models.TextChoices):
    TITLE_ABSTRACT = "title_abstract", "Title and abstract"
    FULL_TEXT = "full_text", "Full text"

    @property
    def slug(self) -> str:
        return self.value.replace("_", "-")


class Order(models.TextChoices):
    RANKED = "ranked", "Most relevant first"
    MIXED = "mixed", "Most relevant first, with random records mixed in"
    RANDOM = "random", "Random order"
    OLDEST = "oldest", "Oldest import first"


class Protocol(models.Model):
    """One version of a review's protocol; never changed once saved.

    A change makes the next version and holds from its ledger entry on for what is unsettled.
    `exclusion_reasons` maps a stage to an ordered list of {"code", "label"}; `highlights` is a
    list of {"label", "terms"}; criteria are one per list entry.
    """

    review = models.ForeignKey("reviews.Review", models.CASCADE, related_name="protocols")
    version = models.PositiveIntegerField()
    question = models.TextField("review question")
    framework = models.JSONField("PICO or PECO", default=dict, blank=True)
    inclusion_criteria = models.JSONField(default=list, blank=True)
    exclusion_criteria = models.JSONField(default=list, blank=True)
    exclusion_reasons = models.JSONField(default=dict, blank=True)
    highlights = models.JSONField(default=list, blank=True)
    reviewers_title_abstract = models.PositiveSmallIntegerField(
        "reviewers per record at title and abstract",
        default=2,
        validators=[MinValueValidator(1), MaxValueValidator(9)],
    )
    reviewers_full_text = models.PositiveSmallIntegerField(
        "reviewers per report at full text",
        default=2,
        validators=[MinValueValidator(1), MaxValueValidator(9)],
    )
    extractors = models.PositiveSmallIntegerField(
        "extractors per study",
        default=2,
        validators=[MinValueValidator(1), MaxValueValidator(9)],
    )
    is_blind = models.BooleanField("hide colleagues' decisions until settled", default=True)
    maybe_title_abstract = models.BooleanField(
        "“maybe” lets a record go forward at title and abstract", default=True
    )
    maybe_full_text = models.BooleanField(
        "“maybe” lets a report go forward at full text", default=True
    )
    recall_target = models.DecimalField(
        "recall target",
        max_digits=4,
        decimal_places=3,
        default="0.950",
        validators=[MinValueValidator(Decimal("0.5")), MaxValueValidator(1)],
    )
    order = models.CharField(
        "order of the records", max_length=8, choices=Order.choices, default=Order.RANKED
    )
    random_share = models.PositiveSmallIntegerField(
        "per cent random records mixed in", default=5, validators=[MaxValueValidator(50)]
    )
    shared_order = models.BooleanField(
        "one order for the whole team, learned from settled outcomes", default=False
    )
    uses_generic_prior = models.BooleanField(
        "the ranking knows what reports of original clinical studies read like", default=True
    )
    known_references = models.JSONField(
        "references known to be relevant, for the ranking", default=list, blank=True
    )
    shows_scores = models.BooleanField(
        "show the relevance score before the decision", default=False
    )
    unread_are_automation = models.BooleanField(
        "count records left unread after stopping as excluded by automation", default=True
    )
    note = models.CharField("what changed, and why", max_length=1000, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["review", "version"]
        constraints = [
            models.UniqueConstraint(fields=["review", "version"], name="protocol_version_is_unique")
        ]

    def __str__(self) -> str:
        return f"Protocol version {self.version}"

    def save(self, *args, **kwargs):
        if not self._state.adding:
            raise TypeError("A protocol version is immutable: save a new version.")
        super().save(*args, **kwargs)

    def clean(self):
        for stage, reasons in self.exclusion_reasons.items():
            codes = [reason["code"] for reason in reasons]
            if len(codes) != len(set(codes)):
                raise ValidationError(
                    {"exclusion_reasons": f"A reason code occurs twice at {Stage(stage).label}."}
                )

    def reviewers_at(self, stage: str) -> int:
        return (
            self.reviewers_title_abstract if stage == "title_abstract" else self.reviewers_full_text
        )

    def maybe_counts_at(self, stage: str) -> bool:
        return self.maybe_title_abstract if stage == "title_abstract" else self.maybe_full_text

    def reasons_at(self, stage: str) -> list[dict[str, str]]:
        return self.exclusion_reasons.get(stage, [])

    def reason_label(self, stage: str, code: str) -> str:
        labels = {reason["code"]: reason["label"] for reason in self.reasons_at(stage)}
        return labels.get(code, code)

    @property
    def ranking_text(self) -> str:
        """The text the ranking model reads as a description of what is relevant."""
        framework = " ".join(str(part) for part in self.framework.values())
        return " ".join([self.question, framework, *self.inclusion_criteria]).strip()
