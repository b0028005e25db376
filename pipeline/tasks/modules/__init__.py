"""The modules of a task, by the names that they bear in every task, and what each must hold.

A task is a package under `pipeline.tasks`; mypy holds its modules against these protocols (registry.py):
a file each, named as the module that it describes. Reads: nothing; writes: nothing.
"""

from __future__ import annotations

from pipeline.tasks.modules.answers import Answers
from pipeline.tasks.modules.choices import Choices
from pipeline.tasks.modules.learning import Learning
from pipeline.tasks.modules.measures import Measures
from pipeline.tasks.modules.network import Network
from pipeline.tasks.modules.page import Page
from pipeline.tasks.modules.target import Target
from pipeline.tasks.modules.verdict import Verdict

__all__ = ["Answers", "Choices", "Learning", "Measures", "Network", "Page", "Target", "Verdict"]
