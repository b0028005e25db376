"""Writes a cohort of invented chest scans, so that everything can be tried without a patient's data.

Reads: nothing. Writes: DICOM files and `labels.csv` under the folder it is given. Guarantees: the
same seed gives the same bytes; nobody in it exists; some files are faulty on purpose, as in any
delivery, and `trouble` lists them.
"""

from __future__ import annotations

from pipeline.phantom.delivery import write

__all__ = ["write"]
