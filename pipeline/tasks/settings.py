"""What the YAML may say, given its task: the keys that are of some tasks only, and a goal that can be had."""

from __future__ import annotations

from pipeline.config import Config
from pipeline.errors import nearest
from pipeline.tasks.registry import TASKS, task_of


def require_settings(config: Config) -> None:
    """Nothing, if there is such a task, and it has every key that is given and none is missing.

    Raises ConfigError.
    """
    if config.task not in TASKS:
        raise config.refuse(("task",), f"unknown task '{config.task}' ({nearest(config.task, TASKS)}).")
    own = task_of(config.task).target
    for key in () if own.READS_MASKS else ("labels", "target"):
        if not getattr(config.cohort, key):
            raise config.refuse(("cohort",), f"'cohort.{key}' is missing.")
    for column in config.cohort.other_columns:
        if config.cohort.labels is None:
            raise config.refuse(
                ("cohort",), f"the column '{column}' is in no table: 'cohort.labels' is missing."
            )
    _require_own_keys(config)
    own.require_settings(config)


def _require_own_keys(config: Config) -> None:
    """Nothing, if no key is given that other tasks alone have. Raises ConfigError with all that are."""
    own = task_of(config.task).target.KEYS
    owners: dict[tuple[str, str], list[str]] = {}
    for name in TASKS:
        for section, key in sorted(task_of(name).target.KEYS - own):
            if key in getattr(config, section).model_fields_set:
                owners.setdefault((section, key), []).append(name)
    if not owners:
        return
    tasks = sorted({name for names in owners.values() for name in names})
    keys = [f"'{section}.{key}'" for section, key in owners]
    what = "is a key" if len(keys) == 1 else "are keys"
    kinds = " or ".join(f"`task: {name}`" for name in tasks)
    raise config.refuse(
        next(iter(owners)),
        f"{', '.join(keys)} {what} of {kinds}, and the task is {config.task}. "
        f"Leave {'it' if len(keys) == 1 else 'them'} out, or mend `task`.",
    )
