from django.urls import path

from screening.urls import stages
from screening.views import stopping

_ = stages  # registers the converter of stages

urlpatterns = [
    path("stopping/<stage:stage>/", stopping.show, name="stopping"),
    path("stopping/<stage:stage>/stop/", stopping.stop, name="stop"),
    path("stopping/<stage:stage>/resume/", stopping.resume, name="resume"),
    path("stopping/<stage:stage>/audit/", stopping.begin_audit, name="begin_audit"),
    path("stopping/<stage:stage>/audit/end/", stopping.end_audit, name="end_audit"),
    path("stopping/<stage:stage>/look/", stopping.take_look, name="take_look"),
    path("agreement/<stage:stage>/", stopping.agreement, name="agreement"),
]
