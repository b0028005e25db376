"""What a file of another format than DICOM says of itself: the planes of a volume, or a picture.

Such a file names nobody: it is told by its bytes, and its patient by path or table. A volume lies in space as
a DICOM series does; a picture lies nowhere, and has a spacing only where the settings state one.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from pipeline.ingest.dicom.encoding import Buffer
from pipeline.ingest.dicom.sop_classes import SECONDARY_CAPTURE
from pipeline.ingest.formats.description import Description, Stated
from pipeline.ingest.formats.registry import format_module
from pipeline.ingest.header.header import Channel, Marks, Selection
from pipeline.ingest.header.identifiers import identify_by_content
from pipeline.ingest.header.owners import Owners
from pipeline.ingest.header.pairs import as_if_there, paired
from pipeline.ingest.header.planes import Identity
from pipeline.ingest.header.series_rules import open_rules
from pipeline.ingest.header.understanding import PartialHeader
from pipeline.ingest.reasons import Refusal
from pipeline.ingest.series.frames import Frame
from pipeline.ingest.series.geometry import LPS_TO_RAS
from pipeline.ingest.series.selection import NIFTI
from pipeline.ingest.source.companions import channel_number, is_mask
from pipeline.ingest.source.layouts import (
    SUBJECT,
    is_derivative,
    is_of_two_subjects,
    label_of_mask,
    subject_of,
)
from pipeline.pseudonyms import Key
from pipeline.units import ARBITRARY, CT, HU, RGB

BY_SUBJECT = Owners("pattern", SUBJECT.pattern)
"""Whose a file is that lies as in BIDS, where the settings don't say it."""
_TINY_MM = 0.005
"""Voxels of a scan of people or animals are longer; millimetres that a file calls micrometres are not."""
_WHY_NOT = {"no image is paired with it": "it is not here"}
_UNFIT_FOR_MASKS = frozenset({"jpeg"})


def understand_format(
    partial: PartialHeader, name: str, data: Buffer, *, digest: str, key: Key, selection: Selection
) -> None:
    """Reads on until the header is understood, or raises Refusal with what was found so far kept.

    `name` is that of a format of the registry, `digest` that of the file's bytes.
    """
    stated, relative = selection.formats.get(name), partial.file.relative
    if is_mask(partial.file):
        if not selection.masks:
            raise Refusal("mask_not_image", "by its place")
        mark_by_place(partial, digest=digest, key=key, selection=selection)
        if name in _UNFIT_FOR_MASKS:
            raise Refusal("mask_values_invalid", "a JPEG, whose compression changes numbers")
        return
    if stated is None:
        raise Refusal("format_not_selected", name)
    partial.image = True
    if is_derivative(relative) and "derived" not in selection.include:
        raise Refusal("derived_not_selected", "a derivative of BIDS")
    owners = _owners_of(relative, selection)
    number, first = channel_number(partial.file), digest
    if number:
        first = _content_of_first(partial, key=key, selection=selection)
    partial.identification = identify_by_content(digest, partial.file, study=first, key=key, owners=owners)
    if number is not None:
        partial.channel = Channel(key.pseudonym("series", first), number, stated.channels)
    module = format_module(name)
    description = module.describe(data, selection.limits)
    if description.is_mask:
        partial.image = False
        raise Refusal("mask_not_image", "a label map, by its header")
    affine = module.place(data, stated)
    if partial.identification.ownerless is not None:
        raise partial.identification.ownerless
    pseudonyms = partial.identification.pseudonyms
    identity = Identity(
        partial.identification.patient_id, pseudonyms["study"], pseudonyms["series"], pseudonyms["sop"], ""
    )
    partial.notes = tuple(sorted({*description.notes, *_notes(description, affine)}))
    partial.attributes = {
        "file_format": name,  # where it goes with a class, that shows
        "photometric_interpretation": description.form.photometric,
        "bits_stored": description.form.bits_stored,
    }
    partial.open_rules = tuple(open_rules(selection.rules, partial.attributes, ""))
    if selection.rules and not partial.open_rules:
        raise Refusal("rule_not_selected", "no rule of ingest.select")
    partial.frames = _frames(description, affine, identity, stated)


def _notes(description: Description, affine: NDArray[np.float64] | None) -> Iterator[str]:
    if description.lossy:
        yield "lossy"
    if affine is not None and float(np.linalg.norm(affine[:3, :3], axis=0).min()) < _TINY_MM:
        yield "tiny_voxels"


