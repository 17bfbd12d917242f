from django.urls import path

from screening.urls import stages
from screening.views import ranking

_ = stages  # registers the converter of stages

urlpatterns = [
    path("ranking/<stage:stage>/", ranking.show, name="ranking"),
    path("ranking/<stage:stage>/train/", ranking.train, name="train"),
]
