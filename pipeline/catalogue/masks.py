"""What is known of the masks of cases."""

from __future__ import annotations

from pipeline.catalogue.store import Catalogue
from pipeline.records import Mask
from pipeline.rows import mask_of


def all_of(catalogue: Catalogue) -> list[Mask]:
    """The masks of all cases, by case_id and structure."""
    return [mask_of(row) for row in catalogue.query("SELECT * FROM masks ORDER BY case_id, structure")]


def counted(catalogue: Catalogue) -> list[tuple[str, int]]:
    """How many cases have each structure, those that have any, by its name."""
    return catalogue.query("SELECT structure, count(*) FROM masks GROUP BY structure ORDER BY structure")
