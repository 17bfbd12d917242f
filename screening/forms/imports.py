"""Forms around searches and the files they gave."""

from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.core.validators import ProhibitNullCharactersValidator

from screening.models import Record, Search

#: PRISMA-S items a search may tell about itself; (key, label, help).
DETAILS = (
    ("limits", "Limits and restrictions", "Languages, years, types of publication; or none."),
    ("filters", "Search filters", "Published filters, as designed or adapted, cited; or none."),
    ("multi_database", "Searched together with", "Databases searched at once on one platform."),
    ("prior_work", "Taken from earlier reviews", "Strategies reused, with citation; or none."),
    ("updates", "Updates", "How the search is kept up to date, for example e-mail alerts."),
    ("contacts", "Contacts", "Authors, experts or manufacturers asked for studies."),
    ("browsing", "Browsing", "Websites, journals or proceedings looked through, and how."),
    ("citation_searching", "Citation searching", "Cited or citing references, and how."),
    ("other_methods", "Other methods", "Any other way of searching."),
    ("peer_review", "Peer review", "Who reviewed this strategy, and how."),
)


class SearchForm(forms.ModelForm):
    """One query in one source on one day."""

    class Meta:
        model = Search
        fields = ["kind", "source", "platform", "searched_on", "n_shown", "query", "note"]
        widgets = {
            "searched_on": forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
            "query": forms.Textarea(attrs={"rows": 5, "spellcheck": "false"}),
            "note": forms.Textarea(attrs={"rows": 2}),
        }

    def __init__(self, *args: Any, **kwargs: Any):
        super().__init__(*args, **kwargs)
        for key, label, help_text in DETAILS:
            self.fields[f"details_{key}"] = forms.CharField(
                label=label,
                help_text=help_text,
                required=False,
                initial=self.instance.details.get(key, ""),
            )

    def clean(self) -> dict[str, Any]:
        """Gather the PRISMA-S details into the one field that holds them."""
        super().clean()
        cleaned = self.cleaned_data
        details = {key: cleaned.pop(f"details_{key}", "") for key, _, _ in DETAILS}
        kept = {k: v for k, v in self.instance.details.items() if k not in details}
        cleaned["details"] = kept | {key: value for key, value in details.items() if value}
        return cleaned

    def _post_clean(self) -> None:
        """Leave the instance alone: the service sets its fields, and checks them."""

    @property
    def detail_fields(self) -> list[forms.BoundField]:
        return [self[f"details_{key}"] for key, _, _ in DETAILS]

    @property
    def main_fields(self) -> list[forms.BoundField]:
        return [self[name] for name in self.Meta.fields]


class ManyFiles(forms.ClearableFileInput):
    allow_multiple_selected = True


class ManyFilesField(forms.FileField):
    """Several files at once; each is checked by the service, one by one."""

    def __init__(self, **kwargs: Any):
        super().__init__(widget=ManyFiles(attrs={"multiple": True}), **kwargs)

    def clean(self, data: Any, initial: Any = None) -> list[Any]:
        files = data if isinstance(data, (list, tuple)) else [data]
        if not any(files):
            raise ValidationError(self.error_messages["required"], code="required")
        return list(files)


class UploadForm(forms.Form):
    """Exports of one search."""

    upload = ManyFilesField(
        label="Files exported from the source",
        error_messages={"required": "Choose at least one file."},
    )


class ReadingForm(forms.Form):
    """How a file is read, where what was recognised is not right."""

    def __init__(
        self,
        *args: Any,
        formats: list[tuple[str, str]],
        encodings: list[tuple[str, str]],
        **kwargs: Any,
    ):
        super().__init__(*args, **kwargs)
        self.fields["format"] = forms.ChoiceField(label="Format", choices=formats, required=False)
        self.fields["encoding"] = forms.ChoiceField(
            label="Encoding", choices=encodings, required=False
        )


class MappingForm(forms.Form):
    """Which field each column of a table fills; exactly one or more columns may fill a field."""

    def __init__(
        self,
        *args: Any,
        columns: list[str],
        choices: list[tuple[str, str]],
        mapping: dict[str, str],
        examples: dict[str, str],
        **kwargs: Any,
    ):
        super().__init__(*args, **kwargs)
        self.columns = columns
        for place, column in enumerate(columns):
            self.fields[f"column_{place}"] = forms.ChoiceField(
                label=column or f"Column {place + 1}",
                required=False,
                choices=[("", "kept, but not used"), *choices],
                initial=mapping.get(column, ""),
                help_text=examples.get(column, ""),
            )
        self.fields["save_as"] = forms.CharField(
            label="Remember this mapping as",
            required=False,
            max_length=80,
            help_text="The next table with the same columns is then read this way by itself.",
        )

    @property
    def column_fields(self) -> list[forms.BoundField]:
        return [self[f"column_{place}"] for place in range(len(self.columns))]

    def clean(self) -> dict[str, Any]:
        super().clean()
        cleaned = self.cleaned_data
        chosen = {
            column: cleaned.get(f"column_{place}", "") for place, column in enumerate(self.columns)
        }
        if "title" not in chosen.values():
            raise ValidationError("Say which column holds the title.")
        used = {column: field for column, field in chosen.items() if field}
        return {"mapping": used, "save_as": cleaned.get("save_as", "")}


