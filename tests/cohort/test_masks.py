"""Cohorts whose truth stands in masks."""

from __future__ import annotations

import zlib
from dataclasses import replace

import handed_on
import pytest
from cohort_files import cohort, notices, rows

from pipeline.catalogue import Catalogue
from pipeline.cohort import run
from pipeline.cohort.masks import alike, digests_of, label_by_masks, marks_of
from pipeline.config import Config, load
from pipeline.errors import ConfigError, DataError, UsageError
from pipeline.pseudonyms import Key
from pipeline.records import BESIDE_REFUSED, EMPTY_MASK, Mask, Stored
from pipeline.tasks.segmentation.target import Marks
from pipeline.tasks.settings import require_settings

STORED = Stored("shard-00000.npy", 0, 4, "|u1", (2, 2), 0)


def config(study, *cohort_lines: str, masks: str = "structures: {lung: 1, nodule: 2}") -> Config:
    path = study.workspace.root / "study.yaml"
    lines = "".join(f"  {line}\n" for line in cohort_lines) or "  salt: 1\n"
    path.write_text(
        f"task: segmentation\ningest: {{raw: data/raw, key: phantom, masks: {{{masks}}}}}\n"
        f"normalize: [{{z_score: {{}}}}]\nreport: {{title: Study}}\ncohort:\n{lines}"
    )
    return load(path)


def mark(study, sop: str, *structures: str, empty: tuple[str, ...] = (), notes: tuple[str, ...] = ()) -> None:
    """Masks of a scan, each with voxels of its own."""
    with Catalogue(study.workspace.catalogue) as catalogue, catalogue.transaction():
        for name in (*structures, *empty):
            own = replace(STORED, crc32=zlib.crc32(f"{sop} {name}".encode()))
            told = (*notes, *((EMPTY_MASK,) if name in empty else ()))
            catalogue.put_masks([Mask(study.case_id(sop), name, "token", own, told)])


@pytest.fixture
def marked(study, scan):
    """Forty patients with a scan each: every fourth has no nodule marked, the last has no mask."""
    study.add(*(scan(f"1.{number}", f"P{number:02d}") for number in range(40)))
    for number in range(39):
        mark(study, f"1.{number}", "lung", *(("nodule",) if number % 4 else ()))
    return study


def test_masks_say_what_is_there_and_what_may_be_absent_is_not(marked) -> None:
    summary = run(
        config(marked, masks="structures: {lung: 1, nodule: 2}, may_be_absent: [nodule]"), marked.workspace
    )
    found = {row["case_id"]: (row["target_lung"], row["target_nodule"]) for row in rows(marked)}
    assert found[marked.case_id("1.1")] == ("1", "1")
    assert found[marked.case_id("1.4")] == ("1", "0")
    assert marked.case_id("1.39") not in found
    assert cohort(marked)["flow"]["excluded"] == {"without_mask": 1}
    assert cohort(marked)["question"]["structures"] == ["lung", "nodule"]
    assert cohort(marked)["question"]["may_be_absent"] == ["nodule"]
    assert summary.lines[0].startswith("train: ")


def test_what_a_refused_mask_may_have_marked_is_unknown_and_not_absent(study, scan) -> None:
    study.add(*(scan(f"1.{number}", f"P{number:02d}") for number in range(40)))
    for number in range(40):
        empty = ("nodule",) if number == 1 else ()
        mark(study, f"1.{number}", "lung", *(("nodule",) if number % 4 else ())[number == 1 :], empty=empty,
             notes=(BESIDE_REFUSED,) if number in (0, 1) else ())  # fmt: skip
    run(config(study, masks="structures: {lung: 1, nodule: 2}, may_be_absent: [nodule]"), study.workspace)
    found = {row["case_id"]: row["target_nodule"] for row in rows(study)}
    assert [found[study.case_id(f"1.{number}")] for number in (0, 1, 2, 4)] == ["", "0", "1", "0"]
    assert notices(study) == {"structure_unknown": 1}


