"""A gzip stream read at any place: forwards at no loss, backwards from the nearest of some kept states.

A compressed tape archive holds thousands of files, and the cases that they make are not read in its order.
Beginning anew for each would take the square of its size.
"""

from __future__ import annotations

import zlib
from bisect import bisect_right
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from pipeline.ingest.reasons import Refusal

if TYPE_CHECKING:
    from zlib import _Decompress

_GZIP = 16 + zlib.MAX_WBITS
_FIRST_CHUNK, _PACKED_CHUNK, _CHUNK = 4 << 10, 64 << 10, 1 << 20  # members of a stream may be tiny
_MOST_STATES = 256  # of some 45 kB each; every other one is dropped when there are more


@dataclass(frozen=True)
class State:
    """How far a stream was inflated, and what goes on from there: None between two gzip members."""

    plain: int
    packed: int
    inflater: _Decompress | None


@dataclass
class Inflating:
    """The inflated bytes of a gzip stream whose packed ones `packed` gives from a start on, none at its end.

    Several gzip members count as one stream, zeros after the last are padding. Use by one thread.
    """

    packed: Callable[[int, int], bytes]
    most_bytes: int = 1 << 62
    _now: State = State(0, 0, None)
    _piece: bytes = b""
    _states: list[State] = field(default_factory=lambda: [State(0, 0, None)])
    _spacing: int = _CHUNK

    def read_at(self, start: int, length: int) -> bytes:
        """The bytes from `start` on, fewer than `length` where the stream ends.

        Raises Refusal: `archive_damaged`, or `limit_exceeded` when it inflates to more than `most_bytes`.
        """
        self._go_to(start)
        pieces: list[bytes] = []
        position, end = start, start + length
        while position < end:
            inside = position - (self._now.plain - len(self._piece))
            if inside >= len(self._piece):
                if not self._next():
                    break
                continue
            pieces.append(self._piece[inside : inside + end - position])
            position += len(pieces[-1])
        return b"".join(pieces)

    def end(self) -> int:
        """The size of the inflated stream, which is whole: all its checksums were compared."""
        while self._next():
            pass
        return self._now.plain

    def _go_to(self, start: int) -> None:
        """Goes on or back until the piece holds or ends at `start`, or the stream ends."""
        state = self._states[bisect_right(self._states, start, key=lambda state: state.plain) - 1]
        if start < self._now.plain - len(self._piece) or state.plain > self._now.plain:
            inflater = state.inflater.copy() if state.inflater else None
            self._now, self._piece = State(state.plain, state.packed, inflater), b""
        while self._now.plain < start and self._next():
            pass

    def _next(self) -> bool:
        """Whether there was a next piece, which is now inflated."""
        try:
            piece = self._inflated()
        except zlib.error:
            raise Refusal("archive_damaged", "the compressed data are damaged") from None
        if not piece:
            return False
        self._piece = piece
        if self._now.plain > self.most_bytes:
            raise Refusal("limit_exceeded", f"unfolds to more than {self.most_bytes} bytes")
        self._keep()
        return True

    def _inflated(self) -> bytes:
        """The next bytes, none at the end."""
        plain, position, inflater = self._now.plain, self._now.packed, self._now.inflater
        piece = b""
        while not piece:
            data = self.packed(position, _PACKED_CHUNK if inflater else _FIRST_CHUNK)
            if inflater is None:
                if zeros := len(data) - len(data.lstrip(b"\0")):  # they fill up the last block of a tape
                    position += zeros
                    continue
                if not data:
                    return b""
                inflater = zlib.decompressobj(_GZIP)
            if not data:
                raise Refusal("archive_damaged", "the compressed data break off")
            piece = inflater.decompress(data, _CHUNK)
            position += len(data) - len(inflater.unused_data if inflater.eof else inflater.unconsumed_tail)
            self._now = State(plain + len(piece), position, None if inflater.eof else inflater)
            inflater = self._now.inflater
        return piece

    def _keep(self) -> None:
        """Keeps the present state where the last one lies far enough back."""
        # A state is worth its memory only where going back to it saves inflating much.
        if self._now.plain < self._states[-1].plain + self._spacing:
            return
        inflater = self._now.inflater.copy() if self._now.inflater else None
        self._states.append(State(self._now.plain, self._now.packed, inflater))
        if len(self._states) > _MOST_STATES:
            self._states = self._states[::2]
            self._spacing *= 2
