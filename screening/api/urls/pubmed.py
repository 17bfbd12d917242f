from django.urls import path

from screening.api.pubmed import SavedSearchViewSet

urlpatterns = [
    path(
        "saved-searches/",
        SavedSearchViewSet.as_view({"get": "list", "post": "create"}),
        name="api-saved-searches",
    ),
    path(
        "saved-searches/<int:pk>/",
        SavedSearchViewSet.as_view({"get": "retrieve"}),
        name="api-saved-search",
    ),
    path(
        "saved-searches/<int:pk>/runs/",
        SavedSearchViewSet.as_view({"get": "runs", "post": "run"}),
        name="api-saved-search-runs",
    ),
]
