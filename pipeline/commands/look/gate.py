"""Who may ask the local page, and for what: the token in the address, and a name of this machine."""

from __future__ import annotations

import secrets
from typing import Final
from urllib.parse import unquote, urlsplit

REFUSED: Final = "Refused: the address needs the token that the terminal shows, and a name of this machine."
HEADERS: Final = (
    ("Cache-Control", "no-store"),
    ("Content-Security-Policy", "default-src 'none'; img-src 'self' data:; style-src 'unsafe-inline'; "
     "form-action 'self'; frame-ancestors 'none'; base-uri 'none'"),
    ("Cross-Origin-Resource-Policy", "same-origin"),
    ("Referrer-Policy", "no-referrer"),
    ("X-Content-Type-Options", "nosniff"),
)  # fmt: skip
_LOCAL: Final = ("127.0.0.1", "localhost")


def path_of(target: str, host: str, *, token: str, port: int) -> tuple[str, ...] | None:
    """The words of the path behind the token; None where it may not be answered.

    A page of another site that a name server turns to this machine asks under its own name (DNS rebinding),
    and is refused. A word that leads upwards is refused whatever it would name.

    >>> path_of("/t/case/a1?slice=2", "localhost:80", token="t", port=80)
    ('case', 'a1')
    """
    if host not in {f"{name}:{port}" for name in _LOCAL}:
        return None
    words = [unquote(word) for word in urlsplit(target).path.split("/")[1:]]
    if not words or not secrets.compare_digest(words[0].encode(), token.encode()):
        return None
    inside = tuple(word for word in words[1:] if word)
    if any(word in (".", "..") or "/" in word or "\\" in word or "\0" in word for word in inside):
        return None
    return inside
