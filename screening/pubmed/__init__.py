"""PubMed by its E-utilities: a client that speaks to the network, and knows nothing of reviews."""

from screening.pubmed.answers import Batch, Found, HistoryGone, Slice, Unavailable
from screening.pubmed.client import FOR_A_JOB, FOR_A_PAGE, Client, Patience
from screening.pubmed.pace import Pace

__all__ = [
    "FOR_A_JOB",
    "FOR_A_PAGE",
    "Batch",
    "Client",
    "Found",
    "HistoryGone",
    "Pace",
    "Patience",
    "Slice",
    "Unavailable",
]
