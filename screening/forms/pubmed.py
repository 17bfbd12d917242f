"""A query of PubMed."""

from django import forms


class PubMedForm(forms.Form):
    """What to search PubMed for, and what the search is called here."""

    query = forms.CharField(
        label="Query",
        max_length=30_000,
        widget=forms.Textarea(attrs={"rows": 6, "spellcheck": "false"}),
        help_text="As in PubMed's own search box, with its field tags such as [tiab] and [mh].",
        error_messages={"required": "Write the query as you would in PubMed."},
    )
    name = forms.CharField(
        label="Name",
        max_length=120,
        required=False,
        help_text="Under it the search is run again later. Without one the query is its name.",
    )
