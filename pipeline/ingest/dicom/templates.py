"""Recognizes a header that says the same as one before, but for what is a slice's own.

The headers of a series are almost the same, byte for byte. Where they are the same everywhere but inside
the values of `OWN` elements, and of elements that `dictionary.py` doesn't list, they have the same elements
at the same places with the same values: one comparison replaces the walk, and what was concluded from the
first holds for the others.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import dropwhile
from typing import Generic, TypeVar

from pipeline.ingest.dicom.dataset import Dataset, walk
from pipeline.ingest.dicom.dictionary import ELEMENTS, OF_MASKS
from pipeline.ingest.dicom.elements import PIXEL_DATA_TAGS, header_bytes
from pipeline.ingest.dicom.encoding import UNDEFINED, Buffer, Elements, Encoding, Order
from pipeline.ingest.reasons import Refusal

Conclusion = TypeVar("Conclusion")

OWN = (
    "SOPInstanceUID", "InstanceNumber", "ImagePositionPatient", "AcquisitionNumber", "AcquisitionDate",
    "AcquisitionTime", "AcquisitionDateTime", "WindowCenter", "WindowWidth", "ExposureTime",
    "XRayTubeCurrent", "Exposure",
)  # fmt: skip
"""What differs from slice to slice of most series.

What is concluded from these is read anew for each file (`header/understanding.py`): who reads one of them
for something more must add it there.
"""

_COMPARED = frozenset(tag for tag, _ in ELEMENTS.values()) - {
    ELEMENTS[keyword][0] for keyword in (*OWN, *OF_MASKS)
}
_PREAMBLE_BYTES, _PREFIX = 128, b"DICM"  # PS3.10 7.1: what stands in a preamble is anybody's
_LAST_BYTES, _MOST = 12, 32  # several series take turns in one task; more are compared in vain
_LONGEST_BYTES = 1 << 20  # of a header; a comparison makes copies of it


@dataclass(frozen=True, eq=False)
class Template:
    """The header that some files share, up to the value of their pixel data element.

    `elements` are those before it, `rest` the tags from it on. `fragments` says that the pixels lie in
    fragments, whose number and sizes are each file's own. `mask` has all bits set of the bytes that must be
    those of `masked`; `last` are the last of them, compared first, since most headers differ in length.
    """

    syntax: str
    notes: tuple[str, ...]
    explicit: bool
    order: Order
    elements: Elements
    rest: tuple[int, ...]
    pixels_element: int
    pixels_value: int
    fragments: bool
    last: bytes
    mask: int
    masked: int

    def fits(self, data: Buffer) -> bool:
        """Whether the file begins with this header."""
        end = self.pixels_value
        if data[end - _LAST_BYTES : end] != self.last:
            return False
        return int.from_bytes(data[:end], "little") & self.mask == self.masked

    def dataset(self, data: Buffer, depth: int) -> Dataset | None:
        """The data set of a file that fits; None where it goes on otherwise: it is then read by itself."""
        try:
            rest = walk(data, self.pixels_element, len(data), Encoding(self.explicit, self.order, depth))
        except Refusal:
            return None
        if rest.truncation is not None or tuple(rest.elements) != self.rest:
            return None
        return Dataset(data, rest.encoding, {**self.elements, **rest.elements}, rest.end)


@dataclass
class Templates(Generic[Conclusion]):
    """The headers known so far, the last one used first, the series seen, and what follows from a header."""

    known: list[Template] = field(default_factory=list)
    series: set[bytes] = field(default_factory=set)
    concluded: dict[Template, Conclusion] = field(default_factory=dict)

    def find(self, data: Buffer, depth: int) -> tuple[Template, Dataset] | None:
        """The known header that a file begins with, and the file's data set."""
        for place, template in enumerate(self.known):
            dataset = template.dataset(data, depth) if template.fits(data) else None
            if dataset is not None:
                if place:
                    self.known.insert(0, self.known.pop(place))
                return template, dataset
        return None

    def learn(self, dataset: Dataset, syntax: str, notes: tuple[str, ...], meta: Dataset) -> Template | None:
        """The header of a file read element by element, from the second file of a series on."""
        # The first file of a series is often its only one: its header is worth keeping once a second comes.
        series = dataset.raw("SeriesInstanceUID")
        if series not in self.series:
            self.series.add(series)
            return None
        rest = tuple(dropwhile(lambda tag: tag not in PIXEL_DATA_TAGS, dataset.elements))
        if not _is_plain(dataset, rest) or not _is_short(dataset, rest, meta):
            return None
        template = _template(dataset, syntax, notes, meta.elements, rest)
        for forgotten in self.known[_MOST - 1 :]:
            self.concluded.pop(forgotten, None)
        self.known = [template, *self.known[: _MOST - 1]]
        return template


def _is_plain(dataset: Dataset, rest: Sequence[int]) -> bool:
    """Whether all that counts stands in listed elements of the top level before the pixels.

    The values of a PET depend on the time of each slice, those of a mosaic on a private header.
    """
    whole = (
        bool(rest)
        and dataset.truncation is None
        and not dataset.encoding.repeated
        and _COMPARED.isdisjoint(rest[1:])
    )
    groups = "SharedFunctionalGroupsSequence" in dataset or "PerFrameFunctionalGroupsSequence" in dataset
    depends_on_more = dataset.word("Modality") == "PT" or "MOSAIC" in dataset.words("ImageType")
    return whole and not groups and not depends_on_more


def _is_short(dataset: Dataset, rest: Sequence[int], meta: Dataset) -> bool:
    """Whether the header is cheap to compare, and no file it fits can be shorter than its meta group says."""
    # A file that is shorter than its meta group says is refused by its own reading, not taken over.
    announced = meta.whole("FileMetaInformationGroupLength") or 0
    return announced <= dataset.elements[rest[0]][1] <= _LONGEST_BYTES


def _template(
    dataset: Dataset, syntax: str, notes: tuple[str, ...], meta: Elements, rest: tuple[int, ...]
) -> Template:
    data = dataset.data
    vr, value, length = dataset.elements[rest[0]]
    before = {tag: element for tag, element in dataset.elements.items() if tag not in rest}
    compared = bytearray(b"\xff" * value)
    if data[_PREAMBLE_BYTES : _PREAMBLE_BYTES + len(_PREFIX)] == _PREFIX:
        compared[:_PREAMBLE_BYTES] = bytes(_PREAMBLE_BYTES)
    for tag, (_, start, size) in (*meta.items(), *before.items()):
        if tag not in _COMPARED and size != UNDEFINED:
            compared[start : start + size] = bytes(size)
    mask = int.from_bytes(compared, "little")
    return Template(
        syntax=syntax,
        notes=notes,
        explicit=dataset.encoding.explicit,
        order=dataset.encoding.order,
        elements=before,
        rest=rest,
        pixels_element=value - header_bytes(vr),
        pixels_value=value,
        fragments=length == UNDEFINED,
        last=data[value - _LAST_BYTES : value],
        mask=mask,
        masked=int.from_bytes(data[:value], "little") & mask,
    )
