from __future__ import annotations

import csv
import json
import shutil
from collections import Counter
from dataclasses import replace

import handed_on
import pytest

from pipeline import ledger
from pipeline.catalogue import Catalogue
from pipeline.cohort import run
from pipeline.errors import ConfigError, DataError, UsageError
from pipeline.locking import lock
from pipeline.pseudonyms import Key
from pipeline.workspace import Workspace
from pipeline.writing import write_json


def rows(study, name: str = "cohort.csv") -> list[dict[str, str]]:
    with (study.workspace.candidate / name).open(newline="") as stream:
        return list(csv.DictReader(stream))


def cohort(study) -> dict:
    return json.loads((study.workspace.candidate / "cohort.json").read_text())


def findings(study) -> dict[str, int]:
    return {finding["kind"]: finding["count"] for finding in cohort(study)["findings"]}


def parts(study) -> dict[str, str]:
    return {row["patient_id"]: row["part"] for row in rows(study)}


def files(study) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in study.workspace.candidate.iterdir()}


def parts_ledger(workspace: Workspace) -> list[dict]:
    """The records without their time and the chain that depends on it."""
    records = ledger.read(workspace.ledger("parts"))
    return [{key: record[key] for key in record if key not in {"created", "previous"}} for record in records]


def test_the_cohort_has_a_row_for_every_labelled_scan_sorted_by_id(filled) -> None:
    study = filled(40)
    summary = run(study.config(), study.workspace)
    found = rows(study)
    assert list(found[0]) == ["case_id", "patient_id", "part", "era", "target", "pixel_digest"]
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
        assert sum(part["classes"].values()) == part["cases"]
    assert findings(study)["label_without_scan"] == 1


def test_a_second_run_touches_nothing(filled) -> None:
    study = filled(30)
    assert run(study.config(), study.workspace).changed
    before, book = files(study), study.workspace.ledger("parts").read_bytes()
    assert not run(study.config(), study.workspace).changed
    assert files(study) == before
    assert study.workspace.ledger("parts").read_bytes() == book


def test_the_order_of_table_and_scans_changes_nothing(study, scan, tmp_path) -> None:
    numbers = range(30)
    table = [f"1.{number},{('well', 'sick')[number % 2]}" for number in numbers]
    study.add(*(scan(f"1.{number}", f"P{number // 2}") for number in numbers))
    study.table("uid,label", *table)
    run(study.config(), study.workspace)
    (tmp_path / "other").mkdir()
    other = type(study)(tmp_path / "other")
    other.add(*(scan(f"1.{number}", f"P{number // 2}") for number in reversed(numbers)))
    other.table("uid,label", *reversed(table))
    run(other.config(), other.workspace)
    assert files(other) == files(study)


def test_no_patient_stands_in_two_parts(study, scan) -> None:
    study.add(*(scan(f"1.{number}", f"P{number % 17}") for number in range(60)))
    study.table("uid,label", *(f"1.{number},{('well', 'sick')[number % 2]}" for number in range(60)))
    run(study.config(), study.workspace)
    found = Counter({(row["patient_id"], row["part"]) for row in rows(study)})
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
    assert findings(study)["shares_changed"] == 30
    assert sum(part["patients"] for part in cohort(study)["eras"]["2"].values()) == 30
    whys = Counter(record["why"] for record in ledger.read(study.workspace.ledger("parts")))
    assert whys == {"first_draw": 30, "hash": 30}


def test_a_published_split_is_followed(study, scan) -> None:
    study.add(*(scan(f"1.{number}", f"P{number}") for number in range(12)))
    words = ["training"] * 8 + ["val"] * 2 + ["holdout"] * 2
    study.table("uid,label,split", *(f"1.{n},{('well', 'sick')[n % 2]},{words[n]}" for n in range(12)))
    run(study.config("part_column: split"), study.workspace)
    expected = ["train"] * 8 + ["validation"] * 2 + ["test"] * 2
    assert parts(study) == {study.patient_id(f"P{n}"): expected[n] for n in range(12)}


