"""`scanloom look`: the cases of an analysis in a browser of this machine, for whoever sits at it.

Reads: the catalogue, native voxels, the candidate's predictions. Writes: nothing. Guarantees: listens on
127.0.0.1 alone, answers only who knows the one-time token of its address and asks under a local name, loads
nothing from elsewhere; patients are pseudonyms, but pixels may carry text, so nobody else should look.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Final
from urllib.parse import parse_qs, urlsplit

from pipeline.commands.look import gate
from pipeline.commands.look.answers import Answer, Looker
from pipeline.config import Config
from pipeline.errors import RetryError, ScanloomError
from pipeline.printed import make
from pipeline.progress import say
from pipeline.workspace import Workspace

HOST: Final = "127.0.0.1"


def run(config: Config, workspace: Workspace, *, port: int) -> None:
    """Serves until it is interrupted; the address stands at the terminal.

    Raises UsageError before the first ingest, RetryError when the port is in use.
    """
    looker = Looker(config, workspace)
    looker.require_cases()
    token = secrets.token_urlsafe(24)
    with serving(looker, token, port=port) as server:
        say(f"Look at http://{HOST}:{server.server_port}/{token}/ (Ctrl-C ends it; nobody else can ask).")
        try:
            server.serve_forever()
        except KeyboardInterrupt:
            say("Ended.")


def serving(looker: Looker, token: str, *, port: int) -> ThreadingHTTPServer:
    """The server, bound and not yet started. Raises RetryError when the port is in use or not allowed."""

    def answered(target: str, host: str, listens_at: int) -> Answer:
        path = gate.path_of(target, host, token=token, port=listens_at)
        if path is None:
            return Answer(403, gate.REFUSED)
        try:
            return looker.answer(path, parse_qs(urlsplit(target).query), root=f"/{token}")
        except ScanloomError as error:
            return Answer(409, str(error))

    try:
        return ThreadingHTTPServer((HOST, port), _handler(answered))
    except OSError as error:
        raise RetryError(
            f"Port {port} can't be had ({error.strerror}): something else listens there, perhaps an earlier "
            f"`{make('look')}`. End it, or name another: `{make('look', {'PORT': str(port + 1)})}`."
        ) from error


def _handler(answered: Callable[[str, str, int], Answer]) -> type[BaseHTTPRequestHandler]:
    """What answers each request, by its target, the host it was asked under and the port it came to."""

    class Handler(BaseHTTPRequestHandler):
        """Answers GET alone, and writes no line of what was asked."""

        def do_GET(self) -> None:
            """Sends the answer, with headers that let nothing in and nothing out."""
            # The port of the connection, since the system chooses one where 0 is asked for.
            listens_at = int(self.connection.getsockname()[1])
            answer = answered(self.path, self.headers.get("Host", ""), listens_at)
            body = answer.body if isinstance(answer.body, bytes) else answer.body.encode()
            self.send_response(answer.status)
            for name, value in (
                *gate.HEADERS,
                ("Content-Type", answer.kind),
                ("Content-Length", str(len(body))),
            ):
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(body)

        def log_request(self, code: int | str = "-", size: int | str = "-") -> None:
            """Says nothing: an address holds the token."""

    return Handler
