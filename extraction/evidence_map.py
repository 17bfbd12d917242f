"""The evidence map, the comparability matrix and the therapy pipeline, by the codebook's mapping.

Pure: rows of evidence in, cells out. Numbers are numbers of studies, never of items, so that a
paper with many items weighs no more than one with few.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from extraction.codebook.conditions import evaluate, has_value
from extraction.codebook.definition import Codebook, Vocabulary
from extraction.codebook.derivation import holds, view
from extraction.codebook.evidence import EvidenceRow, StudyEvidence, outputs_of
from extraction.codebook.outputs import MapOutput, MatrixOutput, PipelineOutput
from extraction.codebook.paths import Scope, resolve

Place = tuple[str, str]


class NotMapped(ValueError):
    """The codebook does not configure this output."""


@dataclass(frozen=True)
class AxisTerm:
    """A row or column heading; `depth` and `parent` make the tree."""

    key: str
    label: str
    depth: int
    parent: str | None


@dataclass(frozen=True)
class Cell:
    """What is known at one row and column, everything below both included."""

    studies: tuple[str, ...]
    items: tuple[tuple[str, str], ...]
    roles: Mapping[str, int]
    conflict: bool
    level: str | None
    preclinical_only: bool

    @property
    def n_studies(self) -> int:
        return len(self.studies)

    @property
    def n_items(self) -> int:
        return len(self.items)


@dataclass(frozen=True)
class EvidenceMap:
    """A sparse table: a place without a cell is a gap in the evidence.

    `unplaced` are rows without a term on one of the axes, `excluded` those the mapping keeps out.
    """

    rows: tuple[AxisTerm, ...]
    columns: tuple[AxisTerm, ...]
    cells: Mapping[Place, Cell]
    unplaced: tuple[EvidenceRow, ...]
    excluded: tuple[EvidenceRow, ...]

    def cell(self, row: str, column: str) -> Cell | None:
        return self.cells.get((row, column))


@dataclass(frozen=True)
class Matrix:
    """Numbers of studies by judgement, for each row and column."""

    rows: tuple[AxisTerm, ...]
    columns: tuple[AxisTerm, ...]
    cells: Mapping[Place, Mapping[str, int]]


@dataclass(frozen=True)
class PipelineRow:
    """One agent over all studies that gave it."""

    agent: str
    agent_class: str
    targets: tuple[str, ...]
    furthest: str | None
    stopped: bool
    sites: tuple[str, ...]
    studies: tuple[str, ...]
    measured: bool
    trials: tuple[str, ...]


def build_map(codebook: Codebook, rows: Iterable[EvidenceRow]) -> EvidenceMap:
    """Place rows of evidence on the axes the codebook names."""
    mapping = map_output(codebook)
    row_terms, column_terms = (_axis_vocabulary(codebook, k) for k in (mapping.row, mapping.column))
    placed: dict[Place, list[EvidenceRow]] = defaultdict(list)
    unplaced, excluded = [], []
    for row in rows:
        place = _place(mapping, row)
        if _is_excluded(mapping, row):
            excluded.append(row)
        elif place is None or place[0] not in row_terms or place[1] not in column_terms:
            unplaced.append(row)
        else:
            placed[place].append(row)
    return EvidenceMap(
        rows=_axis(row_terms),
        columns=_without_excluded(mapping, column_terms),
        cells=_cells(codebook, mapping, placed, row_terms, column_terms),
        unplaced=tuple(unplaced),
        excluded=tuple(excluded),
    )


def build_matrix(codebook: Codebook, studies: Iterable[StudyEvidence]) -> Matrix:
    """Count the studies' judgements at each row and column of the comparability matrix."""
    mapping = matrix_output(codebook)
    judged: dict[Place, set[Place]] = defaultdict(set)
    for study in studies:
        for scope in view(codebook, study.answers).scopes(mapping.entity):
            row, column, judgement = _judgement(mapping, scope)
            judged[row, column].add((study.key, judgement))
    section = codebook.section(mapping.entity)
    row_field, column_field = section.by_key[mapping.row], section.by_key[mapping.column]
    return Matrix(
        rows=_axis(codebook.vocabulary_of(row_field)),
        columns=_axis(codebook.vocabulary_of(column_field)),
        cells={place: Counter(one for _, one in pairs) for place, pairs in judged.items()},
    )


def build_pipeline(codebook: Codebook, studies: Iterable[StudyEvidence]) -> list[PipelineRow]:
    """Each agent once, ordered by first target, class and agent."""
    mapping = outputs_of(codebook).pipeline
    if mapping is None:
        raise NotMapped("The codebook configures no therapy pipeline.")
    given: dict[str, list[tuple[StudyEvidence, Scope]]] = defaultdict(list)
    for study in studies:
        for scope in view(codebook, study.answers).scopes(mapping.entity):
            agent = scope.value(mapping.agent)
            if has_value(agent):
                given[agent].append((study, scope))
    rows = (_pipeline_row(mapping, agent, uses) for agent, uses in given.items())
    return sorted(rows, key=lambda row: (row.targets[:1], row.agent_class, row.agent))


def matrix_output(codebook: Codebook) -> MatrixOutput:
    """Return how the comparability matrix reads its columns, or raise NotMapped."""
    mapping = outputs_of(codebook).comparability
    if mapping is None:
        raise NotMapped("The codebook configures no comparability matrix.")
    return mapping


def map_output(codebook: Codebook) -> MapOutput:
    """Return how the evidence map reads its columns, or raise NotMapped."""
    mapping = outputs_of(codebook).map
    if mapping is None:
        raise NotMapped("The codebook configures no evidence map.")
    return mapping