def overlapping(study, scan) -> None:
    """20 patients with two scans each; the first one's scans stand in train and test."""
    study.add(*(scan(f"1.{number}", f"P{number // 2}") for number in range(40)))
    words = ["train", "test"] + ["train"] * 20 + ["val"] * 8 + ["test"] * 10
    study.table("uid,label,split", *(f"1.{n},{('well', 'sick')[n // 2 % 2]},{words[n]}" for n in range(40)))


def test_a_split_that_divides_patients_is_refused_and_leaves_no_trace(study, scan) -> None:
    overlapping(study, scan)
    with pytest.raises(
        DataError, match="puts 1 patients into more than one part; they have 1 of 21 scans of train"
    ):
        run(study.config("part_column: split"), study.workspace)
    assert not study.workspace.ledger("parts").exists()
    assert not study.workspace.candidate.exists()


def test_a_split_that_divides_patients_is_drawn_anew_when_asked(study, scan) -> None:
    overlapping(study, scan)
    config = study.config("part_column: split", "on_patient_overlap: redraw")
    run(config, study.workspace)
    assert findings(study)["patient_overlap"] == 1
    assert {record["why"] for record in ledger.read(study.workspace.ledger("parts"))} == {"redraw"}
    assert not run(config, study.workspace).changed


def test_identical_images_across_the_published_split_are_counted(study, scan) -> None:
    overlapping(study, scan)
    study.add(scan("1.1", "P0", pixels="pixels of 1.0"), scan("1.3", "P1", pixels="pixels of 1.2"))
    run(study.config("part_column: split", "on_patient_overlap: redraw"), study.workspace)
    assert findings(study)["duplicates_cross_split"] == 1
    assert findings(study)["duplicate_pixels"] == 1


def test_pixels_under_two_patients_leave_the_cohort(filled, scan) -> None:
    study = filled(30)
    study.add(scan("1.29", "P029", pixels="pixels of 1.0"))
    run(study.config(), study.workspace)
    assert {row["case_id"]: row["reason"] for row in rows(study, "excluded.csv")} == {
        study.case_id("1.0"): "patient_conflict",
        study.case_id("1.29"): "patient_conflict",
    }


def test_ids_of_one_study_are_one_patient(filled, scan) -> None:
    study = filled(30)
    study.add(scan("1.0", "P000", study="same"), scan("1.1", "P001", study="same"))
    run(study.config(), study.workspace)
    person = min(study.patient_id("P000"), study.patient_id("P001"))
    linked = [row for row in rows(study) if row["patient_id"] == person]
    assert len(linked) == 2
    assert findings(study)["linked_patients"] == 1


def test_ids_found_to_be_one_patient_across_parts_leave_the_test_part(filled, scan) -> None:
    study = filled(40)
    run(study.config(), study.workspace)
    part_of = parts(study)
    by_part = {part_of[study.patient_id(f"P{n:03d}")]: n for n in range(40)}
    trained, tested = by_part["train"], by_part["test"]
    study.add(
        scan(f"1.{trained}", f"P{trained:03d}", study="same"),
        scan(f"1.{tested}", f"P{tested:03d}", study="same"),
    )
    run(study.config(), study.workspace)
    assert {row["case_id"]: row["reason"] for row in rows(study, "excluded.csv")} == {
        study.case_id(f"1.{tested}"): "linked_across_parts"
    }
    kept = {row["case_id"]: row["part"] for row in rows(study)}
    assert kept[study.case_id(f"1.{trained}")] == "train"


def test_ids_that_the_table_of_links_joins_are_one_patient_in_one_part(filled, scan) -> None:
    study = filled(30)
    study.table("first,second", "P000,P001", "P001,P002", "P003,Doe^John", name="links.csv")
    run(study.config("links: data/raw/links.csv"), study.workspace)
    person = min(study.patient_id(f"P00{n}") for n in range(3))
    linked = [row for row in rows(study) if row["patient_id"] == person]
    assert len(linked) == 3 and len({row["part"] for row in linked}) == 1
    assert (findings(study)["linked_patients"], findings(study)["link_without_scan"]) == (2, 1)
    everything = b"".join(files(study).values()) + study.workspace.ledger("parts").read_bytes()
    assert not any(word in everything for word in (b"P001", b"Doe", b"links.csv"))


