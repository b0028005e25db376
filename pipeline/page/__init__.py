"""What the parts of a page are made of: the artifacts of a model, facts, sections, the look of charts.

Reads: nothing; writes: nothing. Guarantees: a section of the report and one of a task are made of the same,
so that a task brings its own sections, figures and templates without a word in `report`.
"""
