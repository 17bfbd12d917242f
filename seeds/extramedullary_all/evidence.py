"""What the demo's extractors write down about the 18 studies (`evidence.json`).

The answers have the codebook's shape; a quote names its report by the demo's own key, which the
seed command replaces by the key of the report in the database (`answers_for`).
"""

import copy
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache

from seeds.extramedullary_all.bibliography import citations
from seeds.extramedullary_all.latent import FOLDER


@dataclass(frozen=True)
class PlannedStudy:
    """A study: its reports, the main one first, and the answers of its extraction."""

    key: str
    label: str
    reports: tuple[str, ...]
    answers: dict


@dataclass(frozen=True)
class PlannedQuote:
    """A quote of an evidence item; `page` counts the pages of the report's full text from 1."""

    study: str
    item: str
    report: str
    text: str
    page: int
    in_abstract: bool


@cache
def studies() -> tuple[PlannedStudy, ...]:
    raw = json.loads((FOLDER / "evidence.json").read_text(encoding="utf-8"))
    return tuple(_study(entry) for entry in raw["studies"])


@cache
def quotes() -> tuple[PlannedQuote, ...]:
    """Every quote of every evidence item."""
    return tuple(quote for study in studies() for quote in _quotes(study))


def answers_for(study: PlannedStudy, report_keys: Mapping[str, str]) -> dict:
    """The answers with each report named by the key the database gave it."""
    answers = copy.deepcopy(study.answers)
    for item in answers["entities"]["item"]:
        for quote in item["answers"]["quotes"]:
            quote["answers"]["report_ref"] = report_keys[quote["answers"]["report_ref"]]
    return answers


def _study(entry: dict) -> PlannedStudy:
    main = citations()[entry["reports"][0]]
    first = main.authors[0].family
    label = f"{first} {main.year}"
    entities = entry["entities"]
    entities["study"][0]["answers"]["study_label"] = label
    return PlannedStudy(entry["key"], label, tuple(entry["reports"]), {"entities": entities})


def _quotes(study: PlannedStudy) -> Iterator[PlannedQuote]:
    for item in study.answers["entities"]["item"]:
        for quote in item["answers"]["quotes"]:
            said = quote["answers"]
            yield PlannedQuote(
                study=study.key,
                item=item["key"],
                report=said["report_ref"],
                text=said["text"],
                page=int(said["locator"]),
                in_abstract=said["locator_type"] == "abstract",
            )
