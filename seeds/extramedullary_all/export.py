"""Write the demo's records as the databases' own export files, byte for byte the same each time.

    python -m seeds.extramedullary_all.export      writes `searches/` anew

The files are committed; a test makes them again and compares.
"""

import csv
import io
import json
import random
import textwrap
from collections.abc import Callable, Iterable
from functools import cache
from pathlib import Path
from urllib.parse import quote

from seeds.extramedullary_all.bibliography import NOTE, Author, Citation
from seeds.extramedullary_all.copies import Entry, entries
from seeds.extramedullary_all.latent import FOLDER
from seeds.extramedullary_all.render import SEED

SEARCHES = FOLDER / "searches"
FILES = {
    "pubmed": "pubmed.nbib",
    "embase": "embase.ris",
    "scopus": "scopus.csv",
    "clinicaltrials": "clinicaltrials.csv",
    "citation_searching": "citation_searching.ris",
    "website": "website.ris",
}
MONTHS = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]
LANGUAGES = {"eng": "English", "por": "Portuguese", "ger": "German"}
DEPARTMENT = "Department of Synthetic Haematology, Demo University Hospital"
RIS_TYPES = {"Report": "RPRT", "Conference Abstract": "CONF"}


@cache
def in_file(source: str) -> tuple[Entry, ...]:
    """The records of one file in the order in which the file lists them."""
    listed = [entry for entry in entries() if entry.source == source]
    random.Random(f"{SEED} order {source}").shuffle(listed)
    return tuple(listed)


def accession(entry: Entry) -> str:
    """The number under which the source keeps the record; empty where it keeps none."""
    place = in_file(entry.source).index(entry) + 1
    numbers = {
        "pubmed": entry.citation.pmid,
        "embase": f"L99{place:07d}",
        "scopus": f"2-s2.0-990{place:08d}",
        "clinicaltrials": entry.citation.registry_id,
    }
    return numbers.get(entry.source, "")


def render_file(source: str) -> bytes:
    """One export file of the source."""
    return WRITERS[source](in_file(source))


def write_all(folder: Path = SEARCHES) -> None:
    for source, name in FILES.items():
        (folder / name).write_bytes(render_file(source))


# --- PubMed ------------------------------------------------------------------------------------


def _pubmed(listed: Iterable[Entry]) -> bytes:
    return ("\n" + "\n".join(_pubmed_record(one.citation) for one in listed)).encode()


def _pubmed_record(cited: Citation) -> str:
    title = f"[{cited.title}]." if cited.vernacular_title else f"{cited.title}."
    lines = [
        _nbib("PMID", cited.pmid),
        _nbib("OWN", "NLM"),
        _nbib("STAT", "MEDLINE"),
        _nbib("IS", f"{cited.journal.issn} (Electronic)"),
        _nbib("VI", cited.volume),
        _nbib("IP", cited.issue),
        _nbib("DP", f"{cited.year} {MONTHS[cited.month - 1]}"),
        _nbib("TI", title),
        _nbib("PG", cited.pages),
        _nbib("LID", f"{cited.doi} [doi]" if cited.doi else ""),
        _nbib("AB", cited.abstract),
    ]
    for author in cited.authors:
        lines += [
            _nbib("FAU", f"{author.family}, {author.given}"),
            _nbib("AU", f"{author.family} {author.initials}"),
            _nbib("AD", f"{DEPARTMENT}, {cited.city}, {cited.country}."),
        ]
    lines += [
        _nbib("LA", cited.language),
        _nbib("PT", _pubmed_type(cited)),
        _nbib("TT", cited.vernacular_title),
        _nbib("PL", cited.country),
        _nbib("TA", cited.journal.abbreviation),
        _nbib("JT", cited.journal.name),
        _nbib("OTO", "NOTNLM"),
        *(_nbib("OT", keyword) for keyword in cited.keywords),
        _nbib("GN", f"NOTNLM: {NOTE}"),
        _nbib("AID", f"{cited.doi} [doi]" if cited.doi else ""),
        _nbib("PST", "ppublish"),
        _nbib("SO", _pubmed_source(cited)),
    ]
    return "".join(lines)


