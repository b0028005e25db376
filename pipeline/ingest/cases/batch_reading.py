"""Reads planned cases in a child process: voxels go straight to the batch's own shard.

Whatever goes wrong with a foreign file becomes the reason of its case; a crash ends the child alone.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pipeline.arrays import ShardWriter
from pipeline.ingest.cases.case_plan import CasePlan
from pipeline.ingest.cases.copies import Outcome
from pipeline.ingest.cases.likeness import likeness_of
from pipeline.ingest.cases.mask_reading import NO_MASKS, MaskFiles, MasksRead, read_masks
from pipeline.ingest.cases.reader import Meaning, PlaneReader, Source, SourceFile, open_source
from pipeline.ingest.cases.stacked_channels import with_channels
from pipeline.ingest.cases.volume import assemble
from pipeline.ingest.dicom.templates import Templates
from pipeline.ingest.isolation import at_most
from pipeline.ingest.limits import FileLimits
from pipeline.ingest.pixels.plausibility import check_ct, has_plausible_uptakes
from pipeline.ingest.reasons import Refusal
from pipeline.ingest.series.frames import Frame
from pipeline.pseudonyms import Key
from pipeline.records import PLANE_DIGITS, PLANES, Attribute, Case, Geometry
from pipeline.units import CT, PET, RGB, SUV, fill_of


@dataclass(frozen=True)
class Batch:
    """Cases to be read into one shard; `files` by token."""

    cases: tuple[CasePlan, ...]
    files: Mapping[str, SourceFile]
    shard: Path
    key: Key
    limits: FileLimits


@dataclass(frozen=True)
class Spoiled:
    """A case that could not be read: its reason, and the token of the file that is to blame ("" if none)."""

    case_id: str
    reason: str
    detail: str
    token: str = ""


@dataclass(frozen=True)
class BatchResult:
    """What became of a batch; `notes` are those that reading the pixels added, by token.

    `masks` are those of the cases, and the outcomes of the files of masks that gave none.
    `unpublished` is where the shard waits to be published, if it still is.
    """

    cases: tuple[Case, ...]
    spoiled: tuple[Spoiled, ...]
    notes: Mapping[str, tuple[str, ...]]
    unpublished: Path | None = None
    masks: MasksRead = NO_MASKS


@dataclass(frozen=True)
class _Voxels:
    """The canonical array of a case, its unit and geometry, and the notes on all its files."""

    array: NDArray[Any]
    unit: str
    geometry: Geometry
    notes: tuple[str, ...]


def read_batch(batch: Batch) -> BatchResult:
    """Reads the cases of a batch into its shard, which the caller publishes: no child waits for the disk.

    Raises RetryError when the disk is full.
    """
    return _read_cases(batch, publishes=False)


def read_and_publish(batch: Batch) -> BatchResult:
    """As `read_batch`, the shard published, too: on a cluster no other machine can make its bytes safe."""
    return _read_cases(batch, publishes=True)


def _read_cases(batch: Batch, *, publishes: bool) -> BatchResult:
    cases: list[tuple[CasePlan, Case]] = []
    spoiled: list[Spoiled] = []
    notes: dict[str, set[str]] = {}
    templates: Templates[Meaning] = Templates()
    with ShardWriter(batch.shard, publishes=publishes) as writer:
        for case_plan in batch.cases:
            reader, voxels = _read(case_plan, batch, templates)
            if isinstance(voxels, Spoiled):
                spoiled.append(voxels)
                continue
            case = _case(case_plan, voxels, reader=reader, writer=writer, key=batch.key)
            cases.append((case_plan, case))
            for token, words in reader.notes.items():
                notes.setdefault(token, set()).update(words, voxels.notes)
        masks = read_masks(cases, MaskFiles(batch.files, batch.limits, batch.key), writer)
    for mask in masks.masks:
        notes.setdefault(mask.source, set()).update(mask.notes)
    noted = {token: tuple(sorted(words)) for token, words in notes.items()}
    read = tuple(case for _, case in cases)
    return BatchResult(read, tuple(spoiled), noted, None if publishes else writer.temporary, masks)


def _read(
    case_plan: CasePlan, batch: Batch, templates: Templates[Meaning]
) -> tuple[PlaneReader, _Voxels | Spoiled]:
    """The voxels of a case or what spoiled it, and what its reader saw."""
    with contextlib.ExitStack() as stack:
        reader = PlaneReader(
            batch.files, case_plan.tokens, case_plan.unit, batch.limits, templates, stack, batch.key
        )
        try:
            return reader, _voxels(case_plan, reader)
        except Refusal as refusal:
            return reader, Spoiled(case_plan.case_id, refusal.reason, refusal.detail, reader.token)


def split(batch: Batch) -> list[Batch]:
    """The batch cut into cases that share no file, each with its files alone and a shard of its own."""
    return [
        replace(
            batch,
            cases=cases,
            files={token: batch.files[token] for case in cases for token in case.files},
            shard=batch.shard.with_name(f"{batch.shard.stem}-{cases[0].case_id}.npy"),
        )
        for cases in bundles(batch.cases)
    ]


def without_masks(batch: Batch, outcome: Outcome) -> Batch:
    """The batch with its scans alone, all masks of which are refused with this outcome."""
    return replace(batch, cases=tuple(case.without_masks(outcome) for case in batch.cases))


def split_files(batch: Batch) -> list[Batch]:
    """The batch cut into single files."""
    return [replace(batch, files={token: file}) for token, file in batch.files.items()]


def bundles(cases: Iterable[CasePlan]) -> list[tuple[CasePlan, ...]]:
    """The cases in sets that share files: such cases become visible together."""
    bundle_of: dict[str, list[CasePlan]] = {}
    for case in cases:
        tokens = case.files
        joined = [case]
        for other in {id(bundle_of[token]): bundle_of[token] for token in tokens & bundle_of.keys()}.values():
            joined, other = (other, joined) if len(other) > len(joined) else (joined, other)
            joined += other
            bundle_of |= {token: joined for member in other for token in member.files}
        bundle_of |= dict.fromkeys(tokens, joined)
    unique = {id(bundle): bundle for bundle in bundle_of.values()}.values()
    ordered = [tuple(sorted(bundle, key=lambda case: case.case_id)) for bundle in unique]
    return sorted(ordered, key=lambda bundle: bundle[0].case_id)


def digest_planes(batch: Batch) -> dict[str, tuple[str, ...]]:
    """Keyed digests of the values of each frame of the files of a batch, for the comparison of copies."""
    digests: dict[str, tuple[str, ...]] = {}
    templates: Templates[Meaning] = Templates()
    for token, file in batch.files.items():
        try:
            with open_source(file, batch.limits, templates) as source:
                digests[token] = tuple(_plane_digest(source, index, batch) for index in range(source.frames))
        except Refusal:
            digests[token] = ()
    return digests


def pixel_digest(array: NDArray[Any], key: Key) -> str:
    """A keyed digest of values and shape; equal for equal values since these decide the dtype."""
    content = key.content_digest(np.ascontiguousarray(array).reshape(-1).view(np.uint8).data)
    return key.content_digest(f"{array.dtype.str} {array.shape} {content}".encode())


def _plane_digest(source: Source, index: int, batch: Batch) -> str:
    with at_most(batch.limits.seconds):
        return pixel_digest(source.plane(index, source.transform(index)).array, batch.key)


def _voxels(case_plan: CasePlan, reader: PlaneReader) -> _Voxels:
    """The voxels of a case. Raises Refusal, whatever happens."""
    try:
        voxels = _assembled(case_plan, reader)
        # Uptakes of hundreds come of a dose or weight in a wrong unit; Bq/mL are right all the same.
        if reader.unit == SUV and not has_plausible_uptakes(reader.tally):
            reader.begin_again(case_plan.file_unit)
            voxels = _assembled(case_plan, reader)
        reader.token = ""  # from here on it is the whole volume's trouble
        # All planes of a volume are of one modality and unit; the first speaks for them.
        transform = reader.transforms[0]
        if transform.modality == CT or transform.hounsfield:
            check_ct(reader.tally, transform, bits_stored=reader.bits_stored)
    except MemoryError:
        raise Refusal("limit_exceeded", "memory") from None
    except (ValueError, ArithmeticError, LookupError, TypeError) as error:
        raise Refusal("internal_error", type(error).__name__) from None
    return voxels


def _assembled(case_plan: CasePlan, reader: PlaneReader) -> _Voxels:
    array, geometry, notes = assemble(case_plan.volume, reader.read, unit=reader.unit)
    if case_plan.channels:
        channels = [assemble(volume, reader.read, unit=reader.unit)[:2] for volume in case_plan.channels]
        reader.token = ""  # none of the files is to blame where they lie apart
        fill, resamples = fill_of(case_plan.modality, reader.unit), case_plan.resamples_channels
        array, more = with_channels((array, geometry), channels, resamples=resamples, fill=fill)
        notes += more
    if case_plan.unit_stated:
        notes += ("unit_stated",)
    elif case_plan.modality == PET and reader.unit != SUV:
        notes += ("suv_inputs_missing",)
    return _Voxels(np.ascontiguousarray(array), reader.unit, geometry, notes)


def _case(
    case_plan: CasePlan, voxels: _Voxels, *, reader: PlaneReader, writer: ShardWriter, key: Key
) -> Case:
    first = case_plan.volume.frames[0]
    read_notes = {note for words in reader.notes.values() for note in words}
    return Case(
        case_id=case_plan.case_id,
        patient_id=first.patient_id,
        study_id=first.study_id,
        series_id=first.series_id,
        modality=first.modality,
        value_unit=voxels.unit,
        channels=3 if voxels.unit == RGB else 1 + len(case_plan.channels),
        geometry=voxels.geometry,
        stored=writer.append(voxels.array),
        pixel_digest=pixel_digest(voxels.array, key),
        attributes={**case_plan.attributes, **_reading_attributes(reader), **_orientation(first)},
        notes=tuple(sorted({*case_plan.notes, *voxels.notes, *read_notes})),
        hints=(*case_plan.hints, *(reader.said or ()), *_planes(voxels, key)),
        likeness=likeness_of(voxels.array, spatial_axes=len(voxels.geometry.spacing)),
    )


def _planes(voxels: _Voxels, key: Key) -> tuple[tuple[str, tuple[str, ...]], ...]:
    """The field of hints that has the digests of a volume's planes, but of those that show nothing."""
    if len(voxels.geometry.spacing) < 3:
        return ()
    shown = [
        plane for plane in voxels.array if np.count_nonzero(plane != plane.flat[0]) > _LEAST * plane.size
    ]
    return ((PLANES, tuple(pixel_digest(plane, key)[:PLANE_DIGITS] for plane in shown)),) if shown else ()


