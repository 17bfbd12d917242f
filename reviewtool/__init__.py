"""reviewtool: systematic reviews from search results to evidence, every number from a ledger."""

from reviewtool.celery import app as celery_app

__all__ = ["celery_app"]
__version__ = "0.1.0"