def _pubmed_type(cited: Citation) -> str:
    names = {
        "Article": "Journal Article",
        "Case Report": "Case Reports",
        "Erratum": "Published Erratum",
        "Retraction": "Retraction of Publication",
    }
    return names.get(cited.type, cited.type)


def _pubmed_source(cited: Citation) -> str:
    place = f"{cited.volume}({cited.issue}):{cited.pages}" if cited.volume else ""
    when = f"{cited.year} {MONTHS[cited.month - 1]}"
    return f"{cited.journal.abbreviation}. {when};{place}. doi: {cited.doi}."


def _nbib(tag: str, value: str) -> str:
    """One field: four columns for the tag, then lines of 88 with six blanks before the rest."""
    if not value:
        return ""
    wrapped = textwrap.wrap(value, 82, break_long_words=False, break_on_hyphens=False)
    return f"{tag:<4}- " + "\n      ".join(wrapped) + "\n"


# --- Embase ------------------------------------------------------------------------------------


def _embase(listed: Iterable[Entry]) -> bytes:
    records = "\r\n".join(_embase_record(one) for one in listed)
    return ("\ufeff" + records).encode()


def _embase_record(entry: Entry) -> str:
    cited, number = entry.citation, accession(entry)
    address = f"{DEPARTMENT}, {cited.city}, {cited.country}"
    tags: list[tuple[str, str]] = [
        ("TY", RIS_TYPES.get(cited.type, "JOUR")),
        ("M3", "Article in Press" if cited.in_press else cited.type),
        ("Y1", str(cited.year)),
        ("VL", cited.volume),
        ("IS", cited.issue),
        ("SP", cited.first_page),
        ("EP", cited.last_page),
        ("SN", cited.journal.issn),
        ("JF", cited.journal.name),
        ("JO", cited.journal.abbreviation),
        (
            "UR",
            f"https://www.embase.com/search/results?subaction=viewrecord&id={number}&from=export",
        ),
        ("U2", number),
        ("C5", cited.pmid),
        ("DB", "Embase"),
        ("DB", "Medline" if cited.pmid else ""),
        ("U4", f"{cited.year}-{cited.month:02d}-14"),
        ("L2", f"http://dx.doi.org/{cited.doi}" if cited.doi else ""),
        ("DO", cited.doi),
        *(("A1", _embase_name(author)) for author in cited.authors),
        ("M1", f"({_short_names(cited)}) {address}"),
        ("AD", f"{_short_names(cited).split(';')[0]}, {address}"),
        ("T1", cited.title),
        ("LA", LANGUAGES[cited.language]),
        *(("KW", keyword) for keyword in cited.keywords),
        ("N1", NOTE),
        ("N2", cited.abstract),
    ]
    return "".join(_ris(tag, value) for tag, value in tags) + "ER  - \r\n"


def _embase_name(author: Author) -> str:
    return f"{author.family}, {'.'.join(author.initials)}."


def _short_names(cited: Citation) -> str:
    return "; ".join(f"{one.family} {'.'.join(one.initials)}." for one in cited.authors)


def _ris(tag: str, value: str) -> str:
    return f"{tag}  - {value}\r\n" if value else ""


# --- Scopus ------------------------------------------------------------------------------------


def _scopus(listed: Iterable[Entry]) -> bytes:
    return b"\xef\xbb\xbf" + _table("scopus", [_scopus_row(one) for one in listed])


