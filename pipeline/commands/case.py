"""`scanloom case`: the way back for the holder of the key, from a pseudonym to files or a file to its case.

RAW is walked and the pseudonyms of its paths are made anew: nothing is stored, only the terminal sees a path.
"""

from __future__ import annotations

import os
import re
from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import NamedTuple

from pipeline import printed
from pipeline.catalogue import Catalogue
from pipeline.catalogue import cases as stored_cases
from pipeline.catalogue import files as stored_files
from pipeline.config import Config
from pipeline.contracts import cohort
from pipeline.errors import DataError, UsageError
from pipeline.ingest.source.remote import is_url
from pipeline.ingest.stage import RawFile, printable, raw_files
from pipeline.workspace import Workspace, expanded

_PSEUDONYM = re.compile(r"[a-z][a-z2-7]{3,25}")
_LONGEST_LIST = 10  # a choice: what fits on a screen beside the sentence
_KINDS = ("case", "patient", "study", "series")


class _Case(NamedTuple):
    """A case as the catalogue has it: its pseudonyms, modality, and the tokens of its files."""

    case: str
    patient: str
    study: str
    series: str
    modality: str
    tokens: tuple[str, ...]


def run(config: Config, workspace: Workspace, named: str) -> Iterator[str]:
    """Lines for the terminal: the files of what `named` stands for, or the case of the file it names.

    `named` is a pseudonym of a case, patient, study, series or file, or its unique beginning; or a path.
    Raises UsageError when it is empty, stands for several, nothing was read yet or the key is another,
    DataError when nothing is known by it.
    """
    if not named.strip():
        command = printed.make("case", {"ID": "pseudonym-or-path"})
        raise UsageError(
            f"Nothing is named. Give a pseudonym as a table or report has it, or a path: `{command}`."
        )
    files = list(raw_files(config, workspace))
    with Catalogue(workspace.catalogue) as catalogue:
        known = _cases(catalogue)
        tokens = stored_files.tokens(catalogue)
        twins = stored_files.images(catalogue)
    if file := _file_at(files, named, config, workspace):
        return _lines_of_file(file, known, twins)
    persons = _persons(workspace)
    kind, whole = _resolved(named.strip(), known, persons, tokens)
    by_token = {file.token: file for file in files}
    if kind == "file":
        if whole not in by_token:
            raise DataError(f"The file {whole} was read once and is no more in {config.ingest.raw}.")
        return _lines_of_file(by_token[whole], known, twins)
    cases_of_person = persons.get(whole, set()) if kind == "patient" else set()
    cases = [case for case in known if getattr(case, kind) == whole or case.case in cases_of_person]
    return _lines_of_cases(cases, by_token)


def _cases(catalogue: Catalogue) -> list[_Case]:
    tokens = stored_cases.files(catalogue)
    return [_Case(*row, tuple(tokens.get(row[0], ()))) for row in stored_cases.pseudonyms(catalogue)]


def _persons(workspace: Workspace) -> dict[str, set[str]]:
    """Cases by the patient that the cohort counts them to, which may be linked to that of their scans."""
    cases_of: defaultdict[str, set[str]] = defaultdict(set)
    if cohort.TABLE.path(workspace.candidate).is_file():
        for row in cohort.TABLE.rows(workspace.candidate):
            cases_of[row[cohort.PERSON]].add(row["case_id"])
    return cases_of


def _file_at(files: Sequence[RawFile], named: str, config: Config, workspace: Workspace) -> RawFile | None:
    """The file that is named by its path: from RAW, or as seen from the working folder."""
    raw = config.ingest.raw
    spelled = {named, named.removeprefix("./")}
    if not is_url(os.fsencode(raw)):
        absolute, root = expanded(named).absolute(), (workspace.root / raw).absolute()
        for place, below in ((absolute, root), (absolute.parent.resolve() / absolute.name, root.resolve())):
            if place.is_relative_to(below):
                spelled.add(str(place.relative_to(below)))
    else:
        spelled.add(named.removeprefix(raw.rstrip("/") + "/"))
    return next((file for file in files if file.path in spelled or printable(file.path) in spelled), None)


def _resolved(
    named: str, known: Sequence[_Case], persons: Collection[str], tokens: Collection[str]
) -> tuple[str, str]:
    """Kind and whole pseudonym of what `named` begins."""
    if not _PSEUDONYM.fullmatch(named):
        raise DataError(
            f"No file of RAW has the path '{printable(named)}', and it is no pseudonym (4 to 26 letters and "
            "digits, as a table or report has it). Check both, and that CONFIG is the right analysis."
        )
    words = {(kind, getattr(case, kind)) for case in known for kind in _KINDS}
    words |= {("patient", person) for person in persons} | {("file", token) for token in tokens}
    fitting = sorted((kind, word) for kind, word in words if word.startswith(named))
    exact = [pair for pair in fitting if pair[1] == named]
    if not fitting:
        predict = printed.make("predict", {"NEW": "folder"})
        raise DataError(
            f"No pseudonym of this analysis begins with '{named}'. If it stands in a table of `{predict}`, "
            "make that again with PATHS=1; else check that CONFIG is the right analysis, and whether the "
            "scan was taken out since."
        )
    if len(exact or fitting) > 1:
        shown = ", ".join(f"{kind} {word}" for kind, word in fitting[:_LONGEST_LIST])
        more = f" and {len(fitting) - _LONGEST_LIST} more" if len(fitting) > _LONGEST_LIST else ""
        raise UsageError(
            f"'{named}' begins several pseudonyms: {shown}{more}. Give more of the one you mean."
        )
    return (exact or fitting)[0]


def _lines_of_cases(cases: Sequence[_Case], by_token: Mapping[str, RawFile]) -> Iterator[str]:
    for case in cases:
        yield f"case {case.case}  patient {case.patient}  series {case.series}  {case.modality}"
        present = [by_token[token] for token in case.tokens if token in by_token]
        yield from map(_line_of, sorted(present, key=lambda file: file.path))
        if missing := len(case.tokens) - len(present):
            yield f"  {missing:,} of its {len(case.tokens):,} files are no more in RAW"


def _line_of(file: RawFile) -> str:
    """The path of a case's file, and for what a mask of it was refused."""
    refused = "" if file.state in ("", "accepted") else f"  {file.state}, {file.explained()[0]}"
    return f"  {printable(file.path)}{refused}"


def _lines_of_file(file: RawFile, known: Sequence[_Case], sop_of: Mapping[str, str]) -> Iterator[str]:
    """The file's state and reason, and its case or that of an identical copy."""
    yield printable(file.path)
    if not file.state:
        yield f"  came after the last ingest: `{printed.make('ingest')}` reads it"
        return
    reason, sentence, step = file.explained()
    yield f"  file {file.token}: {file.state}, {reason}: {sentence}{f' {step}' if step else ''}"
    direct = [case for case in known if file.token in case.tokens]
    sop = sop_of.get(file.token)
    copies = [case for case in known if sop and any(sop_of.get(token) == sop for token in case.tokens)]
    for case in direct or copies:
        whose = "" if direct else "an identical copy is in "
        yield f"  {whose}case {case.case}  patient {case.patient}  series {case.series}  {case.modality}"
