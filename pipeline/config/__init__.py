"""The YAML of an analysis as typed, frozen sections; every error names file, line and nearest key.

Reads the YAML only. Steps of `normalize` and networks with their keys are checked by their own
registries, which report through `Config.refuse` and `load`.
"""

from pipeline.config.cohort import Cohort
from pipeline.config.ingest import Ingest, Limits
from pipeline.config.loading import dump, dump_without_places, load
from pipeline.config.plan import UNDECISIVE, covers, differing, is_known, settings
from pipeline.config.sections import (
    SECTIONS,
    Augment,
    Compare,
    Config,
    Drift,
    Effect,
    Evaluate,
    OperatingPoint,
    Report,
    Train,
)

__all__ = [
    "SECTIONS",
    "UNDECISIVE",
    "Augment",
    "Cohort",
    "Compare",
    "Config",
    "Drift",
    "Effect",
    "Evaluate",
    "Ingest",
    "Limits",
    "OperatingPoint",
    "Report",
    "Train",
    "covers",
    "differing",
    "dump",
    "dump_without_places",
    "is_known",
    "load",
    "settings",
]
