"""LaTeX in bibliographies, as Unicode: accents, symbols, and the braces that only protect."""

from __future__ import annotations

import re
import unicodedata

from pylatexenc.latexencode import get_builtin_uni2latex_dict

_ACCENTS = {
    "`": "\u0300", "'": "\u0301", "^": "\u0302", "~": "\u0303", '"': "\u0308", "=": "\u0304", ".": "\u0307",
    "u": "\u0306", "v": "\u030c", "H": "\u030b", "c": "\u0327", "d": "\u0323", "b": "\u0331", "k": "\u0328", "r": "\u030a",
}  # fmt: skip
_SYMBOLS = {
    "ss": "ß", "ae": "æ", "AE": "Æ", "oe": "œ", "OE": "Œ", "aa": "å", "AA": "Å", "o": "ø", "O": "Ø", "l": "ł", "L": "Ł",
    "i": "ı", "j": "ȷ", "S": "§", "P": "¶", "dag": "†", "pounds": "£", "copyright": "©", "textendash": "–", "textemdash": "—",
    "ldots": "…", "dots": "…", "textregistered": "®", "texttrademark": "™", "textdegree": "°", "times": "×", "pm": "±",
    "leq": "≤", "le": "≤", "geq": "≥", "ge": "≥", "sim": "∼", "approx": "≈", "textless": "<", "textgreater": ">", "textquoteright": "’",
    "textquoteleft": "‘", "textbackslash": "\\", "textasciitilde": "\x02", "textasciicircum": "^", "textunderscore": "_", "TeX": "TeX",
    "LaTeX": "LaTeX", "DH": "Ð", "dh": "ð", "TH": "Þ", "th": "þ", "infty": "∞", "rightarrow": "→", "leftarrow": "←", "cdot": "·",
    "quad": " ", "qquad": " ", "par": "\n", "newline": "\n", "slash": "/", "&": "&", "textmu": "µ", "textperiodcentered": "·",
}  # fmt: skip
_FORMATS = re.compile(
    r"\\(?:emph|textit|textbf|textrm|textsc|textsf|texttt|textsl|text|mathrm|mathit|mathbf|mathcal|mathbb|mbox|ensuremath|"
    r"bibstring|mkbibquote|mkbibemph|enquote|uppercase|underline|textnormal|textsuperscript|textsubscript|url|href|hbox|it|bf|em|rm|sc|sf|tt|sl|"
    r"itshape|bfseries|upshape|scshape|relax|protect|noopsort|ignorespaces|displaystyle|penalty0)(?![A-Za-z])\s*"
)
_ACCENT = re.compile(
    r"\\(?:([`'^~\"=.])\s*|([uvHcdbkr])(?:\s+|(?=\{)))(?:\{\s*(\\?[A-Za-z])\s*\}|(\\[ij](?![A-Za-z])|[A-Za-z]))"
)
_MACRO = re.compile(r"\\([A-Za-z]+)(?:\{\}|\s*)|\\([^A-Za-z])")
_MATH = re.compile(r"\$([^$]{0,300})\$")


def _from_tables() -> dict[str, str]:
    """Turn the encoder's table round: {"alpha": "α"}; letters first, so that Greek is Greek."""
    found: dict[str, str] = {}
    for code, latex in get_builtin_uni2latex_dict().items():
        match = re.fullmatch(r"\{?\\(?:ensuremath\{\\)?([A-Za-z]+)\}*", latex)
        if match:
            found.setdefault(match[1], chr(code))
    return found


_TABLE = {**_from_tables(), **_SYMBOLS}


def to_text(value: str) -> str:
    """Return a LaTeX value as plain text; what is not known keeps its name."""
    if not any(mark in value for mark in "\\{}$~-`'"):
        return value
    if "\\" in value:
        value = _FORMATS.sub("", value)
        value = _ACCENT.sub(_accented, value)
        value = _MACRO.sub(_symbol, value)
    value = _MATH.sub(r"\1", value).replace("\x01", "$")
    value = (
        value.replace("~", " ")
        .replace("\x02", "~")
        .replace("---", "—")
        .replace("``", "“")
        .replace("''", "”")
    )
    value = value.replace("{", "").replace("}", "").replace("\x03", "{").replace("\x04", "}")
    return unicodedata.normalize("NFC", value)


def _accented(match: re.Match[str]) -> str:
    letter = (match[3] or match[4]).lstrip("\\")
    return letter + _ACCENTS[match[1] or match[2]]


def _symbol(match: re.Match[str]) -> str:
    name = match[1]
    if name is None:
        return {
            "$": "\x01",
            "~": "\x02",
            "{": "\x03",
            "}": "\x04",
            "\\": "\n",
            "-": "",
            ",": " ",
            ";": " ",
            " ": " ",
            "/": "",
        }.get(match[2], match[2])
    found = _TABLE.get(name)
    if found is None:
        return f"{name} " if match[0].endswith(" ") else name
    return found
