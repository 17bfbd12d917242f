"""/api/v1/: every floor's routes, their description, and a page to try them on."""

from csp.constants import SELF, UNSAFE_INLINE
from csp.decorators import csp_replace
from django.urls import include, path
from drf_spectacular.views import SpectacularAPIView, SpectacularSwaggerSplitView

REVIEW = "reviews/<slug:slug>/"

# Swagger UI styles its page inline; its scripts stay our own files.
docs = csp_replace({"style-src": [SELF, UNSAFE_INLINE]})(
    SpectacularSwaggerSplitView.as_view(url_name="schema")
)

urlpatterns = [
    path("", include("reviewtool.reviews.api.urls")),
    path(REVIEW, include("screening.api.urls")),
    path(REVIEW, include("extraction.api.urls")),
    path("schema/", SpectacularAPIView.as_view(), name="schema"),
    path("docs/", docs, name="api-docs"),
]
