from django.urls import path

from screening.views import pubmed

urlpatterns = [
    path("pubmed/", pubmed.search, name="pubmed"),
    path("pubmed/<int:pk>/run/", pubmed.run_again, name="pubmed_run"),
]
