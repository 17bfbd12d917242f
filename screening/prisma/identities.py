"""The arithmetic every PRISMA flow must satisfy, checked and written out."""

from collections.abc import Iterable, Iterator
from typing import NamedTuple

from screening.prisma.flow import Counts, Flow, ReportColumn, total


class Identity(NamedTuple):
    """One equation or inequality of the flow with its numbers.

    `severity` is "error" where a flow that breaks it is wrong, "warn" where it needs a reason.
    """

    name: str
    rule: str
    sentence: str
    severity: str
    holds: bool


def check_identities(flow: Flow) -> tuple[Identity, ...]:
    """Check I0 to I11; identities about what a flow does not have are left out."""
    return (
        *_sources(flow),
        _screened(flow),
        _excluded(flow),
        _sought(flow),
        *_column(flow.left, ""),
        *(_column(flow.right, " (other methods)") if flow.has_other_methods else ()),
        _reports(flow),
        *([_other_sought(flow)] if flow.has_other_methods else []),
        _studies(flow),
        *_totals(flow),
        *_meta_analysis(flow),
        *_members(flow),
    )


def _sources(flow: Flow) -> Iterator[Identity]:
    for box, counts in (("databases", flow.databases), ("registers", flow.registers)):
        members = flow.members.get(box)
        if members is not None:
            numbers = [n for _, n in counts]
            rule = f"records from {box} = sum over {box}"
            yield _equal("I0", rule, numbers, [], len(members))


def _screened(flow: Flow) -> Identity:
    return _equal(
        "I1",
        "screened = identified − removed before screening",
        [flow.n_databases, flow.n_registers],
        [flow.duplicates, flow.automation, flow.n_removed],
        flow.screened,
    )


def _excluded(flow: Flow) -> Identity:
    return _at_most("I2", "excluded ≤ screened", flow.excluded, flow.screened)


def _sought(flow: Flow) -> Identity:
    """Where records and reports are not one to one, the difference needs a reason: a warning."""
    return _equal(
        "I3",
        "reports sought = screened − excluded (− undecided)",
        [flow.screened],
        [flow.excluded, flow.undecided],
        flow.left.sought,
        severity="warn",
    )


def _column(column: ReportColumn, where: str) -> Iterator[Identity]:
    yield _equal(
        f"I4{where}",
        f"assessed = sought − not retrieved{where}",
        [column.sought],
        [column.n_not_retrieved],
        column.assessed,
    )
    yield _reasons(column.excluded, column.assessed, where)
    yield _equal(
        f"I5 included{where}",
        f"included = assessed − excluded (− not yet assessed){where}",
        [column.assessed],
        [column.n_excluded, column.unassessed],
        column.included,
    )


def _reasons(excluded: Counts, assessed: int, where: str) -> Identity:
    holds = total(excluded) <= assessed and all(n > 0 for _, n in excluded)
    added = _sum(n for _, n in excluded)
    whole = f"{added} = {total(excluded):,}" if len(excluded) > 1 else added
    sentence = f"{whole} {_sign(holds, '≤', 'is not all positive and ≤')} {assessed:,}"
    rule = f"one reason for each report excluded; sum of reasons ≤ assessed{where}"
    return Identity(f"I5{where}", rule, sentence, "error", holds)


def _reports(flow: Flow) -> Identity:
    return _equal(
        "I6",
        "reports of included studies = included reports of both columns",
        [flow.left.included, flow.right.included],
        [],
        flow.reports,
    )


def _other_sought(flow: Flow) -> Identity:
    """The difference is what `other_not_sought` lists: already found, out of scope, ..."""
    rule = "reports sought by other methods ≤ records identified by them"
    check = _at_most("I7", rule, flow.right.sought, flow.n_other_identified)
    told = ", ".join(f"{n:,} {name}" for name, n in flow.other_not_sought)
    return check._replace(sentence=f"{check.sentence} ({told})") if told else check


def _studies(flow: Flow) -> Identity:
    """A report may hold several studies, so more studies than reports is only a warning."""
    rule = "studies ≤ reports"
    return _at_most("I8", rule, flow.studies, flow.reports, severity="warn")


def _totals(flow: Flow) -> Iterator[Identity]:
    triples = (
        ("I9", "studies", flow.previous_studies, flow.studies, flow.total_studies),
        ("I10", "reports", flow.previous_reports, flow.reports, flow.total_reports),
    )
    for name, what, previous, new, in_total in triples:
        if previous is not None or in_total is not None:
            rule = f"total {what} = previous + new"
            yield _equal(name, rule, [previous or 0, new], [], in_total or 0)


def _meta_analysis(flow: Flow) -> Iterator[Identity]:
    pairs = (
        ("studies", flow.meta_analysis_studies, flow.total_studies, flow.studies),
        ("reports", flow.meta_analysis_reports, flow.total_reports, flow.reports),
    )
    for what, pooled, in_total, new in pairs:
        if pooled is not None:
            limit = new if in_total is None else in_total
            yield _at_most("I11", f"{what} in the meta-analysis ≤ included", pooled, limit)


def _members(flow: Flow) -> Iterator[Identity]:
    """Every number of a flow that knows its records is the number of those records."""
    if not flow.members:
        return
    wrong = [box for box, n in flow.counts().items() if n != len(flow.members.get(box, ()))]
    sentence = ", ".join(wrong) if wrong else f"{len(flow.counts())} numbers = their records"
    rule = "every number = the records behind it"
    yield Identity("members", rule, sentence, "error", not wrong)


def _equal(
    name: str, rule: str, plus: list[int], minus: list[int], result: int, *, severity="error"
) -> Identity:
    """Write "240 + 8 − 64 − 2 = 182"; zeros are left out where something else is left."""
    value = sum(plus) - sum(minus)
    taken = "".join(f" − {n:,}" for n in minus if n)
    sentence = f"{_sum(plus)}{taken} {_sign(value == result, '=', '≠')} {result:,}"
    return Identity(name, rule, sentence, severity, value == result)


def _at_most(name: str, rule: str, small: int, large: int, *, severity="error") -> Identity:
    holds = small <= large
    return Identity(name, rule, f"{small:,} {_sign(holds, '≤', '>')} {large:,}", severity, holds)


def _sum(numbers: Iterable[int]) -> str:
    return " + ".join(f"{n:,}" for n in numbers if n) or "0"


def _sign(holds: bool, yes: str, no: str) -> str:
    return yes if holds else no
