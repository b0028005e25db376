"""Several findings in one scan, each there or not or unknown: what the cohort asks, how it is learned and judged.

A finding is a question of two classes, with a temperature and a threshold of its own; its numbers are made as
`pipeline.tasks.classification` makes them, on the rows where it is known.
"""
