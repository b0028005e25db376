"""Strangers: scans unlike those that a model was made of, told before its answer is believed.

Reads model-ready arrays, headers of the catalogue and a model's last features. Gives a record to hand on
(`strangers.json`), and of each scan how unlike it is, with a reason. Guarantees: limits come from the
validation part alone, and no label is read.
"""

from __future__ import annotations

from pipeline.strangers.abstaining import ABSTAIN, STRANGER, with_reasons
from pipeline.strangers.asking import judged, seen
from pipeline.strangers.judging import Judged, judge, portrait

__all__ = ["ABSTAIN", "STRANGER", "Judged", "judge", "judged", "portrait", "seen", "with_reasons"]
