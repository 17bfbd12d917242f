"""The seeded codebook and eighteen worked findings, for the tests of the pure packages."""

import copy
import json
from functools import cache
from pathlib import Path

from extraction.codebook import Codebook, load
from extraction.codebook.evidence import StudyEvidence
from extraction.codebook.findings import Context, Finding, QuoteCheck
from extraction.codebook.validation import validate

DATA = Path(__file__).parent / "data"
SEEDS = Path(__file__).parents[2] / "seeds" / "extramedullary_all"


def read(path: Path) -> dict:
    return json.loads(path.read_text(encoding="utf-8"))


@cache
def codebook() -> Codebook:
    vocabularies = read(SEEDS / "vocabularies.json")["vocabularies"]
    return load(read(SEEDS / "codebook.json"), vocabularies)


def worked() -> list[dict]:
    """Each study as {"source", "answers", "expected_roles"}."""
    return read(DATA / "worked_items.json")["studies"]


def answers_of(source: str) -> dict:
    (found,) = (study["answers"] for study in worked() if study["source"] == source)
    return copy.deepcopy(found)


def evidence() -> list[StudyEvidence]:
    return [
        StudyEvidence(
            key=f"s{number}",
            label=study["source"],
            answers=study["answers"],
            reports=({"key": "r1", "title": study["source"], "doi": f"10.5555/{number}"},),
            keywords=("synthetic-demo-record",),
        )
        for number, study in enumerate(worked(), 1)
    ]


def context_for(answers: dict) -> Context:
    """A study with one report in whose text every quote was found."""
    quotes = {
        (item["key"], quote["key"]): QuoteCheck.FOUND
        for item in answers["entities"]["item"]
        for quote in item["answers"].get("quotes", [])
    }
    return Context(externals={"report": frozenset({"r1"})}, quotes=quotes)


def findings_for(answers: dict) -> tuple[Finding, ...]:
    return validate(codebook(), answers, context=context_for(answers))


def rule_ids(answers: dict) -> set[str]:
    return {finding.rule_id for finding in findings_for(answers)}
