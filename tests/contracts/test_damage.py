"""Files that are handed on, damaged in every way: one kind of sentence that names the file and what to do."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import handed_on
import pytest

from pipeline.contracts import cohort, comparison, handovers, insights, normalized, stamp
from pipeline.contracts.objects import ObjectFile
from pipeline.contracts.tables import TableFile
from pipeline.errors import DamageError
from pipeline.writing import write_json

ALL = handovers.CANDIDATE + handovers.ELSEWHERE
OBJECTS = [each for each in ALL if isinstance(each, ObjectFile)]
TABLES = [each for each in ALL if isinstance(each, TableFile)]
TABLE = "case_id,person_id,part,era,target\na,p,train,1,x\nb,q,test,1,y\n"


def name_of(handover: Any) -> str:
    return str(handover.name)


@pytest.fixture
def candidate(tmp_path: Path) -> Path:
    folder = tmp_path / "reports/study/candidate"
    folder.mkdir(parents=True)
    return folder


def refused(read: Any, folder: Path) -> str:
    with pytest.raises(DamageError) as caught:
        read(folder)
    return str(caught.value)


def first_key(record: dict[str, Any], file: ObjectFile[Any]) -> str:
    """A key that no file of this kind was ever without: leaving out what has a default is no damage."""
    import dataclasses

    needed = [
        field.name
        for field in dataclasses.fields(file.record)
        if field.default is dataclasses.MISSING and field.default_factory is dataclasses.MISSING
    ]
    return needed[0]


DAMAGE = ("empty", "blank", "cut off", "binary", "nested too deep", "a list", "a number")
PROBLEMS = {
    "empty": "it is empty",
    "blank": "it is empty",
    "cut off": "it is no JSON, or was cut off",
    "binary": "it is no JSON, or was cut off",
    "nested too deep": "it is no JSON, or was cut off",
    "a list": "it holds no JSON object",
    "a number": "it holds no JSON object",
}


def damaged(whole: bytes, how: str) -> bytes:
    ways = {
        "empty": b"",
        "blank": b" \n",
        "cut off": whole[:-9],
        "binary": bytes(range(256)),
        "nested too deep": b"[" * 100_000,
        "a list": b"[]",
        "a number": b"3",
    }
    return ways[how]


@pytest.mark.parametrize("file", OBJECTS, ids=name_of)
def test_what_is_written_is_read_back(candidate: Path, file: ObjectFile[Any]) -> None:
    record = handed_on.WHOLE[file.name]
    assert file.write(candidate, record)
    assert file.read(candidate) == record
    assert not file.write(candidate, record)
    assert file.of({k: v for k, v in json.loads(file.path(candidate).read_text()).items() if k != "schema"})


@pytest.mark.parametrize("how", DAMAGE)
@pytest.mark.parametrize("file", OBJECTS, ids=name_of)
def test_a_damaged_object_is_told_with_file_and_fault(
    candidate: Path, file: ObjectFile[Any], how: str
) -> None:
    file.write(candidate, handed_on.WHOLE[file.name])
    path = file.path(candidate)
    path.write_bytes(damaged(path.read_bytes(), how))
    assert refused(file.read, candidate).startswith(f"candidate/{file.name} is damaged: {PROBLEMS[how]}. ")


@pytest.mark.parametrize("file", OBJECTS, ids=name_of)
def test_a_key_that_is_gone_or_of_another_type_is_told_by_its_name(
    candidate: Path, file: ObjectFile[Any]
) -> None:
    file.write(candidate, handed_on.WHOLE[file.name])
    path = file.path(candidate)
    whole = json.loads(path.read_text())
    key = first_key(whole, file)
    write_json(path, {name: value for name, value in whole.items() if name != key})
    assert f"is damaged: it has no '{key}'. " in refused(file.read, candidate)
    write_json(path, {**whole, key: [[None]]})
    message = refused(file.read, candidate)
    assert f"is damaged: '{key}" in message
    assert "is not what it should be (" in message


@pytest.mark.parametrize("file", [each for each in OBJECTS if each.schema], ids=name_of)
def test_a_later_schema_is_refused_an_earlier_or_none_is_read(candidate: Path, file: ObjectFile[Any]) -> None:
    record = handed_on.WHOLE[file.name]
    file.write(candidate, record)
    path = file.path(candidate)
    whole = json.loads(path.read_text())
    later = file.schema.number + 1
    write_json(path, {**whole, "schema": f"{file.schema.kind}/{later}"})
    message = refused(file.read, candidate)
    assert (
        f"candidate/{file.name} was written by a newer version of Scanloom (schema {later}, this" in message
    )
    assert "Update Scanloom, or " in message
    write_json(path, {**whole, "schema": "another/1"})
    assert "'schema' is not what it should be" in refused(file.read, candidate)
    if not file.formerly:
        write_json(path, {key: value for key, value in whole.items() if key != "schema"})
        assert file.read(candidate) == record


def test_keys_that_the_record_does_not_know_are_nobodys_business(candidate: Path) -> None:
    path = comparison.FILE.path(candidate)
    comparison.FILE.write(candidate, handed_on.COMPARISON)
    write_json(path, {**json.loads(path.read_text()), "colour": "blue"})
    assert comparison.FILE.read(candidate) == handed_on.COMPARISON


def test_a_part_without_its_key_is_told_by_its_place(candidate: Path) -> None:
    comparison.FILE.write(candidate, handed_on.COMPARISON)
    path = comparison.FILE.path(candidate)
    path.write_text(path.read_text().replace('"sentence"', '"sentense"'))
    assert "it has no 'reasons.0.sentence'" in refused(comparison.FILE.read, candidate)


CUT = "a row was cut off or has too many cells"
WRONG = {
    "empty": (b"", "it is empty"),
    "cut inside a row": (TABLE[:-6].encode(), CUT),
    "cut inside a cell": (TABLE[:-1].encode(), CUT),
    "a row too long": (TABLE.replace("1,y", "1,y,x").encode(), CUT),
    "binary": (bytes(range(256)), "it is no text"),
    "an open quote": (TABLE.replace("b,", '"b,').encode(), "it is no table, or was cut off"),
    "without a column": (TABLE.replace("part", "parts").encode(), "it has no column 'part'"),
    "no row": (TABLE.splitlines(keepends=True)[0].encode(), "it has no row"),
}


@pytest.mark.parametrize("how", WRONG)
def test_a_damaged_table_is_told_with_file_fault_and_remedy(candidate: Path, how: str) -> None:
    data, found = WRONG[how]
    cohort.TABLE.path(candidate).write_bytes(data)
    for read in (cohort.TABLE.rows, cohort.TABLE.frame):
        message = refused(read, candidate)
        assert message.startswith(f"candidate/cohort.csv is damaged: {found}")
        assert "cohort configs/NAME.yaml`, which writes it again." in message


@pytest.mark.parametrize("file", TABLES, ids=name_of)
def test_every_table_that_is_cut_off_or_lacks_a_column_is_told(candidate: Path, file: TableFile) -> None:
    head = ",".join(file.columns)
    row = ",".join("1" for _ in file.columns)
    path = file.path(candidate)
    path.write_text(f"{head}\n{row}\n{row[:-1]}")
    assert f"candidate/{file.name} is damaged: {CUT}" in refused(file.rows, candidate)
    path.write_text(f"{head}\n{row}\n".replace(file.columns[0], "colour", 1))
    assert f"it has no column '{file.columns[0]}'" in refused(file.rows, candidate)
    path.write_text(f"{head}\n")
    assert file.may_be_empty == (file.name in ("excluded.csv", "champion_new.csv"))
    if not file.may_be_empty:
        assert "it has no row" in refused(file.rows, candidate)


def test_pictures_that_were_cut_off_are_told(candidate: Path) -> None:
    import numpy as np

    insights.write(candidate, handed_on.INSIGHTS, {"filters": np.zeros((3, 3, 1), np.float32)})
    assert insights.pictures(candidate)["filters"].shape == (3, 3, 1)
    path = insights.PICTURES.path(candidate)
    path.write_bytes(path.read_bytes()[:40])
    assert "candidate/insights.npz is damaged: " in refused(insights.pictures, candidate)


def test_a_whole_table_is_read_as_it_is(candidate: Path) -> None:
    cohort.TABLE.path(candidate).write_text('case_id,person_id,part,era,target\na,p,,1,\n"b,c",q,NA,1,x\n')
    rows = [
        {"case_id": "a", "person_id": "p", "part": "", "era": "1", "target": ""},
        {"case_id": "b,c", "person_id": "q", "part": "NA", "era": "1", "target": "x"},
    ]
    assert cohort.TABLE.rows(candidate) == rows
    assert cohort.TABLE.frame(candidate).to_dict("records") == rows


def test_a_missing_file_is_damage_where_it_must_be_there(candidate: Path) -> None:
    assert comparison.FILE.find(candidate) is None
    for read, name in ((comparison.FILE.read, "comparison.json"), (cohort.TABLE.rows, "cohort.csv")):
        assert refused(read, candidate).startswith(f"candidate/{name} is damaged: it is not there")


AGAIN = "configs/NAME.yaml`, which writes it again"
REMEDIES = [
    ("reports/study/generations/0001", "model.json", "generations/0001/model.json", "Put the folder generations/0001 back"),
    ("reports/study", "champion.json", "study/champion.json", "remove it and run `make ingest CONFIG=configs/NAME.yaml`"),
    ("data/study", "normalize.json", "study/normalize.json", f"normalize {AGAIN}"),
]  # fmt: skip


@pytest.mark.parametrize(("folder", "name", "place", "remedy"), REMEDIES)
def test_what_to_do_depends_on_where_the_file_lies(
    tmp_path: Path, folder: str, name: str, place: str, remedy: str
) -> None:
    (file,) = (each for each in OBJECTS if each.name == name)
    (tmp_path / folder).mkdir(parents=True)
    file.path(tmp_path / folder).write_text("{")
    message = refused(file.read, tmp_path / folder)
    assert message.startswith(f"{place} is damaged: ")
    assert remedy in message


def test_a_stamp_is_written_again_by_its_stage_and_grids_by_a_clean_run(tmp_path: Path) -> None:
    done, arrays = stamp.of("train"), normalized.grids_of(tmp_path / "normalized/shard.npy")
    for folder, file, remedy in (
        ("stages", done, f"train {AGAIN}"),
        ("normalized", arrays, "Run `make clean CONFIG=configs/NAME.yaml`"),
    ):
        (tmp_path / folder).mkdir()
        file.path(tmp_path / folder).write_text("{")
        assert remedy in refused(file.read, tmp_path / folder)


def test_no_value_of_a_file_is_quoted(candidate: Path) -> None:
    comparison.FILE.write(candidate, handed_on.COMPARISON)
    path = comparison.FILE.path(candidate)
    write_json(path, {**json.loads(path.read_text()), "verdict": ["Doe^John"]})
    assert "Doe" not in refused(comparison.FILE.read, candidate)
