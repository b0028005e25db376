"""What the page shows, without a word of HTML: counts, groups, distributions, tiles."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from pipeline.records import Attribute, Case
from pipeline.report.ingest.attributes import attributes
from pipeline.report.ingest.distributions import hidden_if_few, spread
from pipeline.report.ingest.sizes import typical
from pipeline.report.ingest.tiles import Read, tiles

STATES = {
    "accepted": "Used",
    "excluded": "Left out: not for this study",
    "quarantined": "Set aside: a person should look",
    "failed": "Could not be read",
}
_SPACING = {
    "patient": "measured in the patient",
    "detector_plane": "measured at the detector",
    "nominal": "one slice of nominal thickness",
    "pixels": "not told by the scan",
}
_GEOMETRY = frozenset({
    "spacing_tag_disagrees", "nominal", "z_resampled", "untilted", "detector_plane", "no_geometry",
    "geometry_invalid", "missing_slices", "variable_spacing", "duplicate_position", "gantry_tilt",
    "ambiguous_series", "inconsistent_series", "details_differ", "time_untold", "affine_conflict",
    "positions_rounded",
})  # fmt: skip
"""Notes and reasons that are warnings about the geometry."""

Json = dict[str, Any]


@dataclass(frozen=True)
class Line:
    """One line of the account of files: a state with its reason, or a note, in words for people."""

    state: str
    code: str
    files: int
    sentence: str
    next_step: str = ""


@dataclass(frozen=True)
class Account:
    """What became of the files of an analysis."""

    name: str
    reasons: Sequence[Line]
    notes: Sequence[Line]
    commands: Mapping[str, str]
    """By state, what shows the files that are in it."""

    def files(self, state: str) -> int:
        """How many files are in the state."""
        return sum(line.files for line in self.reasons if line.state == state)


def build(account: Account, cases: Sequence[Case], read: Read, *, reviewed: bool) -> Json:
    """The content of the page; `read` gives a case's voxels, `reviewed` is told in `tiles`."""
    everyone = {case.patient_id for case in cases}
    return {
        "name": account.name,
        "commands": account.commands,
        "files": {state: account.files(state) for state in STATES},
        "cases": len(cases),
        "patients": hidden_if_few(len(everyone)),
        "states": {
            STATES[state]: [line for line in account.reasons if line.state == state] for state in STATES
        },
        "notes": [note for note in account.notes if note.code not in _GEOMETRY],
        "groups": _groups(cases),
        "typical": typical(cases),
        "spacing": {"label": "Spacing", "unit": ""} | spread(_kinds_of_spacing(cases), everyone),
        "warnings": _warnings(account, cases),
        "attributes": attributes(cases, everyone),
        "pictures": tiles(cases, read, reviewed=reviewed),
    }


def _groups(cases: Sequence[Case]) -> list[Json]:
    """Series, cases and patients by modality and manufacturer; groups of too few patients are put together,
    by modality where that suffices."""
    groups: defaultdict[tuple[str, str], list[Case]] = defaultdict(list)
    for case in cases:
        groups[case.modality, str(case.attributes.get("manufacturer") or "not stated")].append(case)
    groups = _rare_together(groups, lambda modality: (modality, "others"))
    groups = _rare_together(groups, lambda modality: ("others", ""))
    return [_group(*key, groups[key]) for key in sorted(groups, key=lambda key: (key[0] == "others", key))]


def _rare_together(
    groups: Mapping[tuple[str, str], list[Case]], together: Callable[[str], tuple[str, str]]
) -> defaultdict[tuple[str, str], list[Case]]:
    merged: defaultdict[tuple[str, str], list[Case]] = defaultdict(list)
    for key, members in groups.items():
        merged[together(key[0]) if _patients(members) is None else key] += members
    return merged


def _group(modality: str, maker: str, cases: Sequence[Case]) -> Json:
    patients = _patients(cases)
    counted = {"series": len({case.series_id for case in cases}), "cases": len(cases)}
    shown = {name: None if patients is None else number for name, number in counted.items()}
    return {"modality": modality, "maker": maker, "patients": patients, **shown}


def _patients(cases: Sequence[Case]) -> int | None:
    return hidden_if_few(len({case.patient_id for case in cases}))


def _kinds_of_spacing(cases: Sequence[Case]) -> dict[Attribute, set[str]]:
    patients_of: defaultdict[Attribute, set[str]] = defaultdict(set)
    for case in cases:
        patients_of[_SPACING[case.geometry.spacing_kind]].add(case.patient_id)
    return patients_of


def _warnings(account: Account, cases: Sequence[Case]) -> list[tuple[str, str]]:
    """How many of what, and the sentence of what a person should know about the geometry."""
    files: Counter[tuple[str, str]] = Counter()  # a reason has a line for each way out of it
    for line in (*account.notes, *account.reasons):
        if line.code in _GEOMETRY:
            files[line.sentence, "" if line.state == "accepted" else " not used"] += line.files
    warnings = [(f"{number} files{unused}", sentence) for (sentence, unused), number in files.items()]
    warnings += _fewer_than_announced(cases)
    without = sum(case.geometry.spacing_kind == "pixels" for case in cases)
    if without:
        sentence = "No spacing in mm is told; the step `resample` would refuse them."
        warnings.append((f"{without} cases", sentence))
    return warnings


def _fewer_than_announced(cases: Sequence[Case]) -> list[tuple[str, str]]:
    """How many images came of how many that the acquisitions or the series of some cases announce."""
    lacking = [case.attributes for case in cases if "images_announced" in case.attributes]
    if not lacking:
        return []
    came, announced = (
        sum(float(attributes[name]) for attributes in lacking) for name in ("images_came", "images_announced")
    )
    sentence = (
        f"ImagesInAcquisition or NumberOfSeriesRelatedInstances announces {announced:,.0f} images, and "
        f"{came:,.0f} came in their series."
    )
    return [(f"{len(lacking)} cases", sentence)]
