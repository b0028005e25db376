"""A table of predictions from elsewhere, as people have it, made into the checked one of predictions.py.

Reads CSV, TSV or XLSX. Columns are found by their usual names or by those that `Columns` gives; numbers may
have a decimal comma, probabilities may be rounded, and several models may stand side by side. Guarantees:
what was changed in reading is told in `Foreign.notes`; what can't be known is asked for; a table that
answers another question than `score` is refused by the question's name.
"""

from pipeline.foreign.reading import Foreign, read
from pipeline.tasks.sheet import Columns

__all__ = ["Columns", "Foreign", "read"]
