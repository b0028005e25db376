"""The values of single planes: a file opened, decoded, and put through the value chain."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from numpy.typing import NDArray

from pipeline.ingest.cases.formatted import FormattedSource, open_formatted
from pipeline.ingest.dicom.container import Container, open_container
from pipeline.ingest.dicom.dataset import Dataset, pixel_keyword
from pipeline.ingest.dicom.encoding import Buffer
from pipeline.ingest.dicom.templates import Templates
from pipeline.ingest.formats.registry import format_of
from pipeline.ingest.header.hints import Hints
from pipeline.ingest.header.said import said_in
from pipeline.ingest.isolation import at_most
from pipeline.ingest.limits import FileLimits
from pipeline.ingest.pixels.codecs import CODECS
from pipeline.ingest.pixels.colour import Palette, narrowed, rgb_of_palette, rgb_of_ybr
from pipeline.ingest.pixels.decode import PixelSource, open_pixels, read_frame
from pipeline.ingest.pixels.pixel_format import PixelFormat
from pipeline.ingest.pixels.plausibility import Tally
from pipeline.ingest.pixels.transforms import functional_groups, palette_of, transforms_of
from pipeline.ingest.pixels.values import Plane, Transform, plane_of, smallest, stored_values
from pipeline.ingest.reasons import Refusal
from pipeline.ingest.series.frames import Frame
from pipeline.ingest.source.archives import Member, opened_packing
from pipeline.ingest.source.fetched import Kept, kept_bytes
from pipeline.ingest.source.files import ChangedWhileRead, OpenFile, approach, open_file
from pipeline.pseudonyms import Key


@dataclass(frozen=True)
class SourceFile:
    """A file to read, or a member of an archive, and the size and time that it must still have.

    `kept` is where its bytes lie if it was fetched before.
    """

    path: bytes
    size: int
    mtime_ns: int
    member: Member | None = None
    kept: Kept | None = None


@dataclass(frozen=True)
class Meaning:
    """The pixel module, and what stored values stand for.

    That is a transform for each frame (one where all are alike), or a palette.
    """

    form: PixelFormat
    transforms: tuple[Transform, ...]
    palette: Palette | None

    def transform(self, index: int) -> Transform:
        """How frame `index` becomes numbers."""
        return self.transforms[index if len(self.transforms) > 1 else 0]


@dataclass(frozen=True)
class DicomSource:
    """An opened DICOM image, ready to give its planes."""

    pixels: PixelSource
    meaning: Meaning
    container: Container

    def said(self, key: Key) -> Hints:
        """Digests of what its header says."""
        return said_in(self.container.dataset, self.container.syntax, key=key)

    @property
    def frames(self) -> int:
        """The number of its planes."""
        return self.pixels.form.frames

    @property
    def bits_stored(self) -> int:
        """How many bits a number has."""
        return self.pixels.form.bits_stored

    @property
    def is_lossy(self) -> bool:
        """Whether compression lost information."""
        return self.pixels.syntax.lossy

    def decoder(self) -> str:
        """The decoder's package and version."""
        codec = CODECS[self.pixels.syntax.codec]
        return f"{codec.package} {codec.version()}"

    def transform(self, index: int, frame: Frame | None = None) -> Transform:
        """How plane `index` becomes numbers: the file says it, whatever was planned."""
        return self.meaning.transform(index)

    def plane(self, index: int, transform: Transform) -> Plane:
        """The numbers of plane `index`, or its colours. Raises Refusal."""
        return values_of(self, index, transform)


Source = DicomSource | FormattedSource
"""An opened image file of any format."""


