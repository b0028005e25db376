"""Which sections the report of a classification has, with which words."""
