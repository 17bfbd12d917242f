from django.urls import path

from screening.api.studies import StudyViewSet

urlpatterns = [
    path("studies/", StudyViewSet.as_view({"get": "list"}), name="study-list"),
    path("studies/<int:pk>/", StudyViewSet.as_view({"get": "retrieve"}), name="study-detail"),
]
