from django.urls import path

from screening.urls import stages
from screening.views import ranking

_ = stages  # registers the converter of stages

urlpatterns = [
    path("ranking/<stage:stage>/", ranking.show, name="ranking"),
    path("ranking/<stage:stage>/replay/", ranking.replay, name="ranking_replay"),
    path("ranking/<stage:stage>/second-look/", ranking.second_look, name="second_look"),
    path("records/<int:pk>/why/<stage:stage>/", ranking.why, name="why"),
    path("ranking/<stage:stage>/train/", ranking.train, name="train"),
]
