"""Evidence: the settled answers of the studies, as tables, the map and the API read them.

A study's settled answers are its submitted consensus; where the protocol asks for one extractor
only, the one submission counts.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from extraction.codebook import OTHER, Codebook, Section
from extraction.codebook.evidence import EvidenceRow, StudyEvidence, evidence_rows
from extraction.codebook.terms import descendants
from extraction.evidence_map import PipelineRow
from extraction.models import CodebookVersion, Entry, Extraction, Quote
from extraction.services import codebooks
from reviewtool.reviews.models import Review
from screening.models import Study


@dataclass(frozen=True)
class Evidence:
    """All settled evidence of a review under its newest codebook."""

    version: CodebookVersion
    codebook: Codebook
    studies: tuple[StudyEvidence, ...]
    rows: tuple[EvidenceRow, ...]


def settled(review: Review):
    """The extraction that stands for each study: the consensus, or a single extractor's."""
    submitted = Extraction.objects.filter(review=review, study__merged_into=None).exclude(
        submitted_seq=None
    )
    if review.protocol.extractors == 1:
        reconciled = submitted.filter(extractor=None).values("study")
        return submitted.exclude(extractor__isnull=False, study__in=reconciled)
    return submitted.filter(extractor=None)


def evidence_of(review: Review) -> Evidence | None:
    """Return the review's evidence, or None while it has no codebook."""
    version = codebooks.current(review)
    if version is None:
        return None
    codebook = codebooks.loaded(version)
    studies = tuple(_studies(review))
    return Evidence(version, codebook, studies, tuple(evidence_rows(codebook, studies)))


def _studies(review: Review) -> Iterable[StudyEvidence]:
    extractions = settled(review).select_related("study", "extractor__user")
    for extraction in extractions.prefetch_related("entries", "study__links__report__record"):
        yield StudyEvidence(
            key=str(extraction.study_id),
            label=extraction.study.label,
            answers=_answers(extraction.entries.all()),
            reports=tuple(_reports(extraction.study)),
            extractor=str(extraction.extractor or "consensus"),
            revision=str(extraction.submitted_seq),
            keywords=tuple(_keywords(extraction.study)),
        )


def _answers(entries: Iterable[Entry]) -> dict:
    entities: dict[str, list[dict]] = {}
    for entry in sorted(entries, key=lambda entry: entry.position):
        one = {"key": entry.key, "answers": entry.answers, "missing": entry.missing}
        entities.setdefault(entry.entity, []).append(one)
    return {"entities": entities}


def _reports(study: Study) -> Iterable[dict]:
    for link in study.links.all():
        record = link.report.record
        yield {
            "key": str(link.report_id),
            "title": record.title,
            "authors": record.authors,
            "year": record.year,
            "journal": record.journal,
            "doi": record.doi,
            "pmid": record.pmid,
            "is_main": link.is_main,
        }


def _keywords(study: Study) -> list[str]:
    """Keywords that every report of the study carries, such as the demo's mark."""
    found = [set(link.report.record.keywords) for link in study.links.all()]
    return sorted(set.intersection(*found)) if found else []


def filtered(
    evidence: Evidence, filters: Mapping[str, str], *, with_descendants: bool = True
) -> list[EvidenceRow]:
    """Rows whose columns hold the wanted terms; "study" filters by the study's key.

    A filter on a column with a hierarchical vocabulary takes the terms below it too, unless
    `with_descendants` is false. Columns the codebook does not have are left out of account.
    """
    outputs = evidence.codebook.outputs
    columns = outputs.by_key if outputs else {}
    rows = list(evidence.rows)
    for key, wanted in filters.items():
        if not wanted:
            continue
        if key == "study":
            rows = [row for row in rows if row.study == wanted]
        elif key in columns:
            accepted = _accepted(evidence.codebook, key, wanted, with_descendants)
            rows = [row for row in rows if _holds(row.values.get(key), accepted)]
    return rows


def _accepted(
    codebook: Codebook, column: str, wanted: str, with_descendants: bool
) -> frozenset[str]:
    vocabulary = vocabulary_of(codebook, column)
    if vocabulary is None or not with_descendants:
        return frozenset({wanted})
    return descendants(vocabulary, wanted) or frozenset({wanted})


def vocabulary_of(codebook: Codebook, column: str):
    """The vocabulary of an evidence column, or None for free text and numbers."""
    outputs = codebook.outputs
    if outputs is None or column not in outputs.by_key:
        return None
    path = outputs.by_key[column].path
    field = _field_at(codebook, outputs.entity, path)
    return codebook.vocabularies.get(field.vocabulary) if field and field.vocabulary else None


def _field_at(codebook: Codebook, entity: str, path: str):
    if "@" in path or "[" in path:
        return None
    section = codebook.section(entity)
    *steps, last = path.split(".")
    for step in steps:
        field = section.by_key.get(step)
        section = codebook.by_entity.get(field.ref if field and field.ref else step, section)
    return section.by_key.get(last)


def _holds(value: object, accepted: frozenset[str]) -> bool:
    values = value if isinstance(value, list) else [value]
    return any(str(one) in accepted for one in values if one is not None)


def quotes_of(review: Review, rows: Iterable[EvidenceRow]) -> dict[tuple[str, str], list[Quote]]:
    """The stored, verified quotes of evidence rows, by (study key, entry key)."""
    studies = {int(row.study) for row in rows}
    quotes = Quote.objects.filter(
        entry__extraction__in=settled(review), entry__study__in=studies
    ).select_related("entry", "report__record")
    found: dict[tuple[str, str], list[Quote]] = {}
    for quote in quotes:
        found.setdefault((str(quote.entry.study_id), quote.entry.key), []).append(quote)
    return found


def in_words(codebook: Codebook, column: str, value: object) -> str:
    """A column's value as people read it: labels of terms, yes and no, numbers as they are."""
    if value is None or value == "" or value == []:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    vocabulary = vocabulary_of(codebook, column)
    if vocabulary is None and codebook.outputs and "@" in codebook.outputs.by_key[column].path:
        return str(value)
    values = value if isinstance(value, list) else [value]
    if vocabulary is None:
        return "; ".join(str(one) for one in values)
    terms = [(vocabulary.get(str(one)), str(one)) for one in values]
    return "; ".join(term.label if term else one.removeprefix(OTHER) for term, one in terms)


@dataclass(frozen=True)
class TherapyLine:
    """A row of the therapy pipeline in words."""

    agent: str
    agent_class: str
    targets: str
    furthest: str
    is_stopped: bool
    sites: str
    n_studies: int
    is_measured: bool
    trials: str


def pipeline_in_words(evidence: Evidence, row: PipelineRow) -> TherapyLine:
    """Give an agent's row its labels."""
    codebook = evidence.codebook
    mapping = codebook.outputs.pipeline if codebook.outputs else None
    if mapping is None:
        raise ValueError("The codebook configures no therapy pipeline.")
    therapy, items = codebook.section(mapping.entity), codebook.section(mapping.items)

    def label(section: Section, key: str, value: object) -> str:
        asked = section.by_key.get(key)
        return codebook.label_of(asked, value) if asked else str(value or "")

    return TherapyLine(
        agent=label(therapy, mapping.agent, row.agent),
        agent_class=label(therapy, mapping.agent_class, row.agent_class),
        targets=label(therapy, mapping.target, list(row.targets)),
        furthest=label(therapy, mapping.status, row.furthest),
        is_stopped=row.stopped,
        sites=label(items, mapping.site, list(row.sites)),
        n_studies=len(row.studies),
        is_measured=row.measured,
        trials="; ".join(row.trials),
    )
