"""The flow in sentences: for the Methods and Results of a paper, and for those who listen."""

from collections.abc import Sequence

from screening.prisma.flow import Counts, Flow, ReportColumn, total


def results_text(flow: Flow) -> str:
    """Tell the whole flow, as the Results section does."""
    sentences = [
        *_provisional(flow),
        _identification(flow),
        _screening(flow),
        *_reports(flow.left, "" if not flow.has_other_methods else " from databases and registers"),
        *(_other_methods(flow) if flow.has_other_methods else ()),
        _inclusion(flow),
        *_total(flow),
        *_meta_analysis(flow),
    ]
    return " ".join(sentences)


def methods_text(flow: Flow) -> str:
    """Name the sources and say how records were counted, as the Methods section does."""
    sentences = [*_sources(flow), *_counting(flow), *flow.footnotes]
    return " ".join(sentences)


def pending_sentence(flow: Flow) -> str:
    """Say what is pending; empty once the flow is final."""
    if not flow.is_provisional:
        return ""
    return f"Provisional: {listed([str(each) for each in flow.pending])}."


def listed(parts: Sequence[str]) -> str:
    """Join as a sentence does: "a", "a and b", "a, b and c"."""
    if len(parts) < 2:
        return "".join(parts)
    return f"{', '.join(parts[:-1])} and {parts[-1]}"


def _provisional(flow: Flow) -> list[str]:
    return [pending_sentence(flow)] if flow.is_provisional else []


def _identification(flow: Flow) -> str:
    found = [
        f"{_n(flow.n_databases, 'record')} from databases{_of(flow.databases)}",
        f"{_n(flow.n_registers, 'record')} from registers{_of(flow.registers)}",
    ]
    if not flow.n_registers:
        found.pop()
    return f"We identified {listed(found)}."


def _screening(flow: Flow) -> str:
    removed = [
        (flow.duplicates, _n(flow.duplicates, "duplicate")),
        (
            flow.automation,
            f"{_n(flow.automation, 'record')} marked as ineligible by automation tools",
        ),
        (flow.n_removed, f"{_n(flow.n_removed, 'record')} for other reasons{_of(flow.removed)}"),
    ]
    taken = [words for n, words in removed if n]
    before = f"After removing {listed(taken)}, we" if taken else "We"
    return (
        f"{before} screened {_n(flow.screened, 'record')} and excluded"
        f" {flow.excluded:,}{_by_machine(flow)}."
    )


def _by_machine(flow: Flow) -> str:
    if not flow.excluded_by_automation:
        return ""
    return f" ({flow.excluded_by_people:,} by people, {flow.excluded_by_automation:,} by automation tools)"


def _reports(column: ReportColumn, where: str) -> list[str]:
    lost = column.n_not_retrieved
    retrieved = f"; {_n(lost, 'report')} could not be retrieved" if lost else ""
    sought = f"We sought {_n(column.sought, 'report')}{where}{retrieved}."
    excluded = f", and excluded {column.n_excluded:,}{_of(column.excluded)}"
    assessed = f"We assessed {_n(column.assessed, 'report')} for eligibility"
    return [sought, f"{assessed}{excluded if column.n_excluded else ''}."]


def _other_methods(flow: Flow) -> list[str]:
    kinds = (
        ("websites", total(flow.websites)),
        ("organisations", total(flow.organisations)),
        ("citation searching", total(flow.citation_searching)),
        *flow.other_sources,
    )
    by = "; ".join(f"{name}: {n:,}" for name, n in kinds if n)
    found = f"Other methods identified {_n(flow.n_other_identified, 'record')} ({by})."
    return [found, *_reports(flow.right, " identified by other methods")]


def _inclusion(flow: Flow) -> str:
    new = "new " if flow.is_update else ""
    return f"We included {_n(flow.studies, f'{new}study', f'{new}studies')} ({_n(flow.reports, 'report')})."


def _total(flow: Flow) -> list[str]:
    if flow.total_studies is None or flow.total_reports is None:
        return []
    previous = _n(flow.previous_studies or 0, "study", "studies")
    return [
        f"With {previous} of the previous version, the review includes"
        f" {_n(flow.total_studies, 'study', 'studies')} ({_n(flow.total_reports, 'report')})."
    ]


def _meta_analysis(flow: Flow) -> list[str]:
    if flow.meta_analysis_studies is None:
        return []
    return [f"{_n(flow.meta_analysis_studies, 'study', 'studies')} entered the meta-analysis."]


def _sources(flow: Flow) -> list[str]:
    kinds = (
        ("searched the databases", flow.databases),
        ("searched the registers", flow.registers),
        ("looked through the websites", flow.websites),
        ("asked the organisations", flow.organisations),
        ("searched citations", flow.citation_searching),
        ("used as further methods", flow.other_sources),
    )
    return [f"We {what}{_names(counts)}." for what, counts in kinds if counts]


def _names(counts: Counts) -> str:
    """After a colon, the names that say more than the kind of source does."""
    names = [name for name, _ in counts if name.lower() != "citation searching"]
    return f": {listed(names)}" if names else ""


def _counting(flow: Flow) -> list[str]:
    sentences = [
        "Records of the same report were joined as duplicates; records of merely similar reports"
        " were kept apart."
    ]
    if flow.duplicates:
        sentences.append(
            f"Of the {_n(flow.duplicates, 'duplicate')} removed, {flow.duplicates_by_rule:,} were"
            f" joined by a rule and {flow.duplicates_by_person:,} by a person."
        )
    return sentences


def _of(counts: Counts) -> str:
    """In brackets, the parts of a number."""
    if not counts:
        return ""
    return f" ({'; '.join(f'{name}: {n:,}' for name, n in counts)})"


def _n(n: int, singular: str, plural: str = "") -> str:
    return f"{n:,} {singular if n == 1 else plural or singular + 's'}"
