"""The filters of the records list, shared by page, export and API."""

from collections.abc import Iterable
from typing import Any

from django import forms

from reviewtool.reviews.models import Stage
from screening.models import Search

ANY = ("", "any")
#: Which of the records of one report are listed.
COPIES = [
    ("", "all records"),
    ("one", "one per report"),
    ("extra", "duplicates only"),
    ("joined", "reports with duplicates"),
]


class FilterForm(forms.Form):
    """What to look for; every field may stay empty."""

    q = forms.CharField(label="Words", required=False, max_length=500)
    source = forms.ChoiceField(label="Search", required=False)
    kind = forms.ChoiceField(
        label="Kind of source", required=False, choices=[ANY, *Search.Kind.choices]
    )
    title_abstract = forms.ChoiceField(label="Title and abstract", required=False)
    full_text = forms.ChoiceField(label="Full text", required=False)
    year_from = forms.IntegerField(label="From year", required=False, min_value=0, max_value=9999)
    year_to = forms.IntegerField(label="To year", required=False, min_value=0, max_value=9999)
    abstract = forms.ChoiceField(
        label="Abstract", required=False, choices=[ANY, ("yes", "has one"), ("no", "has none")]
    )
    removed = forms.ChoiceField(
        label="Removed before screening",
        required=False,
        choices=[ANY, ("yes", "yes"), ("no", "no")],
    )
    copies = forms.ChoiceField(label="Duplicates", required=False, choices=COPIES)

    def __init__(
        self,
        *args: Any,
        searches: Iterable[Search],
        outcomes: Iterable[tuple[str, str]],
        **kwargs: Any,
    ):
        """Offer the review's searches, and the outcomes the member may ask for."""
        super().__init__(*args, **kwargs)
        self._offer("source", ((str(search.pk), str(search)) for search in searches))
        told = list(outcomes)
        for stage in Stage:
            self._offer(stage.value, told)

    def _offer(self, name: str, choices: Iterable[tuple[str, str]]) -> None:
        label = self.fields[name].label
        self.fields[name] = forms.ChoiceField(label=label, required=False, choices=[ANY, *choices])

    def asked(self) -> dict[str, Any]:
        """Return what was asked for; fields that make no sense ask for nothing."""
        self.is_valid()
        return {name: self.cleaned_data.get(name) or None for name in self.fields}
