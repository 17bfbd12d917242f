from django.urls import path

from screening.api.imports import SearchViewSet

urlpatterns = [
    path(
        "searches/", SearchViewSet.as_view({"get": "list", "post": "create"}), name="api-searches"
    ),
    path("searches/<int:pk>/", SearchViewSet.as_view({"get": "retrieve"}), name="api-search"),
]
