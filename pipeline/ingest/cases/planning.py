"""From headers to cases: which files make which case, and the reason of every file that makes none.

Pure. The same headers give the same plan under any names, order and place of the files.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence, Set
from dataclasses import dataclass, field, replace

from pipeline.ingest.cases.agreed import agreed
from pipeline.ingest.cases.case_plan import CasePlan, Plan
from pipeline.ingest.cases.channels import joined
from pipeline.ingest.cases.copies import Outcome, PixelDigest, one_copy_each, patient_conflicts
from pipeline.ingest.dicom import vocabulary
from pipeline.ingest.dicom.sop_classes import SLIDES
from pipeline.ingest.header.header import Header
from pipeline.ingest.header.series_rules import Rule, fitting_rule
from pipeline.ingest.header.stated_units import stated_unit
from pipeline.ingest.reasons import REASONS
from pipeline.ingest.series.frames import Frame, Group, Refused, Rules, Volume
from pipeline.ingest.series.grouping import grouped
from pipeline.ingest.series.selection import is_slice
from pipeline.records import Attribute
from pipeline.units import PET, SUV

_COMMON = (
    "b_value", "cardiac_phase", "echo_number", "echo_time", "flip_angle", "inversion_time", "kvp",
    "respiratory_phase", "temporal_position",
)  # fmt: skip
"""Fields of a plane's acquisition that a case may hold, as attributes of the same names."""
_FACTOR_TOLERANCE = 1e-3  # of rounding: the seconds of a start, a weight of one decimal
# A file with several reasons gets that which a person can do most about.
_GRAVITY = {"failed": 0, "quarantined": 1, "excluded": 2, "accepted": 3}


@dataclass(frozen=True)
class Wanted:
    """What the settings want: how volumes are made, which series, and the units that files can't state."""

    volumes: Rules
    series: tuple[Rule, ...] = ()
    units: Mapping[str, str] = field(default_factory=dict)
    resamples_channels: bool = False


def plan(
    headers: Mapping[str, Header],
    wanted: Wanted,
    *,
    pixel_digest: PixelDigest,
    case_id: Callable[[Iterable[str]], str],
) -> Plan:
    """The plan for files by token.

    `pixel_digest` is asked only where copies or slices at one place must be compared; `case_id` makes
    the pseudonym of a case from the names of its planes.
    """
    outcomes = {token: Outcome(header.reason, header.detail) for token, header in headers.items()}
    conflicts = patient_conflicts(headers)
    outcomes |= {token: told for token, told in conflicts.items() if outcomes[token].reason == "ok"}
    usable = {token: headers[token] for token in sorted(headers) if headers[token].frames}
    chosen = one_copy_each(usable, outcomes, pixel_digest)
    divided = _groups(chosen, headers, wanted.volumes, pixel_digest)
    groups = [_spoiled(group, chosen, outcomes) for group in divided]
    uptakes = _series_with_uptakes(groups)
    cases = [
        _case_plan(group, chosen, headers, case_id, uptakes=uptakes)
        for group in groups
        if isinstance(group, Volume)
    ]
    whole, parted = joined(cases, headers, resamples=wanted.resamples_channels, case_id=case_id)
    fitting, unwanted = _by_rules(whole, headers, wanted.series)
    fitting = [_as_agreed(_in_stated_unit(case, wanted.units), headers) for case in fitting]
    refused = [group for group in groups if isinstance(group, Refused)]
    _settle([*refused, *parted, *unwanted], [case.frames for case in fitting], chosen, outcomes)
    return Plan(tuple(sorted(fitting, key=lambda case: case.case_id)), outcomes)


def _groups(
    chosen: Mapping[str, str], headers: Mapping[str, Header], rules: Rules, pixel_digest: PixelDigest
) -> list[Group]:
    frames: list[Frame] = []
    cine: list[Refused] = []
    for token in chosen.values():
        own = headers[token].frames
        if len(own) > 1 and not is_slice(own[0]):
            what = "tiles of a slide" if own[0].sop_class in SLIDES else "frames, as of a film"
            detail = f"{len(own)} {what}; only single images are used"
            cine.append(Refused(own, "rule_not_selected", detail))
        else:
            frames += own
    return [
        *cine,
        *grouped(frames, rules, pixel_digest=lambda frame: pixel_digest(chosen[frame.source], frame.index)),
    ]


def _spoiled(group: Group, chosen: Mapping[str, str], outcomes: Mapping[str, Outcome]) -> Group:
    """The group, refused where one of its files can't be used: a volume without it would be incomplete."""
    if isinstance(group, Refused):
        return group
    reasons = [outcomes[chosen[frame.source]].reason for frame in group.frames]
    lost = sum(reason != "ok" for reason in reasons)
    if not lost:
        return group
    # What makes the whole doubtful is told before the slice that is lacking for it.
    for whole in ("patient_conflict", "duplicate_uid_conflict"):
        if whole in reasons:
            return Refused(group.frames, whole, "another file of the same volume")
    return Refused(group.frames, "missing_slices", f"{lost} of {len(group.frames)} slices could not be read")


