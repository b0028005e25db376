from __future__ import annotations

import json
import shutil
from pathlib import Path

import handed_on
import numpy as np
import pytest

from pipeline import digests
from pipeline.arrays import Shards
from pipeline.catalogue import Catalogue
from pipeline.errors import ConfigError, DamageError, DataError, RetryError
from pipeline.locking import lock
from pipeline.normalize import run
from pipeline.normalize.recipe import parse
from pipeline.normalize.store import require_space
from pipeline.stages import output_digests
from pipeline.workspace import Workspace
from pipeline.writing import write_json

WINDOW = "  - hu_window: {low: -200, high: 400}"
RESIZE = "  - resize: {shape: [3, 4]}"


def arrays(workspace: Workspace, recipe_id: str) -> dict[str, np.ndarray]:
    with Catalogue(workspace.catalogue) as catalogue:
        stored = catalogue.arrays(recipe_id)
    shards = Shards(workspace.normalized)
    return {case_id: np.array(shards.read(where)) for case_id, where in stored.items()}


def record(workspace: Workspace) -> dict:
    return json.loads((workspace.data / "normalize.json").read_text())


def tree(workspace: Workspace) -> dict[str, str]:
    """The digest of every file of the stage, and the rows of the catalogue."""
    files = [*workspace.normalized.iterdir(), workspace.data / "normalize.json"]
    with Catalogue(workspace.catalogue) as catalogue:
        rows = catalogue.query("SELECT * FROM arrays ORDER BY recipe_id, case_id")
    return {path.name: digests.of_file(path) for path in files} | {"rows": digests.of_json(rows)}


def test_every_scan_of_the_cohort_gets_an_array_of_one_shape_and_type(analysis, noise) -> None:
    scans = noise(1, 3)
    analysis.add(scans)
    summary = run(analysis.config(WINDOW), analysis.workspace)
    made = record(analysis.workspace)
    found = arrays(analysis.workspace, made["recipe_id"])
    assert made["shape"] == [6, 8, 1]
    assert made["dtype"] == "float16"
    for case_id, scan in scans.items():
        expected = (np.clip(scan, -200, 400) + 200) / 600
        np.testing.assert_allclose(found[case_id][..., 0], expected, atol=1 / 4096)
    assert summary.lines == (f"3 of 3 scans ready as 6 x 8 x 1 float16 (recipe {made['recipe_id']}), 3 new",)


def test_the_record_has_the_spacing_of_the_arrays(analysis, noise) -> None:
    analysis.add(noise(1, 3), spacing=2.0)
    run(analysis.config(RESIZE), analysis.workspace)
    assert record(analysis.workspace)["spacing"] == [4.0, 4.0]  # 6 x 8 voxels of 2 mm became 3 x 4


def test_a_second_run_changes_nothing(analysis, noise) -> None:
    analysis.add(noise(1, 3))
    run(analysis.config(WINDOW), analysis.workspace)
    before = tree(analysis.workspace)
    summary = run(analysis.config(WINDOW), analysis.workspace)
    assert not summary.changed
    assert summary.lines[0].endswith("0 new")
    assert tree(analysis.workspace) == before


def test_only_new_scans_are_computed_and_old_shards_stay(analysis, noise) -> None:
    analysis.add(noise(1, 2))
    run(analysis.config(WINDOW), analysis.workspace)
    (old,) = analysis.workspace.normalized.glob("*.npy")
    written = old.stat().st_mtime_ns
    analysis.add(noise(3, 1))
    summary = run(analysis.config(WINDOW), analysis.workspace)
    assert summary.lines[0].startswith("3 of 3 scans")
    assert summary.lines[0].endswith("1 new")
    assert old.stat().st_mtime_ns == written


def test_a_changed_scan_is_computed_anew_and_the_old_shard_goes(analysis, noise) -> None:
    analysis.add(noise(1, 1))
    run(analysis.config(WINDOW), analysis.workspace)
    changed = np.full((6, 8), 100, np.int16)
    analysis.add({"c01": changed})
    run(analysis.config(WINDOW), analysis.workspace)
    found = arrays(analysis.workspace, record(analysis.workspace)["recipe_id"])
    np.testing.assert_array_equal(found["c01"], np.full((6, 8, 1), 0.5))
    assert len(list(analysis.workspace.normalized.glob("*.npy"))) == 1


def test_another_recipe_leaves_the_arrays_of_the_first(analysis, noise) -> None:
    analysis.add(noise(1, 1))
    run(analysis.config(WINDOW), analysis.workspace)
    first = record(analysis.workspace)["recipe_id"]
    run(analysis.config(RESIZE), analysis.workspace)
    assert arrays(analysis.workspace, first)["c01"].shape == (6, 8, 1)
    assert arrays(analysis.workspace, record(analysis.workspace)["recipe_id"])["c01"].shape == (3, 4, 1)


