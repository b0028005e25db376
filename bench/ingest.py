"""What ingest costs: against dcm2niix and SimpleITK on the same files, and on trees of many small files.

Run as `python -m bench.ingest [series|tree]`. Times are of whole programs, start and all, as a user waits
for them; medians of five rounds, both sides in turn, page cache warm, outputs on one disk that has written
all before.
"""

from __future__ import annotations

import os
import shutil
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import dcm2niix
import numpy as np
from numpy.typing import NDArray
from pydicom.uid import (
    ExplicitVRLittleEndian,
    JPEG2000Lossless,
    JPEGLosslessSV1,
    JPEGLSLossless,
    RLELossless,
)

from bench.project import Ended, read, row, study, watched
from bench.scans import FOLDER_FILES, small_series, volume, write_series, write_tree
from pipeline.arrays import Shards
from pipeline.catalogue import Catalogue
from pipeline.executors import Executor
from pipeline.ingest.header.header import Selection
from pipeline.ingest.header.spool import Spool
from pipeline.ingest.header.survey import survey
from pipeline.ingest.limits import FileLimits
from pipeline.ingest.source.discover import discover
from pipeline.pseudonyms import Key
from pipeline.workspace import Workspace

ROUNDS, SLICES, FILES = 5, 400, 100_000
_SERIES = "unit: series, modalities: [CT]"
_HEADERS_A_SECOND, _UNCHANGED_SECONDS, _PARENT_MB = 10_000, 3.0, 500
_SYNTAXES = (
    # name, transfer syntax, how often the slices are written, bar
    ("uncompressed", ExplicitVRLittleEndian, 8, 1.2),
    ("RLE", RLELossless, 8, 1.5),
    ("JPEG lossless", JPEGLosslessSV1, 8, 1.5),
    ("JPEG-LS", JPEGLSLossless, 8, 1.5),
    ("JPEG 2000 lossless", JPEG2000Lossless, 1, 1.5),
)
_SIMPLEITK = """
import sys, SimpleITK as sitk
sitk.ProcessObject.SetGlobalDefaultNumberOfThreads(1)
for folder in sys.argv[1:]:
    reader = sitk.ImageSeriesReader()
    reader.SetFileNames(reader.GetGDCMSeriesFileNames(folder))
    reader.Execute()
"""


def series(folder: Path) -> None:
    """CT series in five syntaxes to stored cases, beside dcm2niix writing .nii and SimpleITK reading."""
    pixels = volume(SLICES)
    for name, syntax, copies, least in _SYNTAXES:
        project = study(folder / name, _SERIES)
        slices = write_series(project / "raw", pixels, syntax, copies=copies)
        ours, theirs = _in_turn([lambda own=project: _fresh(own), lambda own=project: _dcm2niix(own)])
        _check_voxels(project, pixels)
        ratio = theirs / ours
        each = f"{ratio:.2f} ({1000 * ours / slices:.2f} and {1000 * theirs / slices:.2f} ms)"
        row(f"{name}, {slices} slices: times as fast as dcm2niix", each, f">= {least}", ratio >= least)
        if syntax == ExplicitVRLittleEndian:
            _disk(project, slices)
            _beside_simpleitk(folder, project, slices)
        shutil.rmtree(project)


def _disk(project: Path, slices: int) -> None:
    """What the disk alone takes for the bytes of the shards until they are safe, as ingest waits for.

    Beside it dcm2niix, which leaves its files in memory, until they are as safe.
    """
    shards = [path.read_bytes() for path in Workspace(project, "study").cases.glob("shard-*.npy")]

    def write_all() -> Ended:
        started = time.monotonic()
        with ThreadPoolExecutor(Executor(project).size) as pool:
            for _ in pool.map(write, range(len(shards))):
                pass
        return Ended(0, time.monotonic() - started, "", 0)

    def write(number: int) -> None:
        with (project / f"{number}.copy").open("wb") as stream:
            stream.write(shards[number])
            os.fsync(stream.fileno())

    def dcm2niix_synced() -> Ended:
        ended, started = _dcm2niix(project), time.monotonic()
        os.sync()
        return replace(ended, seconds=ended.seconds + time.monotonic() - started)

    alone, theirs = _in_turn([write_all, dcm2niix_synced])
    row("the disk alone for the shards of uncompressed, ms", f"{1000 * alone / slices:.2f}", "none", True)
    row("dcm2niix until its files are safe, ms", f"{1000 * theirs / slices:.2f}", "none", True)
    for copy in project.glob("*.copy"):
        copy.unlink()


def _beside_simpleitk(folder: Path, project: Path, slices: int) -> None:
    """The same files, one process each."""
    alone = study(folder / "alone", f"{_SERIES}, workers: 1")
    (alone / "raw").rmdir()
    (alone / "raw").symlink_to(project / "raw")
    folders = [str(path) for path in sorted((project / "raw").iterdir())]
    command = [sys.executable, "-c", _SIMPLEITK, *folders]
    ours, theirs = _in_turn([lambda: _fresh(alone), lambda: watched(command, folder=folder)])
    ratio = theirs / ours
    each = f"{ratio:.2f} ({1000 * ours / slices:.2f} and {1000 * theirs / slices:.2f} ms)"
    row("uncompressed, one process: times as fast as SimpleITK", each, ">= 2", ratio >= 2)


