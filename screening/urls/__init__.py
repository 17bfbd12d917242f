"""Pages of the screening floor, collected from one module per step."""

from screening.urls import (
    dedupe,
    imports,
    pilots,
    prisma,
    pubmed,
    ranking,
    records,
    reports,
    screen,
    search_log,
    stages,
    stopping,
    studies,
)

app_name = "screening"
_ = stages  # registers the converter of stages
STEPS = (
    imports,
    pubmed,
    search_log,
    records,
    dedupe,
    screen,
    pilots,
    reports,
    studies,
    prisma,
    ranking,
    stopping,
)
urlpatterns = [pattern for step in STEPS for pattern in step.urlpatterns]
