"""What is told once about all searches."""

from django import forms

from screening.models import SearchLogNotes
from screening.prisma.search_log import NOTES


class SearchLogForm(forms.ModelForm):
    """PRISMA-S items that belong to the log as a whole."""

    class Meta:
        model = SearchLogNotes
        fields = list(NOTES)
        widgets = {name: forms.Textarea(attrs={"rows": 2}) for name in NOTES}

    def _post_clean(self) -> None:
        """Leave the instance alone: the service sets its fields, and checks them."""
