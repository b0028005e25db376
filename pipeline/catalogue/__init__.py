"""The catalogue: what was read, where its voxels lie, and which stage ran on what.

Reads and writes one SQLite file. Guarantees that SQL stands in this package alone: whoever asks something of
the catalogue calls a function that is named by the answer.
"""

from pipeline.catalogue.store import INGEST_STAMP, Catalogue, FileRow

__all__ = ["INGEST_STAMP", "Catalogue", "FileRow"]
