"""What is known of the masks of cases."""

from __future__ import annotations

from pipeline.catalogue.store import Catalogue
from pipeline.records import Mask
from pipeline.rows import mask_of


def all_of(catalogue: Catalogue) -> list[Mask]:
    """The masks of all cases, by case_id and structure."""
    return [mask_of(row) for row in catalogue.query("SELECT * FROM masks ORDER BY case_id, structure")]


def refused(catalogue: Catalogue) -> set[str]:
    """The cases one of whose masks can't be used: all else that a case is made of is."""
    rows = catalogue.query(
        "SELECT DISTINCT c.case_id FROM case_files c JOIN files f ON f.token = c.token "
        "WHERE f.state <> 'accepted' AND f.reason <> 'mask_not_image'"
    )
    return {row[0] for row in rows}


def counted(catalogue: Catalogue) -> list[tuple[str, int]]:
    """How many cases have each structure, those that have any, by its name."""
    return catalogue.query("SELECT structure, count(*) FROM masks GROUP BY structure ORDER BY structure")
