"""Classification: one of two or more classes a patient; two are the case of one score column.

Asked by the stages are target, network, learning, choices, answers, measures, verdict and page; the other
modules are theirs.
"""
