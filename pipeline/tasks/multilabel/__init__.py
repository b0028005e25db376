"""Multilabel: several findings a scan, each of which is there, is not there, or is unknown.

A finding is a question of two classes on the scans in which it is known, with a temperature and a threshold
of its own; its numbers are made by `pipeline.tasks.classification`. Asked by the stages are target, network,
learning, choices, answers, measures, verdict and page; the other modules are theirs.
"""
