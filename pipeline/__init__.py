"""Scanloom: from a folder of DICOM scans and a table of labels to a model you can defend."""

__version__ = "0.1.0"
