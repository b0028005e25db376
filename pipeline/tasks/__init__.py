"""Kinds of question: one folder each, with modules of the same names; the stages ask the registry."""
