from django.db import models

from reviewtool.reviews.models import Stage


class FeatureSet(models.Model):
    """The term matrix of a review's records, computed once per import and kept as a file."""

    review = models.ForeignKey("reviews.Review", models.CASCADE, related_name="feature_sets")
    fingerprint = models.CharField(max_length=64)
    file = models.FileField(upload_to="features/", max_length=300)
    n_records = models.PositiveIntegerField()
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["-pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["review", "fingerprint"], name="featureset_once_per_fingerprint"
            )
        ]

    def __str__(self) -> str:
        return f"{self.n_records} records, {self.fingerprint[:8]}"


class RankingRun(models.Model):
    """One training of the relevance model and the order it gave; never changed once saved.

    `member` is None for the order shared by the team. `order` is one packed array of record ids,
    most relevant first. `seq` is the ledger's state it was trained on.
    """

    review = models.ForeignKey("reviews.Review", models.CASCADE, related_name="ranking_runs")
    stage = models.CharField(max_length=14, choices=Stage.choices)
    member = models.ForeignKey("reviews.Membership", models.RESTRICT, null=True, related_name="+")
    seq = models.BigIntegerField()
    seed = models.BigIntegerField()
    params = models.JSONField(default=dict)
    versions = models.JSONField(default=dict)
    fingerprint = models.CharField(max_length=64)
    features = models.ForeignKey(FeatureSet, models.RESTRICT, related_name="runs")
    n_included = models.PositiveIntegerField()
    n_excluded = models.PositiveIntegerField()
    n_ranked = models.PositiveIntegerField()
    order = models.BinaryField()
    seconds = models.FloatField()
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["-pk"]
        indexes = [models.Index(fields=["review", "stage", "member"], name="run_by_member")]

    def __str__(self) -> str:
        return f"Ranking {self.pk}: {self.n_included} included, {self.n_excluded} excluded"

    def save(self, *args, **kwargs):
        if not self._state.adding:
            raise TypeError("A ranking run is immutable: make a new run.")
        super().save(*args, **kwargs)
