"""The unit that a column's header says: `Größe (mm)`, `volume [ml]`, `diameter_mm`."""

from __future__ import annotations

import re
from typing import Final

from pipeline.tables.quantities import parts_of_a_year

_IN_BRACKETS: Final = re.compile(r"[(\[]\s*(?:in\s+)?([^\s()\[\]]+)\s*[)\]]\s*$")
_AT_ITS_END: Final = re.compile(r"(?:^|[\s_.-])(?:in[\s_])?([^\W\d_]{2,}[23²³]?)\s*$")
_SIGNED: Final = re.compile(r"\s*\(signed\)\s*$")
_ONE_UNIT: Final = {"µm": "um", "μm": "um", "cc": "ml", "ccm": "ml", "cm3": "ml", "lbs": "lb"}
_KINDS: Final = (
    frozenset({"um", "mm", "cm", "m", "inch"}),
    frozenset({"mm2", "cm2", "m2"}),
    frozenset({"mm3", "ml", "l"}),
    frozenset({"mg", "g", "kg", "lb"}),
)
"""Units of one kind of quantity: a header in a unit of another kind may mean something else (`min`, say)."""


def other_unit(column: str, unit: str) -> str:
    """The unit in the column's header, where it is another one of the same kind than `unit`; else "".

    >>> other_unit("Größe (mm)", "cm"), other_unit("volume_ml", "cm³"), other_unit("age_months", "years")
    ('mm', '', 'months')
    """
    stated = _SIGNED.sub("", unit)
    found = _IN_BRACKETS.search(column) or _AT_ITS_END.search(column)
    if found is None:
        return ""
    one, other = _plain(found[1]), _plain(stated)
    ages = parts_of_a_year(one), parts_of_a_year(other)
    of_one_kind = any({one, other} <= kind for kind in _KINDS)
    differ = (of_one_kind and one != other) or (None not in ages and ages[0] != ages[1] and not of_one_kind)
    return found[1] if differ else ""


def _plain(unit: str) -> str:
    plain = unit.strip().casefold().replace("²", "2").replace("³", "3").replace("^", "")
    return _ONE_UNIT.get(plain, plain)
