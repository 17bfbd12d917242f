"""PubMed's XML: articles, book chapters, and whole books."""

from __future__ import annotations

from collections.abc import Iterator

from lxml import etree

from screening.citations import xml_records
from screening.citations.citation import Citation, Problem
from screening.citations.normalise import (
    doi_in,
    keywords_in,
    one_line,
    paragraphs,
    pmid_from,
    registry_in,
    span,
    year_in,
)
from screening.citations.source import Source
from screening.citations.xml_records import Fragment, first, leaves, text_of, texts

RECORDS = ("PubmedArticle", "PubmedBookArticle", "MedlineCitation")
INLINE = ("i", "b", "u", "sup", "sub", "DispFormula", "math")


def read(source: Source) -> Iterator[Citation | Problem]:
    """Read PubMed XML."""
    for item in xml_records.fragments(source.lines.chunks(), RECORDS):
        yield citation_of(item) if isinstance(item, Fragment) else item


def citation_of(fragment: Fragment) -> Citation | Problem:
    """Turn one record's element into a citation."""
    root = fragment.element
    if not len(root):
        return Problem(fragment.line, "error", "This record is empty.", fragment.raw_text)
    article = next(iter(root.iter("Article", "BookDocument")), root)
    return Citation(
        title=_title(article),
        authors=_authors(article),
        year=_year(article, root),
        journal=_journal(article, root),
        volume=first(article, "Journal/JournalIssue/Volume", "Book/Volume"),
        number=first(article, "Journal/JournalIssue/Issue"),
        pages=_pages(article),
        doi=_doi(root, article),
        pmid=pmid_from(first(root, "MedlineCitation/PMID", "BookDocument/PMID", "PMID")),
        abstract=_abstract(root, article),
        keywords=_keywords(root),
        language=first(article, "Language"),
        type="; ".join(
            texts(article, "PublicationTypeList/PublicationType")
            or texts(article, "PublicationType")
        ),
        registry_id=_registry(article),
        url="",
        accession=first(root, "MedlineCitation/PMID", "BookDocument/PMID", "PMID"),
        note="",
        raw=tuple(leaves(root, INLINE)),
        raw_text=fragment.raw_text,
        line=fragment.line,
    )


def _title(article: etree._Element) -> str:
    title = first(article, "ArticleTitle", "VernacularTitle", "BookTitle", "Book/BookTitle")
    return one_line(title)


def _authors(article: etree._Element) -> tuple[str, ...]:
    lists = [*article.iterfind("AuthorList"), *article.iterfind("Book/AuthorList")]
    authors = [
        entry for entry in lists if (entry.get("Type") or "authors").lower() != "editors"
    ] or lists
    names = (_name(author) for entry in authors[:1] for author in entry.iterfind("Author"))
    return tuple(name for name in names if name)


def _name(author: etree._Element) -> str:
    family, given = first(author, "LastName"), first(author, "ForeName", "FirstName", "Initials")
    suffix = first(author, "Suffix")
    if not family:
        return first(author, "CollectiveName") or given
    return ", ".join(filter(None, (family, given, suffix)))


def _year(article: etree._Element, root: etree._Element) -> int | None:
    places = (
        "Journal/JournalIssue/PubDate/Year", "Journal/JournalIssue/PubDate/MedlineDate", "Book/PubDate/Year",
        "Book/PubDate/MedlineDate", "Book/BeginningDate/Year", "ContributionDate/Year", "ArticleDate/Year",
    )  # fmt: skip
    found = next((year for place in places if (year := year_in(first(article, place)))), None)
    return found or year_in(first(root, "PubmedData/History/PubMedPubDate/Year"))


def _journal(article: etree._Element, root: etree._Element) -> str:
    own = first(article, "Journal/Title", "Journal/ISOAbbreviation") or first(
        root, "MedlineCitation/MedlineJournalInfo/MedlineTA", "MedlineJournalInfo/MedlineTA"
    )
    if own:
        return one_line(own)
    book = first(article, "Book/BookTitle")
    return one_line(book) if first(article, "ArticleTitle") else ""


def _pages(article: etree._Element) -> str:
    pages = first(article, "Pagination/MedlinePgn")
    return (
        pages
        or span(first(article, "Pagination/StartPage"), first(article, "Pagination/EndPage"))
        or _article_number(article)
    )


def _article_number(article: etree._Element) -> str:
    return first(article, "ELocationID[@EIdType='pii']")


def _doi(root: etree._Element, article: etree._Element) -> str:
    """The article's own identifiers only: those of its reference list look the same."""
    own = texts(article, "ELocationID[@EIdType='doi']")
    ids = [
        text_of(found)
        for path in (
            "PubmedData/ArticleIdList/ArticleId",
            "PubmedBookData/ArticleIdList/ArticleId",
            "BookDocument/ArticleIdList/ArticleId",
        )
        for found in root.iterfind(path)
        if (found.get("IdType") or "") == "doi"
    ]
    return next(filter(None, map(doi_in, [*own, *ids])), "")


def _abstract(root: etree._Element, article: etree._Element) -> str:
    parts = list(article.iterfind("Abstract/AbstractText")) or list(
        root.iterfind(".//OtherAbstract/AbstractText")
    )
    return paragraphs("\n".join(filter(None, map(_section, parts))))


def _section(part: etree._Element) -> str:
    label, text = (part.get("Label") or "").strip(), text_of(part)
    return f"{label}: {text}" if label and text and label.upper() != "UNLABELLED" else text


def _keywords(root: etree._Element) -> tuple[str, ...]:
    words = [text_of(word) for word in root.iter("Keyword")]
    headings = [text_of(heading.find("DescriptorName")) for heading in root.iter("MeshHeading")]
    return keywords_in([*words, *headings], ";")


def _registry(article: etree._Element) -> str:
    numbers = texts(article, "DataBankList/DataBank/AccessionNumberList/AccessionNumber")
    return next(filter(None, map(registry_in, numbers)), "")
