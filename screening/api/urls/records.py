from django.urls import path

from screening.api.record_export import RecordExportView
from screening.api.records import RecordViewSet

urlpatterns = [
    path("records/", RecordViewSet.as_view({"get": "list"}), name="api-records"),
    path("records/export/", RecordExportView.as_view(), name="api-records-export"),
    path("records/<int:pk>/", RecordViewSet.as_view({"get": "retrieve"}), name="api-record"),
]
