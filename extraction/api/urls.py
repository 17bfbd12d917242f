"""API routes of the extraction floor."""

from django.urls import path

from extraction.api import evidence

urlpatterns = [
    path("evidence/", evidence.EvidenceView.as_view(), name="evidence-list"),
    path("evidence/document/", evidence.EvidenceDocumentView.as_view(), name="evidence-document"),
    path("map/", evidence.MapView.as_view(), name="map"),
    path("therapies/", evidence.TherapiesView.as_view(), name="therapies"),
    path("comparability/", evidence.ComparabilityView.as_view(), name="comparability"),
    path("vocabularies/", evidence.VocabularyListView.as_view(), name="vocabulary-list"),
    path("vocabularies/<slug:name>/", evidence.VocabularyView.as_view(), name="vocabulary-detail"),
]
