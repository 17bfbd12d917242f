from django.urls import path

from screening.views import studies

urlpatterns = [
    path("studies/", studies.list_studies, name="studies"),
    path("studies/create/", studies.create, name="create_study"),
    path("studies/<int:pk>/", studies.show_study, name="study"),
    path("studies/<int:pk>/rename/", studies.rename, name="rename_study"),
    path("studies/<int:pk>/link/", studies.link, name="link_report"),
    path("studies/<int:pk>/unlink/", studies.unlink, name="unlink_report"),
    path("studies/<int:pk>/merge/", studies.merge, name="merge_study"),
]