@dataclass
class PlaneReader:
    """Reads planes of one case in one `unit`; a file stays open until a plane of another one is asked for.

    `token` is the file in use, so that a refusal can be put down to it; `notes` are by token. `said` is what
    the header of the first one says.
    """

    files: Mapping[str, SourceFile]
    tokens: Mapping[str, str]
    unit: str
    limits: FileLimits
    templates: Templates[Meaning]
    stack: contextlib.ExitStack
    key: Key
    token: str = ""
    said: Hints | None = None
    notes: dict[str, set[str]] = field(default_factory=dict)
    transforms: list[Transform] = field(default_factory=list)
    tally: Tally = field(default_factory=Tally)
    bits_stored: int = 0
    lossy_decoder: str = ""
    _source: Source | None = None

    def read(self, frame: Frame) -> NDArray[Any]:
        """The values of a frame, `(rows, columns)` or `(rows, columns, 3)`. Raises Refusal."""
        token = self.tokens[frame.source]
        file = self.files[token]
        if file.member is not None and token != self.token:
            approach(file.path, file.member)
        with at_most(self.limits.seconds):
            return self._read(frame)

    def begin_again(self, unit: str) -> None:
        """Forgets what the planes told, to read them anew in another unit."""
        self.unit = unit
        self.notes, self.transforms, self.tally = {}, [], Tally()

    def _read(self, frame: Frame) -> NDArray[Any]:
        token = self.tokens[frame.source]
        if token != self.token or self._source is None:
            self.stack.close()
            self.token = token
            self._source = self.stack.enter_context(
                open_source(self.files[token], self.limits, self.templates)
            )
            self.said = self._source.said(self.key) if self.said is None else self.said
        source = self._source
        transform = source.transform(frame.index, frame).in_unit(self.unit)
        plane = source.plane(frame.index, transform)
        self.notes.setdefault(token, set()).update(plane.notes)
        self.transforms.append(transform)
        self.tally.add(plane, transform)
        self.bits_stored = source.bits_stored
        if source.is_lossy:
            self.notes[token].add("lossy")
            self.lossy_decoder = source.decoder()
        return plane.array


@contextlib.contextmanager
def open_source(file: SourceFile, limits: FileLimits, templates: Templates[Meaning]) -> Iterator[Source]:
    """An image file whose bytes are those that were seen before; `templates` are of files read before.

    Raises Refusal `io_error` if the bytes are others.
    """
    with opened_bytes(file, limits) as data:
        if name := format_of(data):
            yield open_formatted(name, data, limits)
            return
        container = open_container(
            data,
            depth=limits.depth,
            inflated_bytes=limits.decoded_bytes,
            templates=templates,
        )
        template = container.template
        # Of files with one header the pixel module means the same: only the pixels are each file's own.
        known = templates.concluded.get(template) if template else None
        form = known.form if known else None
        pixels = open_pixels(container, decoded_bytes=limits.decoded_bytes, form=form)
        meaning = known or _meaning(container.dataset, pixels)
        if template:
            templates.concluded[template] = meaning
        yield DicomSource(pixels, meaning, container)


@contextlib.contextmanager
def opened_bytes(file: SourceFile, limits: FileLimits) -> Iterator[Buffer]:
    """The bytes in a file, which are those that were seen before. Raises Refusal `io_error` if not."""
    try:
        with _opened(file) as opened:
            # Pixels of other bytes than the header that was planned by could fit another patient.
            if (opened.size, opened.mtime_ns) != (file.size, file.mtime_ns):
                raise ChangedWhileRead
            yield opened_packing(opened.data, limits.file_bytes)[1]
    except (OSError, ChangedWhileRead) as error:
        raise Refusal("io_error", type(error).__name__) from None


def _opened(file: SourceFile) -> contextlib.AbstractContextManager[OpenFile]:
    """The file's bytes: as they were fetched for its header, else from where it lies."""
    data = kept_bytes(file.kept, file.size) if file.kept else None
    if data is None:
        return open_file(file.path, file.member)
    return contextlib.nullcontext(OpenFile(data, file.size, file.mtime_ns))


def _meaning(dataset: Dataset, pixels: PixelSource) -> Meaning:
    form = pixels.form
    groups = functional_groups(dataset, form.frames)
    transforms = transforms_of(groups, form, pixel_keyword(dataset))
    if pixels.syntax.lossy:
        transforms = tuple(replace(transform, lossy=True) for transform in transforms)
    return Meaning(form, transforms, palette_of(dataset, form))


def values_of(source: DicomSource, index: int, transform: Transform) -> Plane:
    """The numbers of frame `index` by `transform`, or its RGB colours. Raises Refusal."""
    form = source.pixels.form
    stored = read_frame(source.pixels, index)
    notes = frozenset(source.pixels.notes)
    if form.samples == 1 and source.meaning.palette is None:
        plane = plane_of(stored.array, form, transform)
        return replace(plane, notes=plane.notes | notes)
    array, junk = stored_values(stored.array, form)
    if junk:
        notes |= {"unused_bits_masked"}
    if source.meaning.palette is not None:
        return Plane(smallest(rgb_of_palette(array, source.meaning.palette)), notes=notes)
    if stored.colour == "YBR":
        array = rgb_of_ybr(array, form.bits_stored)
    if stored.colour_fixed:
        notes |= {"colour_model_fixed"}
    colours = narrowed(array) if form.bits_allocated == 16 else array
    return Plane(smallest(colours), notes=notes)