def test_deleted_shards_are_made_again(analysis, noise) -> None:
    analysis.add(noise(1, 2))
    run(analysis.config(WINDOW), analysis.workspace)
    before = tree(analysis.workspace)
    shutil.rmtree(analysis.workspace.normalized)
    run(analysis.config(WINDOW), analysis.workspace)
    assert tree(analysis.workspace) == before


def test_a_refused_scan_is_listed_and_not_tried_again(analysis, noise) -> None:
    analysis.add({**noise(1, 5), "c00": np.zeros((6, 8), np.int16)})
    config = analysis.config("  - z_score: {}")
    summary = run(config, analysis.workspace)
    assert summary.lines[0].endswith("6 new; refused constant_image 1")
    listed = json.loads((analysis.workspace.normalized / "refused.json").read_text())
    (refusal,) = listed["recipes"][record(analysis.workspace)["recipe_id"]]
    assert (refusal["case_id"], refusal["reason"]) == ("c00", "constant_image")
    assert run(config, analysis.workspace).lines[0].endswith("0 new; refused constant_image 1")


def test_a_scan_refused_for_its_unit_is_tried_again_when_that_is_stated(analysis, noise) -> None:
    analysis.add(noise(1, 5))
    analysis.add(noise(6, 1), unit="US")
    config = analysis.config(WINDOW)
    assert run(config, analysis.workspace).lines[0].endswith("6 new; refused unit_not_hu 1")
    analysis.add(noise(6, 1), unit="HU")  # the same values
    assert run(config, analysis.workspace).lines[0].startswith("6 of 6 scans ready")


def test_a_list_of_refusals_of_an_earlier_version_is_made_anew(analysis, noise) -> None:
    analysis.add({**noise(1, 5), "c00": np.zeros((6, 8), np.int16)})
    config = analysis.config("  - z_score: {}")
    run(config, analysis.workspace)
    path = analysis.workspace.normalized / "refused.json"
    path.write_text(path.read_text().replace("refused/2", "refused/1").replace("scan_digest", "pixel_digest"))
    assert run(config, analysis.workspace).lines[0].endswith("1 new; refused constant_image 1")


def test_too_many_refused_scans_stop_the_run_with_their_reasons(analysis, noise) -> None:
    analysis.add({**noise(1, 3), "c00": np.zeros((6, 8), np.int16)})
    with pytest.raises(DataError) as error:
        run(analysis.config("  - z_score: {}"), analysis.workspace)
    assert str(error.value).startswith(
        "1 of 4 scans can't be normalized (constant_image 1), more than `ingest.failed_share` allows. "
        "For instance c00: z_score needs contrast"
    )


def test_a_recipe_for_volumes_says_why_no_image_fits(analysis, noise) -> None:
    analysis.add(noise(1, 2))
    with pytest.raises(DataError, match="shape has 3 numbers, expected 2"):
        run(analysis.config("  - resize: {shape: [2, 3, 4]}"), analysis.workspace)


def test_scans_of_several_shapes_are_refused_with_the_steps_to_add(analysis, noise) -> None:
    analysis.add({**noise(1, 2), "c09": np.ones((6, 9), np.int16)})
    with pytest.raises(DataError) as error:
        run(analysis.config(WINDOW), analysis.workspace)
    assert "[6, 8, 1] and [6, 9, 1]" in str(error.value)
    assert "'- resize: {shape: [...]}'" in str(error.value)
    run(analysis.config("  - crop_or_pad: {shape: [6, 8]}"), analysis.workspace)
    assert record(analysis.workspace)["shape"] == [6, 8, 1]


def test_scans_of_another_source_stop_nothing_whatever_is_wrong_with_them(analysis, noise) -> None:
    analysis.add({"c00": np.ones((6, 9), np.int16)}, part="external")
    analysis.add(noise(1, 3))
    analysis.add({**noise(4, 1), "c09": np.ones((9, 6), np.int16)}, part="external")
    analysis.add(noise(5, 2), unit="US", part="external")
    summary = run(analysis.config(WINDOW, failed_share=0), analysis.workspace)
    made = record(analysis.workspace)
    assert (made["shape"], made["scans"]) == ([6, 8, 1], 4)
    assert made["refused"] == {"other_shape": 2, "unit_not_hu": 2}
    assert summary.lines[0].startswith("4 of 8 scans ready as 6 x 8 x 1")
    assert not run(analysis.config(WINDOW, failed_share=0), analysis.workspace).changed


def test_scans_of_another_source_are_not_counted_as_what_came_out_well(analysis, noise) -> None:
    analysis.add(noise(1, 20), part="external")
    analysis.add({**noise(21, 3), "c00": np.zeros((6, 8), np.int16)})
    with pytest.raises(DataError, match="1 of 4 scans can't be normalized"):
        run(analysis.config("  - z_score: {}"), analysis.workspace)


