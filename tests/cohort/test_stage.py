from __future__ import annotations

import csv
import shutil
from collections import Counter
from dataclasses import replace

import handed_on
import pytest
from cohort_files import cohort, files, notices, parts, parts_ledger, rows

from pipeline import ledger
from pipeline.catalogue import Catalogue
from pipeline.cohort import run
from pipeline.errors import DataError, UsageError
from pipeline.locking import lock
from pipeline.pseudonyms import Key
from pipeline.workspace import Workspace
from pipeline.writing import write_json


def test_the_cohort_has_a_row_for_every_labelled_scan_sorted_by_id(filled) -> None:
    study = filled(40)
    summary = run(study.config("header_groups: []"), study.workspace)
    found = rows(study)
    assert list(found[0]) == ["case_id", "person_id", "part", "era", "target", "pixel_digest"]
    assert [row["case_id"] for row in found] == sorted(study.case_id(f"1.{n}") for n in range(40))
    labels = {row["case_id"]: row["target"] for row in found}
    assert labels[study.case_id("1.3")] == "sick"
    assert summary.lines[0] == "labels: joined by column 'uid' (SOP instance UID): 40 of 40 rows name a scan"
    assert summary.lines[1] == "train: 28 patients, 28 scans (well 14, sick 14)"


def test_files_scans_exclusions_and_parts_add_up(filled, scan) -> None:
    study = filled(40)
    study.add(scan("9.1", "P900"), scan("9.2", "P000", pixels="pixels of 1.0"))
    with (study.workspace.root / "data/raw/labels.csv").open("a") as stream:
        stream.write("9.2,well\n8.8,sick\n")
    run(study.config(), study.workspace)
    flow, by_part = cohort(study)["flow"], cohort(study)["parts"]
    assert flow["files"] == {"accepted": {"ok": 42}}
    assert flow["excluded"] == {"duplicate_pixels": 1, "not_in_table": 1}
    assert flow["cases"] == 42 == sum(part["cases"] for part in by_part.values()) + 2
    assert flow["patients"] == 40 == sum(part["patients"] for part in by_part.values())
    assert len(rows(study, "excluded.csv")) == 2
    for part in by_part.values():
        assert sum(part["counts"].values()) == part["cases"]
    assert notices(study)["label_without_scan"] == 1


def test_a_second_run_touches_nothing(filled) -> None:
    study = filled(30)
    assert run(study.config(), study.workspace).changed
    before, book = files(study), study.workspace.ledger("parts").read_bytes()
    assert not run(study.config(), study.workspace).changed
    assert files(study) == before
    assert study.workspace.ledger("parts").read_bytes() == book


def test_the_order_of_table_and_scans_changes_nothing(study, scan, tmp_path) -> None:
    numbers = range(30)
    table = [f"1.{number},{('well', 'sick')[number // 2 % 2]}" for number in numbers]
    study.add(*(scan(f"1.{number}", f"P{number // 2}") for number in numbers))
    study.table("uid,label", *table)
    run(study.config(), study.workspace)
    (tmp_path / "other").mkdir()
    other = type(study)(tmp_path / "other")
    other.add(*(scan(f"1.{number}", f"P{number // 2}") for number in reversed(numbers)))
    other.table("uid,label", *reversed(table))
    run(other.config(), other.workspace)
    assert files(other) == files(study)


def test_a_test_part_too_small_for_its_numbers_is_told_before_the_look(filled) -> None:
    study = filled(30)
    lines = run(study.config(), study.workspace).lines
    tested = sum(part == "test" for part in parts(study).values())
    assert lines[-1].startswith(f"The test part has {tested} patients: numbers of fewer than 5 of a kind ")
    assert " OF=5 " in lines[-1] or " --of 5" in lines[-1]
    assert lines[-1].endswith(" tests all 30, each by a network that never saw them")


def test_of_a_fold_no_folds_are_advised(filled) -> None:
    study = filled(30)
    lines = run(study.config("fold: {held_out: 1, of: 5}"), study.workspace).lines
    assert not [line for line in lines if line.startswith("The test part has ")]


