from django.urls import path

from screening.urls import stages
from screening.views import pilots

_ = stages  # registers the converter of stages

urlpatterns = [
    path("pilots/<stage:stage>/", pilots.show, name="pilots"),
    path("pilots/<stage:stage>/open/", pilots.open_round, name="pilot_open"),
    path("pilots/<stage:stage>/close/", pilots.close_round, name="pilot_close"),
]
