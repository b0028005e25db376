"""Cases out of image planes: which frames make one volume, in which order, or why they make none.

Pure: works on headers alone, whatever the files' names and order. What the header reader fills in
is told in `frames`. Rules of grouping: PS3.3 C.7.3.1, C.7.6.2, C.7.6.16.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Hashable, Iterable, Sequence
from dataclasses import replace
from math import isfinite

import numpy as np

from pipeline.ingest.series.announced import as_announced
from pipeline.ingest.series.evidence import repeats
from pipeline.ingest.series.fragments import without_fragments
from pipeline.ingest.series.frames import Frame, Group, Refused, Rules, Volume
from pipeline.ingest.series.geometry import ORIENTATION_TOLERANCE, orientation_error
from pipeline.ingest.series.grid import GRID_TOLERANCE, places_of, stack_of
from pipeline.ingest.series.mosaic import is_mosaic, mosaic_of
from pipeline.ingest.series.parts import Part
from pipeline.ingest.series.repeated import are_several, what_differs
from pipeline.ingest.series.selection import INCLUDED_BY, exclusion_of, is_slice
from pipeline.ingest.series.splitting import separated, separated_by_repeats, stated_values
from pipeline.ingest.series.stacking import image_of, volume_of
from pipeline.ingest.series.traits import clusters
from pipeline.records import Geometry

__all__ = ["grouped"]

_SPACING_TOLERANCE_MM = 1e-4
"""Less than this is how a number was printed: over 512 pixels it adds up to a twentieth of a millimetre."""
Digest = Callable[[Frame], str]
Ranked = tuple[Group, tuple[int, ...]]
"""A group and its ranks in time, as a part has them."""


def grouped(frames: Iterable[Frame], rules: Rules, *, pixel_digest: Digest) -> list[Group]:
    """The groups of all frames, sorted; every frame is in exactly one, the same for any order of input.

    `frames` have distinct `(source, index)`. `pixel_digest` gives a text that is equal for planes with
    equal decoded pixels; it is asked only where slices lie at the same place and nothing else tells
    them apart. Frames of one series under two patients are all refused as `patient_conflict`.
    """
    groups: list[Group] = []
    for series in _sets(frames, lambda frame: frame.series_id):
        patients = {frame.patient_id for frame in series}
        if len(patients) > 1:
            detail = f"{len(patients)} patients in one series of {len(series)} images"
            groups.append(_refused(series, "patient_conflict", detail))
        else:
            groups += _of_series(series, rules, pixel_digest)
    return sorted(groups, key=lambda group: min(frame.name for frame in group.frames))


def _of_series(series: Sequence[Frame], rules: Rules, pixel_digest: Digest) -> list[Group]:
    groups: list[Ranked] = []
    for alike in _sets(series, _header_key):
        reason, detail = exclusion_of(alike[0])
        if reason and INCLUDED_BY[reason] not in rules.include:
            groups.append((_refused(alike, reason, detail), ()))
        elif not is_slice(alike[0]):
            groups += [(_picture(frame), ()) for frame in alike]
        elif is_mosaic(alike[0]):
            groups += _mosaics(alike, rules)
        elif rules.unit == "image":
            groups += [(_placeless([frame]) or image_of(frame), ()) for frame in alike]
        else:
            refusal = _placeless(alike)
            groups += [(refusal, ())] if refusal else _volumes(alike, rules, pixel_digest)
    numbered = _numbered(groups)
    return as_announced(without_fragments(numbered)) if rules.unit == "series" else numbered


def _numbered(groups: Sequence[Ranked]) -> list[Group]:
    """The groups with `time_index`: the rank of their ranks, so that two splits by time give one count."""
    index_of = {ranks: index for index, ranks in enumerate(sorted({ranks for _, ranks in groups if ranks}))}
    return [
        replace(group, time_index=index_of[ranks]) if ranks and isinstance(group, Volume) else group
        for group, ranks in groups
    ]


def _header_key(frame: Frame) -> Hashable:
    """What frames must share to be looked at together; spacing and orientation need a tolerance."""
    return (
        exclusion_of(frame),
        is_mosaic(frame),
        frame.modality,
        frame.sop_class,
        frame.unit,
        # An inverted plane among others (MONOCHROME1) would have its values turned for itself alone.
        (frame.rows, frame.columns, frame.samples, frame.photometric),
    )


def _picture(frame: Frame) -> Volume:
    """A projection or photograph: never stacked, no place in space, spacing only if the file tells it."""
    geometry = Geometry((1.0, 1.0), "pixels")
    if frame.spacing_mm is not None:
        geometry = Geometry(frame.spacing_mm, frame.spacing_kind)
    return Volume((frame,), geometry, (frame.rows, frame.columns))


def _mosaics(frames: Sequence[Frame], rules: Rules) -> list[Ranked]:
    """A volume of each sheet, with what tells it from those of its series in the same place."""
    groups: list[Ranked] = []
    placed: list[Frame] = []
    for frame in frames:
        if refusal := _placeless([frame]):
            groups.append((refusal, ()))
        else:
            placed.append(frame)
    for parallel in _parallel(placed) if placed else []:
        for part in separated_by_repeats(parallel):
            alone = part if len(part.frames) == 1 else Part(part.frames)
            groups += [_ranked(_mosaic(frame, rules), alone) for frame in part.frames]
    return groups


def _ranked(group: Group, part: Part) -> Ranked:
    """The group that a part became, with what is known of the part."""
    if isinstance(group, Refused):
        return group, part.ranks
    notes = tuple(sorted({*group.notes, *part.notes}))
    return replace(group, variant_index=part.variant_index, notes=notes), part.ranks


def _mosaic(frame: Frame, rules: Rules) -> Group:
    group = mosaic_of(frame)
    if isinstance(group, Refused):
        return group
    if rules.unit == "image":
        detail = f"a tiled volume of {group.shape[0]} slices, and the unit is one image"
        return _refused([frame], "rule_not_selected", detail)
    return _too_few([frame], group.shape[0], rules) or group


def _placeless(frames: Sequence[Frame]) -> Refused | None:
    """A refusal of all the frames if one of them doesn't say where it lies: it could belong anywhere."""
    # A single plane without a place may be the very slice that the others lack.
    unplaced = sum(not _placed(frame) for frame in frames)
    if unplaced:
        return _refused(frames, "no_geometry", f"{unplaced} of {len(frames)} without position or orientation")
    spacings = [frame.spacing_mm for frame in frames if frame.spacing_kind != "pixels"]
    if len(spacings) < len(frames) or any(spacing is None or min(spacing) <= 0 for spacing in spacings):
        return _refused(frames, "missing_attribute", "PixelSpacing")
    orientations = {frame.orientation for frame in frames if frame.orientation is not None}
    error = max(map(orientation_error, orientations))
    if error > ORIENTATION_TOLERANCE:
        detail = f"off by {error:.4f} from perpendicular unit directions"
        return _refused(frames, "geometry_invalid", detail)
    return None


