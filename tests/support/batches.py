"""Small files planned into the cases of one batch, ready to be read."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

from dicom_files import KEY, header, write

from pipeline.ingest.cases.batch_reading import Batch
from pipeline.ingest.cases.planning import Wanted, plan
from pipeline.ingest.cases.reader import SourceFile
from pipeline.ingest.limits import FileLimits
from pipeline.ingest.series.frames import Rules


def batch_of(
    files: list[bytes], folder: Path, unit: str = "image", units: Mapping[str, str] | None = None
) -> Batch:
    """The cases of files, written into `folder`, as one batch whose shard lies in `folder/cases`."""
    headers, sources = {}, {}
    for number, data in enumerate(files):
        name = f"{number}.dcm"
        headers[f"t{number}"] = header(data, folder, name)
        status = write(folder / name, data).stat()
        sources[f"t{number}"] = SourceFile(os.fsencode(folder / name), status.st_size, status.st_mtime_ns)
    made = plan(
        headers,
        Wanted(Rules(unit=unit), units=units or {}),
        pixel_digest=lambda t, i: t,
        case_id=lambda names: "c" + "".join(names),
    )
    return Batch(made.cases, sources, folder / "cases/shard.npy", KEY, FileLimits())
