"""Pages of the extraction floor."""

from django.urls import path

from extraction.views import codebooks, evidence, forms

app_name = "extraction"
ENTITY = "extractions/<int:pk>/<slug:entity>/<slug:key>/"

urlpatterns = [
    path("extract/", forms.list_studies, name="extract"),
    path("extract/<int:pk>/start/", forms.start, name="start"),
    path("extract/<int:pk>/reconcile/", forms.reconcile, name="reconcile"),
    path("extractions/<int:pk>/", forms.show, name="form"),
    path("extractions/<int:pk>/check/", forms.check, name="check"),
    path("extractions/<int:pk>/submit/", forms.submit, name="submit"),
    path(ENTITY, forms.show, name="entity"),
    path(f"{ENTITY}save/", forms.save, name="save"),
    path("evidence/", evidence.show_map, name="evidence"),
    path("evidence/table/", evidence.show_table, name="table"),
    path("evidence/therapies/", evidence.show_therapies, name="therapies"),
    path("evidence/comparability/", evidence.show_comparability, name="comparability"),
    path("evidence/export/<slug:format>/", evidence.export, name="export"),
    path("codebook/", codebooks.show_current, name="codebooks"),
    path("codebook/publish/", codebooks.publish, name="publish"),
    path("codebook/<int:version>/", codebooks.show, name="codebook"),
]
