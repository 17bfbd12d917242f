"""`reviewtool demo`: everything needed to look around, in one command."""

from django.core.management import call_command
from django.core.management.base import BaseCommand

from reviewtool.management.commands.serve import check_port
from reviewtool.reviews.passwords import DEMO_PASSWORD
from seeds.extramedullary_all import protocol
from seeds.management.commands.seed import refuse_in_production
from seeds.play import TEAM
from seeds.play.scene import PRACTICE_SLUG

HOST = "127.0.0.1"


class Command(BaseCommand):
    help = "Bring the database up to date, play the demo reviews, then serve them until Ctrl-C."

    def add_arguments(self, parser) -> None:
        parser.add_argument("--port", type=int, default=8000)

    def handle(self, *args, port: int, **options) -> None:
        refuse_in_production()
        check_port(HOST, port)
        call_command("migrate", interactive=False, verbosity=0)
        call_command("seed", stdout=self.stdout)
        self.stdout.write(logins(port))
        call_command("serve", host=HOST, port=port, stdout=self.stdout)


def logins(port: int) -> str:
    """Say who can sign in, with which password, and where to look first."""
    people = [f"  {name:<6} {', '.join(roles)}" for name, roles in TEAM.items()]
    address = f"http://{HOST}:{port}/reviews"
    return "\n".join(
        [
            f"Sign in as one of these, with the password {DEMO_PASSWORD}",
            *people,
            f"The finished review:   {address}/{protocol.slug()}/",
            f"To screen yourself:    {address}/{PRACTICE_SLUG}/  (as rosa or ravi)",
        ]
    )
