from django.urls import path

from screening.views import search_log

urlpatterns = [
    path("search-log/", search_log.show, name="search_log"),
    path("search-log/edit/", search_log.edit, name="search_log_edit"),
    path("search-log/download/<slug:format>/", search_log.download, name="search_log_download"),
]