def _placed(frame: Frame) -> bool:
    if frame.position_mm is None or frame.orientation is None:
        return False
    return all(isfinite(coordinate) for coordinate in frame.position_mm)


def _volumes(frames: Sequence[Frame], rules: Rules, pixel_digest: Digest) -> list[Ranked]:
    groups: list[Ranked] = []
    for parallel in _parallel(frames):
        # Each plane is near its neighbour, but a fan of them may turn by far more than the tolerance in all.
        drift = float(np.ptp(np.array([frame.orientation for frame in parallel]), axis=0).max())
        if drift > 2 * ORIENTATION_TOLERANCE:
            groups.append((_refused(parallel, "ambiguous_series", f"orientations drift by {drift:.4f}"), ()))
            continue
        parts, copies = _unrepeated(parallel, pixel_digest)
        groups += [_ranked(_volume(part, rules), part) for part in parts]
        groups += [(_refused(copies, "duplicate_identical"), ())] if copies else []
    return groups


def _parallel(frames: Sequence[Frame]) -> list[list[Frame]]:
    """Sets of equal orientation and spacing within tolerance.

    Spacings are equal where they move no pixel of the plane by more than a share of its size.
    """
    orientations = np.array([frame.orientation for frame in frames]) / ORIENTATION_TOLERANCE
    spacings = np.array([frame.spacing_mm for frame in frames])
    across = GRID_TOLERANCE * float(spacings.min()) / max(frames[0].rows, frames[0].columns)
    spacings /= max(_SPACING_TOLERANCE_MM, across)
    labels = clusters(np.hstack([orientations, spacings]), 1.0)
    return [
        [frame for frame, own in zip(frames, labels, strict=True) if own == label]
        for label in dict.fromkeys(labels.tolist())
    ]


