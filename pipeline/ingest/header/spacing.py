"""How far the pixels of a plane lie apart, and where each kind of object says it."""

from __future__ import annotations

from pipeline.ingest.dicom.dataset import Dataset, optional_number, optional_numbers
from pipeline.ingest.pixels.transforms import FunctionalGroups
from pipeline.ingest.reasons import Refusal
from pipeline.records import SpacingKind

Pair = tuple[float, float]

_CENTIMETRES = 3  # of the physical units of an ultrasound region (PS3.3 C.8.5.5)
_ULTRASOUND = "US"
_SLICED = frozenset({"CT", "MR", "PT", "NM"})
_AT_THE_DETECTOR = ("ImagerPixelSpacing", "NominalScannedPixelSpacing")
_SAME_SHARE = 1e-4  # values written with other numbers of digits


def spacing_of(groups: FunctionalGroups, index: int, modality: str) -> tuple[Pair | None, SpacingKind]:
    """Between rows, then between columns, in mm, and where it was measured (PS3.3 10.7.1).

    Of kind "pixels", the ratio of the two where the file tells that alone, in lengths of the shorter side,
    else None. A spacing of 0 counts as absent. Raises Refusal for one that is malformed.
    """
    dataset = groups.dataset
    holder = groups.holder("PixelMeasuresSequence", index, "PixelSpacing")
    pair = None if holder is None else _lengths(holder, "PixelSpacing")
    # Cross-sections have their spacing in the patient; detectors and films magnify (PS3.3 10.7.1.3).
    if modality in _SLICED:
        return pair, "patient" if pair else "pixels"
    if pair:
        return pair, "detector_plane" if _is_uncalibrated(dataset, pair) else "patient"
    for keyword in _AT_THE_DETECTOR:
        if pair := _lengths(dataset, keyword):
            return pair, "detector_plane"
    if modality == _ULTRASOUND and (pair := _region_spacing(dataset)):
        return pair, "patient"
    return _proportions(dataset), "pixels"


def _is_uncalibrated(dataset: Dataset, pair: Pair) -> bool:
    """Whether PixelSpacing repeats what was measured at the detector or on the scanned film.

    Equal values say so, unless a calibration is named that happened to change nothing (PS3.3 10.7.1.1).
    """
    if dataset.text("PixelSpacingCalibrationType"):
        return False
    stated = [optional_numbers(dataset, keyword) for keyword in _AT_THE_DETECTOR]
    return any(
        len(other) == 2 and all(abs(a - b) <= _SAME_SHARE * a for a, b in zip(pair, other, strict=True))
        for other in stated
    )


def _lengths(dataset: Dataset, keyword: str) -> Pair | None:
    values = dataset.numbers(keyword)
    if not values or (len(values) == 2 and min(values) == 0):
        return None
    if len(values) != 2 or min(values) < 0:
        raise Refusal("missing_attribute", f"{keyword} is not two positive numbers")
    return values[0], values[1]


def _region_spacing(dataset: Dataset) -> Pair | None:
    """The one spacing of all ultrasound regions; None where they differ or aren't lengths."""
    spacings = set()
    for region in dataset.items("SequenceOfUltrasoundRegions"):
        units = (region.whole("PhysicalUnitsXDirection"), region.whole("PhysicalUnitsYDirection"))
        across, down = optional_number(region, "PhysicalDeltaX"), optional_number(region, "PhysicalDeltaY")
        if units != (_CENTIMETRES, _CENTIMETRES) or not across or not down:
            return None
        spacings.add((10 * abs(down), 10 * abs(across)))
    return spacings.pop() if len(spacings) == 1 else None


def _proportions(dataset: Dataset) -> Pair | None:
    """Height and width of a pixel, the shorter being 1, of PixelAspectRatio (PS3.3 C.7.6.3.1.7)."""
    ratio = optional_numbers(dataset, "PixelAspectRatio")
    if len(ratio) != 2 or min(ratio) <= 0:
        return None
    shorter = min(ratio)
    return ratio[0] / shorter, ratio[1] / shorter