def test_a_link_told_later_moves_nobody_and_takes_the_test_scan_out(filled) -> None:
    study = filled(40)
    run(study.config(), study.workspace)
    book = parts_ledger(study.workspace)
    numbers = {parts(study)[study.patient_id(f"P{n:03d}")]: n for n in range(40)}
    study.table("a,b", f"P{numbers['test']:03d},P{numbers['train']:03d}", name="links.csv")
    run(study.config("links: data/raw/links.csv"), study.workspace)
    assert {row["case_id"]: row["reason"] for row in rows(study, "excluded.csv")} == {
        study.case_id(f"1.{numbers['test']}"): "linked_across_parts"
    }
    assert parts_ledger(study.workspace) == book


def test_a_link_to_a_patient_whose_scans_are_gone_gives_that_patients_part(filled, scan) -> None:
    study = filled(40)
    run(study.config(), study.workspace)
    tested = next(f"P{n:03d}" for n in range(40) if parts(study)[study.patient_id(f"P{n:03d}")] == "test")
    shutil.rmtree(study.workspace.data)
    study.add(*(scan(f"1.{n}", f"P{n:03d}" if f"P{n:03d}" != tested else "NEW") for n in range(40)))
    study.table("a,b", f"{tested},NEW", name="links.csv")
    run(study.config("links: data/raw/links.csv"), study.workspace)
    records = {record["patient_id"]: record for record in parts_ledger(study.workspace)}
    new = records[study.patient_id("NEW")]
    assert (new["part"], new["why"]) == ("test", "link")


def test_who_is_linked_to_a_withdrawn_patient_is_withdrawn(filled) -> None:
    study = filled(30)
    gone = {"patient_id": study.patient_id("P900"), "part": None, "era": None, "why": "tombstone"}
    ledger.append(study.workspace.ledger("parts"), gone)
    study.table("a,b", "P900,P003", name="links.csv")
    run(study.config("links: data/raw/links.csv"), study.workspace)
    (excluded,) = rows(study, "excluded.csv")
    assert (excluded["case_id"], excluded["reason"]) == (study.case_id("1.3"), "consent_withdrawn")


def test_a_missing_table_of_links_names_file_and_line(filled) -> None:
    study = filled(12)
    with pytest.raises(ConfigError, match=r"study\.yaml:6: there is no table 'links\.csv'"):
        run(study.config("links: links.csv"), study.workspace)


def test_a_withdrawn_patient_is_in_no_part(filled) -> None:
    study = filled(30)
    run(study.config(), study.workspace)
    gone = study.patient_id("P003")
    ledger.append(
        study.workspace.ledger("parts"), {"patient_id": gone, "part": None, "era": 1, "why": "tombstone"}
    )
    run(study.config(), study.workspace)
    assert gone not in parts(study)
    (excluded,) = rows(study, "excluded.csv")
    assert (excluded["case_id"], excluded["reason"]) == (study.case_id("1.3"), "consent_withdrawn")


def test_a_label_changed_since_the_champion_is_counted_from_old_to_new(filled) -> None:
    study = filled(30)
    run(study.config(), study.workspace)
    handed_on.point_at(study.workspace, "0001")
    folder = study.workspace.generations / "0001"
    folder.mkdir(parents=True)
    (folder / "cohort.csv").write_bytes((study.workspace.candidate / "cohort.csv").read_bytes())
    study.table("uid,label", *(f"1.{n},{'sick' if n == 4 else ('well', 'sick')[n % 2]}" for n in range(30)))
    run(study.config(), study.workspace)
    (finding,) = [item for item in cohort(study)["findings"] if item["kind"] == "label_changed"]
    part = next(row["part"] for row in rows(study) if row["case_id"] == study.case_id("1.4"))
    assert finding["detail"] == f"labels changed since the champion: well -> sick 1 (in {part} 1)"
    assert finding["case_ids"] == [study.case_id("1.4")]


