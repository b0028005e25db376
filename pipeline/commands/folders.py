"""Which scans lie below a folder of RAW: paths are stored nowhere, so RAW is walked again."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping

from pipeline.catalogue import Catalogue
from pipeline.catalogue import cases as stored_cases
from pipeline.catalogue import files as stored_files
from pipeline.config import Config
from pipeline.ingest.stage import raw_files
from pipeline.workspace import Workspace


def scans_below(config: Config, workspace: Workspace, folders: Collection[str]) -> dict[str, set[str]]:
    """The scans that a file below each folder, or an identical copy of it, has a part in.

    A folder is written as seen from RAW, whose archives are walked, too; nothing is where none is named.
    """
    if not folders:
        return {}
    with Catalogue(workspace.catalogue) as catalogue:
        tokens = stored_cases.files(catalogue)
        image_of = stored_files.images(catalogue)
    cases = _cases_of_files(tokens, image_of)
    starts = {folder: "/".join(_steps(folder)) + "/" for folder in folders}
    found: dict[str, set[str]] = {folder: set() for folder in folders}
    for file in raw_files(config, workspace):
        for folder, start in starts.items():
            if file.path.startswith(start):
                found[folder] |= cases.get(file.token, set()) | cases.get(image_of.get(file.token, ""), set())
    return found


def _steps(folder: str) -> list[str]:
    return [step for step in folder.replace("\\", "/").split("/") if step not in {"", "."}]


def _cases_of_files(
    tokens: Mapping[str, Collection[str]], image_of: Mapping[str, str]
) -> Mapping[str, set[str]]:
    """The cases of each file, and of each image, which its copies share."""
    cases: dict[str, set[str]] = defaultdict(set)
    for case_id, of_case in tokens.items():
        for token in of_case:
            cases[token].add(case_id)
            if token in image_of:
                cases[image_of[token]].add(case_id)
    return cases
