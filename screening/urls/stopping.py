from django.urls import path

from screening.urls import stages
from screening.views import stopping

_ = stages  # registers the converter of stages

urlpatterns = [
    path("stopping/<stage:stage>/", stopping.show, name="stopping"),
    path("stopping/<stage:stage>/stop/", stopping.stop, name="stop"),
    path("stopping/<stage:stage>/resume/", stopping.resume, name="resume"),
]
