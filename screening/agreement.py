"""Agreement of independent first decisions (pure).

Formulas: Cohen 1960 with the standard error of Fleiss, Cohen and Everitt 1969; Gwet 2008 (AC1);
Byrt, Bishop and Carlin 1993 (PABAK, bias and prevalence index); Cicchetti and Feinstein 1990
(positive and negative agreement); Wilson 1927; Krippendorff 2011; Fleiss 1971. Only blind
decisions made before conflicts were settled count; "maybe" counts as include.
"""

from collections import Counter
from collections.abc import Hashable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from math import isclose, sqrt
from statistics import NormalDist

FEWEST_FOR_STATISTICS = 20
_Z = NormalDist().inv_cdf(0.975)

Rating = Hashable | None  # None: this rater did not rate this record


@dataclass(frozen=True)
class Estimate:
    """A statistic with its standard error and 95 % interval, cut to [-1, 1]."""

    value: float
    error: float

    @property
    def low(self) -> float:
        return max(-1.0, self.value - _Z * self.error)

    @property
    def high(self) -> float:
        return min(1.0, self.value + _Z * self.error)


@dataclass(frozen=True)
class Interval:
    """A share with its 95 % interval."""

    value: float
    low: float
    high: float


@dataclass(frozen=True)
class Pair:
    """Two reviewers' decisions on the same records: include or exclude.

    `both` included, `first` or `second` alone included, `neither` included. Statistics that are
    not defined are None; `why_undefined` says why, in words a page can show.
    """

    both: int
    first: int
    second: int
    neither: int

    @classmethod
    def of(cls, decisions: Iterable[tuple[bool, bool]]) -> "Pair":
        """Count pairs of decisions (True is include, or maybe) on the same record."""
        counts = Counter((bool(one), bool(other)) for one, other in decisions)
        cells = (True, True), (True, False), (False, True), (False, False)
        return cls(*(counts[cell] for cell in cells))

    @property
    def n(self) -> int:
        return self.both + self.first + self.second + self.neither

    @property
    def n_disagreements(self) -> int:
        return self.first + self.second

    @property
    def is_table_only(self) -> bool:
        """Below twenty records no statistic says anything: show the table alone."""
        return self.n < FEWEST_FOR_STATISTICS

    @property
    def table(self) -> list[list[int]]:
        """The 2 x 2 table: rows the first reviewer, columns the second, includes first."""
        return [[self.both, self.first], [self.second, self.neither]]

    @property
    def percent(self) -> Interval | None:
        """Share of records on which both agree, with Wilson's interval."""
        return wilson(self.both + self.neither, self.n) if self.n else None

    @property
    def kappa(self) -> Estimate | None:
        return kappa(self.table)

    @property
    def ac1(self) -> Estimate | None:
        """Gwet's AC1; 1 where everybody says the same of everything."""
        return ac1(_ratings(self.table), n_categories=2)

    @property
    def pabak(self) -> float | None:
        return pabak(self.table)

    @property
    def positive(self) -> float | None:
        """Agreement on includes: of all includes given, the share the other gave too."""
        given = 2 * self.both + self.n_disagreements
        return 2 * self.both / given if given else None

    @property
    def negative(self) -> float | None:
        """Agreement on excludes."""
        given = 2 * self.neither + self.n_disagreements
        return 2 * self.neither / given if given else None

    @property
    def bias_index(self) -> float | None:
        """How much more often the first reviewer includes than the second (-1 to 1)."""
        return (self.first - self.second) / self.n if self.n else None

    @property
    def prevalence_index(self) -> float | None:
        """How far includes and excludes are out of balance (-1: hardly any includes)."""
        return (self.both - self.neither) / self.n if self.n else None

    @property
    def why_undefined(self) -> str:
        """Why there is no kappa; empty where there is one."""
        if self.n == 0:
            return "not defined (no records)"
        if self.kappa is not None:
            return ""
        return f"not defined (no {'excludes' if self.both else 'includes'})"


# ---------------------------------------------------------------- two raters
def wilson(n_hits: int, n: int) -> Interval:
    """Return a share with Wilson's score interval. Raises ZeroDivisionError for n = 0."""
    share = n_hits / n
    shrink = 1 + _Z**2 / n
    centre = (share + _Z**2 / (2 * n)) / shrink
    half = _Z / shrink * sqrt(share * (1 - share) / n + _Z**2 / (4 * n**2))
    return Interval(share, max(0.0, centre - half), min(1.0, centre + half))


