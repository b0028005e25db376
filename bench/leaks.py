"""Leaks planted in clean sets: how many of each kind the stage `cohort` finds, and how often it is wrong.

Run as `python -m bench.leaks [SET]`, one of demo, chest-xray and ct-contrast; real scans are found through
SCANLOOM_DATA. Fifteen kinds, five of each, in each set. Scans are written once; copies and second IDs are
planted beside what was read of them, so that only what was changed is read again.
"""

from __future__ import annotations

import csv
import json
import shutil
import subprocess
import sys
import tarfile
import tempfile
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bench.planted_files import Table
from bench.planted_labels import LABELLED, Planted, plant_labels
from bench.planted_pairs import PAIRS, plant_pairs
from bench.project import fresh, make, real_data, row

EACH = 5
"""Leaks of a kind."""
PATIENTS = 200
"""Of the demo: enough of which a scan is uncompressed, in half the time."""
RADIOGRAPHS = 700
"""Of the 5232: enough that near copies must be told from chests that all look alike, in a minute."""


@dataclass(frozen=True)
class Set:
    """A set of scans: the analysis' name, what fills RAW, the labels' column, and which checks fail as it is.

    Real sets have leaks of their own: their file names tell the label, or their makers go with it.
    """

    name: str
    fill: Callable[[Path], None]
    label: str
    fails: frozenset[str] = frozenset()


def main(wanted: list[str]) -> None:
    """Plants in the sets named, or in all that are there."""
    data = real_data()
    sets = {"demo": Set("demo", _demo, "finding")}
    if data is not None:
        # Of the chests as they are, the outer tenth alone ranks the label with an area of 0.96.
        border = frozenset({"burned_in_text"})
        sets["chest-xray"] = Set("chest-xray-pneumonia", lambda raw: _chest(raw, data), "label", border)
        own = frozenset({"label_in_header", "metadata_only"})
        sets["ct-contrast"] = Set("ct-contrast", lambda raw: _ct(raw, data), "contrast", own)
    else:
        print("SCANLOOM_DATA is not set: no leaks are planted in real scans")
    with tempfile.TemporaryDirectory(prefix="scanloom leaks ") as folder:
        for name in wanted or list(sets):
            _planted_in(sets[name], Path(folder) / name)


def _planted_in(of: Set, folder: Path) -> None:
    """One set: as it is, with copies and second IDs, and with labels that are told."""
    _clean(of, folder / "clean")
    found = _pairs(of, folder / "pairs")
    for kind in LABELLED:
        if (number := _labels(of, folder, kind)) is not None:
            found[kind] = number
    for kind, number in found.items():
        row(f"{of.name}: {kind}, found of {EACH}", str(number), f"{EACH}", number == EACH)
    total, planted = sum(found.values()), EACH * len(found)
    row(f"{of.name}: planted leaks found", f"{total} of {planted}", f"{planted}", total == planted)


def _clean(of: Set, folder: Path) -> None:
    project = fresh(folder)
    of.fill(_raw(project, of))
    _with_key(project, of)
    make(project, "ingest", f"CONFIG=configs/{of.name}.yaml")
    shutil.copytree(project / "data", folder.with_name("read"))
    _cohort(project, of)
    linked = sum(
        notice["count"]
        for notice in _read(project, of, "cohort.json")["notices"]
        if notice["kind"] == "linked_patients"
    )
    leaks = _read(project, of, "leaks.json")
    across = sum(pair["persons"] > 1 for pair in leaks["lookalikes"])
    wrong = {check["key"] for check in leaks["checks"] if check["status"] == "fail"} - of.fails
    row(f"{of.name}, as it is: near copies of two patients", str(across), "0", across == 0)
    row(f"{of.name}, as it is: IDs taken for one person", str(linked), "0", linked == 0)
    row(f"{of.name}, as it is: checks that fail", ", ".join(sorted(wrong)) or "0", "0", not wrong)


def _pairs(of: Set, folder: Path) -> dict[str, int]:
    """Of each kind of copies and second IDs, how many pairs of scans came to be one person's."""
    project = _copy(of, folder, with_read=True)
    planted = plant_pairs(_raw(project, of), EACH)
    _cohort(project, of)
    with (_candidate(project, of) / "cohort.csv").open(newline="") as stream:
        person_of = {line["case_id"]: line["person_id"] for line in csv.DictReader(stream)}
    case_of = _cases(project, of)
    found: Counter[str] = Counter()
    for each in planted:
        persons = {person_of.get(case_of(uid), uid) for uid in each.uids}
        found[each.kind] += len(persons) == 1
        if len(persons) > 1:
            print(f"      not found: {each.kind}, {each.how}")
    return {kind: found[kind] for kind in PAIRS}


