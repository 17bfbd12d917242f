from django.urls import include, path

from reviewtool.jobs import views

urlpatterns = [
    path(
        "jobs/",
        include(
            (
                [
                    path("<int:pk>/", views.show, name="job"),
                    path("<int:pk>/cancel/", views.cancel, name="cancel"),
                    path("<int:pk>/retry/", views.retry, name="retry"),
                ],
                "jobs",
            )
        ),
    )
]
