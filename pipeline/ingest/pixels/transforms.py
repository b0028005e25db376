"""How the header says that stored values become numbers: one `Transform` or palette for each frame.

Functional groups are read frame over shared over top level (PS3.3 C.7.6.16.2.9).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pipeline.ingest.dicom import vocabulary
from pipeline.ingest.dicom.dataset import Dataset
from pipeline.ingest.dicom.dictionary import ELEMENTS
from pipeline.ingest.dicom.objects import lacking_of_capture
from pipeline.ingest.pixels.colour import Palette, narrowed
from pipeline.ingest.pixels.pixel_format import PALETTE, PixelFormat
from pipeline.ingest.pixels.segments import expanded
from pipeline.ingest.pixels.suv import uptake_of
from pipeline.ingest.pixels.values import Lut, Transform
from pipeline.ingest.reasons import Refusal
from pipeline.units import ARBITRARY, CT, HU, PET, RGB, UNSPECIFIED, is_known_unit

_OVERLAY_ROWS = frozenset(0x60000010 + (group << 16) for group in range(0, 0x20, 2))
_MULTI_ENERGY = tuple(
    f"MultienergyCT{name}Sequence" for name in ("Acquisition", "Processing", "Characteristics")
)
_MATERIALS = frozenset(
    {"EFF_ATOMIC_NUM", "ELECTRON_DENSITY", "MAT_FRACTIONAL", "MAT_MODIFIED", "MAT_REMOVED", "MAT_SPECIFIC",
     "MAT_VALUE_BASED"}
)  # fmt: skip
"""Value 4 of ImageType where the numbers are of a material, not of attenuation."""
_MODALITY_TABLE = "LUTData"
_PALETTE_TABLES = tuple(f"{colour}PaletteColorLookupTable" for colour in ("Red", "Green", "Blue"))
_PADDING_ELEMENTS = {
    "PixelData": ("PixelPaddingValue", "PixelPaddingRangeLimit"),
    "FloatPixelData": ("FloatPixelPaddingValue", "FloatPixelPaddingRangeLimit"),
    "DoubleFloatPixelData": ("DoubleFloatPixelPaddingValue", "DoubleFloatPixelPaddingRangeLimit"),
}


@dataclass(frozen=True)
class FunctionalGroups:
    """The items of the shared and the per-frame functional groups; empty in classic objects."""

    dataset: Dataset
    shared: Dataset | None
    frames: tuple[Dataset, ...]

    def item(self, sequence: str, index: int) -> Dataset | None:
        """The first item of a functional group for frame `index`: the frame's own, else the shared one."""
        if self.shared is None and not self.frames:
            return None
        of_frame = self.frames[index] if self.frames else None
        for group in (of_frame, self.shared):
            if group is not None and sequence in group:
                items = group.items(sequence)
                return items[0] if items else None
        return None

    def holder(self, sequence: str, index: int, keyword: str) -> Dataset | None:
        """The data set that has `keyword` for the frame: the functional group's item, else the top level."""
        item = self.item(sequence, index)
        if item is not None and keyword in item:
            return item
        return self.dataset if keyword in self.dataset else None


def functional_groups(dataset: Dataset, frames: int) -> FunctionalGroups:
    """The functional groups. Raises Refusal when their number isn't that of the frames."""
    shared = dataset.items("SharedFunctionalGroupsSequence")
    per_frame = dataset.items("PerFrameFunctionalGroupsSequence")
    if per_frame and len(per_frame) != frames:
        raise Refusal(
            "inconsistent_pixel_attributes", f"{len(per_frame)} functional groups for {frames} frames"
        )
    return FunctionalGroups(dataset, shared[0] if shared else None, tuple(per_frame))


def transforms_of(groups: FunctionalGroups, form: PixelFormat, keyword: str) -> tuple[Transform, ...]:
    """One transform for each frame (a single one where all are alike).

    Raises Refusal `unit_unknown`, `missing_attribute` or `inconsistent_pixel_attributes`.
    """
    dataset = groups.dataset
    if form.samples == 3 or form.photometric == PALETTE:
        return (Transform(unit=RGB),)
    padding = _padding_range(dataset, form, keyword)
    count = form.frames if _varies(groups) else 1
    return tuple(_transform(groups, index, form=form, padding=padding) for index in range(count))


