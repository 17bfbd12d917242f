from django.urls import path

from screening.views import dedupe

urlpatterns = [
    path("duplicates/", dedupe.ask, name="duplicates"),
    path("duplicates/joined/", dedupe.joined, name="duplicates_joined"),
    path("duplicates/apart/", dedupe.apart, name="duplicates_apart"),
    path("duplicates/history/", dedupe.history, name="duplicates_history"),
    path("duplicates/pair/<int:first>/<int:second>/", dedupe.pair, name="pair"),
    path("duplicates/judge/", dedupe.judge, name="judge_pair"),
    path("duplicates/join/", dedupe.join, name="join_records"),
    path("duplicates/reason/", dedupe.one_reason, name="one_reason"),
    path("duplicates/answer-all/", dedupe.answer_all, name="answer_all"),
    path("duplicates/undo/", dedupe.undo_last, name="undo_last_judgement"),
    path("duplicates/undo/<int:pk>/", dedupe.undo, name="undo_judgement"),
    path("duplicates/look/", dedupe.look_again, name="look_for_duplicates"),
]
