"""What numbers mean: the words of units, which of them say nothing, what a CT can measure, what lies outside.

One place for whoever fills what no scanner measured: the reading of scans, and every step after it.
"""

from __future__ import annotations

from typing import Final

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


_GAUSS: Final = 10_000  # make a tesla
_WEAKEST: Final = 0.001
_STRONGEST: Final = 25.0
"""In tesla: people were imaged at 6.5 mT (Sarracanie 2015), animals at 21.1 T (Fu 2005)."""
_FEWEST_GAUSS: Final = 50  # 5 mT; what lies between the strongest field and this is in no unit


def is_gauss(field_strength: float) -> bool:
    """Whether a field strength can only be in gauss, as older files have it: 15000 is no tesla."""
    return _FEWEST_GAUSS <= field_strength <= _STRONGEST * _GAUSS


def tesla(field_strength: float) -> float | None:
    """A field strength of a header or table in tesla (PS3.3 C.8.13.2); None where it can't be true.

    >>> tesla(1.5), tesla(15000), tesla(0), tesla(40)
    (1.5, 1.5, None, None)
    """
    value = field_strength / _GAUSS if is_gauss(field_strength) else field_strength
    return value if _WEAKEST <= value <= _STRONGEST else None