_LEAST = (
    0.05  # of the pixels, a choice: what has fewer other ones may be alike by chance, as an end of a scan
)
_TOWARDS = ("RL", "AP", "FH")
"""The ends of the patient's axes, backwards and forwards in the patient's frame (PS3.3 C.7.6.1.1.1)."""


def _orientation(frame: Frame) -> dict[str, Attribute]:
    """`orientation`: where rows and columns ran as they were stored, such as LP, before they were turned."""
    if frame.orientation is None:
        return {}
    directions = np.reshape(frame.orientation, (2, 3))
    axes = np.abs(directions).argmax(axis=1)
    ends = [_TOWARDS[axis][int(directions[row, axis] > 0)] for row, axis in enumerate(axes)]
    return {"orientation": "".join(ends)}


def _reading_attributes(reader: PlaneReader) -> dict[str, Attribute]:
    """What the reading of the pixels tells: the decoder of lossy images, slopes that vary, the SUV factor."""
    attributes: dict[str, Attribute] = {}
    if reader.lossy_decoder:
        attributes["lossy_decoder"] = reader.lossy_decoder
    slopes = [transform.slope for transform in reader.transforms]
    if set(slopes) != {1.0}:
        attributes["rescale_slope_lowest"], attributes["rescale_slope_highest"] = min(slopes), max(slopes)
    if reader.transforms[0].factor != 1.0:
        attributes["suv_factor"] = reader.transforms[0].factor
    return attributes