def _axis_vocabulary(codebook: Codebook, column_key: str) -> Vocabulary:
    outputs = outputs_of(codebook)
    path = outputs.by_key[column_key].path
    return codebook.vocabulary_of(resolve(codebook, path, codebook.section(outputs.entity)))


def _axis(vocabulary: Vocabulary) -> tuple[AxisTerm, ...]:
    return tuple(
        AxisTerm(term.key, term.label, depth, term.parent) for depth, term in vocabulary.walk()
    )


def _without_excluded(mapping: MapOutput, vocabulary: Vocabulary) -> tuple[AxisTerm, ...]:
    """The column headings, less those under which the mapping lets nothing stand."""
    return tuple(
        term
        for term in _axis(vocabulary)
        if mapping.exclude is None
        or not evaluate(mapping.exclude, _as_row(mapping, vocabulary, term.key))
    )


def _as_row(mapping: MapOutput, vocabulary: Vocabulary, column: str) -> dict[str, str]:
    return {mapping.column: column, mapping.column_group: vocabulary.trail(column)[0].key}


def _place(mapping: MapOutput, row: EvidenceRow) -> Place | None:
    across = row.values.get(mapping.column) or row.values.get(mapping.column_group)
    down = row.values.get(mapping.row)
    return (down, across) if down and across else None


def _is_excluded(mapping: MapOutput, row: EvidenceRow) -> bool:
    return mapping.exclude is not None and evaluate(mapping.exclude, row.values, row.missing)


def _cells(
    codebook: Codebook,
    mapping: MapOutput,
    placed: Mapping[Place, list[EvidenceRow]],
    row_terms: Vocabulary,
    column_terms: Vocabulary,
) -> dict[Place, Cell]:
    """A cell for every place that has evidence, and for all places above it."""
    gathered: dict[Place, dict[str, list[EvidenceRow]]] = defaultdict(lambda: defaultdict(list))
    for (row, column), found in placed.items():
        for above in (row, *row_terms.ancestors(row)):
            for wider in (column, *column_terms.ancestors(column)):
                gathered[above, wider][column].extend(found)
    levels = list(_axis_vocabulary(codebook, mapping.level).by_key)
    return {place: _cell(mapping, by_column, levels) for place, by_column in gathered.items()}


def _cell(mapping: MapOutput, by_column: Mapping[str, list[EvidenceRow]], levels: list) -> Cell:
    rows = [row for found in by_column.values() for row in found]
    reached = [level for level in levels if any(_has(row, mapping.level, level) for row in rows)]
    return Cell(
        studies=tuple(dict.fromkeys(row.study for row in rows)),
        items=tuple((row.study, row.key) for row in rows),
        roles=_roles(mapping, rows),
        conflict=any(_conflicts(mapping, found) for found in by_column.values()),
        level=reached[-1] if reached else None,
        preclinical_only=_is_preclinical(mapping, rows),
    )


def _has(row: EvidenceRow, key: str, value: str) -> bool:
    return row.values.get(key) == value


def _roles(mapping: MapOutput, rows: list[EvidenceRow]) -> Counter[str]:
    """How many studies show each role."""
    shown = {(row.study, row.values[mapping.role]) for row in rows if mapping.role in row.values}
    return Counter(role for _, role in sorted(shown))


def _conflicts(mapping: MapOutput, rows: list[EvidenceRow]) -> bool:
    """Rows about one and the same factor contradict each other.

    Two factors of a class may well act differently, so a wider column conflicts only if one of
    its factors does.
    """
    roles = {row.values.get(mapping.role) for row in rows}
    return bool(roles & set(mapping.supporting)) and bool(roles & set(mapping.opposing))


def _is_preclinical(mapping: MapOutput, rows: list[EvidenceRow]) -> bool:
    if mapping.setting is None:
        return False
    return all(row.values.get(mapping.setting) in mapping.preclinical for row in rows)


def _judgement(mapping: MatrixOutput, scope: Scope) -> tuple[str, str, str]:
    found = (scope.value(key) or "" for key in (mapping.row, mapping.column, mapping.judgement))
    row, column, judgement = found
    return row, column, judgement


def _pipeline_row(
    mapping: PipelineOutput, agent: str, uses: list[tuple[StudyEvidence, Scope]]
) -> PipelineRow:
    scopes = [scope for _, scope in uses]
    items = [item for scope in scopes for item in _items(mapping, scope)]
    return PipelineRow(
        agent=agent,
        agent_class=next(iter(_distinct(scopes, mapping.agent_class)), ""),
        targets=_distinct(scopes, mapping.target),
        furthest=_furthest(mapping, scopes),
        stopped=bool(mapping.stopped and any(_distinct(scopes, mapping.stopped))),
        sites=_distinct(items, mapping.site),
        studies=tuple(dict.fromkeys(study.key for study, _ in uses)),
        measured=any(holds(mapping.measured, item) for item in items),
        trials=_distinct(scopes, mapping.trials) if mapping.trials else (),
    )


def _items(mapping: PipelineOutput, therapy: Scope) -> list[Scope]:
    items = therapy.view.scopes(mapping.items)
    return [item for item in items if item.value(mapping.reference) == therapy.key]


def _distinct(scopes: Iterable[Scope], path: str) -> tuple:
    """The different values at a path, in the order met."""
    found = (scope.value(path) for scope in scopes)
    flat = (one for value in found for one in (value if isinstance(value, list) else [value]))
    return tuple(dict.fromkeys(one for one in flat if has_value(one)))


def _furthest(mapping: PipelineOutput, scopes: list[Scope]) -> str | None:
    """The status of highest rank; one without a rank only if there is no other."""
    ranked = [(scope.value(mapping.rank) or 0, scope.value(mapping.status)) for scope in scopes]
    return max((pair for pair in ranked if pair[1]), default=(0, None), key=lambda p: p[0])[1]
