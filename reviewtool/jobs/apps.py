from django.apps import AppConfig


class JobsConfig(AppConfig):
    """Long work: one row a job, claimed by lease and fence."""

    name = "reviewtool.jobs"
    label = "jobs"

    def ready(self):
        from reviewtool.jobs import reaper  # noqa: F401 - the worker's thread hooks itself in