def test_no_patient_stands_in_two_parts(study, scan) -> None:
    study.add(*(scan(f"1.{number}", f"P{number % 17}") for number in range(60)))
    study.table("uid,label", *(f"1.{number},{('well', 'sick')[number % 17 % 2]}" for number in range(60)))
    run(study.config(), study.workspace)
    found = Counter({(row["person_id"], row["part"]) for row in rows(study)})
    assert len(found) == 17


def test_a_later_delivery_changes_no_part_and_names_its_era(filled, scan) -> None:
    study = filled(30)
    run(study.config(), study.workspace)
    before = parts(study)
    (study.workspace.generations / "0001").mkdir(parents=True)
    study.add(*(scan(f"2.{number}", f"N{number}") for number in range(30)), scan("2.99", "P003"))
    with (study.workspace.root / "data/raw/labels.csv").open("a") as stream:
        stream.write("".join(f"2.{number},sick\n" for number in [*range(30), 99]))
    run(study.config("shares: {train: 0.5, validation: 0.25, test: 0.25}"), study.workspace)
    after = parts(study)
    assert {patient: after[patient] for patient in before} == before
    eras = {row["case_id"]: row["era"] for row in rows(study)}
    assert eras[study.case_id("1.3")] == eras[study.case_id("2.99")] == "1"
    assert eras[study.case_id("2.0")] == "2"
    assert notices(study)["shares_changed"] == 30
    assert sum(part["patients"] for part in cohort(study)["eras"]["2"].values()) == 30
    whys = Counter(record["why"] for record in ledger.read(study.workspace.ledger("parts")))
    assert whys == {"first_draw": 30, "hash": 30}


def test_a_label_changed_since_the_champion_is_counted_from_old_to_new(filled) -> None:
    study = filled(30)
    run(study.config(), study.workspace)
    handed_on.point_at(study.workspace, "0001")
    folder = study.workspace.generations / "0001"
    folder.mkdir(parents=True)
    (folder / "cohort.csv").write_bytes((study.workspace.candidate / "cohort.csv").read_bytes())
    study.table("uid,label", *(f"1.{n},{'sick' if n == 4 else ('well', 'sick')[n % 2]}" for n in range(30)))
    run(study.config(), study.workspace)
    (notice,) = [item for item in cohort(study)["notices"] if item["kind"] == "label_changed"]
    part = next(row["part"] for row in rows(study) if row["case_id"] == study.case_id("1.4"))
    assert notice["detail"] == f"labels changed since the champion: well -> sick 1 (in {part} 1)"
    assert notice["case_ids"] == [study.case_id("1.4")]


def test_a_scan_replaced_since_the_champion_is_counted_and_named(filled, scan) -> None:
    study = filled(30)
    run(study.config(), study.workspace)
    handed_on.point_at(study.workspace, "0001")
    folder = study.workspace.generations / "0001"
    folder.mkdir(parents=True)
    (folder / "cohort.csv").write_bytes((study.workspace.candidate / "cohort.csv").read_bytes())
    study.add(scan("1.4", "P004", pixels="other pixels"))
    assert run(study.config(), study.workspace).changed
    (notice,) = [item for item in cohort(study)["notices"] if item["kind"] == "pixels_changed"]
    row = next(row for row in rows(study) if row["case_id"] == study.case_id("1.4"))
    assert row["pixel_digest"] == study.pixel_digest("other pixels")
    assert notice["detail"] == (
        f"scans whose pixels changed since the champion, under the same identifiers (in {row['part']} 1)"
    )
    assert notice["case_ids"] == [study.case_id("1.4")]
    assert "label_changed" not in notices(study)