def kappa(table: Sequence[Sequence[int]]) -> Estimate | None:
    """Cohen's kappa of a square table of counts, with its asymptotic standard error.

    None where both raters put everything into one and the same category, or rated nothing.
    """
    n = sum(map(sum, table))
    if not n:
        return None
    p = [[count / n for count in row] for row in table]
    rows = [sum(row) for row in p]
    columns = [sum(column) for column in zip(*p, strict=True)]
    expected = sum(row * column for row, column in zip(rows, columns, strict=True))
    if isclose(expected, 1.0):
        return None
    value = (sum(p[i][i] for i in range(len(p))) - expected) / (1 - expected)
    return Estimate(value, _kappa_error(p, rows, columns, value, expected) / sqrt(n))


def _kappa_error(
    p: list[list[float]], rows: list[float], columns: list[float], value: float, expected: float
) -> float:
    """The standard error of Fleiss, Cohen and Everitt for one record."""
    places = range(len(p))
    missed = 1 - value
    agreed = sum(p[i][i] * (1 - (rows[i] + columns[i]) * missed) ** 2 for i in places)
    apart = missed**2 * sum(
        p[i][j] * (columns[i] + rows[j]) ** 2 for i in places for j in places if i != j
    )
    variance = agreed + apart - (value - expected * missed) ** 2
    return sqrt(max(0.0, variance)) / (1 - expected)


def pabak(table: Sequence[Sequence[int]]) -> float | None:
    """Kappa adjusted for prevalence and bias (Brennan and Prediger for more categories)."""
    n = sum(map(sum, table))
    if not n:
        return None
    observed = sum(row[i] for i, row in enumerate(table)) / n
    return (len(table) * observed - 1) / (len(table) - 1)


def _ratings(table: Sequence[Sequence[int]]) -> list[tuple[int, int]]:
    """A table of counts as one pair of ratings per record."""
    return [
        (i, j) for i, row in enumerate(table) for j, count in enumerate(row) for _ in range(count)
    ]


# ---------------------------------------------------------------- any number of raters
def ac1(records: Sequence[Sequence[Rating]], *, n_categories: int | None = None) -> Estimate | None:
    """Gwet's AC1 of any number of raters; one sequence of ratings per record, None if missing.

    `n_categories` is how many there are to choose from, by default those that were used. 1 where
    one category only was used; None where no record was rated twice.
    """
    counts = [count for record in records if (count := _counted(record))]
    twice = [count for count in counts if count.total() > 1]
    if not twice:
        return None
    used = sorted({category for count in counts for category in count}, key=repr)
    n_categories = n_categories or len(used)
    if len(used) == 1:
        return Estimate(1.0, 0.0)
    share = {k: sum(count[k] / count.total() for count in counts) / len(counts) for k in used}
    by_chance = sum(p * (1 - p) for p in share.values()) / (n_categories - 1)
    observed = sum(map(_agreement_within, twice)) / len(twice)
    value = (observed - by_chance) / (1 - by_chance)
    influences = _ac1_influences(counts, len(twice), share, n_categories, by_chance, value)
    n = len(counts)
    return Estimate(value, sqrt(sum(i * i for i in influences) / (n * (n - 1))) if n > 1 else 0.0)


def _ac1_influences(
    counts: list[Counter[Hashable]],
    n_twice: int,
    share: dict[Hashable, float],
    n_categories: int,
    by_chance: float,
    value: float,
) -> Iterator[float]:
    """How far every record pulls AC1 from its value (Gwet's linearised variance)."""
    for count in counts:
        own = 0.0
        if count.total() > 1:
            own = len(counts) / n_twice * (_agreement_within(count) - by_chance)
        mean_rarity = sum(c / count.total() * (1 - share[k]) for k, c in count.items())
        shift = 2 * (1 - value) * (mean_rarity / (n_categories - 1) - by_chance)
        yield (own - shift) / (1 - by_chance) - value


def alpha(records: Sequence[Sequence[Rating]]) -> float | None:
    """Krippendorff's alpha for nominal data; missing ratings (None) are allowed.

    None where no record was rated twice, or only one category was used.
    """
    counts = [count for record in records if (count := _counted(record)).total() > 1]
    totals: Counter[Hashable] = sum(counts, Counter())
    n = totals.total()
    by_chance = n * n - sum(count * count for count in totals.values())
    if not by_chance:
        return None
    apart = sum(
        (count.total() ** 2 - sum(c * c for c in count.values())) / (count.total() - 1)
        for count in counts
    )
    return 1 - (n - 1) * apart / by_chance


