"""Entries: the projection of submitted revisions that evidence pages and the API read."""

from collections.abc import Iterable

from extraction.codebook import Codebook
from extraction.codebook.derivation import completed
from extraction.codebook.terms import index_terms
from extraction.codebook.validation import QuoteCheck
from extraction.events import ExtractionSubmitted
from extraction.models import Entry, EntryTerm, Extraction, Quote
from extraction.services import codebooks
from extraction.services.quotes import look_up
from reviewtool.reviews.models import Event, Review
from screening.models import Report

_VERIFIED = {QuoteCheck.FOUND: True, QuoteCheck.NOT_FOUND: False, QuoteCheck.NO_TEXT: None}


def project(extraction: Extraction, *, answers: dict, seq: int) -> None:
    """Replace an extraction's entries by those of a revision."""
    codebook = codebooks.loaded(extraction.codebook)
    Entry.objects.filter(extraction=extraction).delete()
    entries = Entry.objects.bulk_create(_entries(extraction, codebook, answers, seq))
    by_place = {(entry.entity, entry.key): entry for entry in entries}
    EntryTerm.objects.bulk_create(
        [
            EntryTerm(entry=by_place[use.entity, use.entity_key], field=use.field, term=use.term)
            for use in index_terms(codebook, answers)
            if (use.entity, use.entity_key) in by_place
        ]
    )
    Quote.objects.bulk_create(_quotes(codebook, entries))


def _entries(extraction: Extraction, codebook: Codebook, answers: dict, seq: int) -> list[Entry]:
    return [
        Entry(
            review_id=extraction.review_id,
            extraction=extraction,
            study_id=extraction.study_id,
            revision_seq=seq,
            entity=entity,
            key=one["key"],
            position=position,
            answers=one.get("answers", {}),
            missing=one.get("missing", {}),
        )
        for entity, ones in completed(codebook, answers)["entities"].items()
        for position, one in enumerate(ones)
    ]


def _quotes(codebook: Codebook, entries: Iterable[Entry]) -> Iterable[Quote]:
    mapping = codebook.outputs.quotes if codebook.outputs else None
    for entry in entries:
        if mapping is None or entry.entity != mapping.entity:
            continue
        for row in entry.answers.get(mapping.group, []):
            quote = _quote(entry, row.get("answers", {}), mapping)
            if quote is not None:
                yield quote


def _quote(entry: Entry, answers: dict, mapping) -> Quote | None:
    report, text = answers.get(mapping.report), answers.get(mapping.text)
    if not report or not text or not Report.objects.filter(pk=report, review=entry.review_id):
        return None
    found = look_up(int(report), text)
    return Quote(
        entry=entry,
        report_id=int(report),
        exact=text,
        prefix=found.prefix,
        suffix=found.suffix,
        locator_type=answers.get(mapping.locator_type or "", ""),
        locator=answers.get(mapping.locator or "", ""),
        page=found.page,
        is_verified=_VERIFIED[found.check],
    )


def differences(review: Review) -> Iterable[str]:
    """Compare the stored entries with the last submitted revisions."""
    last: dict[int, Event] = {}
    events = Event.objects.filter(review=review, kind=ExtractionSubmitted.kind).order_by("seq")
    for event in events:
        last[event.payload["extraction"]] = event
    for extraction in Extraction.objects.filter(review=review).select_related("codebook"):
        submitted = last.get(extraction.pk)
        if extraction.submitted_seq != (submitted.seq if submitted else None):
            yield f"extraction {extraction.pk}: its last submission differs from the ledger"
            continue
        codebook = codebooks.loaded(extraction.codebook)
        answers = submitted.payload["answers"] if submitted else {"entities": {}}
        expected = {
            (e.entity, e.key): (e.answers, e.missing)
            for e in _entries(extraction, codebook, answers, 0)
        }
        stored = {(e.entity, e.key): (e.answers, e.missing) for e in extraction.entries.all()}
        if stored != expected:
            yield f"extraction {extraction.pk}: its entries differ from the ledger"
