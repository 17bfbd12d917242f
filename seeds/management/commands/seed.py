"""`reviewtool seed`: play the demo reviews into the database, once."""

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from seeds.play import play_all
from seeds.play.scene import Interrupted


class Command(BaseCommand):
    help = "Play the demo review and a practice review; where they are already, change nothing."

    def handle(self, *args, **options) -> None:
        refuse_in_production()
        try:
            play_all(self._tell)
        except Interrupted as error:
            raise CommandError(str(error)) from error

    def _tell(self, line: str) -> None:
        self.stdout.write(line)
        self.stdout.flush()


def refuse_in_production() -> None:
    """The demo's accounts have a published password; they never stand beside real work."""
    if settings.PRODUCTION:
        raise CommandError(
            "The demo is not seeded in production: its accounts have a published password. "
            "Start a second installation without REVIEWTOOL_PRODUCTION for it."
        )
