from django.urls import path

from screening.views import imports, prior_decisions

urlpatterns = [
    path("searches/", imports.searches, name="searches"),
    path("searches/new/", imports.register, name="search_new"),
    path("searches/remove-empty/", imports.remove_empty, name="remove_empty"),
    path("searches/<int:pk>/", imports.search, name="search"),
    path("searches/<int:pk>/correct/", imports.correct, name="search_correct"),
    path("searches/<int:pk>/upload/", imports.upload, name="upload"),
    path("searches/<int:pk>/add/", imports.add_record, name="record_add"),
    path("files/<int:pk>/", imports.file, name="file"),
    path("files/<int:pk>/reading/", imports.choose_reading, name="file_reading"),
    path("files/<int:pk>/mapping/", imports.choose_mapping, name="file_mapping"),
    path("files/<int:pk>/saved-mapping/", imports.use_mapping, name="file_saved_mapping"),
    path("mappings/<int:pk>/forget/", imports.forget_mapping, name="mapping_forget"),
    path("files/<int:pk>/read-again/", imports.read_again, name="file_read_again"),
    path("files/<int:pk>/import/", imports.commit, name="file_commit"),
    path("files/<int:pk>/discard/", imports.discard, name="file_discard"),
    path("files/<int:pk>/undo/", imports.undo, name="file_undo"),
    path("files/<int:pk>/decisions/", prior_decisions.assign, name="file_decisions"),
    path("files/<int:pk>/original/", imports.original, name="file_original"),
    path("files/<int:pk>/rejects/", imports.rejects, name="file_rejects"),
]
