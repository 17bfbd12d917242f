from django.db import models


class ColumnMapping(models.Model):
    """What the columns of one kind of table mean, kept under a name for the next such file."""

    review = models.ForeignKey("reviews.Review", models.CASCADE, related_name="column_mappings")
    name = models.CharField(max_length=80)
    columns = models.JSONField("columns of the table it was made for", default=list)
    mapping = models.JSONField("field of each column that is used", default=dict)
    saved_by = models.ForeignKey("reviews.Membership", models.RESTRICT, related_name="+")
    saved_at = models.DateTimeField(auto_now=True)

    class Meta:
        ordering = ["name"]
        constraints = [
            models.UniqueConstraint(
                fields=["review", "name"],
                name="columnmapping_once_per_name",
                violation_error_message="A mapping of this name is already saved.",
            )
        ]

    def __str__(self) -> str:
        return self.name
