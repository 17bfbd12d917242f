"""The 16 items of PRISMA-S as data, in our own words."""

from typing import NamedTuple

from screening.prisma.facts import SourceKind


class Item(NamedTuple):
    """One item of PRISMA-S.

    `key` names the texts of searches and of the review that answer it. Searches of `kinds` are
    listed under it by themselves; where they `needs_words`, each says how it was looked through.
    `otherwise` is said where nothing answers the item; for an item of `each_search` it follows
    the search's name.
    """

    number: int
    section: str
    name: str
    key: str
    asks: str
    otherwise: str = ""
    kinds: tuple[SourceKind, ...] = ()
    each_search: bool = False
    needs_words: bool = False
    is_computed: bool = False


_SOURCES = "Information sources and methods"
_STRATEGIES = "Search strategies"

ITEMS = (
    Item(
        1, _SOURCES, "Database name", "database",
        "Every database that was searched, with its platform.",
        kinds=(SourceKind.DATABASE,), is_computed=True,
    ),
    Item(
        2, _SOURCES, "Multi-database searching", "multi_database",
        "Databases searched together on one platform: which, and on which platform.",
    ),
    Item(
        3, _SOURCES, "Study registries", "registries",
        "Every registry of studies that was searched.",
        "No registry is registered as a search: add one, or say that none was searched.",
        kinds=(SourceKind.REGISTER,),
    ),
    Item(
        4, _SOURCES, "Online resources and browsing", "browsing",
        "Websites, journals, proceedings and other places looked through on purpose, and how.",
        "Say which websites, journals or proceedings were looked through, or that none were.",
        kinds=(SourceKind.WEBSITE, SourceKind.ORGANISATION), needs_words=True,
    ),
    Item(
        5, _SOURCES, "Citation searching", "citation_searching",
        "Whether references cited in reports, or reports citing them, were looked through; how.",
        "Say whether cited or citing references were looked through and how, or that they were not.",
        kinds=(SourceKind.CITATION_SEARCHING,), needs_words=True,
    ),
    Item(
        6, _SOURCES, "Contacts", "contacts",
        "Whether authors, experts, manufacturers or others were asked for studies or data.",
        "Say whether authors, experts or manufacturers were asked for studies, or that nobody was.",
    ),
    Item(
        7, _SOURCES, "Other methods", "other_methods",
        "Any further source or way of searching.",
        "Say which further methods were used, or that there were none.",
        kinds=(SourceKind.OTHER,), needs_words=True,
    ),
    Item(
        8, _STRATEGIES, "Full search strategies", "search_strategy",
        "The strategy of every database and source, exactly as it was run.", is_computed=True,
    ),
    Item(
        9, _STRATEGIES, "Limits and restrictions", "limits",
        "Limits of a search, such as language, years or design, with the reason; or that none were used.",
        "does not say which limits were used: write them down, or that there were none.",
        each_search=True,
    ),
    Item(
        10, _STRATEGIES, "Search filters", "filters",
        "Published filters that were used, as designed or adapted, with their citation; or none.",
        "does not say whether a published search filter was used: cite it, or say that none was.",
        each_search=True,
    ),
    Item(
        11, _STRATEGIES, "Prior work", "prior_work",
        "Strategies of earlier reviews that were reused or adapted, with their citation; or none.",
        "Say whether strategies of earlier reviews were reused, with citation, or that none were.",
    ),
    Item(
        12, _STRATEGIES, "Updates", "updates",
        "How the searches were kept up to date, such as running them again or e-mail alerts; or not.",
        "Say how the searches were kept up to date, or that they were not run again.",
    ),
    Item(
        13, _STRATEGIES, "Dates of searches", "searched_on",
        "The day each search was last run.", is_computed=True,
    ),
    Item(
        14, "Peer review", "Peer review", "peer_review",
        "Who reviewed the strategies before they were run, and how (for example PRESS); or nobody.",
        "Say how the search strategies were peer reviewed, or that they were not.",
    ),
    Item(
        15, "Managing records", "Total records", "records",
        "How many records each source gave.", is_computed=True,
    ),
    Item(
        16, "Managing records", "Deduplication", "deduplication",
        "How duplicates were found and removed; what was done outside reviewtool is written by hand.",
    ),
)  # fmt: skip

#: What the review itself may say: (key, number and name, what is asked).
ANSWERS = tuple(item for item in ITEMS if not item.is_computed)
ANSWER_KEYS = tuple(item.key for item in ANSWERS)
#: In characters.
LONGEST_ANSWER = 10_000
