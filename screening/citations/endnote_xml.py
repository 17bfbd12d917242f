"""EndNote's XML, which Zotero, Bookends and others write too."""

from __future__ import annotations

import re
from collections.abc import Iterator

from lxml import etree

from screening.citations import people, xml_records
from screening.citations.citation import Citation, Problem
from screening.citations.normalise import (
    doi_in,
    keywords_in,
    one_line,
    paragraphs,
    pmid_from,
    registry_in,
    typed_pmid,
    url_of,
    year_in,
)  # fmt: skip
from screening.citations.source import Source
from screening.citations.xml_records import Fragment, first, leaves, texts

_PUBMED = re.compile(r"\bnlm\b|pubmed|medline", re.I)


def read(source: Source) -> Iterator[Citation | Problem]:
    """Read EndNote XML."""
    for item in xml_records.fragments(source.lines.chunks(), ("record",)):
        yield citation_of(item) if isinstance(item, Fragment) else item


def citation_of(fragment: Fragment) -> Citation | Problem:
    """Turn one record's element into a citation."""
    root = fragment.element
    if not len(root):
        return Problem(fragment.line, "error", "This record is empty.", fragment.raw_text)
    title = one_line(
        first(
            root,
            "titles/title",
            "titles/secondary-title",
            "titles/short-title",
            "titles/tertiary-title",
        )
    )
    return Citation(
        title=title,
        authors=_authors(root),
        year=year_in(first(root, "dates/year")) or year_in(first(root, "dates/pub-dates/date")),
        journal=_journal(root, title),
        volume=first(root, "volume"),
        number=first(root, "number", "issue"),
        pages=first(root, "pages") or first(root, "electronic-article-number"),
        doi=_doi(root),
        pmid=_pmid(root),
        abstract=_abstract(root),
        keywords=keywords_in(texts(root, "keywords/keyword"), ";"),
        language=one_line(first(root, "language")),
        type=_type(root),
        registry_id=next(
            filter(None, map(registry_in, texts(root, "accession-num") + texts(root, "urls//url"))),
            "",
        ),
        url=url_of(
            texts(root, "urls/related-urls/url")
            + texts(root, "urls/web-urls/url")
            + texts(root, "urls//url")
        ),
        accession=first(root, "accession-num"),
        note="\n".join(
            dict.fromkeys(
                paragraphs(note)
                for path in ("notes", "research-notes")
                for note in texts(root, path)
            )
        ),
        raw=tuple(leaves(root, ("style",))),
        raw_text=fragment.raw_text,
        line=fragment.line,
    )


def _authors(root: etree._Element) -> tuple[str, ...]:
    for role in ("authors", "secondary-authors", "tertiary-authors", "subsidiary-authors"):
        found = people.names(
            part
            for value in texts(root, f"contributors/{role}/author")
            for part in value.split("\r")
        )
        if found:
            return found
    return ()


def _journal(root: etree._Element, title: str) -> str:
    places = (
        "periodical/full-title",
        "titles/secondary-title",
        "periodical/abbr-1",
        "alt-periodical/full-title",
        "titles/alt-title",
    )
    return next(
        (name for place in places if (name := one_line(first(root, place))) and name != title), ""
    )


def _doi(root: etree._Element) -> str:
    places = (
        "electronic-resource-num",
        "doi",
        "urls/related-urls/url",
        "urls/web-urls/url",
        "urls//url",
        "notes",
        "accession-num",
    )
    return next(
        filter(None, (doi_in(value) for place in places for value in texts(root, place))), ""
    )


def _pmid(root: etree._Element) -> str:
    """An accession number is PubMed's only where the record says it came from there."""
    accession = first(root, "accession-num")
    names = " ".join((first(root, "remote-database-name"), first(root, "remote-database-provider")))
    if accession and _PUBMED.search(names) and (found := pmid_from(accession)):
        return found
    places = ("accession-num", "custom1", "custom2", "custom6", "custom7", "urls//url")
    return next(
        filter(None, (typed_pmid(value) for place in places for value in texts(root, place))), ""
    )


def _abstract(root: etree._Element) -> str:
    """EndNote parts paragraphs by carriage returns."""
    found = ["".join(element.itertext()) for element in root.iterfind("abstract")]
    return "\n".join(
        paragraphs(value.replace("\r\n", "\n").replace("\r", "\n"))
        for value in found
        if value.strip()
    )


def _type(root: etree._Element) -> str:
    element = root.find("ref-type")
    return (element.get("name") or "").lower() if element is not None else ""
