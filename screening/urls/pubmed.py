from django.urls import path

from screening.views import pubmed

urlpatterns = [
    path("searches/pubmed/", pubmed.search, name="pubmed"),
    path("searches/pubmed/<int:pk>/run/", pubmed.run_again, name="pubmed_run"),
]
