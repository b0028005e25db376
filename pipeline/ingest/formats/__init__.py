"""Formats beside DICOM: one module each, which reads foreign bytes within bounds."""
