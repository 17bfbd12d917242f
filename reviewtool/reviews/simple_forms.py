"""What people may type about themselves, their reviews and their team."""

from typing import Any

from django import forms
from django.contrib.auth.password_validation import password_validators_help_texts
from django.core.exceptions import ValidationError

from reviewtool.reviews.models import Protocol, Stage, Token, User
from reviewtool.reviews.permissions import Role

ROLE_WORDS = {
    Role.OBSERVER: "Observer: reads what is settled",
    Role.REVIEWER: "Reviewer: screens records",
    Role.EXTRACTOR: "Extractor: retrieves full texts and extracts evidence",
    Role.ADJUDICATOR: "Adjudicator: settles conflicts and makes the consensus",
    Role.LEAD: "Lead: protocol, searches, duplicates, team, stopping, everything else",
}


class SignUpForm(forms.ModelForm):
    """A new account."""

    password = forms.CharField(
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
        help_text=" ".join(password_validators_help_texts()),
    )

    class Meta:
        model = User
        fields = ["username", "name", "email"]
        help_texts = {"username": "Letters, digits and @ . + - _ only."}

    field_order = ["username", "name", "email", "password"]


class AccountForm(forms.Form):
    """Name and address."""

    name = forms.CharField(label="Name shown to colleagues", max_length=120, required=False)
    email = forms.EmailField(label="E-mail address", required=False)


class TokenForm(forms.Form):
    """A new API token."""

    name = forms.CharField(label="What it is for", max_length=100)
    scope = forms.ChoiceField(label="It may", choices=Token.Scope.choices)
    days = forms.TypedChoiceField(
        label="It works for",
        coerce=int,
        choices=[(30, "30 days"), (90, "90 days"), (365, "a year"), (0, "ever, until revoked")],
    )


class RolesForm(forms.Form):
    """A set of roles."""

    roles = forms.MultipleChoiceField(
        choices=[(role.value, words) for role, words in ROLE_WORDS.items()],
        widget=forms.CheckboxSelectMultiple,
        error_messages={"required": "Choose at least one role."},
    )


class InvitationForm(RolesForm):
    """Whom to invite, as what."""

    note = forms.CharField(label="For whom (only the team sees it)", max_length=200, required=False)
    field_order = ["note", "roles"]


class TypedForm(forms.Form):
    """A word typed to confirm what cannot be undone."""

    typed = forms.CharField(max_length=200)


def _lines(text: str) -> list[str]:
    return [line.strip() for line in text.splitlines() if line.strip()]


class LinesField(forms.CharField):
    """One entry per line."""

    widget = forms.Textarea(attrs={"rows": 5})

    def clean(self, value: Any) -> list[str]:
        return _lines(super().clean(value) or "")

    def prepare_value(self, value: Any) -> Any:
        return "\n".join(value) if isinstance(value, list) else value


class PairsField(forms.CharField):
    """One "code: words" per line; what stands before the first colon is the code."""

    widget = forms.Textarea(attrs={"rows": 6})

    def __init__(self, *args: Any, names: tuple[str, str], **kwargs: Any):
        self.names = names
        super().__init__(*args, **kwargs)

    def clean(self, value: Any) -> list[dict[str, Any]]:
        found = []
        for line in _lines(super().clean(value) or ""):
            code, colon, words = (part.strip() for part in line.partition(":"))
            if not colon or not code or not words:
                raise ValidationError(f"“{line}” is not written as “code: words”.")
            found.append({self.names[0]: code, self.names[1]: self.part(words)})
        codes = [one[self.names[0]] for one in found]
        if len(codes) != len(set(codes)):
            raise ValidationError("A code occurs twice.")
        return found

    def part(self, words: str) -> Any:
        return words

    def prepare_value(self, value: Any) -> Any:
        if not isinstance(value, list):
            return value
        return "\n".join(
            f"{one[self.names[0]]}: {self.written(one[self.names[1]])}" for one in value
        )

    def written(self, part: Any) -> str:
        return str(part)


class TermsField(PairsField):
    """One "group: term, term" per line."""

    def part(self, words: str) -> list[str]:
        return [term.strip() for term in words.split(",") if term.strip()]

    def written(self, part: Any) -> str:
        return ", ".join(part)


class ProtocolForm(forms.ModelForm):
    """A protocol version; list-like fields have one entry per line."""

    inclusion_criteria = LinesField(required=False, label="Include when (one criterion per line)")
    exclusion_criteria = LinesField(
        required=False, label="Do not include when (one criterion per line)"
    )
    framework = PairsField(
        required=False,
        names=("part", "words"),
        label="PICO or PECO (one “part: words” per line)",
        help_text="For example “Population: children with …”.",
    )
    reasons_title_abstract = PairsField(
        required=False,
        names=("code", "label"),
        label="Reasons for excluding at title and abstract (“code: words”, first that applies first)",
    )
    reasons_full_text = PairsField(
        required=False,
        names=("code", "label"),
        label="Reasons for excluding at full text (“code: words”)",
        help_text="PRISMA counts reports excluded at full text by these reasons.",
    )
    highlights = TermsField(
        required=False,
        names=("label", "terms"),
        label="Words to highlight (“group: word, word*”)",
        help_text="A closing * lets a word go on.",
    )

    class Meta:
        model = Protocol
        fields = [
            "question", "framework", "inclusion_criteria", "exclusion_criteria",
            "reasons_title_abstract", "reasons_full_text", "highlights",
            "reviewers_title_abstract", "reviewers_full_text", "extractors", "is_blind",
            "maybe_title_abstract", "maybe_full_text", "order", "random_share", "shared_order",
            "shows_scores", "recall_target", "unread_are_automation",
        ]  # fmt: skip
        widgets = {"question": forms.Textarea(attrs={"rows": 3})}

    def __init__(self, *args: Any, **kwargs: Any):
        super().__init__(*args, **kwargs)
        given = self.instance
        if given.pk:
            self.initial["reasons_title_abstract"] = given.reasons_at(Stage.TITLE_ABSTRACT)
            self.initial["reasons_full_text"] = given.reasons_at(Stage.FULL_TEXT)
            self.initial["framework"] = [
                {"part": part, "words": words} for part, words in given.framework.items()
            ]

    def clean_framework(self) -> dict[str, str]:
        return {one["part"]: one["words"] for one in self.cleaned_data["framework"]}

    def _post_clean(self) -> None:
        """Do not write into the instance: a saved version never changes."""

    def protocol_fields(self) -> dict[str, Any]:
        """What the services take."""
        found = dict(self.cleaned_data)
        found["exclusion_reasons"] = {
            Stage.TITLE_ABSTRACT.value: found.pop("reasons_title_abstract"),
            Stage.FULL_TEXT.value: found.pop("reasons_full_text"),
        }
        return found


class ReviewForm(forms.Form):
    """A new review's name and its creator's own part."""

    title = forms.CharField(max_length=300)
    also_screens = forms.BooleanField(label="I also screen records", required=False, initial=True)
    also_extracts = forms.BooleanField(label="I also extract evidence", required=False)

    def roles(self) -> list[str]:
        chosen = [Role.LEAD.value]
        chosen += [Role.REVIEWER.value] if self.cleaned_data["also_screens"] else []
        chosen += [Role.EXTRACTOR.value] if self.cleaned_data["also_extracts"] else []
        return chosen
