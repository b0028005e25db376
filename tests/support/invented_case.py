"""A case whose attributes are all that matters."""

from pipeline.records import Case, Geometry, Stored


def invented_case(**attributes: str) -> Case:
    """A CT case, or one of the `modality` given, with these attributes."""
    modality = attributes.pop("modality", "CT")
    return Case(
        case_id="c",
        patient_id="p",
        study_id="s",
        series_id="r",
        modality=modality,
        value_unit="HU",
        channels=1,
        geometry=Geometry((1.0, 1.0)),
        stored=Stored("", 0, 0, "f2", (2, 2), 0),
        pixel_digest="",
        attributes=attributes,
    )
