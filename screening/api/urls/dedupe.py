from django.urls import path

from screening.api.dedupe import JudgementViewSet

urlpatterns = [
    path(
        "duplicates/",
        JudgementViewSet.as_view({"get": "list", "post": "create"}),
        name="api-duplicates",
    ),
    path(
        "duplicates/<int:pk>/", JudgementViewSet.as_view({"get": "retrieve"}), name="api-duplicate"
    ),
]
