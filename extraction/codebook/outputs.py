"""Which fields of a codebook the evidence table, the map and the other outputs show."""

from dataclasses import dataclass, field
from functools import cached_property

from extraction.codebook.conditions import Condition


@dataclass(frozen=True)
class Column:
    """One column of the evidence table: what is found at `path`, seen from the entity."""

    key: str
    label: str
    path: str


@dataclass(frozen=True)
class MapOutput:
    """Rows x columns of the evidence map, in keys of evidence columns.

    Where `column` is empty, `column_group` stands for it (a class whose factor is not resolved).
    `supporting` and `opposing` roles in one cell make a conflict; `preclinical` are the values of
    `setting` that are not about patients.
    """

    row: str
    column: str
    column_group: str
    role: str
    level: str
    supporting: tuple[str, ...]
    opposing: tuple[str, ...]
    setting: str | None = None
    preclinical: tuple[str, ...] = ()
    exclude: Condition | None = None


@dataclass(frozen=True)
class MatrixOutput:
    """Rows x columns of a matrix of judgements made in every study."""

    entity: str
    row: str
    column: str
    judgement: str


@dataclass(frozen=True)
class PipelineOutput:
    """Therapies by target and agent, with the furthest stage and where they were tested.

    `rank` leads to a number that orders the stages, `stopped` to true for an ended development;
    `measured` says of an item (of the entity `items`) that the outcome of interest was measured.
    """

    entity: str
    agent: str
    agent_class: str
    target: str
    status: str
    items: str
    reference: str
    site: str
    measured: Condition
    rank: str
    stopped: str | None = None
    trials: str | None = None


@dataclass(frozen=True)
class QuoteOutput:
    """Which group of which entity holds the quotes, and the parts of a quote."""

    entity: str
    group: str
    report: str
    text: str
    locator_type: str | None = None
    locator: str | None = None
    supports: str | None = None


@dataclass(frozen=True)
class Outputs:
    """What the pages and exports show, in this codebook's own field names."""

    entity: str
    columns: tuple[Column, ...] = ()
    quotes: QuoteOutput | None = None
    map: MapOutput | None = None
    comparability: MatrixOutput | None = None
    pipeline: PipelineOutput | None = None
    prefixes: dict = field(default_factory=dict)

    @cached_property
    def by_key(self) -> dict[str, Column]:
        return {column.key: column for column in self.columns}
