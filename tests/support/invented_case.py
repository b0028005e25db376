"""A case whose attributes are all that matters."""

from pipeline.records import Case, Geometry, Stored


def invented_case(**attributes: str) -> Case:
    """A CT case, or one of the `modality` given, with these attributes."""
    modality = attributes.pop("modality", "CT")
    return Case(
        "c",
        "p",
        "s",
        "r",
        modality,
        "HU",
        1,
        Geometry((1.0, 1.0)),
        Stored("", 0, 0, "f2", (2, 2), 0),
        "",
        "",
        attributes,
    )