def test_a_scan_whose_only_mask_was_refused_is_left_out_and_counted_apart() -> None:
    here = Mask("a", "lung", "token", STORED)
    declared = ("lung", "nodule")
    marks = marks_of([here], declared, ("nodule",), refused=("a", "b"))
    assert marks == {"a": {"lung": "1", "nodule": ""}, "b": {"lung": "", "nodule": ""}}
    labels = label_by_masks(
        marks, Marks(declared, declared, {name: (name,) for name in declared}), case_ids={"a", "b", "c"}
    )
    assert labels.of_case == {"a": "1|"}
    assert [(one.case_id, "refused" in one.detail) for one in labels.exclusions] == [
        ("b", True),
        ("c", False),
    ]
    assert labels.notices[0].count == 2
    assert "; of 1 of them a mask was refused" in labels.notices[0].detail


def test_a_structure_without_a_mask_is_unknown_where_it_must_be_there(marked) -> None:
    run(config(marked), marked.workspace)
    found = {row["case_id"]: row["target_nodule"] for row in rows(marked)}
    assert found[marked.case_id("1.4")] == ""
    assert notices(marked) == {"without_mask": 1, "structure_unknown": 10}
    assert cohort(marked)["question"]["may_be_absent"] == []


def test_an_empty_mask_says_that_its_structure_is_not_there(study, scan) -> None:
    study.add(*(scan(f"1.{number}", f"P{number:02d}") for number in range(40)))
    for number in range(40):
        mark(study, f"1.{number}", "lung", "nodule") if number else mark(
            study, "1.0", "lung", empty=("nodule",)
        )
    run(config(study), study.workspace)
    found = {row["case_id"]: row["target_nodule"] for row in rows(study)}
    assert found[study.case_id("1.0")] == "0"


def test_a_region_is_there_where_a_part_is_and_unknown_where_a_part_is(marked) -> None:
    run(config(marked, "target: lung", "regions: {chest: [lung, nodule]}"), marked.workspace)
    found = {row["case_id"]: (row["target_lung"], row["target_chest"]) for row in rows(marked)}
    assert found[marked.case_id("1.1")] == ("1", "1")
    assert found[marked.case_id("1.4")] == ("1", "")
    question = cohort(marked)["question"]
    assert (question["structures"], question["exclusive"]) == (["lung", "chest"], False)


def test_a_table_still_gives_groups_where_the_truth_stands_in_masks(marked) -> None:
    marked.table("uid,site", *(f"1.{number},{'AB'[number % 2]}" for number in range(40)))
    run(config(marked, "labels: data/raw/labels.csv", "groups: [site]"), marked.workspace)
    assert {row["by_site"] for row in rows(marked)} == {"A", "B"}


def test_a_structure_that_no_scan_has_is_refused_with_those_that_scans_have(marked) -> None:
    masks = "structures: {lung: 1, nodule: 2, heart: 3}"
    with pytest.raises(
        DataError,
        match=r"None of the 39 scans with masks has the structure 'heart', so .*; they have lung in 39, nodule in 29\. "
        r"Mend .*, or learn the others alone: `target: \[lung, nodule\]` below `cohort:`\.$",
    ):
        run(config(marked, masks=masks), marked.workspace)
    run(config(marked, "target: [lung, nodule]", masks=masks), marked.workspace)
    assert cohort(marked)["question"]["structures"] == ["lung", "nodule"]


def test_a_region_that_no_scan_has_is_to_be_taken_out(marked) -> None:
    lines = ("target: lung", "regions: {centre: [heart]}")
    with pytest.raises(DataError, match=r"the structure 'centre'.*, or take it out of `cohort.regions`\.$"):
        run(config(marked, *lines, masks="structures: {lung: 1, heart: 3}"), marked.workspace)


def test_scans_without_any_mask_are_refused(study, scan) -> None:
    study.add(scan("1.1", "P01"), scan("1.2", "P02"))
    with pytest.raises(DataError, match=r"None of the 2 scans has a mask of a declared structure"):
        run(config(study), study.workspace)


