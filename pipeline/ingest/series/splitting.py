"""Volumes that share a series told apart: by their kind, and by what differs where places repeat or clash.

A volume is of one kind, whether or not the places of two kinds repeat. Planes of one kind are cut further
where they don't make one even grid: by what differs, if the parts cover the same places, each equally often,
or if each is a whole volume; else they are left as they are and get a reason. Numbers of instances are no
evidence of time, with the exceptions of `_by_instance`.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Sequence
from itertools import pairwise

from pipeline.ingest.series.evenness import evenness
from pipeline.ingest.series.evidence import by_place, is_whole, overlap, repeats, verdict
from pipeline.ingest.series.frames import Frame
from pipeline.ingest.series.grid import stack_of
from pipeline.ingest.series.parts import Part, Sets, divided_further, in_turn, variants
from pipeline.ingest.series.repeated import by_repeats, lacks_b_value
from pipeline.ingest.series.traits import (
    ACQUISITION_NUMBER,
    ASIDES,
    CARDIAC_PHASE,
    KINDS,
    KVP,
    NUMBER_KINDS,
    REFERENCE_TIME,
    RESPIRATORY_PHASE,
    SEQUENCE_NAME,
    SERIES_WORDS,
    TEMPORAL_POSITION,
    THICKNESS,
    TIMES,
    UNKNOWN_WORDS,
    WORD_KINDS,
    Trait,
    sets_of,
)

__all__ = ["separated", "separated_by_repeats", "stated_values"]

_IN_TIME = (TEMPORAL_POSITION, CARDIAC_PHASE, RESPIRATORY_PHASE)
# Scans of one energy or phase each may cover other ranges; echoes or weightings of one scan never do.
_RANGE_OF_THEIR_OWN = (KVP, CARDIAC_PHASE, RESPIRATORY_PHASE)


def stated_values(frame: Frame) -> tuple[object, ...]:
    """What a frame says about itself that would make it another volume than one with equal pixels."""
    said = tuple(trait.read(frame) for trait in (*KINDS, *ASIDES))
    return (*said, frame.acquisition_number, frame.acquisition.dimension_index)


def separated(frames: Sequence[Frame]) -> list[Part]:
    """The frames in parts of one kind each, at places of their own.

    A part may still repeat places, or be uneven, where nothing separates it; the caller judges that.
    """
    if len(frames) < 2:
        return [Part(frames)]
    repeated = repeats(frames)
    for divide in (_by_word_kind, by_repeats if repeated else _by_number_kind, _by_clash):
        if parts := divide(frames):
            return divided_further(parts, separated)
    details = (*KINDS, *ASIDES, SERIES_WORDS)
    asides = not repeated and any(len(sets_of(frames, trait, silent=True)) > 1 for trait in details)
    return [Part(frames, notes=("details_differ",) if asides else ())]


def separated_by_repeats(frames: Sequence[Frame]) -> list[Part]:
    """As `separated`, for planes that are volumes of their own, as mosaics: only where places repeat."""
    if len(frames) < 2 or not repeats(frames):
        return [Part(frames)]
    return divided_further(by_repeats(frames), separated_by_repeats) or [Part(frames)]


def _is_sound(frames: Sequence[Frame]) -> bool:
    """Whether the frames are whole volumes, told apart if they are several."""
    return all(not part.reason and is_whole(part.frames) for part in separated(frames))


def _by_word_kind(frames: Sequence[Frame]) -> list[Part]:
    """By the first word of which a volume has one value: these split wherever they differ."""
    repeated = repeats(frames)
    # A name such as ep_b1000#3 tells directions apart, but no reader what they are.
    untold = {SEQUENCE_NAME} if repeated and lacks_b_value(frames) else set()
    for trait in (trait for trait in WORD_KINDS if trait not in untold):
        sets = sets_of(frames, trait, silent=repeated)
        if len(sets) > 1:
            return [Part(planes) for planes in sets]
    return []


def _by_number_kind(frames: Sequence[Frame]) -> list[Part]:
    """By the first number of which a volume has one value, if each then is whole; else all are refused."""
    for trait in NUMBER_KINDS:
        sets = sets_of(frames, trait)
        # Some writers number the slices of one volume in it.
        counts_slices = trait is TEMPORAL_POSITION and len(sets) == len(frames)
        if len(sets) < 2 or counts_slices:
            continue
        if all(_is_sound(planes) for planes in sets):
            in_time = trait in _IN_TIME
            return [Part(planes, (n,) if in_time else ()) for n, planes in enumerate(sets)]
        detail = f"{trait.keyword} has {len(sets)} values in {len(frames)} slices, not each an even volume"
        return [Part(frames, reason="ambiguous_series", detail=detail)]
    return []


def _by_clash(frames: Sequence[Frame]) -> list[Part]:
    """By what may differ within a volume, where it shows that these are several."""
    if repeats(frames) and lacks_b_value(frames):
        return []
    # Where an even grid is but assumed, what differs comes first: two passes look like one that was rounded.
    if not repeats(frames) and evenness(stack_of(frames)) in ("even", "rounded"):
        return _by_evidence(frames)
    for trait in (*ASIDES, SERIES_WORDS, *NUMBER_KINDS, *TIMES, THICKNESS):
        sets = sets_of(frames, trait, silent=True)
        if len(sets) > 1 and _are_volumes(sets, frames, trait):
            ranked = trait in TIMES and in_turn(sets)
            return [Part(planes, (n,) if ranked else ()) for n, planes in enumerate(sets)]
    return _by_run(frames)


def _are_volumes(sets: Sets, frames: Sequence[Frame], trait: Trait) -> bool:
    """Whether each set is a whole volume, or a place watched before one, as for the arrival of contrast.

    What only counts or times acquisitions proves nothing for parts that lie end to end, with a hole
    between them perhaps. A volume that covers less than others made alike has lost slices.
    """
    if trait not in (*ASIDES, SERIES_WORDS) and not overlap(sets):
        return False
    watched = [planes for planes in sets if _is_one_watched_place(planes, frames)]
    volumes = [planes for planes in sets if planes not in watched]
    if trait is REFERENCE_TIME or (trait in NUMBER_KINDS and trait not in _RANGE_OF_THEIR_OWN):
        alike = 1
    else:
        # Of CT, two scans of one range and one of another are common: without contrast, and two phases.
        alike = 3 if frames[0].modality == "CT" else 2
    return bool(volumes) and not _lost(volumes, frames, alike) and all(map(_is_sound, volumes))


def _is_one_watched_place(planes: Sequence[Frame], frames: Sequence[Frame]) -> bool:
    names = {frame.name for frame in planes}
    at_place = [
        together for together in by_place(frames).values() if names & {frame.name for frame in together}
    ]
    return len(at_place) == 1 and len(at_place[0]) > 1


def _lost(sets: Sets, frames: Sequence[Frame], alike: int) -> bool:
    """Whether a set covers only some of the places that at least `alike` others have in common."""
    place_of = {frame.name: place for place, together in by_place(frames).items() for frame in together}
    covered = Counter(frozenset(place_of[frame.name] for frame in planes) for planes in sets)
    return any(less < most for most, count in covered.items() if count >= alike for less in covered)


def _by_evidence(frames: Sequence[Frame]) -> list[Part]:
    """Planes of one even grid cut where their places show that they are two; or refused."""
    for trait in (*KINDS, *ASIDES, UNKNOWN_WORDS, SERIES_WORDS, *TIMES, THICKNESS):
        sets = sets_of(frames, trait, silent=True)
        if len(sets) < 2 or (trait in TIMES and not _may_be_passes(sets, trait)):
            continue
        relation = "apart" if trait is REFERENCE_TIME and _are_time_frames(sets) else verdict(sets)
        if relation == "one" or (relation == "on" and trait is not UNKNOWN_WORDS):
            continue
        if relation == "unclear" and trait in TIMES and not _are_clocked(frames):
            continue  # a number that counts acquisitions is no evidence without their places
        if relation == "apart" and trait is not UNKNOWN_WORDS:
            ranked = trait in TIMES
            return [Part(planes, (n,) if ranked else ()) for n, planes in enumerate(sets)]
        if relation == "unclear" and trait in TIMES and frames[0].modality == "MR":
            continue  # interleaving is how MR scans
        detail = f"{trait.keyword} has {len(sets)} values over one even stack of {len(frames)} slices"
        return [Part(frames, reason="inconsistent_series", detail=detail)]
    passes = [*_runs(frames), *_numbered_alike(frames), *_of_objects(frames)]
    return next(
        (variants(sets) for sets in passes if all(map(is_whole, sets)) and verdict(sets) == "apart"), []
    )


def _are_time_frames(sets: Sets) -> bool:
    """Whether PET slices of several reference times are volumes in time, rather than beds end to end.

    The series says that it is DYNAMIC, or how many slices it has (PS3.3 C.8.9.1). Beds never interleave.
    """
    acquisitions = [frame.acquisition for planes in sets for frame in planes]
    dynamic = any("DYNAMIC" in (acquisition.series_type or "") for acquisition in acquisitions)
    slices = {acquisition.announced_slices for acquisition in acquisitions}
    return dynamic or overlap(sets) or all(slices == {len(planes)} for planes in sets)


def _may_be_passes(sets: Sets, trait: Trait) -> bool:
    """Whether sets by time can be several passes: each is whole, and after the other by clock or number."""
    frames = [frame for planes in sets for frame in planes]
    in_order = trait is ACQUISITION_NUMBER or _are_clocked(frames)
    return in_order and all(map(is_whole, sets)) and in_turn(sets)


def _are_clocked(frames: Sequence[Frame]) -> bool:
    acquired = all(frame.acquisition_time is not None for frame in frames)
    return acquired or all(frame.acquisition.frame_reference_time is not None for frame in frames)


def _by_run(frames: Sequence[Frame]) -> list[Part]:
    """Passes over uneven places by their instance numbers, which run through each even pass in turn."""
    passes = [] if repeats(frames) else _runs(frames)
    return next((variants(runs) for runs in passes if overlap(runs) and all(map(is_whole, runs))), [])


def _runs(frames: Sequence[Frame]) -> list[Sets]:
    """The ways along the stack that the instance numbers go, one after the other; [] where it is one."""
    # Passes by number alone need numbers that are each given once.
    numbered = {frame.instance_number: frame for frame in frames if frame.instance_number is not None}
    if len(numbered) < len(frames):
        return []
    ordered = [numbered[number] for number in sorted(numbered)]
    height_of = {frame.name: place for place, frame in enumerate(stack_of(frames).frames)}
    runs: Sets = [[ordered[0]]]
    for first, second in pairwise(ordered):
        rises = height_of[second.name] > height_of[first.name]
        goes_on = len(runs[-1]) < 2 or rises == (height_of[first.name] > height_of[runs[-1][-2].name])
        runs[-1:] = [[*runs[-1], second]] if goes_on else [runs[-1], [second]]
    return [runs] if len(runs) > 1 else []


def _numbered_alike(frames: Sequence[Frame]) -> list[Sets]:
    """The lowest plane of each instance number, the next ones, and so on; [] where some are given more often.

    Two series that were put together keep the numbers of each.
    """
    given = Counter(frame.instance_number for frame in frames)
    if None in given or len(set(given.values())) > 1 or not 1 < len(given) < len(frames):
        return []
    planes_of: defaultdict[float | None, list[Frame]] = defaultdict(list)
    for frame in stack_of(frames).frames:
        planes_of[frame.instance_number].append(frame)
    return [[list(planes) for planes in zip(*planes_of.values(), strict=True)]]


def _of_objects(frames: Sequence[Frame]) -> list[Sets]:
    """The planes of each object, where several have several planes; [] where one has all, or each one."""
    planes_of: defaultdict[str, list[Frame]] = defaultdict(list)
    for frame in frames:
        planes_of[frame.source].append(frame)
    return [list(planes_of.values())] if 1 < len(planes_of) < len(frames) else []