def _labels(of: Set, folder: Path, kind: str) -> int | None:
    """How many plants of the kind are named by the check that looks for them.

    None where that check fails on the set as it is and names nothing: there it would find any plant.
    """
    projects = []

    def new(number: int) -> Path:
        project = _copy(of, folder / f"{kind} {number}")
        projects.append(project)
        return _raw(project, of)

    planted = plant_labels(kind, new, of.label, EACH)
    if all(not each.named and of.fails.issuperset(each.checks) for each in planted):
        print(f"      {of.name}: {kind} not asked, for the check fails on the set as it is")
        return None
    for project in projects:
        _cohort(project, of)
    found = [_is_named(each, _read(projects[each.project], of, "leaks.json")) for each in planted]
    for each, is_found in zip(planted, found, strict=True):
        if not is_found:
            print(f"      not found: {kind}, {each.how}")
    return sum(found)


def _is_named(planted: Planted, leaks: dict[str, Any]) -> bool:
    failed = [check for check in leaks["checks"] if check["status"] == "fail"]
    return any(check["key"] in planted.checks and planted.named in check["reason"] for check in failed)


def _copy(of: Set, folder: Path, *, with_read: bool = False) -> Path:
    """A project with the scans of the clean one beside it, and perhaps what was read of them."""
    project = fresh(folder)
    read = folder.with_name("read")
    shutil.copytree(read if with_read else read / "raw", project / "data" / ("" if with_read else "raw"))
    _with_key(project, of)
    return project


def _with_key(project: Path, of: Set) -> None:
    key = _key(project)
    yaml = project / f"configs/{of.name}.yaml"
    text = yaml.read_text().replace("key: phantom", f"key: {key}")
    if f"key: {key}" not in text:
        text = text.replace("ingest:\n", f"ingest:\n  key: {key}\n")
    yaml.write_text(text)
    key.touch(mode=0o600)
    key.write_bytes(b"benchmark" * 4)


def _key(project: Path) -> Path:
    """The key of a project, beside it: inside lie data only."""
    return project.with_name(f"{project.name}.key")


def _raw(project: Path, of: Set) -> Path:
    return project / "data/raw" / of.name


def _cohort(project: Path, of: Set) -> None:
    make(project, "cohort", f"CONFIG=configs/{of.name}.yaml")


def _candidate(project: Path, of: Set) -> Path:
    return project / "reports" / of.name / "candidate"


def _read(project: Path, of: Set, name: str) -> dict[str, Any]:
    content: dict[str, Any] = json.loads((_candidate(project, of) / name).read_text())
    return content


def _cases(project: Path, of: Set) -> Callable[[str], str]:
    """What gives the case of an SOP Instance UID, "" for none."""
    from pipeline.catalogue import Catalogue, identifiers
    from pipeline.pseudonyms import load_key

    key, _ = load_key(str(_key(project)), of.name, project)
    with Catalogue(project / "data" / of.name / "catalogue.sqlite") as catalogue:
        known = {word: case_id for kind, word, case_id in identifiers.of_cases(catalogue) if kind == "sop"}
    return lambda uid: known.get(key.pseudonym("sop", uid), "")


def _demo(raw: Path) -> None:
    command = [sys.executable, "-m", "pipeline.cli", "phantom", str(raw), "--patients", str(PATIENTS)]
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)


def _chest(raw: Path, data: Path) -> None:
    command = [sys.executable, data / "make_chest_xray.py", raw, "--limit", str(RADIOGRAPHS)]
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)


def _ct(raw: Path, data: Path) -> None:
    with tarfile.open(data / "ct-contrast/ct-contrast-dicom.tar.xz") as archive:
        archive.extractall(raw, filter="data")
    (raw / "labels.csv").write_bytes((data / "ct-contrast/labels.csv").read_bytes())
    table = Table(raw)
    for line in table.lines:  # what is planted gives patients other IDs, and scans are named by their UIDs
        line.pop("patient_id", None)
    table.write()


if __name__ == "__main__":
    main(sys.argv[1:])