def palette_of(dataset: Dataset, form: PixelFormat) -> Palette | None:
    """The palette of a PALETTE COLOR image, else None. Raises Refusal when it is damaged."""
    if form.photometric != PALETTE:
        return None
    tables = [
        _table(dataset, f"{name}Descriptor", f"{name}Data", form, f"Segmented{name}Data")
        for name in _PALETTE_TABLES
    ]
    if len({(table.first, len(table.values), table.bits) for table in tables}) != 1:
        raise Refusal("inconsistent_pixel_attributes", "the three palettes differ in size")
    colours = np.stack([table.values for table in tables], axis=-1)  # (entries, 3)
    return Palette(tables[0].first, narrowed(colours))


def _varies(groups: FunctionalGroups) -> bool:
    return any("PixelValueTransformationSequence" in frame for frame in groups.frames)


def _transform(
    groups: FunctionalGroups, index: int, *, form: PixelFormat, padding: tuple[float, float] | None
) -> Transform:
    dataset = groups.dataset
    modality = "" if lacking_of_capture(dataset) else dataset.word("Modality")
    rescale = groups.item("PixelValueTransformationSequence", index) or dataset
    luts = dataset.items("ModalityLUTSequence")
    slope, intercept = _slope_and_intercept(rescale)
    # PS3.3 C.11.1: one or the other; with both, nobody knows which one the writer meant.
    if luts and slope is not None:
        raise Refusal("inconsistent_pixel_attributes", "both a modality LUT and rescale values")
    # A CT without rescale values could be in any unit: guessing 1 and 0 would be off by 1024.
    if slope is None and not luts and modality == CT:
        raise Refusal("unit_unknown", "RescaleSlope and RescaleIntercept are missing")
    unit, names_unit = _unit(
        dataset, luts[0].word("ModalityLUTType") if luts else rescale.word("RescaleType"), modality
    )
    inverse = _is_inverse(dataset, form)
    return Transform(
        slope=1.0 if slope is None else slope,
        intercept=0.0 if intercept is None else intercept,
        lut=_table(luts[0], "LUTDescriptor", _MODALITY_TABLE, form) if luts else None,
        padding=padding,
        inverse=inverse,
        modality=modality,
        unit=unit,
        names_unit=names_unit,
        uptake=_uptake_factor(dataset, unit) if modality == PET else None,
        lossy=dataset.text("LossyImageCompression") == "01" or "LossyImageCompressionMethod" in dataset,
        notes=(*_notes(dataset), *(["monochrome1"] if inverse else [])),
    )


def _slope_and_intercept(rescale: Dataset) -> tuple[float | None, float | None]:
    """Both or neither. Raises Refusal when one is missing, or the slope is 0."""
    slope, intercept = rescale.number("RescaleSlope"), rescale.number("RescaleIntercept")
    if (slope is None) != (intercept is None):
        raise Refusal("missing_attribute", "RescaleIntercept" if intercept is None else "RescaleSlope")
    if slope == 0:
        raise Refusal("inconsistent_pixel_attributes", "RescaleSlope is 0")
    return slope, intercept


def _unit(dataset: Dataset, rescale_type: str, modality: str) -> tuple[str, bool]:
    """What the numbers are, and whether the file says so.

    A CT that says nothing is in Hounsfield units (PS3.3 C.8.2.1: RescaleType is required where it is not),
    derived ones too; not so one of several energies, whose numbers may be anything.
    """
    unit = UNSPECIFIED if modality in (CT, PET) else ARBITRARY
    if modality == CT and rescale_type:
        unit = vocabulary.word("RescaleType", rescale_type)
    elif modality == CT and not _is_multi_energy(dataset):
        return HU, False
    elif modality == PET:
        unit = vocabulary.word("Units", dataset.word("Units")) or UNSPECIFIED
    return unit, is_known_unit(unit)


def _is_multi_energy(dataset: Dataset) -> bool:
    """Whether a CT was acquired or made at several energies (PS3.3 C.8.2.2, C.8.15.2.1.1)."""
    stated = dataset.text("MultienergyCTAcquisition").upper()
    if stated:
        return stated != "NO"
    words = dataset.words("ImageType")[3:]
    return any(sequence in dataset for sequence in _MULTI_ENERGY) or not _MATERIALS.isdisjoint(words)


