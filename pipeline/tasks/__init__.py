"""Kinds of question: a folder each, with modules that bear the same names in every task.

Reads: nothing; writes: nothing. Guarantees: what differs between kinds of question stands here alone. A stage
asks `task_of(config.task)` in registry.py once and hands the task's own records on unopened; modules/ says
what each module must hold, and mypy checks it.
"""