def mark_by_place(partial: PartialHeader, *, digest: str, key: Key, selection: Selection) -> None:
    """Keeps which image a mask is of that its layout pairs with one: whose that is, the mask is.

    Its name is of both their bytes, and of its label: masks of two images, or of two structures, may well
    be alike, as empty ones are. Raises Refusal where no one image is paired with it, or nobody owns it.
    """
    partial.image = True
    label = label_of_mask(partial.file.relative)
    if len(partial.file.companions) > 1:
        partial.may_mark = tuple(sorted(image.token for image in partial.file.companions))
    image, content = paired(partial.file, key=key, limits=selection.limits)
    structure = _structure_of(label, selection.masks)
    partial.marks = Marks(key.pseudonym("series", content), frozenset(), structure)
    partial.file = as_if_there(partial.file, image)
    owners = _owners_of(image.relative, selection)
    identification = identify_by_content(
        f"{digest} of {content} {label}", partial.file, study=content, key=key, owners=owners
    )
    partial.identification = identification
    if identification.ownerless is not None:
        raise identification.ownerless


def _structure_of(label: str, called: Mapping[str, tuple[int | str, ...]]) -> str | None:
    """The structure that is called as the label is; "" for none, None where there is no label."""
    if not label:
        return None
    word = label.casefold()
    words = {
        name: {name.casefold(), *(str(one).strip().casefold() for one in own if isinstance(one, str))}
        for name, own in called.items()
    }
    return next((name for name, own in words.items() if word in own), "")


def _owners_of(relative: str, selection: Selection) -> Owners:
    """How the patient of a file is found. Raises Refusal where its place tells two."""
    if selection.owners.by or not subject_of(relative):
        return selection.owners
    if is_of_two_subjects(relative):
        raise Refusal("patient_conflict", "its folder and its name are of two subjects")
    return BY_SUBJECT


def _content_of_first(partial: PartialHeader, *, key: Key, selection: Selection) -> str:
    """The digest of the first channel of the case whose channel the file is.

    Raises Refusal `channels_incomplete` where it can't be told.
    """
    try:
        return paired(partial.file, key=key, limits=selection.limits)[1]
    except Refusal as refusal:
        why = _WHY_NOT.get(refusal.detail, "it can't be read")
        raise Refusal("channels_incomplete", f"of its first channel: {why}") from None


def _frames(
    description: Description, affine: NDArray[np.float64] | None, identity: Identity, stated: Stated
) -> tuple[Frame, ...]:
    picture = _picture(description, identity, stated)
    return (picture,) if affine is None else _slices(picture, LPS_TO_RAS @ affine, description.form.frames)


def _picture(description: Description, identity: Identity, stated: Stated) -> Frame:
    form = description.form
    unit = RGB if form.samples == 3 else stated.unit
    return Frame(
        source=identity.sop_id,
        index=0,
        patient_id=identity.patient_id,
        study_id=identity.study_id,
        series_id=identity.series_id,
        modality=stated.modality,
        # Without a place, such an object is a picture of its own, whatever its modality.
        sop_class=SECONDARY_CAPTURE,
        image_type=(),
        rows=form.rows,
        columns=form.columns,
        samples=form.samples,
        photometric=form.photometric,
        spacing_mm=stated.spacing_mm,
        unit=unit or (HU if stated.modality == CT else ARBITRARY),
        names_unit=bool(unit),
    )


def _slices(picture: Frame, lps: NDArray[np.float64], slices: int) -> tuple[Frame, ...]:
    """The planes of a volume whose affine maps (column, row, slice, 1) to LPS mm."""
    width, height, step = (float(length) for length in np.linalg.norm(lps[:3, :3], axis=0))
    directions = [*(lps[:3, 0] / width), *(lps[:3, 1] / height)]
    a, b, c, d, e, f = (float(cosine) for cosine in directions)
    first = replace(
        picture,
        sop_class=NIFTI,
        orientation=(a, b, c, d, e, f),
        spacing_mm=(height, width),
        thickness_mm=step,
        spacing_between_mm=step,
    )
    places = lps[:3, 3] + np.outer(np.arange(slices), lps[:3, 2])  # (slices, 3)
    return tuple(
        replace(first, index=index, position_mm=(float(x), float(y), float(z)))
        for index, (x, y, z) in enumerate(places)
    )
