from django.urls import path

from reviewtool.reviews.api.views import MembersView, ProtocolsView, ReviewListView, ReviewView

urlpatterns = [
    path("reviews/", ReviewListView.as_view(), name="api-reviews"),
    path("reviews/<slug:slug>/", ReviewView.as_view(), name="api-review"),
    path("reviews/<slug:slug>/members/", MembersView.as_view(), name="api-members"),
    path("reviews/<slug:slug>/protocols/", ProtocolsView.as_view(), name="api-protocols"),
]
