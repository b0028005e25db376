"""What one stage hands to the next in files: read in one place, with one sentence for damage.

Reads JSON objects and tables of words. Guarantees: a file that is not JSON, cut off, empty, without a key
or column that the reader needs, or with a value of another type ends in one DamageError that names the
file, what is wrong and what to do; no value of the file is quoted.
"""

from pipeline.contracts.objects import read_object
from pipeline.contracts.tables import read_frame, read_rows

__all__ = ["read_frame", "read_object", "read_rows"]