def test_a_scan_replaced_since_the_champion_is_counted_and_named(filled, scan) -> None:
    study = filled(30)
    run(study.config(), study.workspace)
    handed_on.point_at(study.workspace, "0001")
    folder = study.workspace.generations / "0001"
    folder.mkdir(parents=True)
    (folder / "cohort.csv").write_bytes((study.workspace.candidate / "cohort.csv").read_bytes())
    study.add(scan("1.4", "P004", pixels="other pixels"))
    assert run(study.config(), study.workspace).changed
    (finding,) = [item for item in cohort(study)["findings"] if item["kind"] == "pixels_changed"]
    row = next(row for row in rows(study) if row["case_id"] == study.case_id("1.4"))
    assert row["pixel_digest"] == study.pixel_digest("other pixels")
    assert finding["detail"] == (
        f"scans whose pixels changed since the champion, under the same identifiers (in {row['part']} 1)"
    )
    assert finding["case_ids"] == [study.case_id("1.4")]
    assert "label_changed" not in findings(study)


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
    assert not {"pixels_changed", "label_changed"} & findings(study).keys()


def test_only_the_configured_columns_go_further(study, scan) -> None:
    study.add(*(scan(f"1.{number}", f"P{number}") for number in range(12)))
    lines = (
        f"1.{n},{('well', 'sick')[n % 2]},{'north' if n < 6 else 'south'},secret remark" for n in range(12)
    )
    study.table("uid,label,site,remark", *lines)
    run(study.config("groups: [site]"), study.workspace)
    found = {row["case_id"]: row["by_site"] for row in rows(study)}
    assert found[study.case_id("1.5")] == "north"
    assert found[study.case_id("1.6")] == "south"
    everything = b"".join(files(study).values()) + study.workspace.ledger("parts").read_bytes()
    for word in (b"secret", b"remark", b"P11", b"1.11"):
        assert word not in everything


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


def test_three_classes_need_no_positive(study, scan) -> None:
    study.add(*(scan(f"1.{number}", f"P{number}") for number in range(30)))
    study.table("uid,label", *(f"1.{number},{'abc'[number % 3]}" for number in range(30)))
    run(study.config("positive: null"), study.workspace)
    assert cohort(study)["classes"] == ["a", "b", "c"]
    assert cohort(study)["positive"] is None


def test_too_few_patients_are_refused_with_the_numbers(filled) -> None:
    study = filled(4)
    with pytest.raises(DataError, match="at least 2 patients, and there are: train 2, validation"):
        run(study.config(), study.workspace)
    assert not study.workspace.ledger("parts").exists()


def test_the_column_may_be_told(study, scan) -> None:
    study.add(*(scan(f"1.{number}", f"P{number}") for number in range(12)))
    study.table("uid,who,label", *(f"1.{n},P{n},{('well', 'sick')[n % 2]}" for n in range(12)))
    run(study.config("id: {column: who, names: patient}"), study.workspace)
    assert cohort(study)["join"]["names"] == "patient"


def test_a_missing_table_names_file_and_line(filled) -> None:
    study = filled(12)
    with pytest.raises(ConfigError, match=r"study\.yaml:5: there is no table 'data/raw/lables\.csv'"):
        run(study.config(labels="data/raw/lables.csv"), study.workspace)


def test_a_positive_that_no_scan_has_names_file_and_line(filled) -> None:
    study = filled(12)
    with pytest.raises(ConfigError, match=r"study\.yaml:6: no labelled scan has the class 'sikc'"):
        run(study.config("positive: sikc"), study.workspace)


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


def test_scans_whose_label_is_missing_are_left_out_and_told_by_the_words(filled) -> None:
    study = filled(40)
    words = {0: "NaN", 8: "n/a", 16: "?", 24: "-1", 32: "unknown"}
    study.table("uid,label", *(f"1.{n},{words.get(n, ('well', 'sick')[n % 2])}" for n in range(40)))
    summary = run(study.config(), study.workspace)
    assert cohort(study)["classes"] == ["well", "sick"]
    assert cohort(study)["flow"]["excluded"] == {"label_empty": 5}
    assert (
        "note: scans without a label, by what stands in its place: '-1' 1, '?' 1, 'NaN' 1, 'n/a' 1, 'unknown' 1 (`cohort.classes` makes a class of a word)"
        in summary.lines
    )


