"""Whether an extraction's answers are complete and make sense.

`validate` returns findings in the order of the form. An `error` blocks submitting, a `warn`
asks for a reason. What the answers alone cannot tell comes in as a `Context`.
"""

from extraction.codebook import checks, structure
from extraction.codebook.definition import Codebook
from extraction.codebook.derivation import view
from extraction.codebook.findings import Context, Finding, QuoteCheck

__all__ = ["Context", "Finding", "QuoteCheck", "errors", "validate"]


def validate(codebook: Codebook, answers: dict, *, context: Context) -> tuple[Finding, ...]:
    """Everything that is wrong with the answers, or doubtful, in full sentences."""
    seen = view(codebook, answers)
    return (*structure.findings(seen, context), *checks.findings(seen, context))


def errors(findings: tuple[Finding, ...]) -> tuple[Finding, ...]:
    """The findings that block submitting."""
    return tuple(one for one in findings if one.severity == "error")
