"""The list of what a task must hold: a protocol for each module, and no other."""

from __future__ import annotations

from pathlib import Path

from pipeline.tasks import modules
from pipeline.tasks.registry import Task


def test_each_module_of_a_task_has_a_file_that_describes_it_and_the_names_are_sorted() -> None:
    files = {path.stem for path in Path(modules.__file__).parent.glob("*.py")} - {"__init__"}
    asked = {name for name, value in vars(Task).items() if isinstance(value, property)}
    assert files == asked == {name.lower() for name in modules.__all__}
    assert modules.__all__ == sorted(modules.__all__)
