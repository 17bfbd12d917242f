"""Kinds of events of the screening floor, one module per step."""

from screening.events import imports, offers, reports, screen, search_log, stopping, studies

__all__ = ["imports", "offers", "reports", "screen", "search_log", "stopping", "studies"]