def _uptake_factor(dataset: Dataset, unit: str) -> float | None:
    """What turns the unit into SUV by body weight; None where that can't be known."""
    if unit == "GML":
        return 1.0 if dataset.text("SUVType") in ("", "BW") else None
    uptake = uptake_of(dataset) if unit == "BQML" else None
    return None if uptake is None else uptake.factor()


def _is_inverse(dataset: Dataset, form: PixelFormat) -> bool:
    """Whether low values are bright (MONOCHROME1); only what is no physical quantity is then inverted."""
    shape = dataset.word("PresentationLUTShape")
    inverse = form.photometric == "MONOCHROME1"
    if (shape == "INVERSE" and not inverse) or (shape == "IDENTITY" and inverse):
        raise Refusal(
            "inconsistent_pixel_attributes", "PresentationLUTShape contradicts PhotometricInterpretation"
        )
    # Without stored bits there is no highest value to invert against.
    if inverse and form.kind == "float":
        raise Refusal("inconsistent_pixel_attributes", "MONOCHROME1 with floating point pixels")
    return inverse


def _notes(dataset: Dataset) -> list[str]:
    notes = []
    if not dataset.elements.keys().isdisjoint(_OVERLAY_ROWS):
        notes.append("overlay_ignored")
    if "RealWorldValueMappingSequence" in dataset:
        notes.append("real_world_map_unused")
    return notes


def _padding_range(dataset: Dataset, form: PixelFormat, keyword: str) -> tuple[float, float] | None:
    value_name, limit_name = _PADDING_ELEMENTS[keyword]
    value = dataset.number(value_name, signed=form.signed)
    if value is None:
        return None
    limit = dataset.number(limit_name, signed=form.signed)
    ends = (value, value if limit is None else limit)
    return min(ends), max(ends)


def _table(dataset: Dataset, descriptor: str, data: str, form: PixelFormat, segments: str = "") -> Lut:
    """A lookup table, whole in `data` or, where that is absent, in `segments`."""
    described = dataset.numbers(descriptor)
    if len(described) != 3:
        raise Refusal("missing_attribute", descriptor)
    count, bits = int(described[0]) or 1 << 16, int(described[2])
    first = int(dataset.numbers(descriptor, signed=form.signed)[1])
    if not 8 <= bits <= 16:
        raise Refusal("inconsistent_pixel_attributes", f"{descriptor} says {bits} bits")
    if segments and data not in dataset and segments in dataset:
        values = expanded(_entries(dataset, segments, words=bits > 8), count)
    else:
        values = _whole(dataset, data, count, bits)
    width = int(values.max()).bit_length()
    if width > bits and data != _MODALITY_TABLE:
        raise Refusal("inconsistent_pixel_attributes", f"{data} has entries of more than {bits} bits")
    if width > bits:  # DCMTK, too, goes by the entries
        dataset.encoding.notes.add("lut_width_corrected")
    bits = max(bits, width)
    return Lut(first, values.astype(np.uint16 if bits > 8 else np.uint8), bits)


def _whole(dataset: Dataset, data: str, count: int, bits: int) -> NDArray[Any]:
    """All entries of a table: 16-bit ones are words, 8-bit ones words or bytes."""
    size = len(dataset.raw(data))
    if not size:
        raise Refusal("missing_attribute", data)
    words = size >= 2 * count
    if (bits > 8 and not words) or size not in _lut_sizes(count):
        raise Refusal("inconsistent_pixel_attributes", f"{data} has {size} bytes for {count} entries")
    return _entries(dataset, data, words=words)[:count]


def _entries(dataset: Dataset, data: str, *, words: bool) -> NDArray[Any]:
    """The words of an element, or its bytes: those of words come lowest first in either order (PS3.5 8.2)."""
    vr, _, size = dataset.elements[ELEMENTS[data][0]]
    raw = dataset.raw(data)
    if not words and (size % 2 or vr != b"OW"):
        return np.frombuffer(raw, np.uint8)
    values = np.frombuffer(raw[: size // 2 * 2], f"{dataset.encoding.order}u2")
    return values if words else values.astype("<u2").view(np.uint8)


def _lut_sizes(count: int) -> Sequence[int]:
    return (2 * count, count, count + count % 2)
