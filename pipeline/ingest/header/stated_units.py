"""Units that the settings state where files can't (`ingest.unit_of`), by series rule or by modality."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from pipeline.errors import nearest
from pipeline.ingest.dicom.vocabulary import WORDS
from pipeline.ingest.header.series_rules import Refuse, Rule
from pipeline.units import SUV, UNSPECIFIED

STATABLE = (WORDS["RescaleType"] | WORDS["Units"] | {SUV}) - {UNSPECIFIED, "NONE"}


def parse(unit_of: Mapping[str, str], rules: Sequence[Rule], refuse: Refuse) -> dict[str, str]:
    """The stated units by the name of a rule of `select` or by modality.

    `refuse` words an error at a place of the file, as `Config.refuse` does; it is raised for a name that is
    neither or both, and for a word that is no unit.
    """
    names = {rule.name for rule in rules}
    for name, unit in unit_of.items():
        place = ("ingest", "unit_of", name)
        if name in names & WORDS["Modality"]:
            raise refuse(place, f"'{name}' is a modality and a rule of `select`. Call the rule otherwise.")
        if name not in names | WORDS["Modality"]:
            known = nearest(name, [*names, *WORDS["Modality"]])
            raise refuse(place, f"'{name}' is neither a modality nor a rule of `select` ({known}).")
        if unit not in STATABLE:
            raise refuse(place, f"'{unit}' is no unit that can be stated: {', '.join(sorted(STATABLE))}.")
    return dict(unit_of)


def stated_unit(stated: Mapping[str, str], *, rule: str, modality: str) -> str:
    """What the settings state of a scan whose files leave its unit open; "" where they state nothing."""
    return stated.get(rule) or stated.get(modality, "")
