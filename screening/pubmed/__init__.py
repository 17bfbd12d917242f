"""PubMed by its E-utilities: a client that speaks to the network, and knows nothing of reviews."""

from screening.pubmed.client import Client, Found, Slice, Unavailable

__all__ = ["Client", "Found", "Slice", "Unavailable"]
