"""What one stage hands to the next in files: each file one module, the only one that knows its name and keys.

A module gives the name, a frozen record, what reads and writes it, the number of its schema, and what it
says without a patient. Guarantees: a file that is not JSON, cut off, empty, without a key or column, with a
value of another type, or of a later schema ends in one DamageError that names the file, what is wrong and
what to do; no value of the file is quoted.
"""
