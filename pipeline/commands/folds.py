"""`scanloom folds`: an analysis a fold, made of one YAML, and the scores of all their test parts together.

Each analysis is an ordinary one, named `NAME-fold-1-of-5` and so on; nothing but its YAML is written here.
"""

from __future__ import annotations

from copy import deepcopy
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from pipeline.config import Config, text
from pipeline.config.cohort import Fold
from pipeline.contracts import cohort, predictions
from pipeline.errors import DataError, UsageError
from pipeline.printed import make
from pipeline.pseudonyms import key_path, load_key
from pipeline.records import Summary
from pipeline.workspace import Workspace
from pipeline.writing import write_text

if TYPE_CHECKING:
    import pandas as pd

_FIRST_LINE: Final = "# One fold of {of}, which is to be changed: this file is written anew.\n"
_DRAWN: Final = ("train", "validation", "test")
_USUAL: Final = 5  # as most do: Kohavi 1995, IJCAI 14:1137, finds 5 to 10 a fair middle of bias and spread


def write(config: Config, path: Path, root: Path, count: str) -> Summary:
    """Writes the YAML of each fold beside `path`: that analysis, but for its parts, under the same key.

    `cohort.shares`, which divide patients once, are left out. The key is made where there is none yet. Raises
    UsageError when `count` is no number of folds, or a file of another origin bears the name of one.
    """
    of = _number(count)
    values, _ = text.read(path)
    section = values["cohort"] = values.get("cohort") or {}  # a section without a line below it says nothing
    if "fold" in section:
        raise config.refuse(
            ("cohort", "fold"), "this is one fold already. Leave `fold` out, or name the YAML it was made of."
        )
    for key in ("part_column", "on_patient_overlap"):
        if key in section:
            raise config.refuse(("cohort", key), f"the folds divide the patients, so leave `{key}` out.")
    section.pop("shares", None)
    said = _with_key(config, values, root)
    first_line = _FIRST_LINE.format(of=path.name)
    written = [_path(path, number, of) for number in range(1, of + 1)]
    for target in written:
        _require_ours(target, first_line)
    for number, target in enumerate(written, start=1):
        of_fold = deepcopy(values)
        of_fold["cohort"]["fold"] = {"held_out": number, "of": of}
        write_text(target, first_line + text.written(of_fold))
    return Summary((*said, f"{of} folds, an analysis each: {written[0]} to {written[-1].name}"))


def joined(path: Path, root: Path, count: str) -> tuple[Path, Path]:
    """The table of all test parts with a column `fold`, written anew, and the folder that it lies in.

    Raises DataError where a fold has no predictions yet, or where not every patient was tested exactly once.
    """
    of = _number(count)
    spaces = [Workspace(root, _path(path, number, of).stem) for number in range(1, of + 1)]
    for space in spaces:
        if not predictions.FILE.path(space.candidate).is_file():
            raise DataError(
                f"'{space.name}' has no predictions yet. Run `{make('folds', {'OF': str(of)})}`, which makes "
                "what is lacking."
            )
    _require_tested_once(spaces, path.stem)
    folder = root / "reports" / f"{path.stem}-folds-of-{of}"
    table = predictions.FILE.path(folder)
    write_text(table, _together(spaces).to_csv(index=False))
    return table, folder


def _number(count: str) -> int:
    try:
        of = Fold.model_validate({"held_out": 1, "of": int(count)}).of
        if str(of) != count:
            raise ValueError(count)
        return of
    except ValueError:  # pydantic's too
        found = f", found '{count}'" if count else ""
        usual = make("folds", {"OF": str(_USUAL)})
        raise UsageError(f"Say how many folds there are, from 3 to 20{found}: `{usual}`.") from None


def _path(path: Path, number: int, of: int) -> Path:
    return path.with_name(f"{path.stem}-fold-{number}-of-{of}{path.suffix}")


def _with_key(config: Config, values: dict[str, Any], root: Path) -> tuple[str, ...]:
    """Names the key of the analysis in the values, where none is; what is to be said if it was made."""
    if config.ingest.key is not None:
        return ()
    _, made = load_key(None, config.name, root)
    values["ingest"]["key"] = str(key_path(None, config.name))
    return (made,) if made else ()


def _require_ours(target: Path, first_line: str) -> None:
    if target.exists() and not target.read_text(encoding="utf-8", errors="replace").startswith(first_line):
        raise UsageError(
            f"{target} is there, and not of this command, which would write over it. Move it away, and run "
            "the same command again."
        )


def _require_tested_once(spaces: list[Workspace], name: str) -> None:
    everybody, tested = set[str](), list[str]()
    for space in spaces:
        frame = cohort.TABLE.frame(space.candidate)
        everybody |= set(frame.loc[frame["part"].isin(_DRAWN), cohort.PERSON])
        tested += sorted(set(frame.loc[frame["part"] == "test", cohort.PERSON]))
    never, twice = len(everybody) - len(set(tested)), len(tested) - len(set(tested))
    if wrong := never + twice:
        raise DataError(
            f"{wrong} of {len(everybody)} patients are tested in no fold, or in two: scans came in between, "
            f"and folds that were drawn stay as they are. Copy the YAML of '{name}' to another name, and run "
            "the folds of that."
        )


def _together(spaces: list[Workspace]) -> pd.DataFrame:
    import pandas as pd

    tested = []
    for number, space in enumerate(spaces, start=1):
        frame = predictions.FILE.frame(space.candidate)
        rows = frame[frame["part"] == "test"].drop(columns="part")
        tested.append(rows.assign(**{predictions.FOLD: number}))
    return pd.concat(tested)
