"""What is known about duplicates: what pages and clients ask."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any

from django.db.models import Exists, F, OuterRef, Q, QuerySet

from reviewtool.reviews.models import Membership, Review
from screening.agreement import Interval, wilson
from screening.dedupe import best_fields
from screening.models import Decision, DuplicateJudgement, DuplicateQuestion, Record
from screening.services import groups
from screening.services.conversion import citation_of

Verdict = DuplicateJudgement.Verdict
Pair = tuple[int, int]
#: The evidence of an entry that lets a rule's word hold again.
RESTORED = "as the rule had it: the later judgement was taken back"


def open_questions(review: Review) -> QuerySet[DuplicateQuestion]:
    """Pairs that wait for a person's eye, the surest first; pairs already in one group do not."""
    return (
        DuplicateQuestion.objects.filter(review=review, answered_seq=None)
        .filter(_is_visible("first"), _is_visible("second"))
        .exclude(first__canonical=F("second__canonical"))
    )


def _is_visible(record: str) -> Q:
    """`RecordQuerySet.visible` of a record that a row points to."""
    return Q(**{f"{record}__entered_seq__isnull": False, f"{record}__withdrawn_seq": None})


def last_by(member: Membership) -> DuplicateJudgement | None:
    """Return the member's own last word that can still be taken back."""
    own = DuplicateJudgement.objects.filter(review=member.review, actor=member, by_rule="")
    for judgement in own.order_by("-seq").select_related("first", "second")[:50]:
        standing = latest(judgement.first_id, judgement.second_id)
        restored = judgement.verdict == Verdict.OPEN or judgement.evidence_for == [RESTORED]
        if standing.pk == judgement.pk and not restored:
            return judgement
    return None


def latest(first: int, second: int) -> DuplicateJudgement:
    """Return the judgement that holds for a pair: a person's last word, else a rule's."""
    rows = DuplicateJudgement.objects.filter(first=first, second=second)
    by_person = rows.filter(by_rule="").order_by("-seq").first()
    return by_person or rows.latest("seq")


def rule_before(judgement: DuplicateJudgement) -> DuplicateJudgement | None:
    """Return the rule's word that a person's judgement overruled, if it was not taken back before."""
    if judgement.by_rule:
        return None
    rows = DuplicateJudgement.objects.filter(
        first=judgement.first_id, second=judgement.second_id, seq__lt=judgement.seq
    ).order_by("-seq")
    rule = rows.exclude(by_rule="").first()
    if rule is None or rows.filter(by_rule="", verdict=Verdict.OPEN, seq__gt=rule.seq).exists():
        return None
    return rule


def members_of(ids: Collection[int]) -> set[int]:
    canonicals = Record.objects.filter(pk__in=ids).values("canonical")
    members = Record.objects.visible().filter(canonical__in=canonicals)
    return set(members.values_list("pk", flat=True))


def held_about(ids: Collection[int], review: Review) -> dict[Pair, groups.Judged]:
    rows = DuplicateJudgement.objects.filter(review=review)
    return groups.standing(rows.filter(Q(first__in=ids) | Q(second__in=ids)))


def standing_judgements(review: Review, *verdicts: str) -> QuerySet[DuplicateJudgement]:
    """Judgements that hold: a person's last word on a pair, else the rules' last."""
    same_pair = DuplicateJudgement.objects.filter(
        first=OuterRef("first"), second=OuterRef("second")
    )
    by_person = same_pair.filter(by_rule="")
    later = Q(seq__gt=OuterRef("seq"))
    rows = DuplicateJudgement.objects.filter(review=review).filter(
        (Q(by_rule="") & ~Exists(by_person.filter(later)))
        | (~Q(by_rule="") & ~Exists(by_person) & ~Exists(same_pair.filter(later)))
    )
    return rows.filter(verdict__in=verdicts).order_by("-seq") if verdicts else rows


def groups_told_apart(review: Review) -> set[frozenset[int]]:
    """Return the pairs of groups of which a person told two members apart, by canonical record."""
    rows = standing_judgements(review, Verdict.DIFFERENT, Verdict.RELATED).filter(by_rule="")
    pairs = rows.values_list("first__canonical", "second__canonical")
    return {frozenset((a, b)) for a, b in pairs if a is not None and b is not None}


