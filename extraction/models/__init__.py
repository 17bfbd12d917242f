from extraction.models.codebooks import CodebookVersion
from extraction.models.evidence import Entry, EntryTerm, Quote
from extraction.models.extractions import Extraction

__all__ = ["CodebookVersion", "Entry", "EntryTerm", "Extraction", "Quote"]
