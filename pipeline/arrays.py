"""Shards: flat `.npy` files of bytes that hold many arrays one after the other.

`numpy.load(shard, mmap_mode="r")[offset : offset + nbytes].view(dtype).reshape(shape)` gives an
array back: numpy and the catalogue's row are enough.
"""

from __future__ import annotations

import contextlib
import importlib
import os
from pathlib import Path
from types import TracebackType
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pipeline.crash_points import crash_point
from pipeline.errors import DamageError
from pipeline.printed import make
from pipeline.records import Stored
from pipeline.writing import retry_error, sync, temporary_path

ALIGNMENT = 64  # as NumPy's own files have it (numpy.lib.format): a line of the processor's cache
_HEADER_BYTES = 128  # a multiple of it, so that the first array is aligned, too


class ShardWriter:
    """Appends arrays to a new shard, which appears under its name when closed without error.

    With `publishes` unset, it waits under the name `temporary` for someone else to `publish` it.
    Raises RetryError when the disk is full; nothing is then left behind.
    """

    def __init__(self, path: Path, *, publishes: bool = True) -> None:
        self._path = path
        self._publishes = publishes
        self.temporary = temporary_path(path)
        self._used = 0
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            self._stream = self.temporary.open("wb")
            self._stream.write(b"\0" * _HEADER_BYTES)
        except OSError as error:
            raise retry_error(error, path) from error

    def append(self, array: NDArray[Any]) -> Stored:
        """Where the array (any shape, little-endian numeric dtype) now lies."""
        data = np.ascontiguousarray(array)
        data = data.astype(data.dtype.newbyteorder("<"), copy=False)
        view = data.reshape(-1).view(np.uint8).data
        stored = Stored(
            shard=self._path.name,
            offset=self._used,
            nbytes=data.nbytes,
            dtype=data.dtype.str,
            shape=tuple(array.shape),
            crc32=_crc32(view),
        )
        padding = -data.nbytes % ALIGNMENT
        try:
            self._stream.write(view)
            self._stream.write(b"\0" * padding)
        except OSError as error:
            self._discard()
            raise retry_error(error, self._path) from error
        self._used += data.nbytes + padding
        return stored

    def close(self) -> None:
        """Writes the header and publishes the shard: only then does it exist."""
        try:
            self._stream.seek(0)
            self._stream.write(_header(self._used))
            self._stream.close()
        except OSError as error:
            self._discard()
            raise retry_error(error, self._path) from error
        if self._publishes:
            publish(self.temporary, self._path)

    def _discard(self) -> None:
        with contextlib.suppress(OSError):  # what is still buffered fails again on a full disk
            self._stream.close()
        self.temporary.unlink(missing_ok=True)

    def __enter__(self) -> ShardWriter:
        return self

    def __exit__(self, kind: type[BaseException] | None, value: object, trace: TracebackType | None) -> None:
        if kind is None:
            self.close()
        else:
            self._discard()


def publish(temporary: Path, path: Path) -> None:
    """Makes a whole shard exist under its name once its bytes are safe on the disk.

    Raises RetryError when the disk is full; nothing is then left behind.
    """
    try:
        sync(temporary)
        crash_point(f"write:{path.name}")
        temporary.replace(path)
        sync(path.parent)
        crash_point(f"written:{path.name}")
    except OSError as error:
        temporary.unlink(missing_ok=True)
        raise retry_error(error, path) from error


class Shards:
    """Reads arrays from a folder of shards; each shard is memory-mapped once."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._maps: dict[str, NDArray[np.uint8]] = {}

    def read(self, stored: Stored) -> NDArray[Any]:
        """The array, read-only and memory-mapped. Raises FileNotFoundError, ValueError when damaged."""
        flat = self._maps.get(stored.shard)
        if flat is None:
            flat = np.load(self._folder / stored.shard, mmap_mode="r")
            self._maps[stored.shard] = flat
        data = flat[stored.offset : stored.offset + stored.nbytes]
        return np.asarray(data).view(stored.dtype).reshape(stored.shape)

    def sound(self, case_id: str, stored: Stored) -> NDArray[Any]:
        """The array of a case, as `read` gives it. Raises DamageError when its bytes aren't those written."""
        if not self.verify(stored):
            raise DamageError(
                f"The stored array of case {case_id} in {stored.shard} is damaged. "
                f"Run `{make('clean')}`, then the same command: it is made again from the scans."
            )
        return self.read(stored)

    def verify(self, stored: Stored) -> bool:
        """Whether the bytes are the ones that were written."""
        try:
            data = self.read(stored)
        except (OSError, ValueError):
            return False
        return _crc32(data.reshape(-1).view(np.uint8).data) == stored.crc32


def erase(folder: Path, stored: Stored) -> None:
    """Overwrites an array with zeros on disk; a shard that is gone already is left alone."""
    path = folder / stored.shard
    if not path.is_file():
        return
    with path.open("r+b") as stream:
        stream.seek(_HEADER_BYTES + stored.offset)
        stream.write(b"\0" * stored.nbytes)
        stream.flush()
        os.fsync(stream.fileno())
    crash_point(f"erased:{path.name}")


def _crc32(data: memoryview) -> int:
    """As `zlib.crc32`, in a tenth of its time: the instruction for it is used where there is one."""
    codecs = importlib.import_module("imagecodecs")  # not all who name shards read arrays
    return int(codecs.deflate_crc32(data))


def _header(size: int) -> bytes:
    text = f"{{'descr': '|u1', 'fortran_order': False, 'shape': ({size},), }}"
    prefix = b"\x93NUMPY\x01\x00" + (_HEADER_BYTES - 10).to_bytes(2, "little")
    return prefix + text.ljust(_HEADER_BYTES - 11).encode() + b"\n"
