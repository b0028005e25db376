"""Every hand-over file, damaged in every way: one kind of sentence that names it and what to do."""

from __future__ import annotations

from pathlib import Path

import pytest

from pipeline.contracts import read_frame, read_object, read_rows
from pipeline.errors import DamageError
from pipeline.writing import write_json

WHOLE = '{"verdict": "KEEP", "reasons": [{"sentence": "s"}], "notes": [], "line": "VERDICT KEEP"}'
NEEDS = ("verdict", "reasons", "notes", "line")
TABLE = "case_id,part\na,train\nb,test\n"


@pytest.fixture
def candidate(tmp_path: Path) -> Path:
    folder = tmp_path / "reports/study/candidate"
    folder.mkdir(parents=True)
    return folder


OBJECTS = {
    "empty": (b"", "it is empty"),
    "blank": (b" \n", "it is empty"),
    "cut off": (WHOLE[:-9].encode(), "it is no JSON, or was cut off"),
    "binary": (bytes(range(256)), "it is no JSON, or was cut off"),
    "nested too deep": (b"[" * 100_000, "it is no JSON, or was cut off"),
    "a list": (b"[]", "it holds no JSON object"),
    "a number": (b"3", "it holds no JSON object"),
    "without a key": (WHOLE.replace("verdict", "verdikt").encode(), "it has no 'verdict'"),
    "another type": (WHOLE.replace('"KEEP"', "5").encode(), "'verdict' is not what it should be"),
    "nothing for a text": (WHOLE.replace('"KEEP"', "null").encode(), "'verdict' is not what it should be"),
    "a text for a list": (WHOLE.replace("[]", '"none"').encode(), "'notes' is not what it should be"),
    "a part without its key": (
        WHOLE.replace("sentence", "sentense").encode(),
        "it has no 'reasons.0.sentence'",
    ),
}


@pytest.mark.parametrize("how", OBJECTS)
def test_a_damaged_object_is_told_with_file_fault_and_remedy(candidate: Path, how: str) -> None:
    data, found = OBJECTS[how]
    path = candidate / "comparison.json"
    path.write_bytes(data)
    with pytest.raises(DamageError) as caught:
        read_object(path, *NEEDS)
    said = str(caught.value)
    assert said.startswith(f"candidate/comparison.json is damaged: {found}")
    assert "Remove it and run `" in said and "compare configs/NAME.yaml`, which writes it again." in said


TABLES = {
    "empty": (b"", "it is empty"),
    "cut inside a row": (TABLE[:-4].encode(), "a row was cut off or has too many cells"),
    "cut inside a cell": (TABLE[:-2].encode(), "a row was cut off or has too many cells"),
    "a row too long": (
        TABLE.replace("b,test", "b,test,x").encode(),
        "a row was cut off or has too many cells",
    ),
    "binary": (bytes(range(256)), "it is no text"),
    "an open quote": (TABLE.replace("b,", '"b,').encode(), "it is no table, or was cut off"),
    "without a column": (TABLE.replace("part", "parts").encode(), "it has no column 'part'"),
    "no row": (TABLE.splitlines(keepends=True)[0].encode(), "it has no row"),
}


@pytest.mark.parametrize("read", [read_rows, read_frame])
@pytest.mark.parametrize("how", TABLES)
def test_a_damaged_table_is_told_with_file_fault_and_remedy(candidate: Path, how: str, read) -> None:
    data, found = TABLES[how]
    path = candidate / "cohort.csv"
    path.write_bytes(data)
    with pytest.raises(DamageError) as caught:
        read(path, "case_id", "part")
    said = str(caught.value)
    assert said.startswith(f"candidate/cohort.csv is damaged: {found}")
    assert "cohort configs/NAME.yaml`, which writes it again." in said


def test_whole_files_are_read_as_they_are(candidate: Path) -> None:
    (candidate / "comparison.json").write_text(WHOLE)
    (candidate / "cohort.csv").write_text('case_id,part\na,\n"b,c",NA\n')
    assert read_object(candidate / "comparison.json", *NEEDS)["reasons"] == [{"sentence": "s"}]
    rows = [{"case_id": "a", "part": ""}, {"case_id": "b,c", "part": "NA"}]
    assert read_rows(candidate / "cohort.csv", "part") == rows
    assert read_frame(candidate / "cohort.csv", "part").to_dict("records") == rows


def test_a_missing_file_is_damage_where_it_must_be_there(candidate: Path) -> None:
    for read in (read_object, read_rows):
        with pytest.raises(DamageError, match=r"candidate/rule\.json is damaged: it is not there"):
            read(candidate / "rule.json")


@pytest.mark.parametrize(
    ("name", "told", "remedy"),
    [
        ("reports/study/generations/0001/model.json", "generations/0001/model.json", "Put the folder generations/0001 back"),
        ("reports/study/champion.json", "study/champion.json", "remove it and run `make ingest CONFIG=configs/NAME.yaml`"),
        ("data/study/stages/train.json", "stages/train.json", "train configs/NAME.yaml`, which writes it again"),
        ("data/study/normalize.json", "study/normalize.json", "normalize configs/NAME.yaml`, which writes it again"),
        ("data/study/normalized/shard.json", "normalized/shard.json", "Run `make clean CONFIG=configs/NAME.yaml`"),
    ],
)  # fmt: skip
def test_what_to_do_depends_on_where_the_file_lies(tmp_path: Path, name: str, told: str, remedy: str) -> None:
    path = tmp_path / name
    path.parent.mkdir(parents=True)
    path.write_text("{")
    with pytest.raises(DamageError) as caught:
        read_object(path)
    assert str(caught.value).startswith(f"{told} is damaged: ")
    assert remedy in str(caught.value)


def test_no_value_of_a_file_is_quoted(candidate: Path) -> None:
    write_json(candidate / "comparison.json", {"verdict": ["Doe^John"], "line": 1})
    with pytest.raises(DamageError) as caught:
        read_object(candidate / "comparison.json", "verdict")
    assert "Doe" not in str(caught.value)
