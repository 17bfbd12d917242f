"""The evidence as one JSON document, nested as it was entered."""

from collections.abc import Iterable
from typing import Any

from extraction.codebook.definition import Codebook
from extraction.codebook.derivation import completed
from extraction.codebook.evidence import EvidenceRow, StudyEvidence, evidence_rows
from extraction.codebook.terms import index_terms
from extraction.exports.releases import Release

SCHEMA = {"name": "reviewtool-evidence", "version": "1.0"}
"""The document's shape: the first number changes when a reader of the last one would break."""


def document(codebook: Codebook, studies: Iterable[StudyEvidence], *, release: Release) -> dict:
    """Studies with all their answers, flat evidence rows, and the terms they use with ids."""
    studies = list(studies)
    return {
        "schema": SCHEMA,
        "review": {"name": release.name, "title": release.title, "url": release.url},
        "as_of": release.as_of,
        "licence": release.licence,
        "codebook": {"name": codebook.name, "version": codebook.version},
        "terms": used_terms(codebook, studies),
        "studies": [_study(codebook, study) for study in studies],
        "evidence": [evidence_json(row) for row in evidence_rows(codebook, studies)],
    }


def evidence_json(row: EvidenceRow) -> dict:
    """One evidence row as an API or a document shows it."""
    return {
        "study": row.study,
        "study_label": row.study_label,
        "item": row.key,
        "values": row.values,
        "missing": row.missing,
        "quotes": list(row.quotes),
        "keywords": list(row.keywords),
    }


def used_terms(codebook: Codebook, studies: Iterable[StudyEvidence]) -> dict[str, dict]:
    """Vocabulary -> term -> label, parent and CURIE, for every term the studies use."""
    found: dict[str, dict] = {}
    for study in studies:
        for use in index_terms(codebook, study.answers):
            name = codebook.field(f"{use.entity}.{use.field}").vocabulary or ""
            term = codebook.vocabularies[name].by_key[use.term]
            found.setdefault(name, {})[term.key] = {
                "label": term.label,
                "parent": term.parent,
                "id": term.id,
                "id_verified": term.id_verified,
            }
    return found


def _study(codebook: Codebook, study: StudyEvidence) -> dict[str, Any]:
    return {
        "key": study.key,
        "label": study.label,
        "keywords": list(study.keywords),
        "extractor": study.extractor,
        "revision": study.revision,
        "reports": list(study.reports),
        "entities": completed(codebook, study.answers)["entities"],
    }
