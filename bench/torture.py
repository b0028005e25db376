"""Many mutated files, archives and bombs through the real ingest: all accounted for, the parent unharmed.

Run as `python -m bench.torture [--seed N] [--count N] [--of masks]`; a seed gives the same files. `masks`
takes NIfTI, PNG, SEG and RT structure sets alone, as many of each. Else files that are known to break
readers are mutated, too, where SCANLOOM_DATA holds them. Exits with 1 when a file, in a folder or an archive,
is without a state and a reason, when a reason is a fault of ours, when a library's warning was printed, or
when the parent died, hung or grew too large.
"""

from __future__ import annotations

import argparse
import secrets
import sys
import tempfile
from pathlib import Path
from typing import Final, Protocol

import numpy as np

from bench.format_mutations import format_bombs, mutated_format
from bench.format_mutations import sources as format_sources
from bench.marked_mutations import marked_scans, write_marked_files, write_pair
from bench.mutations import WHEEL, bombs, mutated, renamed
from bench.packed import archive_bombs, damaged_archive
from bench.project import read, real_data, row, study
from pipeline.catalogue import Catalogue
from pipeline.workspace import Workspace

COUNT = 10_000


class Writing(Protocol):
    """Writes the files of a seed below RAW, `count` of them mutated."""

    def __call__(self, raw: Path, *, seed: int, count: int) -> None:
        """Writes them."""


_SOURCE_BYTES = 300_000
_ARCHIVE_OF = 20
_FORMAT_OF = 3
_MASK_OF = 7
_MARKED = 60  # patients with a DICOM mask at most: two masks of one structure in one scan refuse each other
_DICOM_OF = 4
_SECONDS, _PARENT_MB = 5, 1536
_SETTINGS = (
    "modalities: [CT, MR, CR, DX, US, OT, XA, PT, NM, MG, RF, SC], pixel_text: reviewed, "
    "patient_from: {pattern: 'formats/([0-9]+)'}, "
    "formats: {nifti: {modality: MR}, png: {modality: DX}, jpeg: {modality: XC}, tiff: {modality: DX}}, "
    "masks: {structures: {right: [Right lung, Lung_R, 1], left: [Left lung, Lung_L, 2], "
    "nodule: [Nodule, GTV, 3]}, "
    "may_be_absent: [right, left, nodule], undeclared: ignore, threshold: 0.5}, "
    f"limits: {{seconds: {_SECONDS}, memory_mb: 2048, members: 1000}}"
)


def torture(folder: Path, *, seed: int, count: int, write: Writing) -> bool:
    """Whether ingest stood what `write` wrote; prints the table of reasons and figures."""
    project = study(folder / "project", _SETTINGS)
    write(project / "raw", seed=seed, count=count)
    written = sum(path.is_file() for path in (project / "raw").rglob("*"))
    ended = read(project, timeout_seconds=300 + written)
    print(ended.output)
    accounted_for, faults, announced, inside = accounted(Workspace(project, "study"))
    packed = inside == announced and (announced > 0 or write is not write_files)
    row("files accounted for", f"{accounted_for} of {written}", "all", accounted_for == written)
    print(f"accounted {accounted_for - written + count} of {count} mutated files, and those beside them")
    row("files in archives accounted for", f"{inside} of {announced}", "all", packed)
    warned = ended.output.lower().count("warning:")
    row("warnings of libraries at the terminal", f"{warned}", "0", not warned)
    row("files with a fault of ours as their reason", f"{faults}", "0", faults == 0)
    row("exit code of the parent", f"{ended.code}", "0", ended.code == 0)
    row("peak memory of the parent, MB", f"{ended.peak_mb}", "< 1536", ended.peak_mb < _PARENT_MB)
    row("seconds, and files a second", f"{ended.seconds:.0f}, {written / ended.seconds:.0f}", "none", True)
    whole = accounted_for == written and packed
    return whole and not (faults or warned or ended.code) and ended.peak_mb < _PARENT_MB


def write_files(raw: Path, *, seed: int, count: int) -> None:
    """The mutated files of a seed, and the bombs as they are.

    One in three is a volume or picture of another format than DICOM, some an archive, and some are masks,
    each of a scan of its own that lies there whole.
    """
    rng = np.random.default_rng(seed)
    data = real_data()
    folders = [WHEEL] + ([data / "dicom-reference/decoder-crashers"] if data else [])
    paths = [path for folder in folders for path in sorted(folder.rglob("*.dcm"))]
    sources = [path.read_bytes() for path in paths if 0 < path.stat().st_size < _SOURCE_BYTES]
    others = format_sources(rng)
    (raw / "formats").mkdir()
    segmentations, regions = marked_scans(raw, min(_MARKED, count // (_MASK_OF * _DICOM_OF) + 1))
    masks = segmentations + regions
    for number in range(count):
        if number % _MASK_OF == _MASK_OF - 1:
            turn, of_dicom = divmod(number // _MASK_OF, _DICOM_OF)
            if of_dicom == 0 and turn < len(masks):
                (raw / f"{number:06}.mask").write_bytes(mutated(masks[turn], masks[0], rng))
            else:
                write_pair(raw / f"formats/{number:06}", rng, as_volumes=bool(rng.integers(3)))
            continue
        if number % _FORMAT_OF == _FORMAT_OF - 1:
            source, other = (others[int(index)] for index in rng.integers(len(others), size=2))
            (raw / f"formats/{number:06}.img").write_bytes(mutated_format(source, other, rng))
            continue
        if number % _ARCHIVE_OF == _ARCHIVE_OF - 1:
            (raw / f"{number:06}.bin").write_bytes(damaged_archive(sources, count + number, rng))
            continue
        source, other = (sources[int(index)] for index in rng.integers(len(sources), size=2))
        (raw / f"{number:06}.dcm").write_bytes(mutated(renamed(source, number), other, rng))
    for name, bomb in (bombs() | archive_bombs() | format_bombs()).items():
        (raw / f"bomb-{name}.dcm").write_bytes(bomb)


_WRITING: Final = {"masks": write_marked_files}
"""What is written in place of every kind of file."""


def accounted(workspace: Workspace) -> tuple[int, int, int, int]:
    """How many files have a state and a reason, how many of all a fault of ours.

    Then how many files the archives hold that were read, and how many of them have a state and a reason.
    """
    with Catalogue(workspace.catalogue) as catalogue:
        (sums,) = catalogue.query(
            "SELECT coalesce(sum(archive = ''), 0), coalesce(sum(reason = 'internal_error'), 0), "
            "coalesce(sum(members), 0), coalesce(sum(archive <> ''), 0) FROM files WHERE state <> ''"
        )
    accounted_for, faults, announced, inside = sums
    return accounted_for, faults, announced, inside


def main() -> int:
    """0 when ingest stood it, else 1."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seed", default="")
    parser.add_argument("--count", default="")
    parser.add_argument("--of", default="", choices=["", *_WRITING])
    options = parser.parse_args()
    seed, count = int(options.seed or secrets.randbelow(1 << 32)), int(options.count or COUNT)
    print(
        f"seed {seed}: {count} mutated files (again: make torture SEED={seed} COUNT={count} OF={options.of})",
        flush=True,
    )
    write = _WRITING.get(options.of, write_files)
    with tempfile.TemporaryDirectory(prefix="scanloom torture ") as folder:
        return 0 if torture(Path(folder), seed=seed, count=count, write=write) else 1


if __name__ == "__main__":
    sys.exit(main())
