"""What the table of labels says of whose the scans are: `ingest.patient_from: {column: NAME}`."""

from __future__ import annotations

import contextlib
import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence

from pipeline.catalogue import Catalogue, identifiers
from pipeline.config import Config
from pipeline.config.cohort import JoinColumn
from pipeline.ingest.header.owners import OWNER, Owner, answer, ordered, owner, write_rows
from pipeline.pseudonyms import Key
from pipeline.spelling import folder_in_raw, spellings
from pipeline.tables import Table, read
from pipeline.workspace import Workspace
from pipeline.writing import temporary_path

Rows = Mapping[str, Owner | None]

_UID = re.compile(r"\d+(\.\d+){2,63}")
_FILE = re.compile(r".*[/\\].*|.*\.[A-Za-z]\w{0,9}(\.gz)?")


def owner_rows(config: Config, workspace: Workspace, key: Key) -> Rows:
    """The owners by the pseudonyms of what the rows name; None for a name whose rows tell of several.

    Without `cohort.id`, values that look like a UID or a file's path or name count; numbers and words could
    be anything else. Raises ConfigError when there is no table, DataError when it lacks the column.
    """
    source = config.ingest.patient_from
    if source is None or isinstance(source, str) or source.column is None:
        return {}
    if config.cohort.labels is None:
        raise config.refuse(
            ("ingest", "patient_from"),
            f"the column '{source.column}' is in no table: name one in `cohort.labels`.",
        )
    path = workspace.root / config.cohort.labels
    if not path.is_file():
        raise config.refuse(
            ("cohort", "labels"), f"there is no table '{config.cohort.labels}'. Mend the path."
        )
    choices = config.cohort
    marked = config.ingest.masks.structures if config.ingest.masks else ()  # targets that no column has
    wanted = {source.column, *choices.target} - {*marked}
    table = read(path, wanted=wanted, sheet=choices.sheet)
    patients = table.column(source.column)
    folder = folder_in_raw(path, workspace.root / config.ingest.raw)
    patients_of: defaultdict[str, set[str]] = defaultdict(set)
    for names, patient in zip(_names(table, choices.keys, source.column, folder), patients, strict=True):
        for kind, value in names if patient else ():
            patients_of[key.pseudonym(kind, value)].add(patient)
    return {
        word: owner(key, "column", next(iter(whose))) if len(whose) == 1 else None
        for word, whose in sorted(patients_of.items())
    }


@contextlib.contextmanager
def rows_for_children(workspace: Workspace, rows: Rows) -> Iterator[str]:
    """The path of a file with the rows, while it is needed; "" where there are none."""
    if not rows:
        yield ""
        return
    workspace.data.mkdir(parents=True, exist_ok=True)
    path = temporary_path(workspace.data / "owners.json")
    write_rows(path, rows)
    try:
        yield str(path)
    finally:
        path.unlink(missing_ok=True)


def reassigned(catalogue: Catalogue, rows: Rows) -> set[str]:
    """Tokens of known images without PatientID to whom the rows now give another patient than was read."""
    words_of_images = identifiers.of_images_of(catalogue, OWNER)
    names: defaultdict[str, list[tuple[str, str]]] = defaultdict(list)
    for token, kind, word in words_of_images:
        names[token].append((kind, word))
    return {token for token, words in names.items() if dict(words).get(OWNER, "") != _expected(rows, words)}


def _expected(rows: Rows, words: Iterable[tuple[str, str]]) -> str:
    owner = answer(rows, ordered(words))
    return owner.patient_id if owner else ""


def _names(
    table: Table, keys: Sequence[JoinColumn], column: str, folder: str
) -> Iterator[list[tuple[str, str]]]:
    """Kind and spelling of all that each row may name; an attribute in `cohort.id` names nobody's scan."""
    if keys:
        for row in zip(*(table.column(key.column) for key in keys), strict=True):
            yield [
                (key.names, spelled)
                for key, value in zip(keys, row, strict=True)
                for spelled in spellings(key.names, value, folder)
            ]
        return
    others = [name for name in table.columns if name != column]
    for row in zip(*(table.column(name) for name in others), strict=True):
        yield [named for value in row for named in _guessed(value, folder)]


def _guessed(value: str, folder: str) -> Iterable[tuple[str, str]]:
    if _UID.fullmatch(value):
        return [(kind, value) for kind in ("sop", "series", "study")]
    if _FILE.fullmatch(value):
        kinds = ("path", "name")
        return [(kind, spelled) for kind in kinds for spelled in spellings(kind, value, folder)]
    return []