def standing_between(first: Record, second: Record) -> DuplicateJudgement | None:
    rows = standing_judgements(first.review).filter(first=first, second=second)
    return rows.select_related("actor__user").first()


def judgements_about(record: Record) -> QuerySet[DuplicateJudgement]:
    """Judgements that hold about a record."""
    rows = standing_judgements(record.review).filter(Q(first=record) | Q(second=record))
    rows = rows.filter(_is_visible("first"), _is_visible("second"))
    return rows.select_related("first", "second", "actor__user")


def retraction_of(record: Record) -> str:
    """Return a sentence if the report was retracted, by what any copy or a linked notice says."""
    members = list(Record.objects.visible().filter(canonical=record.canonical_id))
    said = next((each for each in members if each.is_retracted), None)
    if said is not None:
        return f"This report was retracted, says the source of record {said.pk}."
    ids = [each.pk for each in members]
    linked = standing_judgements(record.review, Verdict.RELATED).filter(
        Q(first__in=ids) | Q(second__in=ids), relation=DuplicateJudgement.Relation.RETRACTION_OF
    )
    notice = linked.first()
    if notice is None:
        return ""
    other = notice.second_id if notice.first_id in ids else notice.first_id
    return f"Linked with record {other} as a retraction: look which of them is the notice."


def counts(review: Review) -> dict[str, int]:
    """Return the numbers of the bands."""
    records = Record.objects.filter(review=review).visible()
    by_person = standing_judgements(review, Verdict.SAME).filter(by_rule="")
    return {
        "copies": records.exclude(canonical=F("pk")).count(),
        "by_person": by_person.count(),
        "open": open_questions(review).count(),
        "apart": standing_judgements(review, Verdict.DIFFERENT, Verdict.RELATED).count(),
        "unsure": standing_judgements(review, Verdict.UNSURE).count(),
    }


@dataclass(frozen=True)
class Estimate:
    """How right a band has been so far, as far as people have looked."""

    n_joined: int
    n_taken_back: int
    n_answered: int
    n_same: int

    @property
    def same(self) -> Interval | None:
        """Of the answered questions, the share that was the same report, 95 % (Wilson)."""
        return wilson(self.n_same, self.n_answered) if self.n_answered else None

    @property
    def taken_back(self) -> Interval | None:
        """Of the pairs the rules joined, the share that people took back, 95 % (Wilson)."""
        return wilson(self.n_taken_back, self.n_joined) if self.n_joined else None

    @property
    def taken_back_at_most(self) -> str:
        """Return the upper end of the share of rule joins taken back, in per cent."""
        return f"{100 * self.taken_back.high:.1f}" if self.taken_back else "100"

    @property
    def same_between(self) -> str:
        """Return the interval of the share of questions that were the same report, in words."""
        if self.same is None:
            return "nothing is known yet"
        return f"{100 * self.same.low:.0f} to {100 * self.same.high:.0f} % with 95 % confidence"


def estimate(review: Review) -> Estimate:
    """Count what people said of the rules' work: nothing is claimed of what nobody looked at."""
    rows = DuplicateJudgement.objects.filter(review=review)
    joined = set(
        rows.exclude(by_rule="").filter(verdict=Verdict.SAME).values_list("first", "second")
    )
    said = {
        (first, second): verdict
        for first, second, verdict in rows.filter(by_rule="")
        .order_by("seq")
        .values_list("first", "second", "verdict")
    }
    asked = DuplicateQuestion.objects.filter(review=review, answered_seq__isnull=False)
    answers = [said.get(pair, "") for pair in asked.values_list("first", "second")]
    decided = [word for word in answers if word in (Verdict.SAME, *groups.APART)]
    return Estimate(
        n_joined=len(joined),
        n_taken_back=sum(said.get(pair) in (Verdict.OPEN, *groups.APART) for pair in joined),
        n_answered=len(decided),
        n_same=sum(word == Verdict.SAME for word in decided),
    )


