"""API routes of the screening floor, collected from one module per step."""

from screening.api.urls import (
    dedupe,
    imports,
    prisma,
    pubmed,
    records,
    screen,
    search_log,
    stopping,
    studies,
)

STEPS = (imports, pubmed, search_log, records, dedupe, screen, studies, prisma, stopping)
urlpatterns = [pattern for step in STEPS for pattern in step.urlpatterns]
