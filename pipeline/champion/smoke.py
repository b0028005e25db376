"""The smoke test: a model, loaded by a new process, must repeat the scores that are stored with it.

A model that loads where it was trained can fail anywhere else: what is promoted is the file, so the file
is what is tried.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pipeline
from pipeline.contracts import model_record, predictions
from pipeline.errors import DamageError, DataError, GateError, RetryError, ScanloomError, UsageError
from pipeline.printed import make
from pipeline.tasks.registry import task_of
from pipeline.workspace import Workspace

CASES = 16  # a choice: a wrong file shows in the first case, and so many take seconds
_SECONDS = 600  # a choice: a model loads in seconds; what takes ten minutes hangs
_ERRORS = {kind.exit_code: kind for kind in (UsageError, DataError, DamageError, RetryError)}
# Of the largest output. Sums in another order end in other last bits; 16-bit floats keep 1 part in 256.
_EXACT, _ROUNDED = 1e-3, 2e-2


def smoke_test(workspace: Workspace, folder: Path) -> str:
    """What the new process found, as a sentence.

    Raises GateError when it gets other scores than the stored ones or ends without a word; what it
    refuses itself, as a model of another version of Keras, is raised as that process told it.
    """
    command = [
        sys.executable,
        "-m",
        "pipeline.champion.smoke",
        str(workspace.root),
        workspace.name,
        str(folder),
    ]
    search_path = os.pathsep.join(
        [str(Path(pipeline.__file__).parent.parent), *filter(None, [os.environ.get("PYTHONPATH")])]
    )
    environment = {**os.environ, "PYTHONPATH": search_path}
    try:
        done = subprocess.run(
            command, capture_output=True, text=True, timeout=_SECONDS, check=False, env=environment
        )
    except subprocess.TimeoutExpired:
        raise GateError(f"The model took more than {_SECONDS} s to load; nothing was promoted.") from None
    if done.returncode != 0:
        last_line = (done.stderr.strip().splitlines() or [f"exit code {done.returncode}"])[-1]
        kind = _ERRORS.get(done.returncode, GateError)
        raise kind(f"The model failed its smoke test in a new process, so nothing was promoted: {last_line}")
    return str(json.loads(done.stdout.splitlines()[-1])["sentence"])


def repeat_scores(workspace: Workspace, folder: Path) -> str:
    """The sentence that the scores of up to 16 test cases are the stored ones.

    Raises GateError when they differ, or when no case's array is there to be scored.
    """
    import numpy as np

    from pipeline.champion.predictions import score

    stored = predictions.FILE.frame(folder)
    stored = stored[(stored["part"] == "test") & (stored["status"] == "ok")].head(CASES)
    again = score(workspace, folder, cohort=stored.rename(columns={"truth": "target"}))
    again = again[again["status"] == "ok"]
    if again.empty:
        raise GateError(
            f"no test case has a normalized array to try the model on: run `{make('evaluate')}` first"
        )
    record = model_record.FILE.read(folder)
    task = task_of(record.task)
    question = task.target.question_of(record)
    before = task.answers.outputs(stored.set_index("case_id").loc[again["case_id"]], question)
    difference = float(np.abs(task.answers.outputs(again, question) - before).max())
    if not difference <= _tolerance(folder) * max(1.0, float(np.abs(before).max())):
        raise GateError(
            f"the scores of {len(again)} test cases differ from the stored ones by up to {difference:.3g}"
        )
    return (
        f"Smoke test passed: a new process repeats the scores of {len(again)} test cases "
        f"(largest difference of an output {difference:.1e})."
    )


def _tolerance(folder: Path) -> float:
    return _EXACT if model_record.FILE.read(folder).precision == "float32" else _ROUNDED


def main(arguments: list[str]) -> int:
    """The exit code of the child; the sentence goes to standard output, an error to standard error."""
    root, name, folder = arguments
    try:
        sentence = repeat_scores(Workspace(Path(root), name), Path(folder))
    except ScanloomError as error:
        print(error, file=sys.stderr)
        return error.exit_code
    print(json.dumps({"sentence": sentence}))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
