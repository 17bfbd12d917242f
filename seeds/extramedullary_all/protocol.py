"""The demo review's protocol and searches, as the pages and services take them."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache

from seeds.extramedullary_all.latent import FOLDER

PROTOCOL_FIELDS = (
    "question",
    "framework",
    "inclusion_criteria",
    "exclusion_criteria",
    "exclusion_reasons",
    "highlights",
    "reviewers_title_abstract",
    "reviewers_full_text",
    "extractors",
    "is_blind",
    "maybe_title_abstract",
    "maybe_full_text",
    "uses_generic_prior",
    "recall_target",
)


@dataclass(frozen=True)
class PlannedSearch:
    """One query in one source on one day, the file it gave and the number the source showed."""

    key: str
    name: str
    platform: str
    kind: str
    file: str
    shown: int
    searched_on: str
    query: str
    details: Mapping[str, str] = field(default_factory=dict)


@cache
def _document() -> dict:
    return json.loads((FOLDER / "protocol.json").read_text(encoding="utf-8"))


def slug() -> str:
    return _document()["slug"]


def title() -> str:
    return _document()["title"]


def fields() -> dict:
    """The values of a protocol version, by field."""
    return {key: _document()[key] for key in PROTOCOL_FIELDS}


def criteria_text() -> str:
    """The paragraph that tells the ranking model what is relevant before anything is labelled."""
    parts = [_document()["question"], *_document()["framework"].values()]
    return " ".join([*parts, *_document()["inclusion_criteria"]])


def searches() -> tuple[PlannedSearch, ...]:
    """The searches in the order in which they were run."""
    return tuple(PlannedSearch(**one, query=_query(one["key"])) for one in _document()["searches"])


def reason_labels(stage: str) -> dict[str, str]:
    """Code -> label of a stage's exclusion reasons."""
    return {one["code"]: one["label"] for one in _document()["exclusion_reasons"][stage]}


def _query(key: str) -> str:
    return (FOLDER / "queries" / f"{key}.txt").read_text(encoding="utf-8").strip()
