from django.urls import path

from screening.api.search_log import SearchLogView

urlpatterns = [path("search-log/", SearchLogView.as_view(), name="api-search-log")]
