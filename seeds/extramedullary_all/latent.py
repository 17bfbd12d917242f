"""What every record of the demo is about, and what the protocol's rules make of it.

A record is first a row of attributes (`records.json`): what its abstract lets a reader see and
what the full text reveals. `label` applies the protocol's codes to them in order, so the truth
about a record follows from the rules and is nowhere typed in. The text is made later, from the
same row (`render`).
"""

import json
from dataclasses import dataclass, field, replace
from functools import cache
from pathlib import Path

FOLDER = Path(__file__).parent
COMPARATORS = frozenset({"bone_marrow", "peripheral_blood"})
SECONDARY = frozenset({"review", "editorial", "guideline", "protocol"})
DATABASES = ("pubmed", "embase", "scopus")
OTHER_METHODS = ("citation_searching", "website")


@dataclass(frozen=True)
class FullText:
    """What only the full text shows; None where it bears out the abstract."""

    separable: bool = True
    sites: tuple[str, ...] | None = None
    has_factor: bool = True
    has_primary_data: bool = True
    language: str = "eng"
    retracted: bool = False


@dataclass(frozen=True)
class Attributes:
    """What a record is about, as its abstract shows it; `full_text` is what comes out later."""

    disease: str
    lineage: str = ""
    age: str = ""
    model: str = ""
    sites: tuple[str, ...] = ()
    factor: str | None = None
    therapy: str | None = None
    therapy_at_site: bool = False
    direction: str = ""
    publication: str = "article"
    cases: int | None = None
    full_text: FullText = FullText()


@dataclass(frozen=True)
class Label:
    """The truth about a record: "include" or "exclude" with the code, at both stages.

    Full text stays empty for a record that never gets there.
    """

    ta_label: str
    ta_reason: str = ""
    ft_label: str = ""
    ft_reason: str = ""


@dataclass(frozen=True)
class Copy:
    """A further record of the same report: in which source, and how it differs."""

    source: str
    kind: str


@dataclass(frozen=True)
class Row:
    """One report as the demo invents it: attributes, the words of its own, where it turns up.

    `numbers` fixes numbers that wordings would draw, where the evidence names them too.
    """

    key: str
    topic: str
    year: int
    design: str
    title: str
    subject: str
    population: str
    core: str
    keywords: tuple[str, ...]
    attributes: Attributes
    sources: tuple[str, ...]
    copies: tuple[Copy, ...] = ()
    hard: bool = False
    retrieval: str = "retrieved"
    removed: str = ""
    first_author_of: str = ""
    vernacular_title: str = ""
    related: dict = field(default_factory=dict)
    numbers: dict = field(default_factory=dict)

    @property
    def is_screened(self) -> bool:
        return not self.removed

    @property
    def is_other_method(self) -> bool:
        return self.sources[0] in OTHER_METHODS


def label(attributes: Attributes) -> Label:
    """Apply TA1–TA5 to what the abstract shows, then FT1–FT7 to the full text; first that applies.

    FT5 is missing on purpose: a duplicate report is linked to its study, not excluded. FT8 is a
    retrieval state.
    """
    ta_reason = _title_abstract_reason(attributes)
    if ta_reason:
        return Label("exclude", ta_reason)
    ft_reason = _full_text_reason(attributes)
    return Label("include", "", "exclude" if ft_reason else "include", ft_reason)


def _title_abstract_reason(seen: Attributes) -> str:
    has_therapy = bool(seen.therapy) and seen.therapy_at_site
    rules = {
        "TA1": seen.disease != "all",
        "TA2": _only_comparators(seen.sites) and seen.publication not in SECONDARY,
        "TA3": seen.factor is None and not has_therapy,
        "TA4": seen.publication == "case_report" and (seen.cases or 0) < 3,
        "TA5": seen.publication in SECONDARY,
    }
    return _first(rules)


def _full_text_reason(seen: Attributes) -> str:
    full = seen.full_text
    sites = seen.sites if full.sites is None else full.sites
    has_subject = full.has_factor and (seen.factor is not None or bool(seen.therapy))
    rules = {
        "FT1": not full.separable,
        "FT2": not sites or _only_comparators(sites),
        "FT3": not has_subject,
        "FT4": not full.has_primary_data,
        "FT6": full.language != "eng",
        "FT7": full.retracted,
    }
    return _first(rules)


def _only_comparators(sites: tuple[str, ...]) -> bool:
    return bool(sites) and COMPARATORS.issuperset(sites)


def _first(rules: dict[str, bool]) -> str:
    return next((code for code, applies in rules.items() if applies), "")


@cache
def rows() -> tuple[Row, ...]:
    """Every unique report of the demo, in a fixed order."""
    raw = json.loads((FOLDER / "records.json").read_text(encoding="utf-8"))
    return tuple(_row(entry) for entry in raw if "copy_of" not in entry)


@cache
def found_again() -> dict[str, tuple[str, str]]:
    """Copies that other methods brought up of reports the databases had: key -> (report, source)."""
    raw = json.loads((FOLDER / "records.json").read_text(encoding="utf-8"))
    return {one["key"]: (one["copy_of"], one["source"]) for one in raw if "copy_of" in one}


@cache
def by_key() -> dict[str, Row]:
    return {row.key: row for row in rows()}


def _row(entry: dict) -> Row:
    full_text = _tupled(entry.pop("full_text", {}))
    attributes = Attributes(**_tupled(entry.pop("attributes")))
    copies = tuple(Copy(**one) for one in entry.pop("copies"))
    return Row(
        **_tupled(entry),
        attributes=replace(attributes, full_text=FullText(**full_text)),
        copies=copies,
    )


def _tupled(values: dict) -> dict:
    return {key: tuple(one) if isinstance(one, list) else one for key, one in values.items()}
