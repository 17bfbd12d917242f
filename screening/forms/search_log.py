"""The search log's answers as leads type them."""

from typing import Any

from django import forms

from screening.prisma.search_log_items import ANSWERS, LONGEST_ANSWER


class SearchLogForm(forms.Form):
    """One text for each item of PRISMA-S that is not computed, and the version it was read at."""

    base = forms.IntegerField(widget=forms.HiddenInput)

    def __init__(self, *args: Any, **kwargs: Any):
        super().__init__(*args, **kwargs)
        for item in ANSWERS:
            self.fields[item.key] = forms.CharField(
                label=f"{item.number} {item.name}",
                help_text=item.asks,
                required=False,
                max_length=LONGEST_ANSWER,
                widget=forms.Textarea(attrs={"rows": 2}),
            )

    @property
    def answer_fields(self) -> list[forms.BoundField]:
        return [self[item.key] for item in ANSWERS]