@pytest.mark.parametrize(
    ("lines", "said"),
    [
        (("target: lungs",), r"'lungs' is none of `ingest.masks.structures` \(did you mean 'lung'\?\)"),
        (("regions: {all: [lung, hart]}",), r"'hart' is none of `ingest.masks.structures`"),
        (("regions: {lung: [lung, nodule]}",), r"'lung' is named twice among targets and regions"),
        (("groups: [site]",), r"the column 'site' is in no table: 'cohort.labels' is missing"),
        (("positive: lung",), r"'cohort.positive' is a key of `task: classification`"),
    ],
)  # fmt: skip
def test_what_the_yaml_can_not_ask_is_told_at_its_line(study, lines: tuple[str, ...], said: str) -> None:
    with pytest.raises((ConfigError, UsageError), match=said):
        require_settings(config(study, *lines))


def test_masks_redrawn_since_the_champion_are_counted_whether_or_not_a_structure_came_or_went(marked) -> None:
    run(config(marked), marked.workspace)
    handed_on.point_at(marked.workspace, "0001")
    folder = marked.workspace.generations / "0001"
    folder.mkdir(parents=True)
    frozen = (marked.workspace.candidate / "cohort.csv").read_text()
    (folder / "cohort.csv").write_text(frozen)
    assert not run(config(marked), marked.workspace).changed
    row = next(line for line in frozen.splitlines() if line.startswith(marked.case_id("1.5")))
    digest = next(one["mask_digest"] for one in rows(marked) if one["case_id"] == marked.case_id("1.5"))
    (folder / "cohort.csv").write_text(frozen.replace(row, row.replace(digest, 32 * "0")))
    assert run(config(marked), marked.workspace).changed
    (notice,) = [item for item in cohort(marked)["notices"] if item["kind"] == "masks_changed"]
    part = next(row["part"] for row in rows(marked) if row["case_id"] == marked.case_id("1.5"))
    assert notice["detail"] == (
        f"scans whose masks were redrawn or are called otherwise since the champion (in {part} 1)"
    )
    assert notice["case_ids"] == [marked.case_id("1.5")]
    assert "label_changed" not in notices(marked)


def test_a_digest_of_masks_is_that_of_the_voxels_of_declared_structures_under_the_key() -> None:
    masks = [Mask("a", "lung", "token", STORED), Mask("a", "nodule", "token", STORED)]
    key, other = Key(32 * b"k"), Key(32 * b"o")
    ways = [
        digests_of(masks, ("lung", "nodule"), key),
        digests_of(masks, ("lung",), key),
        digests_of(masks, ("lung", "nodule"), other),
        digests_of([replace(masks[0], stored=replace(STORED, crc32=7)), masks[1]], ("lung", "nodule"), key),
        digests_of([replace(masks[0], structure="nodule")], ("nodule",), key),
    ]
    assert [list(way) for way in ways] == 5 * [["a"]]
    assert len({way["a"] for way in ways}) == 5
    elsewhere = [replace(mask, source="another", stored=replace(STORED, shard="b.npy")) for mask in masks]
    assert digests_of(elsewhere[::-1], ("nodule", "lung"), key) == ways[0]


def test_masks_that_several_patients_share_voxel_by_voxel_are_told() -> None:
    def mask(case: str, structure: str, crc32: int, *notes: str, shape: tuple[int, ...] = (2, 2)) -> Mask:
        return Mask(case, structure, "token", replace(STORED, crc32=crc32, shape=shape), notes)

    masks = [
        mask("a", "lung", 1), mask("a", "nodule", 2), mask("b", "lung", 1), mask("b", "nodule", 2),
        mask("c", "lung", 1), mask("c", "nodule", 3),  # shares the lung alone
        mask("d", "lung", 4), mask("e", "lung", 4),  # of one patient
        mask("f", "lung", 5, shape=(4, 1)), mask("g", "lung", 5),
        mask("h", "nodule", 6, EMPTY_MASK), mask("i", "nodule", 6, EMPTY_MASK),
        mask("j", "heart", 7), mask("k", "heart", 7),  # not asked for
    ]  # fmt: skip
    patient_of = {case: case for case in "abcfghijk"} | {"d": "p", "e": "p"}
    (notice,) = alike(masks, ("lung", "nodule"), patient_of)
    assert (notice.kind, notice.count, notice.case_ids) == ("masks_alike", 2, ("a", "b"))
    assert notice.detail.startswith("2 scans of 2 patients share their masks voxel by voxel")
    assert not list(alike(masks[3:], ("lung", "nodule"), patient_of))