def test_a_champion_from_before_pixels_were_kept_has_no_changed_pixels(filled, scan) -> None:
    study = filled(30)
    run(study.config(), study.workspace)
    handed_on.point_at(study.workspace, "0001")
    folder = study.workspace.generations / "0001"
    folder.mkdir(parents=True)
    old = [{name: row[name] for name in row if name != "pixel_digest"} for row in rows(study)]
    with (folder / "cohort.csv").open("w", newline="") as stream:
        writer = csv.DictWriter(stream, list(old[0]))
        writer.writeheader()
        writer.writerows(old)
    study.add(scan("1.4", "P004", pixels="other pixels"))
    run(study.config(), study.workspace)
    assert not {"pixels_changed", "label_changed"} & notices(study).keys()


def test_a_copy_that_ingest_left_out_names_its_twin(study, scan) -> None:
    from dataclasses import replace

    from pipeline.catalogue import Catalogue

    study.add(*(scan(f"1.{number}", f"P{number}", path=f"a/{number}.dcm") for number in range(12)))
    twin = study.file_row(scan("1.0", "P0", path="b/copy.dcm"), "token of the copy")
    with Catalogue(study.workspace.catalogue) as catalogue, catalogue.transaction():
        catalogue.put_files([replace(twin, state="excluded", reason="duplicate_identical")])
    paths = ["b/copy.dcm", *(f"a/{number}.dcm" for number in range(1, 12))]
    study.table("file,label", *(f"{path},{('well', 'sick')[n % 2]}" for n, path in enumerate(paths)))
    run(study.config(), study.workspace)
    assert cohort(study)["join"] == {"column": "file", "names": "path", "matched": 12, "of": 12}
    assert len(rows(study)) == 12


def test_a_catalogue_of_another_key_is_refused(filled) -> None:
    from pipeline.catalogue import Catalogue

    study = filled(12)
    with Catalogue(study.workspace.catalogue) as catalogue, catalogue.transaction():
        catalogue.set_meta("key_id", Key(b"x" * 32).key_id)
    with pytest.raises(UsageError, match="were read under the key"):
        run(study.config(), study.workspace)


def test_patients_placed_under_another_key_are_not_placed_anew(filled) -> None:
    study = filled(12)
    run(study.config(), study.workspace)
    records = ledger.read(study.workspace.ledger("parts"))
    assert {record["key_id"] for record in records} == {study.key.key_id}
    shutil.rmtree(study.workspace.ledgers)
    ledger.append(study.workspace.ledger("parts"), {**records[0], "key_id": Key(b"x" * 32).key_id})
    with pytest.raises(UsageError, match="were placed under the key"):
        run(study.config(), study.workspace)


def test_an_empty_catalogue_is_told(study) -> None:
    study.table("uid,label", "1.1,sick")
    with pytest.raises(DataError, match="No scan was read"):
        run(study.config(), study.workspace)


@pytest.mark.parametrize("point", ["write:parts.jsonl", "written:parts.jsonl", "write:cohort.json"])
def test_a_kill_at_any_moment_leaves_the_cohort_of_an_unbroken_run(filled, scanloom, point: str) -> None:
    study = filled(30)
    config = study.config()
    whole = Workspace(study.workspace.root / "whole", "study")
    shutil.copytree(study.workspace.root, whole.root, ignore=shutil.ignore_patterns("whole"))
    run(config, whole)
    write_json(study.workspace.stamp("ingest"), {"outputs": {}})
    killed = scanloom("cohort", "study.yaml", SCANLOOM_CRASH_AT=point)
    assert killed.returncode == -9
    with lock(study.workspace):
        run(config, study.workspace)
    assert files(study) == {path.name: path.read_bytes() for path in whole.candidate.iterdir()}
    assert parts_ledger(study.workspace) == parts_ledger(whole)


def test_files_that_made_no_scan_are_listed_by_token_with_stage_and_reason(filled, scan) -> None:
    study = filled(30)
    lost = replace(
        study.file_row(scan("9.9", "P900"), "token"), state="failed", reason="empty_file", detail="-"
    )
    with Catalogue(study.workspace.catalogue) as catalogue, catalogue.transaction():
        catalogue.put_files([lost])
    run(study.config(), study.workspace)
    assert rows(study, "excluded.csv") == [
        {"case_id": "token", "stage": "ingest", "reason": "empty_file", "detail": "-"}
    ]