def test_words_are_mapped_to_classes_by_the_yaml(filled) -> None:
    study = filled(40)
    words = ["0", "1", "0.0", "krank"]
    study.table("uid,label", *(f"1.{n},{words[n % 4]}" for n in range(40)))
    run(study.config("classes: {sick: [1, krank], well: [0]}"), study.workspace)
    assert cohort(study)["classes"] == ["well", "sick"]
    assert {row["case_id"]: row["target"] for row in rows(study)}[study.case_id("1.3")] == "sick"


def test_a_part_without_a_class_is_refused_before_anything_is_written(study, scan) -> None:
    study.add(*(scan(f"1.{number}", f"P{number}") for number in range(12)))
    words = ["train"] * 8 + ["val"] * 2 + ["test"] * 2
    labels = ["well", "sick"] * 5 + ["well", "well"]
    study.table("uid,label,split", *(f"1.{n},{labels[n]},{words[n]}" for n in range(12)))
    with pytest.raises(
        DataError, match=r"The test part has no patient with the class 'sick' .*or mend the part column\."
    ):
        run(study.config("part_column: split"), study.workspace)
    assert not study.workspace.ledger("parts").exists()


def test_a_part_that_lost_a_class_is_told_how_all_are_drawn_anew(filled) -> None:
    study = filled(12)
    run(study.config(), study.workspace)
    tested = {row["case_id"] for row in rows(study) if row["part"] == "test"}
    study.table(
        "uid,label",
        *(
            f"1.{n},{'well' if study.case_id(f'1.{n}') in tested else ('well', 'sick')[n % 2]}"
            for n in range(12)
        ),
    )
    with pytest.raises(
        DataError,
        match=r"draw all parts anew, while no model has looked at the test part: `.*(REDRAW|--redraw)",
    ):
        run(study.config(), study.workspace)


def test_two_columns_that_contradict_each_other_are_refused_with_file_and_line(study, scan) -> None:
    study.add(*(scan(f"1.{number}", str(number)) for number in range(1, 31)))
    study.table(",id,label", *(f"{n - 1},{n},{('well', 'sick')[n % 2]}" for n in range(1, 31)))
    with pytest.raises(
        ConfigError, match=r"study\.yaml:4: two columns name scans and contradict each other: by 'id'"
    ):
        run(study.config(), study.workspace)
    assert not study.workspace.ledger("parts").exists()
    run(study.config("id: {column: id, names: patient}"), study.workspace)
    assert len(rows(study)) == 30


def test_a_patient_and_a_side_name_a_scan_together(study, scan) -> None:
    study.add(*(scan(f"1.{number}", f"P{number // 2}") for number in range(24)))
    with Catalogue(study.workspace.catalogue) as catalogue, catalogue.transaction():
        sides = {study.case_id(f"1.{number}"): "LR"[number % 2] for number in range(24)}
        catalogue.put_cases(
            (replace(case, attributes={"image_laterality": sides[case.case_id]}), [token])
            for case in list(catalogue.cases())
            for (token,) in catalogue.query("SELECT token FROM case_files WHERE case_id = ?", (case.case_id,))
        )
    study.table(
        "who,side,label",
        *(f"P{n // 2},{('left', 'right')[n % 2]},{'sick' if n % 4 == 1 else 'well'}" for n in range(24)),
    )
    run(
        study.config("id: [{column: who, names: patient}, {column: side, names: laterality}]"),
        study.workspace,
    )
    assert cohort(study)["join"] == {
        "column": "who + side",
        "names": "patient + laterality",
        "matched": 24,
        "of": 24,
    }
    target = {row["case_id"]: row["target"] for row in rows(study)}
    assert [target[study.case_id(f"1.{n}")] for n in range(4)] == ["well", "sick", "well", "well"]