def sample_of(review: Review, *, reason: str, most: int = 8) -> list[DuplicateQuestion]:
    """Return open questions of one reason, spread from the surest to the least sure."""
    asked = list(open_questions(review).filter(reason=reason).values_list("pk", flat=True))
    step = max(1, len(asked) // most)
    chosen = asked[::step][:most]
    found = DuplicateQuestion.objects.filter(pk__in=chosen)
    return list(found.select_related("first__search", "second__search"))


def groups_with_reasons(canonicals: Sequence[int]) -> list[dict[str, Any]]:
    """Return groups for the page: their records, and the judgements that joined them."""
    records = (
        Record.objects.visible().filter(canonical__in=canonicals).select_related("search", "review")
    )
    members: dict[int, list[Record]] = {canonical: [] for canonical in canonicals}
    group_of: dict[int, int] = {}
    for record in records.defer("raw", "raw_text", "search_text", "abstract", "keys"):
        members[record.canonical_id].append(record)
        group_of[record.pk] = record.canonical_id
    reasons: dict[int, list[DuplicateJudgement]] = {canonical: [] for canonical in canonicals}
    first = next(iter(group_of), None)
    if first is not None:
        review = members[group_of[first]][0].review
        rows = standing_judgements(review, Verdict.SAME).filter(first__in=group_of)
        for row in rows.select_related("actor__user"):
            if group_of.get(row.first_id) == group_of.get(row.second_id):
                reasons[group_of[row.first_id]].append(row)
    return [{"records": members[pk], "judgements": reasons[pk]} for pk in canonicals]


@dataclass(frozen=True)
class BestField:
    """The best value of one field among duplicates, and the record it is from."""

    name: str
    value: Any
    record: Record

    @property
    def label(self) -> str:
        return str(getattr(Record._meta.get_field(self.name), "verbose_name", self.name))

    @property
    def text(self) -> str:
        return "; ".join(self.value) if isinstance(self.value, (list, tuple)) else str(self.value)


def best_of(records: Sequence[Record]) -> list[BestField]:
    """Choose each field from the copy that has it best; nothing is merged, all copies stay."""
    by_id = {record.pk: record for record in records}
    best = best_fields({pk: citation_of(record) for pk, record in by_id.items()})
    return [BestField(name, value, by_id[source]) for name, (value, source) in best.items()]


# ---------------------------------------------------------------- what a judgement would change


@dataclass(frozen=True)
class Effects:
    """What joining or parting would do, in numbers; it never tells how anybody decided."""

    n_records: int
    n_groups_before: int
    n_groups_after: int
    n_decisions: int
    n_people: int

    @property
    def sentences(self) -> list[str]:
        before, after = self.n_groups_before, self.n_groups_after
        said = [
            f"The {self.n_records} records concerned form {_counted(before, 'report')} now "
            f"and will form {_counted(after, 'report')}."
        ]
        if self.n_decisions:
            kept = _counted(self.n_decisions, "decision")
            people = _counted(self.n_people, "person", "people")
            how = "count together" if after < before else "go with the record they were made on"
            said.append(f"{kept} by {people} stay as they are and {how}; outcomes follow.")
        else:
            said.append("Nobody has decided on any of them yet.")
        return said


def effects_of_undo(judgement: DuplicateJudgement) -> Effects:
    """Return what taking a judgement back would change."""
    rule = rule_before(judgement)
    verdict = rule.verdict if rule else Verdict.OPEN
    pair = (judgement.first_id, judgement.second_id)
    return effects_of(judgement.review, {pair: verdict})


def effects_of(review: Review, verdicts: dict[Pair, str]) -> Effects:
    """Return what a person's words on some pairs would change."""
    ids = {record for pair in verdicts for record in pair}
    members = members_of(ids)
    held = held_about(members, review)
    now = groups.grouping(members, held)
    words = {pair: groups.Judged(verdict, "", 0.0, 0) for pair, verdict in verdicts.items()}
    then = groups.grouping(members, held | words)
    decisions = Decision.objects.current().filter(record__in=members)
    return Effects(
        n_records=len(members),
        n_groups_before=len(set(now.values())),
        n_groups_after=len(set(then.values())),
        n_decisions=decisions.count(),
        n_people=decisions.values("actor").distinct().count(),
    )


def _counted(n: int, one: str, many: str = "") -> str:
    return f"{n} {one if n == 1 else many or one + 's'}"
