from django.urls import path

from screening.api.stopping import AgreementView, StoppingView
from screening.urls import stages

_ = stages  # registers the converter of stages

urlpatterns = [
    path("stopping/<stage:stage>/", StoppingView.as_view(), name="api-stopping"),
    path("agreement/<stage:stage>/", AgreementView.as_view(), name="api-agreement"),
]
