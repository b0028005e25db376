"""Regression: a number of each case, in the unit of what was measured.

Asked by the stages are target, network, learning, choices, answers, measures, verdict and page; the other
modules are theirs.
"""
