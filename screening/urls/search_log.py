from django.urls import path

from screening.views import search_log

urlpatterns = [
    path("searches/log/", search_log.show, name="search_log"),
    path("searches/log/edit/", search_log.edit, name="search_log_edit"),
    path("searches/log/download/<slug:format>/", search_log.download, name="search_log_download"),
]
