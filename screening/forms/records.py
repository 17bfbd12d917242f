"""The filters of the records list, shared by page, export and API."""

from typing import Any

from django import forms

from reviewtool.reviews.models import Membership, Stage
from screening.models import Search
from screening.services.record_filters import Copies, Filters, outcome_choices

ANY = ("", "any")


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
        label="Removed before screening", required=False, choices=[ANY, ("yes", "yes"), ("no", "no")]
    )
    copies = forms.ChoiceField(label="Duplicates", required=False, choices=Copies.choices)

    def __init__(self, *args: Any, member: Membership, **kwargs: Any):
        super().__init__(*args, **kwargs)
        searches = Search.objects.filter(review=member.review)
        self.fields["source"].choices = [ANY, *((str(s.pk), str(s)) for s in searches)]
        for stage in Stage:
            self.fields[stage.value].choices = [ANY, *outcome_choices(member)]

    def filters(self) -> Filters:
        """Return what was asked for; fields that make no sense are left out."""
        self.is_valid()
        return Filters(**{name: self.cleaned_data.get(name) or None for name in self.fields})
