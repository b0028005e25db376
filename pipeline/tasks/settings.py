"""What the YAML may say, given its task: the keys that are of some tasks only, and a goal that can be had."""

from __future__ import annotations

from pipeline.config import Config
from pipeline.errors import nearest
from pipeline.tasks.registry import TASKS, task_of


def require_settings(config: Config) -> None:
    """Nothing, if there is such a task, and it has every key that is given. Raises ConfigError."""
    if config.task not in TASKS:
        raise config.refuse(("task",), f"unknown task '{config.task}' ({nearest(config.task, TASKS)}).")
    own = task_of(config.task).target
    for name in TASKS:
        for section, key in sorted(task_of(name).target.KEYS - own.KEYS):
            if key in getattr(config, section).model_fields_set:
                raise config.refuse(
                    (section, key),
                    f"'{section}.{key}' is a key of `task: {name}`, and the task is {config.task}. Leave it "
                    "out, or mend `task`.",
                )
    own.require_settings(config)
