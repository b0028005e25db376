"""Sizes and acquisition attributes as distributions: what differs, what is the same, what too few share."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from typing import Any

from pipeline.records import Attribute, Case
from pipeline.report.ingest.distributions import spread
from pipeline.report.ingest.sizes import SIZES, sizes

_NAMES = {
    "patient_sex": "Sex", "patient_age": "Age", "manufacturer_model_name": "Model", "kvp": "Tube voltage",
    "magnetic_field_strength": "Field strength", "mr_acquisition_type": "MR acquisition",
    "gantry_detector_tilt": "Gantry tilt", "body_part_examined": "Body part",
    "imager_pixel_spacing_rows": "Detector spacing, rows",
    "imager_pixel_spacing_columns": "Detector spacing, columns",
    "photometric_interpretation": "Colour model", "burned_in_annotation": "Burned-in text, as told",
    "days_since_first": "Since the patient’s first study", "x_ray_tube_current": "Tube current",
    "distance_source_to_detector": "Source to detector", "distance_source_to_patient": "Source to patient",
    "relative_x_ray_exposure": "Relative exposure",
}  # fmt: skip
_UNITS = {
    "patient_age": "years", "kvp": "kV", "slice_thickness": "mm", "spacing_between_slices": "mm",
    "repetition_time": "ms", "echo_time": "ms", "inversion_time": "ms", "flip_angle": "°",
    "magnetic_field_strength": "T", "gantry_detector_tilt": "°", "imager_pixel_spacing_rows": "mm",
    "imager_pixel_spacing_columns": "mm", "days_since_first": "days", "b_value": "s/mm²",
    "exposure_time": "ms", "x_ray_tube_current": "mA", "exposure": "mAs", "distance_source_to_detector": "mm",
    "distance_source_to_patient": "mm", "reconstruction_diameter": "mm", "pixel_bandwidth": "Hz",
}  # fmt: skip
_STEPS = {"patient_age": 10.0}
_NOT_SHOWN = frozenset({
    "manufacturer", "window_center", "window_width", "lossy_image_compression",
    "lossy_image_compression_ratio", "rescale_slope_highest", "rescale_slope_lowest",
})  # fmt: skip
"""Told elsewhere, or of how the numbers are stored and displayed."""

Json = dict[str, Any]


def attributes(cases: Sequence[Case], everyone: Collection[str]) -> Json:
    """`{sizes, charts, same, few}`: charts of sizes and of attributes that differ, attributes of one value
    in all patients, and names of those of which no value is shared by enough."""
    described = _by_value([dict(case.attributes) for case in cases], cases)
    names = sorted(described.keys() - _NOT_SHOWN, key=_order)
    charts = [
        {"label": _label(name), "unit": _UNITS.get(name, "")}
        | spread(described[name], everyone, step=_STEPS.get(name))
        for name in names
    ]
    measured = _by_value([sizes(case) for case in cases], cases)
    return {
        "sizes": [
            {"name": name, "label": label, "unit": unit}
            | spread(measured[name], set().union(*measured[name].values()))
            for name, (label, unit) in SIZES.items()
            if name in measured
        ],
        "charts": [chart for chart in charts if chart["kind"] in ("bars", "histogram")],
        "same": [chart for chart in charts if chart["kind"] == "same"],
        "few": [chart["label"] for chart in charts if chart["kind"] == "few"],
    }


def _by_value(
    described: Sequence[Mapping[str, Attribute]], cases: Sequence[Case]
) -> dict[str, dict[Attribute, set[str]]]:
    """The patients of every value of every name; `described` has a record for each case."""
    patients_of: defaultdict[str, defaultdict[Attribute, set[str]]] = defaultdict(lambda: defaultdict(set))
    for record, case in zip(described, cases, strict=True):
        for name, value in record.items():
            patients_of[name][value].add(case.patient_id)
    return {name: dict(values) for name, values in patients_of.items()}


def _order(name: str) -> tuple[int, str]:
    """Those with a name of their own first, in the order of the list above."""
    named = list(_NAMES)
    return (named.index(name) if name in named else len(named), name)


def _label(name: str) -> str:
    return _NAMES.get(name) or name.replace("_", " ").capitalize()
