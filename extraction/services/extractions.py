"""Filling the form: drafts that survive a crash, and submissions that never change."""

from collections.abc import Collection
from typing import Any

from django.core.exceptions import PermissionDenied, ValidationError
from django.db import IntegrityError, transaction
from django.utils import timezone

from extraction.codebook import Codebook
from extraction.codebook.answers import empty, normalise
from extraction.codebook.validation import Context, Finding, QuoteCheck, validate
from extraction.codebook.values import AnswerError
from extraction.events import ExtractionSubmitted
from extraction.models import Extraction
from extraction.services import codebooks, entries
from extraction.services.quotes import look_up
from reviewtool.reviews import events, ledger
from reviewtool.reviews.models import Event, Membership, Review
from reviewtool.reviews.permissions import Permission, require
from screening.models import Study


class DraftMoved(ValidationError):
    """Somebody (another tab, a colleague) saved a later draft; nothing was overwritten."""


def start(study: Study, *, by: Membership) -> Extraction:
    """Begin, or go on with, one's own extraction of a study."""
    require(by, Permission.EXTRACT)
    return _begin(study, by=by, extractor=by)


def start_consensus(study: Study, *, by: Membership) -> Extraction:
    """Begin the team's consensus, from the first submitted extraction of the study."""
    require(by, Permission.RECONCILE)
    submitted = Extraction.objects.filter(study=study, extractor__isnull=False).exclude(
        submitted_seq=None
    )
    first = submitted.order_by("submitted_seq").first()
    if first is None:
        raise ValidationError("Nobody has submitted an extraction of this study yet.")
    return _begin(study, by=by, extractor=None, draft=revision(first))


def _begin(
    study: Study, *, by: Membership, extractor: Membership | None, draft: dict | None = None
) -> Extraction:
    if study.review_id != by.review_id:
        raise PermissionDenied("The study belongs to another review.")
    if study.merged_into_id is not None:
        raise ValidationError("This study was merged into another one.")
    known = Extraction.objects.filter(study=study, extractor=extractor).first()
    if known is not None:
        return known
    version = codebooks.current(by.review)
    if version is None:
        raise ValidationError("The review has no codebook yet; a lead publishes one.")
    try:
        with transaction.atomic():
            return Extraction.objects.create(
                review=by.review,
                study=study,
                codebook=version,
                extractor=extractor,
                draft=draft or empty(codebooks.loaded(version)),
            )
    except IntegrityError:  # the same person in two tabs at once
        return Extraction.objects.get(study=study, extractor=extractor)


def check_owner(extraction: Extraction, by: Membership) -> None:
    """One's own extraction, or the consensus for those who make it."""
    if extraction.review_id != by.review_id:
        raise PermissionDenied("The extraction belongs to another review.")
    if extraction.is_consensus:
        require(by, Permission.RECONCILE)
    elif extraction.extractor_id != by.pk:
        raise PermissionDenied("This is a colleague's extraction.")
    else:
        require(by, Permission.EXTRACT)


@transaction.atomic
def save_draft(
    extraction: Extraction, *, by: Membership, answers: dict, draft_version: int
) -> tuple[Finding, ...]:
    """Keep a draft; returns what could not be read (it is kept as typed).

    Raises DraftMoved if the draft was saved from elsewhere since `draft_version`.
    """
    check_owner(extraction, by)
    try:
        normalised = normalise(codebooks.loaded(extraction.codebook), answers)
    except AnswerError as error:
        raise ValidationError(str(error)) from error
    saved = Extraction.objects.filter(pk=extraction.pk, draft_version=draft_version).update(
        draft=normalised.answers,
        draft_version=draft_version + 1,
        draft_saved_at=timezone.now(),
    )
    if not saved:
        raise DraftMoved(
            "This draft was changed in another window. Reload the page to see it; what you typed "
            "here was not saved."
        )
    extraction.refresh_from_db()
    return normalised.findings