def test_a_misspelt_step_names_file_and_line(analysis, noise) -> None:
    analysis.add(noise(1, 1))
    with pytest.raises(
        ConfigError, match=r"tiny.yaml:4: unknown step 'hu_windo' \(did you mean 'hu_window'\?\)"
    ):
        run(analysis.config("  - hu_windo: {low: 0, high: 1}"), analysis.workspace)


def test_a_damaged_native_shard_stops_the_run(analysis, noise) -> None:
    analysis.add(noise(1, 2))
    (shard,) = analysis.workspace.cases.glob("*.npy")
    data = bytearray(shard.read_bytes())
    data[130] ^= 255
    shard.write_bytes(data)
    with pytest.raises(DamageError, match="make clean"):
        run(analysis.config(WINDOW), analysis.workspace)
    assert not (analysis.workspace.data / "normalize.json").exists()


def test_a_cohort_that_is_ahead_of_the_catalogue_is_refused(analysis, noise) -> None:
    analysis.add(noise(1, 1))
    analysis.parts["gone"] = "test"
    analysis.write_cohort(analysis.workspace.candidate)
    with pytest.raises(DataError, match="names 1 scans that the catalogue doesn't hold"):
        run(analysis.config(WINDOW), analysis.workspace)


def test_no_room_on_the_disk_is_told_before_anything_is_written(tmp_path: Path) -> None:
    with pytest.raises(RetryError, match="Nothing was written"):
        require_space(tmp_path, 2**80)


def test_the_champions_recipe_covers_the_test_part_and_what_is_new(analysis, noise) -> None:
    analysis.add(noise(1, 2), part="train")
    analysis.add(noise(3, 1), part="test")
    steps = [{"crop_or_pad": {"shape": [2, 2]}}]
    recipe = parse(steps, lambda keys, message: ConfigError(message))
    handed_on.point_at(analysis.workspace, "0001")
    folder = analysis.workspace.generations / "0001"
    handed_on.model_in(folder, recipe=tuple(steps), recipe_id=recipe.recipe_id)
    analysis.write_cohort(folder)
    analysis.add(noise(4, 1), part="train")
    summary = run(analysis.config(WINDOW), analysis.workspace)
    assert sorted(arrays(analysis.workspace, recipe.recipe_id)) == ["c03", "c04"]
    assert record(analysis.workspace)["champion"]["shape"] == [2, 2, 1]
    assert len(summary.lines) == 2


def test_a_champion_of_the_same_recipe_costs_nothing_more(analysis, noise) -> None:
    analysis.add(noise(1, 1), part="test")
    config = analysis.config(WINDOW)
    recipe = parse(config.normalize, config.refuse)
    handed_on.point_at(analysis.workspace, "0001")
    folder = analysis.workspace.generations / "0001"
    handed_on.model_in(folder, recipe=tuple(recipe.resolved), recipe_id=recipe.recipe_id)
    analysis.write_cohort(folder)
    run(config, analysis.workspace)
    assert record(analysis.workspace)["champion"] is None


def test_a_child_that_runs_out_of_memory_costs_its_own_scan_alone(analysis, noise) -> None:
    analysis.add({**noise(1, 6), "c00": np.ones((6, 8), np.int16)})
    # The scan of 80 m a voxel needs gigabytes at 1 mm, the others next to nothing.
    analysis.add({"c99": np.ones((6, 8), np.int16)}, spacing=80_000.0)
    summary = run(
        analysis.config("  - resample: {spacing_mm: [4, 4]}\n  - crop_or_pad: {shape: [3, 4]}"),
        analysis.workspace,
    )
    assert summary.lines[0].startswith("7 of 8 scans ready")
    assert "refused failed_memory 1" in summary.lines[0]


@pytest.mark.parametrize("point", ["commit:catalogue", "committed:catalogue", "write:normalize.json"])
def test_a_kill_at_any_moment_leaves_the_bytes_of_an_unbroken_run(
    analysis, noise, scanloom, point: str
) -> None:
    analysis.add({**noise(1, 5), "c00": np.zeros((6, 8), np.int16)})
    analysis.add(noise(6, 3))
    config = analysis.config("  - z_score: {}")
    whole = Workspace(analysis.workspace.root / "whole", "tiny")
    shutil.copytree(analysis.workspace.root, whole.root, ignore=shutil.ignore_patterns("whole"))
    run(config, whole)
    outputs = output_digests("cohort", analysis.workspace)
    write_json(analysis.workspace.stamp("cohort"), {"stage": "cohort", "outputs": outputs})
    killed = scanloom("normalize", "tiny.yaml", SCANLOOM_CRASH_AT=point)
    assert killed.returncode == -9
    with lock(analysis.workspace):
        run(config, analysis.workspace)
    assert tree(analysis.workspace) == tree(whole)
