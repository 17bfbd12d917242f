"""`reviewtool serve`: pages and worker on this machine, with embedded defaults."""

import errno
import signal
import socket
import sys
from contextlib import nullcontext

from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError
from waitress.server import create_server

from reviewtool.jobs.services import ring_again
from reviewtool.supervision.supervisor import supervised_worker
from reviewtool.wsgi import application


class Command(BaseCommand):
    help = "Bring the database up to date, then serve pages and work jobs until Ctrl-C."

    def add_arguments(self, parser) -> None:
        parser.add_argument("--port", type=int, default=8000)
        parser.add_argument(
            "--host", default="127.0.0.1", help="address to listen on (default: loopback only)"
        )
        parser.add_argument("--no-worker", action="store_true", help="serve pages only")

    def handle(self, *args, host: str, port: int, no_worker: bool, **options) -> None:
        check_port(host, port)
        call_command("migrate", interactive=False, verbosity=0)
        signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
        server = create_server(
            application,
            host=host,
            port=port,
            threads=8,
            ident=None,
            clear_untrusted_proxy_headers=True,
        )
        with nullcontext() if no_worker else supervised_worker():
            ring_again()
            self.stdout.write(
                f"reviewtool is ready: http://{host}:{port}/\n"
                f"Data: {settings.DATA_DIR}\nStop with Ctrl-C; nothing is lost."
            )
            self.stdout.flush()
            try:
                server.run()
            except (KeyboardInterrupt, SystemExit):
                self.stdout.write("Stopping ...")
            finally:
                server.close()


def check_port(host: str, port: int) -> None:
    """Say in a sentence when the port cannot be used."""
    try:
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind((host, port))
    except OSError as error:
        if error.errno == errno.EADDRINUSE:
            raise CommandError(
                f"Port {port} on {host} is taken, perhaps by a reviewtool that already runs. "
                f"Choose another one: reviewtool serve --port {port + 1}"
            ) from error
        raise CommandError(f"Cannot listen on {host}:{port}: {error.strerror}.") from error
