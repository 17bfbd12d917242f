from django.urls import path

from screening.views import reports

urlpatterns = [
    path("full-texts/", reports.list_reports, name="fulltexts"),
    path("full-texts/upload/", reports.upload_many, name="upload_many"),
    path("reports/<int:pk>/", reports.show_report, name="report"),
    path("reports/<int:pk>/retrieval/", reports.change_retrieval, name="retrieval"),
    path("reports/<int:pk>/upload/", reports.upload, name="upload_report"),
    path("reports/<int:pk>/files/<int:file>/", reports.download, name="report_file"),
]