def _settle(
    refused: Sequence[Refused],
    planned: Sequence[Sequence[Frame]],
    chosen: Mapping[str, str],
    outcomes: dict[str, Outcome],
) -> None:
    """Gives the groups' reasons to their files: own trouble first, then a case, then the gravest reason."""
    used = {chosen[frame.source] for frames in planned for frame in frames}
    reasons: defaultdict[str, list[Outcome]] = defaultdict(list)
    for group in refused:
        for token in {chosen[frame.source] for frame in group.frames}:
            reasons[token].append(Outcome(group.reason, group.detail))
    for token, given in reasons.items():
        if outcomes[token].reason == "ok" and token not in used:
            outcomes[token] = min(given, key=lambda outcome: _GRAVITY[REASONS[outcome.reason].state])


def _case_plan(
    volume: Volume,
    chosen: Mapping[str, str],
    headers: Mapping[str, Header],
    case_id: Callable[[Iterable[str]], str],
    *,
    uptakes: Set[str],
) -> CasePlan:
    # By name, not by place: the identity of a case must not depend on a geometry that is mended one day.
    sources = sorted({frame.source for frame in volume.frames})
    frame = volume.frames[0]
    notes = {note for source in sources for note in headers[chosen[source]].notes}
    names = sorted(f"{plane.source}/{plane.index}" for plane in volume.frames)
    return CasePlan(
        case_id=case_id(names),
        volume=volume,
        tokens={source: chosen[source] for source in sources},
        unit=SUV if frame.uptake and frame.series_id in uptakes else frame.unit,
        attributes={
            **headers[chosen[frame.source]].attributes,
            **_common_values(volume),
            **volume.measures,
        },
        notes=tuple(sorted(notes)),
        hints=headers[chosen[frame.source]].hints,
    )


def _orientation(frame: Frame) -> str:
    r"""Whereto rows and columns of the file run, as in "L\P" (PS3.3 C.7.6.1.1.1); "" where nothing says it.

    The array is turned to the canonical orientation: what is lost by it may have told the label.
    """
    if frame.orientation is None:
        return ""
    words = []
    for direction in (frame.orientation[:3], frame.orientation[3:]):
        axis = max(range(3), key=lambda at: abs(direction[at]))
        words.append(("LPH" if direction[axis] > 0 else "RAF")[axis])
    return "\\".join(words)


def _series_with_uptakes(groups: Iterable[Group]) -> set[str]:
    """The series whose planes can all be turned into SUVbw, by one factor: all of a series, or nothing.

    What a series holds besides, as a captured screen, has no unit and doesn't count.
    """
    factors: defaultdict[str, list[float | None]] = defaultdict(list)
    for group in groups:
        for frame in group.frames:
            if frame.modality == PET and frame.names_unit:
                factors[frame.series_id].append(frame.uptake)
    return {series for series, uptakes in factors.items() if _is_one_factor(uptakes)}


def _is_one_factor(factors: Sequence[float | None]) -> bool:
    known = [factor for factor in factors if factor is not None]
    return len(known) == len(factors) and max(known) <= min(known) * (1 + _FACTOR_TOLERANCE)


def _in_stated_unit(case: CasePlan, stated: Mapping[str, str]) -> CasePlan:
    """The case in the unit that the settings state, where its files leave that open."""
    if any(frame.names_unit for frame in case.volume.frames):
        return case
    rule = str(case.attributes.get("series_rule", ""))
    unit = stated_unit(stated, rule=rule, modality=case.modality)
    return replace(case, unit=unit, unit_stated=True) if unit else case


def _as_agreed(case: CasePlan, headers: Mapping[str, Header]) -> CasePlan:
    """The case without what its files contradict each other in."""
    attributes, notes = agreed(case.attributes, [headers[token].attributes for token in case.tokens.values()])
    volume = replace(case.volume, notes=(*case.volume.notes, *notes)) if notes else case.volume
    return replace(case, attributes=attributes, volume=volume)


def _by_rules(
    cases: Sequence[CasePlan], headers: Mapping[str, Header], rules: Sequence[Rule]
) -> tuple[list[CasePlan], list[Refused]]:
    """The cases that fit a rule, with its name, and the groups of the others; all cases without rules."""
    if not rules:
        return list(cases), []
    wanted, unwanted = [], []
    for case in cases:
        # A volume fits a rule only if each of its files does.
        still_open = set.intersection(*(set(headers[token].open_rules) for token in case.tokens.values()))
        name = fitting_rule(rules, still_open, case.attributes)
        if name:
            wanted.append(replace(case, attributes={**case.attributes, "series_rule": name}))
        else:
            unwanted.append(Refused(case.frames, "rule_not_selected", "no rule of ingest.select"))
    return wanted, unwanted


def _common_values(volume: Volume) -> dict[str, Attribute]:
    """What may tell this volume from others of its series: what its planes share, and its rank in time."""
    acquisitions = {frame.acquisition for frame in volume.frames}
    attributes: dict[str, Attribute] = {}
    for name in _COMMON:
        values = {getattr(acquisition, name) for acquisition in acquisitions}
        if len(values) == 1 and (value := values.pop()) is not None:
            attributes[name] = value
    kernels = {acquisition.kernel for acquisition in acquisitions}
    if len(kernels) == 1 and (kernel := kernels.pop()):
        attributes["convolution_kernel"] = vocabulary.kernel(kernel)
    if orientation := _orientation(volume.frames[0]):
        attributes["patient_orientation"] = orientation
    if volume.time_index is not None:
        attributes["time_index"] = volume.time_index
    if volume.variant_index is not None:
        attributes["variant_index"] = volume.variant_index
    return attributes
