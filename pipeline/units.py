"""What numbers mean: the words of units, which of them say nothing, what a CT can measure, what lies outside.

One place for whoever fills what no scanner measured: the reading of scans, and every step after it.
"""

from __future__ import annotations

from pipeline.records import OTHER

HU, HU_MODIFIED = "HU", "HU_MOD"
ARBITRARY, UNSPECIFIED, RGB, SUV = "arbitrary", "US", "RGB", "SUVbw"
CT, PET = "CT", "PT"
AIR_HU = -1024
"""The lowest number of twelve bits with the usual intercept: what most scanners write outside the patient."""
LOWEST_HU, HIGHEST_HU = -1100, 4000
"""Air (-1000, PS3.3 C.11.1.1.2) with its noise, and metal on the ordinary scale of twelve bits (up to 3071).

No scanner measures beyond without an extended scale, which takes more bits.
"""

_UNTOLD = frozenset({ARBITRARY, UNSPECIFIED, OTHER})


def is_known_unit(unit: str) -> bool:
    """Whether the unit says what the numbers are: "US" (unspecified) and words that nobody knows don't."""
    return unit not in _UNTOLD


def on_hounsfield_scale(modality: str, unit: str) -> bool:
    """Whether air must be near -1000: in Hounsfield units, and in a CT that names no other quantity.

    >>> on_hounsfield_scale("CT", "US"), on_hounsfield_scale("CT", "Z_EFF")
    (True, False)
    """
    return unit in (HU, HU_MODIFIED) or (modality == CT and not is_known_unit(unit))


def fill_of(modality: str, unit: str) -> int:
    """What padding becomes: air in a CT, 0 elsewhere.

    Also 0 in a CT that names another quantity: of an effective atomic number, a density or a concentration,
    air has 0.
    """
    return AIR_HU if on_hounsfield_scale(modality, unit) else 0
