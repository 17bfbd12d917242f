from django.urls import path

from screening.views import records

urlpatterns = [
    path("records/", records.list_records, name="records"),
    path("records/export/<str:format>/", records.export, name="records_export"),
    path("records/<int:pk>/", records.show, name="record"),
    path("records/<int:pk>/correct/", records.correct, name="record_correct"),
    path("records/<int:pk>/remove/", records.remove, name="record_remove"),
    path("records/<int:pk>/restore/", records.restore, name="record_restore"),
]
