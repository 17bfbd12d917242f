"""The evidence as JSON-LD: schema.org for the data set, ontologies for terms, oa for quotes."""

from collections.abc import Iterable, Iterator
from typing import Any

from extraction.codebook.definition import Codebook, Field, Term
from extraction.codebook.evidence import EvidenceRow, StudyEvidence, evidence_rows, outputs_of
from extraction.codebook.outputs import Outputs
from extraction.codebook.paths import resolve
from extraction.exports.releases import Release

_CONTEXT = {
    "schema": "https://schema.org/",
    "oa": "http://www.w3.org/ns/oa#",
    "prov": "http://www.w3.org/ns/prov#",
    "rdfs": "http://www.w3.org/2000/01/rdf-schema#",
}
_DOI = "https://doi.org/"


def jsonld(codebook: Codebook, studies: Iterable[StudyEvidence], *, release: Release) -> dict:
    """One data set whose parts are evidence items, each with its terms, report and quotes.

    Terms carry the ontology's IRI only where the vocabulary says the identifier was verified.
    """
    studies = list(studies)
    by_key = {study.key: study for study in studies}
    outputs = outputs_of(codebook)
    fields = _fields(codebook, outputs)
    rows = evidence_rows(codebook, studies)
    base = release.url or f"urn:review:{release.name}"
    return {
        "@context": _CONTEXT | outputs.prefixes | {"review": f"{base.rstrip('/')}#"},
        "@id": base,
        "@type": "schema:Dataset",
        "schema:name": release.title,
        "schema:dateModified": release.as_of,
        "schema:version": codebook.version,
        **({"schema:license": release.licence} if release.licence else {}),
        "schema:citation": [_article(one) for study in studies for one in study.reports],
        "schema:hasPart": [_item(codebook, fields, by_key[row.study], row) for row in rows],
    }


def _fields(codebook: Codebook, outputs: Outputs) -> dict[str, tuple[str, Field]]:
    section = codebook.section(outputs.entity)
    return {
        column.key: (column.label, resolve(codebook, column.path, section))
        for column in outputs.columns
    }


def _article(report: dict) -> dict:
    article = {"@id": _report_id(report), "@type": "schema:ScholarlyArticle"}
    names = {"title": "schema:name", "year": "schema:datePublished", "doi": "schema:identifier"}
    return article | {name: report[key] for key, name in names.items() if report.get(key)}


def _report_id(report: dict) -> str:
    return f"{_DOI}{report['doi']}" if report.get("doi") else f"review:report-{report['key']}"


def _item(codebook: Codebook, fields: dict, study: StudyEvidence, row: EvidenceRow) -> dict:
    item: dict[str, Any] = {
        "@id": f"review:{row.study}-{row.key}",
        "@type": "schema:Observation",
        "schema:isBasedOn": [{"@id": _report_id(report)} for report in study.reports],
        "schema:keywords": list(row.keywords),
        "schema:variableMeasured": [
            _property(codebook, key, fields[key], value) for key, value in row.values.items()
        ],
        "oa:hasAnnotation": list(_annotations(study, row)),
    }
    if study.extractor:
        item["prov:wasAttributedTo"] = study.extractor
    return item


def _property(codebook: Codebook, key: str, described: tuple[str, Field], value: Any) -> dict:
    label, asked = described
    values = value if isinstance(value, list) else [value]
    shown = [_value(codebook, asked, one) for one in values]
    return {
        "@type": "schema:PropertyValue",
        "schema:propertyID": key,
        "schema:name": label,
        "schema:value": shown if isinstance(value, list) else shown[0],
    }


def _value(codebook: Codebook, asked: Field, value: Any) -> Any:
    if not asked.vocabulary or not isinstance(value, str):
        return value
    term = codebook.vocabulary_of(asked).get(value)
    return _term(term) if term else value


def _term(term: Term) -> dict:
    identifier = {"@id": term.id} if term.id and term.id_verified else {}
    return identifier | {"rdfs:label": term.label, "schema:termCode": term.key}


def _annotations(study: StudyEvidence, row: EvidenceRow) -> Iterator[dict]:
    reports = {report["key"]: report for report in study.reports}
    for quote in row.quotes:
        report = reports.get(quote.get("report"), {"key": quote.get("report", "")})
        selector = {"@type": "oa:TextQuoteSelector", "oa:exact": quote.get("text", "")}
        target = {"oa:hasSource": {"@id": _report_id(report)}, "oa:hasSelector": selector}
        yield {
            "@id": f"review:{row.study}-{row.key}-{quote['key']}",
            "@type": "oa:Annotation",
            "oa:hasTarget": target,
            "schema:pagination": quote.get("locator", ""),
        }
