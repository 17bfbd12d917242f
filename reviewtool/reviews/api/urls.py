"""API routes of the floor of people and reviews."""

from typing import Any

from django.urls import path

from reviewtool.reviews.api.reviews import MemberViewSet, MeView, ProtocolViewSet, ReviewViewSet

REVIEW = "reviews/<slug:slug>/"
LIST: dict[str, Any] = {"get": "list"}
RETRIEVE: dict[str, Any] = {"get": "retrieve"}

urlpatterns = [
    path("me/", MeView.as_view(), name="api-me"),
    path("reviews/", ReviewViewSet.as_view(LIST), name="api-reviews"),
    path(REVIEW, ReviewViewSet.as_view(RETRIEVE), name="api-review"),
    path(f"{REVIEW}members/", MemberViewSet.as_view(LIST), name="api-members"),
    path(f"{REVIEW}protocols/", ProtocolViewSet.as_view(LIST), name="api-protocols"),
    path(
        f"{REVIEW}protocols/<int:version>/",
        ProtocolViewSet.as_view(RETRIEVE),
        name="api-protocol",
    ),
]