@transaction.atomic
def submit(extraction: Extraction, *, by: Membership, acknowledged: Collection[str] = ()) -> Event:
    """Make the draft an immutable revision; errors block, warnings must be acknowledged.

    `acknowledged` holds the keys (`finding_key`) of warnings the extractor stands by.
    """
    check_owner(extraction, by)
    ledger.lock(by.review)
    extraction.refresh_from_db()
    findings = check(extraction)
    blocking = [f for f in findings if f.is_error or finding_key(f) not in acknowledged]
    if blocking:
        raise ValidationError([f.message for f in blocking])
    happening = ExtractionSubmitted(
        extraction=extraction.pk,
        study=extraction.study_id,
        label=extraction.study.label,
        is_consensus=extraction.is_consensus,
        codebook_version=extraction.codebook.version,
        answers=extraction.draft,
        acknowledged=sorted(acknowledged),
    )
    event = events.record(by.review, happening, by=by)
    Extraction.objects.filter(pk=extraction.pk).update(submitted_seq=event.seq)
    extraction.refresh_from_db()
    entries.project(extraction, answers=extraction.draft, seq=event.seq)
    return event


def check(extraction: Extraction) -> tuple[Finding, ...]:
    """Everything that is wrong with the draft, or doubtful."""
    codebook = codebooks.loaded(extraction.codebook)
    context = context_of(extraction, codebook)
    return validate(codebook, extraction.draft, context=context)


def finding_key(finding: Finding) -> str:
    """A name for one finding, the same as long as it says the same of the same place."""
    place = (finding.entity, finding.entity_key, finding.group, finding.row, finding.field)
    return ":".join((finding.rule_id, *place))


def context_of(extraction: Extraction, codebook: Codebook) -> Context:
    """What the answers alone cannot tell: the study's reports, and which quotes are found."""
    reports = extraction.study.reports.values_list("pk", flat=True)
    externals = {"report": frozenset(str(pk) for pk in reports)}
    return Context(externals=externals, quotes=_quote_checks(codebook, extraction.draft))


def _quote_checks(codebook: Codebook, answers: dict) -> dict[tuple[str, str], QuoteCheck]:
    mapping = codebook.outputs.quotes if codebook.outputs else None
    if mapping is None:
        return {}
    return {
        (entity["key"], row["key"]): _checked(row.get("answers", {}), mapping)
        for entity in answers.get("entities", {}).get(mapping.entity, [])
        for row in entity.get("answers", {}).get(mapping.group, [])
        if row.get("answers", {}).get(mapping.report) and row["answers"].get(mapping.text)
    }


def _checked(answers: dict[str, Any], mapping) -> QuoteCheck:
    report = str(answers[mapping.report])
    if not report.isdigit():
        return QuoteCheck.NOT_FOUND
    return look_up(int(report), answers[mapping.text]).check


def revision(extraction: Extraction) -> dict:
    """The answers of the last submitted revision of a submitted extraction."""
    event = Event.objects.get(review=extraction.review, seq=extraction.submitted_seq or 0)
    return event.payload["answers"]


def n_waiting(member: Membership) -> int:
    """Studies this member could extract and has not submitted."""
    if not member.may(Permission.EXTRACT):
        return 0
    standing = Study.objects.filter(review=member.review).standing()
    submitted = Extraction.objects.filter(extractor=member).exclude(submitted_seq=None)
    needed = member.review.protocol.extractors
    open_studies = standing.exclude(pk__in=submitted.values("study"))
    return sum(1 for study in open_studies if _n_submitted(study) < needed)


def _n_submitted(study: Study) -> int:
    return study.extractions.exclude(extractor=None).exclude(submitted_seq=None).count()


def n_to_reconcile(member: Membership) -> int:
    """Studies with enough submitted extractions and no consensus yet."""
    if not member.may(Permission.RECONCILE):
        return 0
    return len(to_reconcile(member.review))


def to_reconcile(review: Review) -> list[Study]:
    needed = review.protocol.extractors
    standing = Study.objects.filter(review=review).standing()
    done = Extraction.objects.filter(extractor=None).exclude(submitted_seq=None)
    return [s for s in standing.exclude(pk__in=done.values("study")) if _n_submitted(s) >= needed]