def _scopus_row(entry: Entry) -> dict[str, str]:
    cited, number = entry.citation, accession(entry)
    address = f"{DEPARTMENT}, {cited.city}, {cited.country}"
    is_article_number = cited.first_page.startswith("e")
    link = f"https://www.scopus.com/inward/record.uri?eid={number}&partnerID=40"
    return {
        "Authors": _short_names(cited),
        "Author full names": "; ".join(f"{one.family}, {one.given}" for one in cited.authors),
        "Title": cited.title,
        "Year": str(cited.year),
        "Source title": cited.journal.name,
        "Volume": cited.volume,
        "Issue": cited.issue,
        "Art. No.": cited.first_page if is_article_number else "",
        "Page start": "" if is_article_number else cited.first_page,
        "Page end": cited.last_page,
        "Cited by": str(len(cited.abstract) % 60),
        "DOI": cited.doi,
        "Link": f"{link}&doi={quote(cited.doi, safe='')}" if cited.doi else link,
        "Affiliations": address,
        "Authors with affiliations": "; ".join(
            f"{name}, {address}" for name in _short_names(cited).split("; ")
        ),
        "Abstract": cited.abstract,
        "Author Keywords": "; ".join(cited.keywords),
        "Funding Texts": NOTE,
        "ISSN": cited.journal.issn.replace("-", ""),
        "PubMed ID": cited.pmid,
        "Language of Original Document": LANGUAGES[cited.language],
        "Abbreviated Source Title": cited.journal.abbreviation,
        "Document Type": cited.type,
        "Publication Stage": "Article in press" if cited.in_press else "Final",
        "Source": "Scopus",
        "EID": number,
    }


def _table(source: str, listed: list[dict[str, str]]) -> bytes:
    columns = json.loads((FOLDER / "columns.json").read_text(encoding="utf-8"))[source]
    text = io.StringIO()
    writer = csv.DictWriter(text, columns, restval="", quoting=csv.QUOTE_ALL, lineterminator="\n")
    writer.writeheader()
    writer.writerows(listed)
    return text.getvalue().encode()


# --- ClinicalTrials.gov and what other methods found ---------------------------------------------


def _register(listed: Iterable[Entry]) -> bytes:
    return _table("clinicaltrials", [_register_row(one.citation) for one in listed])


def _register_row(cited: Citation) -> dict[str, str]:
    number = cited.registry_id
    return {
        "NCT Number": number,
        "Study Title": cited.title,
        "Study URL": f"https://clinicaltrials.gov/study/{number}",
        "Study Status": "COMPLETED" if "Results posted" in cited.abstract else "RECRUITING",
        "Brief Summary": cited.abstract,
        "Study Results": "YES" if "Results posted" in cited.abstract else "NO",
        "Conditions": "|".join(cited.keywords),
        "Sponsor": "Synthetic Trials Group (demo)",
        "Sex": "ALL",
        "Funder Type": "OTHER",
        "Study Type": "INTERVENTIONAL",
        "Other IDs": f"SDR-{number[-4:]}",
        "Start Date": f"{cited.year}-{cited.month:02d}-01",
        "First Posted": f"{cited.year}-{cited.month:02d}-15",
        "Study Documents": NOTE,
    }


def _reference_manager(listed: Iterable[Entry]) -> bytes:
    """What a reference manager exports after references were typed in or saved from a page."""
    return "\r\n".join(_reference(one.citation) for one in listed).encode()


def _reference(cited: Citation) -> str:
    tags = [
        ("TY", RIS_TYPES.get(cited.type, "JOUR")),
        ("TI", cited.title),
        *(("AU", f"{author.family}, {author.given}") for author in cited.authors),
        ("T2", cited.journal.name),
        ("AB", cited.abstract),
        ("PY", str(cited.year)),
        ("VL", cited.volume),
        ("IS", cited.issue),
        ("SP", cited.first_page),
        ("EP", cited.last_page),
        ("DO", cited.doi),
        ("UR", f"https://example.org/sdr/{cited.key}"),
        ("LA", LANGUAGES[cited.language]),
        *(("KW", keyword) for keyword in cited.keywords),
        ("N1", NOTE),
    ]
    return "".join(_ris(tag, value) for tag, value in tags) + "ER  - \r\n"


WRITERS: dict[str, Callable[[Iterable[Entry]], bytes]] = {
    "pubmed": _pubmed,
    "embase": _embase,
    "scopus": _scopus,
    "clinicaltrials": _register,
    "citation_searching": _reference_manager,
    "website": _reference_manager,
}


if __name__ == "__main__":
    write_all()