class ListField(forms.Field):
    """A list, one item a line."""

    def __init__(self, **kwargs: Any):
        kwargs.setdefault("widget", forms.Textarea(attrs={"rows": 3}))
        super().__init__(required=False, **kwargs)

    def prepare_value(self, value: Any) -> Any:
        return "\n".join(value) if isinstance(value, list) else value

    def to_python(self, value: Any) -> list[str]:
        ProhibitNullCharactersValidator()(value)
        return [line.strip() for line in str(value or "").splitlines() if line.strip()]


class RecordForm(forms.Form):
    """A record's fields, entered or corrected by hand."""

    title = forms.CharField(required=False, widget=forms.Textarea(attrs={"rows": 2}))
    authors = ListField(help_text="One a line, as “Family, Given”.")
    year = forms.IntegerField(required=False, min_value=1500, max_value=2200)
    journal = forms.CharField(required=False, label="Journal or source")
    volume = forms.CharField(required=False)
    number = forms.CharField(required=False, label="Issue")
    pages = forms.CharField(required=False)
    doi = forms.CharField(required=False, label="DOI")
    pmid = forms.CharField(required=False, label="PubMed id")
    registry_id = forms.CharField(required=False, label="Registration, for example NCT number")
    url = forms.CharField(required=False, label="Link")
    abstract = forms.CharField(required=False, widget=forms.Textarea(attrs={"rows": 8}))
    keywords = ListField(help_text="One a line.")
    language = forms.CharField(required=False)
    type = forms.CharField(required=False, label="Type of publication")
    note = forms.CharField(required=False, widget=forms.Textarea(attrs={"rows": 2}))

    @classmethod
    def of(cls, record: Record, data: Any = None) -> "RecordForm":
        initial = {name: getattr(record, name) for name in cls.base_fields}
        return cls(data, initial=initial)

    def clean_doi(self) -> str:
        """People paste DOIs as links."""
        doi = self.cleaned_data["doi"].strip()
        for prefix in ("https://doi.org/", "http://doi.org/", "http://dx.doi.org/", "doi:"):
            if doi.lower().startswith(prefix):
                return doi[len(prefix) :].strip()
        return doi

    def clean(self) -> dict[str, Any]:
        super().clean()
        cleaned = self.cleaned_data
        if not cleaned.get("title") and not cleaned.get("abstract"):
            raise ValidationError({"title": "Give at least a title or an abstract."})
        return cleaned


class ReasonForm(forms.Form):
    """Why a record leaves before screening; the reason is printed with the PRISMA counts."""

    reason = forms.CharField(
        max_length=500,
        error_messages={"required": "Say why this record is removed before screening."},
    )


class PriorDecisionsForm(forms.Form):
    """Whose decisions a file carries, and what their reasons are called in this protocol."""

    def __init__(
        self,
        *args: Any,
        voices: dict[str, str],
        members: list[tuple[int, str]],
        reasons: dict[str, int],
        codes: list[tuple[str, str]],
        **kwargs: Any,
    ):
        super().__init__(*args, **kwargs)
        self.voices, self.reasons = list(voices), list(reasons) if codes else []
        for place, label in enumerate(voices.values()):
            self.fields[f"voice_{place}"] = forms.ChoiceField(
                label=label, required=False, choices=[("", "leave these out"), *members]
            )
        for place, reason in enumerate(self.reasons):
            self.fields[f"reason_{place}"] = forms.ChoiceField(
                label=f"“{reason}”, {reasons[reason]} times",
                required=False,
                choices=[("", "no reason of this protocol"), *codes],
                initial=_like(reason, codes),
            )

    def clean(self) -> dict[str, Any]:
        """Return {"voices": {key: membership}, "reasons": {words: code}} of what was chosen."""
        super().clean()
        cleaned = self.cleaned_data
        voices = {key: cleaned.get(f"voice_{place}") for place, key in enumerate(self.voices)}
        reasons = {said: cleaned.get(f"reason_{place}") for place, said in enumerate(self.reasons)}
        return {
            "voices": {key: int(member) for key, member in voices.items() if member},
            "reasons": {said: code for said, code in reasons.items() if code},
        }

    @property
    def voice_fields(self) -> list[forms.BoundField]:
        return [self[f"voice_{place}"] for place in range(len(self.voices))]

    @property
    def reason_fields(self) -> list[forms.BoundField]:
        return [self[f"reason_{place}"] for place in range(len(self.reasons))]


def _like(said: str, codes: list[tuple[str, str]]) -> str:
    """Return the code whose name or code is what was said, as a first guess."""
    words = said.casefold()
    return next((code for code, label in codes if words in (code.casefold(), label.casefold())), "")
