"""What the settings state of files of other formats than DICOM (`ingest.formats`)."""

from __future__ import annotations

from pipeline.config.ingest import Formats, NiftiFormat, PictureFormat
from pipeline.errors import nearest
from pipeline.ingest.dicom.vocabulary import WORDS
from pipeline.ingest.formats.description import Stated
from pipeline.ingest.header.series_rules import Refuse
from pipeline.ingest.header.stated_units import STATABLE
from pipeline.units import ARBITRARY


def parse(formats: Formats, refuse: Refuse) -> dict[str, Stated]:
    """What files of each stated format are, by the format's name.

    `refuse` words an error at a place of the file, as `Config.refuse` does; it is raised for a word that is
    no modality, or no unit.
    """
    stated = {}
    for name, settings in formats.named().items():
        if settings is None:
            continue
        place = ("ingest", "formats", name)
        if settings.modality not in WORDS["Modality"]:
            known = nearest(settings.modality, WORDS["Modality"])
            raise refuse((*place, "modality"), f"'{settings.modality}' is no modality ({known}).")
        if settings.unit is not None and settings.unit not in STATABLE | {ARBITRARY}:
            known = ", ".join(sorted(STATABLE | {ARBITRARY}))
            raise refuse((*place, "unit"), f"'{settings.unit}' is no unit that can be stated: {known}.")
        stated[name] = _stated(settings)
    return stated


def _stated(settings: NiftiFormat | PictureFormat) -> Stated:
    unit, channels = settings.unit or "", settings.channels or 0
    if isinstance(settings, NiftiFormat):
        return Stated(
            settings.modality, unit, form=settings.form or "", axes=settings.axes or "", channels=channels
        )
    spacing = settings.spacing
    pair = (spacing, spacing) if isinstance(spacing, float) else spacing
    return Stated(settings.modality, unit, pair, channels=channels)
