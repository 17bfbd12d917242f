"""Evidence in the formats others read. Pure: settled studies in, bytes or plain objects out."""

from extraction.exports.documents import document, evidence_json, used_terms
from extraction.exports.linked import jsonld
from extraction.exports.releases import Release
from extraction.exports.tidy import tidy_zip
from extraction.exports.workbook import xlsx

__all__ = ["Release", "document", "evidence_json", "jsonld", "tidy_zip", "used_terms", "xlsx"]