def _unrepeated(frames: Sequence[Frame], pixel_digest: Digest) -> tuple[list[Part], list[Frame]]:
    """Parts without repeated places, and the copies left out for it; as they are where that fails."""
    parts = separated(frames)
    if not any(repeats(part.frames) for part in parts):
        return parts, []
    # Planes come sorted by name, so that the same copy stays whatever order they were found in.
    firsts: dict[Hashable, Frame] = {}
    for frame, place in zip(*_places(frames), strict=True):
        firsts.setdefault((place, pixel_digest(frame), *stated_values(frame)), frame)
    kept = {frame.name for frame in firsts.values()}
    copies = [frame for frame in frames if frame.name not in kept]
    without = separated([frame for frame in frames if frame.name in kept])
    # Copies are only left out where that makes volumes: else nobody knows which of them is the odd one.
    if copies and not any(repeats(part.frames) for part in without):
        return without, copies
    return parts, []


def _volume(part: Part, rules: Rules) -> Group:
    frames = part.frames
    if part.reason:
        return _refused(frames, part.reason, part.detail)
    places = np.unique(places_of(stack_of(frames))).size
    few = _too_few(frames, places, rules)
    if few:
        return few
    if places == len(frames):
        return volume_of(frames, rules)
    detail = f"{len(frames)} images at {places} places"
    differences = [f"{keyword} ({_counts(sizes)})" for keyword, sizes in what_differs(frames).items()]
    if differences:
        detail += f"; {', '.join(differences)} differ there, and none of it gives whole volumes"
    return _refused(frames, "ambiguous_series" if are_several(frames) else "duplicate_position", detail)


def _counts(sizes: Sequence[int]) -> str:
    """How many images have each value, where these are few enough to read."""
    return f"{len(sizes)} values" if len(sizes) > 4 else " and ".join(map(str, sizes)) + " images"


def _too_few(frames: Sequence[Frame], slices: int, rules: Rules) -> Refused | None:
    if slices >= rules.min_slices:
        return None
    return _refused(frames, "too_few_slices", f"{slices} of at least {rules.min_slices}")


def _places(frames: Sequence[Frame]) -> tuple[list[Frame], list[int]]:
    """The frames sorted by name within their place, and the number of the place of each."""
    stack = stack_of(frames)
    return list(stack.frames), places_of(stack).tolist()


def _refused(frames: Sequence[Frame], reason: str, detail: str = "") -> Refused:
    return Refused(tuple(frames), reason, detail)


def _sets(frames: Iterable[Frame], key: Callable[[Frame], Hashable]) -> list[list[Frame]]:
    """The frames in sets of equal key, frames and sets sorted by name."""
    sets: dict[Hashable, list[Frame]] = defaultdict(list)
    for frame in sorted(frames, key=lambda frame: frame.name):
        sets[key(frame)].append(frame)
    return list(sets.values())