def _in_turn(sides: list[Callable[[], Ended]]) -> list[float]:
    """The median seconds of each side; a round before the first warms the page cache."""
    rounds: list[list[Ended]] = []
    for _ in range(ROUNDS + 1):
        rounds.append([])
        for side in sides:
            os.sync()  # what one side left to write is not the other's to wait for
            rounds[-1].append(side())
    del rounds[0]
    for ended in (one for both in rounds for one in both):
        if ended.code:
            raise RuntimeError(f"exit code {ended.code}:\n{ended.output}")
    return [statistics.median(one.seconds for one in side) for side in zip(*rounds, strict=True)]


def _fresh(project: Path) -> Ended:
    """Ingest with nothing stored yet."""
    shutil.rmtree(project / "data", ignore_errors=True)
    return read(project)


def _dcm2niix(project: Path) -> Ended:
    out = project / "nii"
    shutil.rmtree(out, ignore_errors=True)
    out.mkdir()
    return watched(
        [dcm2niix.bin, "-z", "n", "-b", "n", "-f", "%j", "-o", str(out), str(project / "raw")], folder=project
    )


def _check_voxels(project: Path, pixels: NDArray[np.uint16]) -> None:
    """Raises RuntimeError unless every stored case is a hundred of the slices, in Hounsfield units."""
    workspace = Workspace(project, "study")
    shards = Shards(workspace.cases)
    wanted = {(part.astype(np.int16) - 1024).tobytes() for part in np.split(pixels, SLICES // FOLDER_FILES)}
    with Catalogue(workspace.catalogue) as catalogue:
        found = {shards.read(case.stored).astype(np.int16).tobytes() for case in catalogue.cases()}
    if found != wanted:
        raise RuntimeError("the stored voxels are not those that were written")


def tree(folder: Path) -> None:
    """A hundred thousand small files: first headers, everything, nothing new, one study more; memory."""
    project = study(folder / "tree", _SERIES)
    write_tree(project / "raw", FILES)
    os.sync()  # what writing the tree left to do is not the reading's to wait for
    _headers(project / "raw")
    whole = read(project)
    row(f"{FILES} small files to stored cases, seconds", f"{whole.seconds:.0f}", "none", True)
    unchanged = statistics.median(read(project).seconds for _ in range(ROUNDS))
    holds = unchanged <= _UNCHANGED_SECONDS
    row(f"{FILES} unchanged files, seconds", f"{unchanged:.2f}", f"<= {_UNCHANGED_SECONDS:g}", holds)
    _one_study(folder, project, unchanged)
    _memory(folder, whole.peak_mb)


def _headers(raw: Path) -> None:
    key, selection = Key(b"benchmark" * 4), Selection(("CT",), FileLimits())
    found = discover(os.fsencode(raw), key)
    rates = []
    for _ in range(ROUNDS + 1):
        started = time.monotonic()
        with Spool(raw.parent) as spool:
            survey(
                found, spool, key=key, selection=selection, buried=frozenset(), executor=Executor(raw.parent)
            )
        rates.append(len(found) / (time.monotonic() - started))
    rate = statistics.median(rates[1:])
    row(
        "first pass over the headers, files/s",
        f"{rate:.0f}",
        f">= {_HEADERS_A_SECOND}",
        rate >= _HEADERS_A_SECOND,
    )


def _one_study(folder: Path, project: Path, unchanged: float) -> None:
    """A study more, against the listing alone and the study alone."""
    alone, together = [], []
    for number, files in enumerate(small_series(ROUNDS, first=FILES)):
        single = study(folder / f"study-{number}", _SERIES)
        for place in (single / "raw", project / "raw" / f"new-{number}"):
            place.mkdir(exist_ok=True)
            for index, data in enumerate(files):
                (place / f"{index:05}").write_bytes(data)
        alone.append(read(single).seconds)
        together.append(read(project).seconds)
    both, single_seconds = statistics.median(together), statistics.median(alone)
    measured = f"{both:.2f} (listing {unchanged:.2f}, study {single_seconds:.2f})"
    bound = unchanged + single_seconds
    row(f"one study more among {FILES} files, seconds", measured, "<= both", both <= bound)


def _memory(folder: Path, whole_mb: int) -> None:
    peaks = []
    for count in (5_000, 20_000):
        project = study(folder / f"{count} files", _SERIES)
        write_tree(project / "raw", count)
        peaks.append(read(project).peak_mb)
    measured = f"{peaks[0]}, {peaks[1]}, {whole_mb}"
    holds = peaks[1] <= _PARENT_MB
    row(f"MB of the parent at 5000, 20000, {FILES} files", measured, f"<= {_PARENT_MB} at 20000", holds)


def main(wanted: list[str]) -> None:
    """Runs the parts named, or both, in the temporary folder (TMPDIR), which takes about 8 GB."""
    parts = {"series": series, "tree": tree}
    print(f"load of the machine: {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores", flush=True)
    for what in wanted or list(parts):
        with tempfile.TemporaryDirectory(prefix="scanloom bench ") as folder:
            parts[what](Path(folder))
    print(f"load of the machine: {os.getloadavg()[0]:.1f}")


if __name__ == "__main__":
    main(sys.argv[1:])
