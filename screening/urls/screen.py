from django.urls import path

from screening.views import conflicts, screen

STAGE = "<stage:stage>"

urlpatterns = [
    path(f"screen/{STAGE}/", screen.screen, name="screen"),
    path(f"screen/{STAGE}/cards/", screen.ask_for_cards, name="cards"),
    path(f"screen/{STAGE}/decide/", screen.decide_record, name="decide"),
    path(f"screen/{STAGE}/later/", screen.put_off_record, name="later"),
    path("decisions/<int:pk>/retract/", screen.retract_decision, name="retract"),
    path("conflicts/", conflicts.list_conflicts, name="conflicts"),
    path(f"conflicts/{STAGE}/<int:pk>/", conflicts.show_conflict, name="conflict"),
    path(f"conflicts/{STAGE}/<int:pk>/settle/", conflicts.settle, name="settle"),
    path(f"conflicts/{STAGE}/<int:pk>/comment/", conflicts.add_comment, name="comment"),
    path(f"records/<int:pk>/reopen/{STAGE}/", conflicts.reopen_record, name="reopen"),
]
