"""`python -m reviewtool.supervision.probe`: is the server in this container well? Exit 0 or 1.

It asks as the proxy would, by the site's name and as if over TLS: a bare request for 127.0.0.1
would be refused or sent to https.
"""

import http.client
import os
import sys

PATIENCE = 6.0


def well(*, host: str = "127.0.0.1", port: int = 8000) -> bool:
    """Ask /healthz; False when nobody answers in time or the answer is not 200."""
    connection = http.client.HTTPConnection(host, port, timeout=PATIENCE)
    try:
        connection.request("GET", "/healthz", headers=headers())
        return connection.getresponse().status == http.HTTPStatus.OK
    except OSError as error:
        print(f"No answer from {host}:{port}: {error}", file=sys.stderr)
        return False
    finally:
        connection.close()


def headers() -> dict[str, str]:
    name = os.environ.get("ALLOWED_HOSTS", "localhost").split(",")[0].strip().lstrip(".")
    return {"Host": "localhost" if name in ("", "*") else name, "X-Forwarded-Proto": "https"}


if __name__ == "__main__":
    sys.exit(0 if well() else 1)
