from django.urls import path

from screening.api.screen import CardsView, DecisionViewSet
from screening.urls import stages

_ = stages  # registers the converter of stages

urlpatterns = [
    path(
        "decisions/",
        DecisionViewSet.as_view({"get": "list", "post": "create"}),
        name="decision-list",
    ),
    path(
        "decisions/<int:pk>/",
        DecisionViewSet.as_view({"get": "retrieve", "delete": "destroy"}),
        name="decision-detail",
    ),
    path("cards/<stage:stage>/", CardsView.as_view(), name="card-list"),
]
