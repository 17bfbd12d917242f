"""The types of RIS in words, and back."""

TYPES = {
    "ABST": "abstract", "ADVS": "audiovisual material", "AGGR": "aggregated database", "ANCIENT": "ancient text",
    "ART": "artwork", "BILL": "bill", "BLOG": "blog", "BOOK": "book", "CASE": "case", "CHAP": "book chapter",
    "CHART": "chart", "CLSWK": "classical work", "COMP": "computer program", "CONF": "conference proceedings",
    "CPAPER": "conference paper", "CTLG": "catalogue", "DATA": "dataset", "DBASE": "online database",
    "DICT": "dictionary", "EBOOK": "electronic book", "ECHAP": "electronic book chapter", "EDBOOK": "edited book",
    "EJOUR": "electronic article", "ELEC": "web page", "ENCYC": "encyclopedia", "EQUA": "equation",
    "FIGURE": "figure", "GEN": "generic", "GOVDOC": "government document", "GRANT": "grant", "GRNT": "grant",
    "HEAR": "hearing", "ICOMM": "internet communication", "INPR": "in press", "INTV": "interview", "JFULL": "journal (full)",
    "JOUR": "journal article", "LEGAL": "legal rule", "MANSCPT": "manuscript", "MAP": "map", "MGZN": "magazine article",
    "MPCT": "motion picture", "MULTI": "online multimedia", "MUSIC": "music score", "NEWS": "newspaper article",
    "PAMP": "pamphlet", "PAT": "patent", "PCOMM": "personal communication", "PODCAST": "podcast", "PRESS": "press release",
    "PREPRINT": "preprint", "RPRT": "report", "SER": "serial", "SLIDE": "slide", "SOUND": "sound recording",
    "STAND": "standard", "STAT": "statute", "STD": "generic (standard)", "THES": "thesis", "UNBILL": "unenacted bill",
    "UNPB": "unpublished work", "UNPD": "unpublished work (UNPD)", "VIDEO": "video recording", "WEB": "web page (WEB)",
}  # fmt: skip
_CODES = {label: code for code, label in reversed(TYPES.items())}


def label_of(code: str) -> str:
    """Return a type in words; a code that RIS does not know stays as it is."""
    return TYPES.get(code.strip().upper(), code.strip())


def code_of(label: str) -> str:
    """Return the RIS code of a type in words, "" when there is none."""
    return _CODES.get(label, "")
