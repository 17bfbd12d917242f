"""API routes of the screening floor, collected from one module per step."""

from screening.api.urls import (
    dedupe,
    imports,
    prisma,
    records,
    screen,
    search_log,
    stopping,
    studies,
)

STEPS = (imports, search_log, records, dedupe, screen, studies, prisma, stopping)
urlpatterns = [pattern for step in STEPS for pattern in step.urlpatterns]