def fleiss(counts: Sequence[Sequence[int]]) -> float | None:
    """Fleiss' kappa of a table records x categories of how many raters chose which.

    None where one category only was used. Raises ValueError unless every record has the same
    number of raters, and at least two; alpha has no such need.
    """
    raters = {sum(row) for row in counts}
    if len(raters) != 1 or max(raters) < 2:
        raise ValueError("Fleiss' kappa needs the same number of raters (two or more) throughout.")
    (n_raters,) = raters
    totals = [sum(column) for column in zip(*counts, strict=True)]
    by_chance = sum((total / (len(counts) * n_raters)) ** 2 for total in totals)
    if isclose(by_chance, 1.0):
        return None
    agreed = sum(c * (c - 1) for row in counts for c in row)
    observed = agreed / (len(counts) * n_raters * (n_raters - 1))
    return (observed - by_chance) / (1 - by_chance)


def all_agree(records: Sequence[Sequence[Rating]]) -> Interval | None:
    """Share of records rated twice or more of which all raters said the same."""
    counts = [count for record in records if (count := _counted(record)).total() > 1]
    return wilson(sum(len(count) == 1 for count in counts), len(counts)) if counts else None


def _counted(record: Sequence[Rating]) -> Counter[Hashable]:
    return Counter(rating for rating in record if rating is not None)


def _agreement_within(count: Counter[Hashable]) -> float:
    """Share of the pairs of ratings of one record that agree."""
    n = count.total()
    return sum(c * (c - 1) for c in count.values()) / (n * (n - 1))


# ---------------------------------------------------------------- pilot rounds
FEWEST_IN_ROUND, MOST_IN_ROUND = 5, 200


@dataclass(frozen=True)
class PilotJudgement:
    """Whether a pilot round passes; `reasons` are sentences, one for everything that is missing."""

    passed: bool
    reasons: tuple[str, ...]


@dataclass(frozen=True)
class PilotGate:
    """When reviewers may go on alone. The thresholds are convention: every team may choose its own.

    A round passes if kappa is high enough, or AC1 and positive agreement both are, for every pair
    of reviewers, and every disagreement was talked over.
    """

    kappa: float = 0.60
    ac1: float = 0.80
    positive: float = 0.60
    n_records: int = 50
    n_includes: int = 10

    def judge(self, pairs: Sequence[Pair], *, n_undiscussed: int = 0) -> PilotJudgement:
        """Judge a round by every pair of its reviewers."""
        reasons = [reason for pair in pairs for reason in self._about(pair)]
        if not pairs:
            reasons.append("Nobody has decided on the same records as somebody else yet.")
        if n_undiscussed:
            reasons.append(f"{n_undiscussed} disagreements are still to be talked over.")
        return PilotJudgement(not reasons, tuple(dict.fromkeys(reasons)))

    def _about(self, pair: Pair) -> list[str]:
        reasons = []
        if pair.n < self.n_records:
            reasons.append(f"A round needs {self.n_records} records; this one has {pair.n}.")
        n_includes = pair.n - pair.neither
        if n_includes < self.n_includes:
            reasons.append(
                f"Only {n_includes} records were included by anybody; with fewer than "
                f"{self.n_includes} agreement on includes says little."
            )
        if not self._agrees(pair):
            reasons.append(
                f"Agreement is too low: kappa below {self.kappa:.2f}, and AC1 below "
                f"{self.ac1:.2f} or positive agreement below {self.positive:.2f}."
            )
        return reasons

    def _agrees(self, pair: Pair) -> bool:
        if pair.kappa is not None and pair.kappa.value >= self.kappa:
            return True
        if pair.ac1 is None or pair.positive is None:
            return False
        return pair.ac1.value >= self.ac1 and pair.positive >= self.positive


def pairs_of(decisions: Mapping[str, Mapping[int, bool]]) -> dict[tuple[str, str], Pair]:
    """Return every two reviewers' table over the records both have decided on.

    `decisions` maps a reviewer to their decision (True: include or maybe) on each record.
    """
    found = {}
    for one, other in combinations(sorted(decisions), 2):
        shared = decisions[one].keys() & decisions[other].keys()
        found[one, other] = Pair.of(
            (decisions[one][record], decisions[other][record]) for record in shared
        )
    return found


def disagreements(decisions: Mapping[str, Mapping[int, bool]]) -> list[int]:
    """Return the records that reviewers decided on differently, to be talked over."""
    said: dict[int, set[bool]] = {}
    for theirs in decisions.values():
        for record, decision in theirs.items():
            said.setdefault(record, set()).add(bool(decision))
    return sorted(record for record, decided in said.items() if len(decided) > 1)
