"""The protocol as people type it; one form for a new review and for a new version."""

from collections.abc import Callable
from decimal import Decimal
from typing import Any

from django import forms

from reviewtool.reviews.models import Protocol, Stage
from reviewtool.reviews.models.protocols import Order
from reviewtool.reviews.protocol_text import (
    LineProblem,
    as_text,
    highlights_as_text,
    highlights_from,
    lines_of,
    reasons_as_text,
    reasons_from,
)
from reviewtool.reviews.services.protocols import LONGEST_CODE

#: The parts of PICO and PECO; (name of the field, the part, help).
PARTS = (
    ("population", "Population", "Who or what is studied."),
    ("exposure", "Exposure or intervention", "What is done to them, or what they meet."),
    ("comparator", "Comparator", "What it is compared with; “none” is an answer."),
    ("outcome", "Outcome", "What is measured."),
)
#: A beginning for a new review, to be changed at will.
USUAL_REASONS = {
    Stage.TITLE_ABSTRACT: "TA1: Wrong population\nTA2: Wrong exposure or intervention\nTA3: No primary data",
    Stage.FULL_TEXT: "FT1: Wrong population\nFT2: Wrong exposure or intervention\nFT3: Wrong outcome\nFT4: No primary data",
}  # fmt: skip


class LinesField(forms.CharField):
    """A list that is typed one entry a line."""

    def __init__(
        self,
        *,
        read: Callable[[str], list] = lines_of,
        write: Callable[[Any], str] = as_text,
        rows: int = 5,
        **kwargs: Any,
    ):
        super().__init__(widget=forms.Textarea(attrs={"rows": rows}), **kwargs)
        self.read, self.write = read, write

    def clean(self, value: Any) -> Any:
        text = super().clean(value)
        try:
            return self.read(text)
        except LineProblem as problem:
            raise forms.ValidationError(str(problem)) from problem

    def prepare_value(self, value: Any) -> Any:
        return value if value is None or isinstance(value, str) else self.write(value)


def _reasons_field(stage: Stage, *, required: bool) -> LinesField:
    return LinesField(
        label=f"Exclusion reasons at {stage.label.lower()}",
        help_text=(
            "One per line, as <b>code: label</b>. The order is the order of the keys 1 to 9."
            + (" A report is excluded for exactly one of them." if required else "")
        ),
        required=required,
        read=lambda text: reasons_from(text, longest_code=LONGEST_CODE),
        write=reasons_as_text,
        error_messages={"required": "Reports are excluded for a reason: write at least one."},
    )


def _number(label: str, help_text: str) -> forms.IntegerField:
    return forms.IntegerField(label=label, help_text=help_text, min_value=1, max_value=9, initial=2)


class ProtocolForm(forms.Form):
    """Every field of a protocol."""

    question = forms.CharField(
        label="Review question", widget=forms.Textarea(attrs={"rows": 3}), max_length=5000
    )
    inclusion_criteria = LinesField(
        required=False,
        help_text="One per line. The ranking model reads them until it can learn from decisions.",
    )
    exclusion_criteria = LinesField(required=False, help_text="One per line.")
    reasons_title_abstract = _reasons_field(Stage.TITLE_ABSTRACT, required=False)
    reasons_full_text = _reasons_field(Stage.FULL_TEXT, required=True)
    highlights = LinesField(
        label="Words to highlight",
        required=False,
        rows=4,
        read=highlights_from,
        write=highlights_as_text,
        help_text="A group per line, as <b>label: word, word*</b>. A star stands for any ending.",
    )
    reviewers_title_abstract = _number(
        "Reviewers per record at title and abstract", "Two or more decide blind to each other."
    )
    reviewers_full_text = _number("Reviewers per report at full text", "")
    extractors = _number("Extractors per study", "")
    is_blind = forms.BooleanField(
        label="Hide colleagues’ decisions until a record is settled", required=False, initial=True
    )
    maybe_title_abstract = forms.BooleanField(
        label="“Maybe” lets a record go forward at title and abstract",
        required=False,
        initial=True,
    )
    maybe_full_text = forms.BooleanField(
        label="“Maybe” lets a report go forward at full text", required=False, initial=True
    )
    recall_target = forms.DecimalField(
        label="Recall target, per cent",
        min_value=50,
        max_value=100,
        decimal_places=1,
        initial=95,
        help_text="How much of what is relevant must be found before screening may stop.",
    )
    order = forms.ChoiceField(
        label="Order of the records", choices=Order.choices, initial=Order.RANKED
    )
    random_share = forms.IntegerField(
        label="Random records mixed in, per cent",
        min_value=0,
        max_value=50,
        initial=5,
        help_text="Only for the order with random records mixed in.",
    )
    shared_order = forms.BooleanField(
        label="One order for the whole team, learned from settled outcomes only",
        required=False,
        help_text="Otherwise each reviewer’s order is learned from what that reviewer may see.",
    )
    uses_generic_prior = forms.BooleanField(
        label="Let the ranking use what reports of original clinical studies read like",
        required=False,
        initial=True,
        help_text="Learned from finished clinical and drug reviews. Switch it off for reviews of mechanisms, animals or case reports, where it may point the wrong way.",
    )
    known_references = LinesField(
        label="References known to be relevant",
        required=False,
        rows=4,
        help_text="One per line, title and abstract if you have it: inclusions of an earlier review, or key papers. The ranking learns from them from the first card on; they are not screened themselves.",
    )
    shows_scores = forms.BooleanField(
        label="Show the relevance score before the decision", required=False
    )
    unread_are_automation = forms.BooleanField(
        label="Count records left unread after stopping as excluded by automation",
        required=False,
        initial=True,
        help_text="As PRISMA 2020 does. Otherwise they are reported as not screened.",
    )

    def __init__(self, *args: Any, protocol: Protocol | None = None, **kwargs: Any):
        self.protocol = protocol
        initial = typed_fields(protocol) if protocol else _usual()
        kwargs["initial"] = initial | (kwargs.get("initial") or {})
        super().__init__(*args, **kwargs)
        for name, part, help_text in PARTS:
            self.fields[f"part_{name}"] = forms.CharField(
                label=part,
                help_text=help_text,
                required=False,
                max_length=3000,
                widget=forms.Textarea(attrs={"rows": 2}),
            )

    @property
    def sections(self) -> list[tuple[str, list[forms.BoundField]]]:
        """The fields as the page groups them."""
        return [(title, [self[name] for name in names]) for title, names in SECTIONS]

    def protocol_fields(self) -> dict[str, Any]:
        """Return what was typed as the fields of a protocol version."""
        cleaned = dict(self.cleaned_data)
        fields = {name: cleaned[name] for name in _AS_TYPED}
        fields["framework"] = self._framework()
        fields["exclusion_reasons"] = {
            stage.value: cleaned[f"reasons_{stage.value}"] for stage in Stage
        }
        fields["recall_target"] = (cleaned["recall_target"] / 100).quantize(Decimal("0.001"))
        return fields

    def _framework(self) -> dict[str, str]:
        """Parts that this form does not know are kept as they are."""
        typed = {part: self.cleaned_data[f"part_{name}"] for name, part, _ in PARTS}
        kept = self.protocol.framework if self.protocol else {}
        return {part: text for part, text in (kept | typed).items() if text}


