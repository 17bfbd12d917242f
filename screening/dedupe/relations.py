"""Records that are related but not duplicates, and what one is to the other."""

from screening.dedupe.pair import Pair

#: What a mark on one of two like titles makes of them; a comment is linked as a reply is.
_BY_MARK = (
    ("erratum", "erratum_of"),
    ("retraction", "retraction_of"),
    ("reply", "reply_to"),
    ("comment", "reply_to"),
    ("protocol", "protocol_of"),
)
#: Marks that hold whatever DOI the record was given: often it is that of the paper.
_UNMISTAKABLE = frozenset(["erratum", "retraction"])
_SHORTEST_TITLE = 20


def relation_of(pair: Pair) -> str:
    """The name of the relation the rules are sure of; empty where there is none."""
    if pair.are_versions:
        return "version_of"
    if not _is_about_the_same(pair):
        return ""
    mark, name = next((both for both in _BY_MARK if pair.one_only(both[0])), ("", ""))
    if mark in _UNMISTAKABLE and not (mark == "erratum" and pair.same_pages):
        return name
    if (pair.same_id and not pair.pages_differ) or (mark and pair.same_pages and pair.same_place):
        return ""
    if mark:
        return name
    if pair.a.is_entry != pair.b.is_entry:
        return "registered_as" if pair.likeness >= 90 or pair.agree("registry") else ""
    return "abstract_of" if _is_abstract_elsewhere(pair) else ""


def _is_about_the_same(pair: Pair) -> bool:
    if pair.agree("registry"):
        return True
    shorter = min(len(pair.a.title), len(pair.b.title))
    return shorter >= _SHORTEST_TITLE and pair.inside >= 93 and not pair.is_column


def _is_abstract_elsewhere(pair: Pair) -> bool:
    """A congress abstract of a paper that stands in another journal or volume."""
    is_elsewhere = pair.journals_differ or pair.differ("volume")
    is_by_same = pair.same_first_author or (pair.authors or 0) >= 0.5
    return pair.one_is_an_abstract and is_elsewhere and is_by_same and not pair.same_page
