"""The doors: pages and API."""

from django.conf import settings
from django.urls import include, path

from reviewtool.activity import activity
from reviewtool.health import health
from reviewtool.overview import overview
from reviewtool.styleguide import styleguide

REVIEW = "reviews/<slug:slug>/"

urlpatterns = [
    path("healthz", health, name="health"),
    path("", include("reviewtool.reviews.urls")),
    path(REVIEW, overview, name="overview"),
    path(f"{REVIEW}activity/", activity, name="activity"),
    path(REVIEW, include("reviewtool.jobs.urls")),
    path(REVIEW, include("screening.urls")),
    path(REVIEW, include("extraction.urls")),
    path("api/v1/", include("reviewtool.api.urls")),
]
if settings.DEBUG:
    urlpatterns.append(path("styleguide/", styleguide))