class NewVersionForm(ProtocolForm):
    """A change of protocol: why, and whether it reaches back; `base` is what was edited."""

    note = forms.CharField(
        label="What changes, and why",
        max_length=1000,
        widget=forms.Textarea(attrs={"rows": 2}),
        help_text="Stands in the history, and in what you report as amendments.",
    )
    include_settled = forms.BooleanField(
        label="Judge settled records by the new version too",
        required=False,
        help_text="Otherwise they keep the version they were settled under.",
    )
    base = forms.IntegerField(widget=forms.HiddenInput)

    def __init__(self, *args: Any, protocol: Protocol, **kwargs: Any):
        super().__init__(*args, protocol=protocol, initial={"base": protocol.version}, **kwargs)

    @property
    def sections(self) -> list[tuple[str, list[forms.BoundField]]]:
        return [*super().sections, ("This change", [self["note"], self["include_settled"]])]


class NewReviewForm(ProtocolForm):
    """A new review with version 1 of its protocol."""

    title = forms.CharField(max_length=300, label="Title of the review")
    slug = forms.SlugField(
        label="Short name for the address",
        required=False,
        max_length=60,
        help_text="Letters, digits and hyphens. Leave empty to have one made from the title.",
        error_messages={"invalid": "Use letters, digits and hyphens only, as in “my-review”."},
    )
    also_screens = forms.BooleanField(
        label="I also screen records",
        required=False,
        help_text="You lead the review; a lead screens only when also a reviewer.",
    )
    also_extracts = forms.BooleanField(label="I also extract evidence", required=False)

    @property
    def sections(self) -> list[tuple[str, list[forms.BoundField]]]:
        own = [self[name] for name in ("title", "slug", "also_screens", "also_extracts")]
        return [("The review", own), *super().sections]

    def roles(self) -> list[str]:
        also = {"reviewer": "also_screens", "extractor": "also_extracts"}
        return ["lead", *(role for role, name in also.items() if self.cleaned_data[name])]


_AS_TYPED = (
    "question", "inclusion_criteria", "exclusion_criteria", "highlights",
    "reviewers_title_abstract", "reviewers_full_text", "extractors", "is_blind",
    "maybe_title_abstract", "maybe_full_text", "order", "random_share", "shared_order",
    "uses_generic_prior", "known_references", "shows_scores", "unread_are_automation",
)  # fmt: skip
SECTIONS = (
    ("Question", ["question", *(f"part_{name}" for name, _, _ in PARTS)]),
    ("Eligibility", ["inclusion_criteria", "exclusion_criteria", "reasons_title_abstract",
                     "reasons_full_text", "highlights"]),
    ("Screening", ["reviewers_title_abstract", "reviewers_full_text", "extractors", "is_blind",
                   "maybe_title_abstract", "maybe_full_text"]),
    ("Order and stopping", ["order", "random_share", "shared_order", "uses_generic_prior",
                            "known_references", "shows_scores",
                            "recall_target", "unread_are_automation"]),
)  # fmt: skip


def typed_fields(protocol: Protocol) -> dict[str, Any]:
    """Return a version as the form's initial values."""
    typed = {name: getattr(protocol, name) for name in _AS_TYPED}
    for stage in Stage:
        typed[f"reasons_{stage.value}"] = protocol.reasons_at(stage)
    for name, part, _ in PARTS:
        typed[f"part_{name}"] = protocol.framework.get(part, "")
    percentage = Decimal(str(protocol.recall_target)) * 100
    return typed | {"recall_target": percentage.quantize(Decimal("0.1"))}


def _usual() -> dict[str, Any]:
    return {f"reasons_{stage.value}": text for stage, text in USUAL_REASONS.items()}
