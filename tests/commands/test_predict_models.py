"""Which model scores new scans: the champion, a generation by its number, and another in its shadow."""

from __future__ import annotations

import csv
import json
import shutil
from pathlib import Path

import handed_on
import pytest
from dicom_files import write
from ingesting import config, scan

from pipeline import backend, champion, digests
from pipeline.champion.pointer import record_move
from pipeline.commands.predict import Wanted, run
from pipeline.config import Config, dump_without_places
from pipeline.config.ingest import READING, Ingest
from pipeline.contracts import rule
from pipeline.errors import DamageError, DataError, UsageError
from pipeline.normalize.recipe import parse
from pipeline.provenance import cores
from pipeline.workspace import Workspace
from pipeline.writing import write_json

SETTINGS = config(modalities=["DX"]).model_copy(
    update={"normalize": ({"resize": {"shape": [4, 4]}}, {"z_score": {}})}
)
OUT = Path("out/new.csv")


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """Two models by the class that they always name, of recipes with other sizes."""
    backend.start(cores())
    import keras

    folders = {}
    for place, (said, side) in enumerate((("no", 4), ("yes", 6))):
        folder = tmp_path_factory.mktemp(said)
        inputs = keras.Input((side, side, 1))
        outputs = keras.layers.Dense(2, kernel_initializer="zeros")(
            keras.layers.GlobalAveragePooling2D()(inputs)
        )
        model = keras.Model(inputs, outputs)
        model.layers[-1].bias.assign([2.0 * (1 - place), 2.0 * place])
        model.save(folder / "model.keras")
        recipe = parse(
            ({"resize": {"shape": [side, side]}}, {"z_score": {}}), lambda keys, message: ValueError(message)
        )
        handed_on.model_in(
            folder,
            recipe=tuple(recipe.resolved),
            recipe_id=recipe.recipe_id,
            input_shape=(side, side, 1),
            model_sha256=digests.of_file(folder / "model.keras"),
        )
        folders[said] = folder
    return folders


@pytest.fixture
def promoted(
    workspace: Workspace, made: dict[str, Path], own_key: Path, monkeypatch: pytest.MonkeyPatch
) -> Workspace:
    """Generation 0001, the champion, says no; 0002 and the candidate say yes."""
    monkeypatch.chdir(workspace.root)
    for folder, said in (("generations/0001", "no"), ("generations/0002", "yes"), ("candidate", "yes")):
        shutil.copytree(made[said], workspace.reports / folder)
    for name in ("0001", "0002"):
        champion.seal(workspace.generations / name)
    model = digests.of_file(workspace.generations / "0001" / "model.keras")
    move = {
        "action": "promote",
        "generation": "0001",
        "model": model,
        "approver": "Ada",
        "reason": "",
        "verdict": "FIRST",
    }
    record_move(workspace, move)
    write(workspace.root / "new/1.dcm", scan(1))
    return workspace


def predicted(workspace: Workspace, **wanted: str) -> tuple[str, ...]:
    return run(SETTINGS, workspace, new="new", out=OUT, wanted=Wanted(seg="none", **wanted)).lines  # type: ignore[arg-type]


def said(name: str = "new.csv") -> list[str]:
    with (OUT.parent / name).open(newline="") as stream:
        return [row["predicted"] for row in csv.DictReader(stream)]


def test_the_champion_answers_unless_a_generation_is_named(promoted: Workspace) -> None:
    assert "with the champion, generation 0001: " in predicted(promoted)[-1]
    assert said() == ["no"]
    assert "with the generation 0002: " in predicted(promoted, generation="2")[-1]
    assert said() == ["yes"]


@pytest.mark.parametrize("shadow", ["2", "candidate"])
def test_a_shadow_s_answers_lie_beside_the_champion_s_by_its_own_recipe(
    shadow: str, promoted: Workspace
) -> None:
    lines = predicted(promoted, shadow=shadow)
    name = "candidate" if shadow == "candidate" else "0002"
    assert said() == ["no"]
    assert said(f"new-shadow-{name}.csv") == ["yes"]
    assert any(line.startswith("In the shadow: Scored 1 case with the ") for line in lines)
    assert "with the champion, generation 0001" in lines[-1]
    assert sorted(path.name for path in OUT.parent.iterdir()) == ["new-shadow-" + name + ".csv", "new.csv"]


def test_a_shadow_that_cannot_be_asked_takes_nothing_from_the_champion(
    promoted: Workspace, made: dict[str, Path]
) -> None:
    folder = promoted.generations / "0002"
    record = json.loads((folder / "model.json").read_text())
    volumes = [{"crop_or_pad": {"shape": [4, 4, 4], "fill": "minimum"}}]
    write_json(folder / "model.json", {**record, "recipe": volumes, "recipe_id": "another"})
    champion.seal(folder)
    lines = predicted(promoted, shadow="2")
    assert any(line.startswith("The shadow (generation 0002) could not be asked: ") for line in lines)
    assert said() == ["no"]
    assert not (OUT.parent / "new-shadow-0002.csv").exists()


@pytest.mark.parametrize("lost", ["pruned", "model.keras", "model.json", "digests.json", "no candidate"])
def test_a_shadow_without_its_model_takes_nothing_from_the_champion_either(
    lost: str, promoted: Workspace
) -> None:
    folder = promoted.generations / "0002"
    if lost == "pruned":
        champion.prune(promoted, "2")
    elif lost == "no candidate":
        folder = promoted.candidate
        shutil.rmtree(folder)
    else:
        (folder / lost).write_text("not what it was")
    lines = predicted(promoted, shadow="candidate" if lost == "no candidate" else "2")
    who = "candidate" if lost == "no candidate" else "generation 0002"
    assert any(line.startswith(f"The shadow ({who}) could not be asked: ") for line in lines)
    assert said() == ["no"]
    assert [path.name for path in OUT.parent.iterdir()] == ["new.csv"]


def test_a_shadow_whose_model_cannot_be_read_here_takes_nothing_from_the_champion(
    promoted: Workspace,
) -> None:
    folder = promoted.generations / "0002"
    (folder / "model.keras").write_text("of another version")
    record = json.loads((folder / "model.json").read_text())
    model_sha256 = digests.of_file(folder / "model.keras")
    write_json(folder / "model.json", {**record, "model_sha256": model_sha256})
    champion.seal(folder)
    lines = predicted(promoted, shadow="2")
    assert any(line.startswith("The shadow (generation 0002) could not be asked: ") for line in lines)
    assert said() == ["no"]


def keep_settings(workspace: Workspace, generation: str, settings: Config) -> None:
    """A generation's own copy of its settings, as a promotion leaves it."""
    folder = workspace.generations / generation
    (folder / "config.yaml").write_text(dump_without_places(settings))
    champion.seal(folder)


def test_a_generation_reads_scans_by_its_own_settings_whatever_the_yaml_has_become(
    promoted: Workspace,
) -> None:
    write(promoted.root / "new/2.dcm", scan(2, "CR"))
    of_radiographs = SETTINGS.ingest.model_copy(update={"modalities": ("DX", "CR")})
    wider = SETTINGS.model_copy(update={"ingest": of_radiographs})
    keep_settings(promoted, "0001", SETTINGS)
    lines = run(wider, promoted, new="new", out=OUT, wanted=Wanted(seg="none")).lines
    assert said() == ["no"], "the champion was made for DX alone"
    assert lines[0] == (
        "Scans are read as generation 0001 reads them: the YAML has another `ingest.modalities` by now."
    )
    keep_settings(promoted, "0001", wider)
    lines = run(SETTINGS, promoted, new="new", out=OUT, wanted=Wanted(seg="none")).lines
    assert said() == ["no", "no"]
    lines = run(wider, promoted, new="new", out=OUT, wanted=Wanted(seg="none")).lines
    assert not any("the YAML has" in line or "can't be read" in line for line in lines)


def test_a_shadow_that_reads_scans_in_another_way_is_not_asked_about_the_champion_s(
    promoted: Workspace,
) -> None:
    keep_settings(promoted, "0001", SETTINGS)
    wider = SETTINGS.ingest.model_copy(update={"modalities": ("DX", "CR")})
    keep_settings(promoted, "0002", SETTINGS.model_copy(update={"ingest": wider}))
    lines = predicted(promoted, shadow="2")
    [line] = [line for line in lines if line.startswith("The shadow (generation 0002) could not be asked: ")]
    assert "(`ingest.modalities`)" in line
    assert said() == ["no"]


def test_a_candidate_reads_scans_as_it_was_trained_whatever_the_yaml_has_become(
    promoted: Workspace,
) -> None:
    write(promoted.root / "new/2.dcm", scan(2, "CR"))
    shutil.rmtree(promoted.generations)
    (promoted.reports / "champion.json").unlink()
    shutil.rmtree(promoted.ledgers)
    wider = SETTINGS.model_copy(
        update={"ingest": SETTINGS.ingest.model_copy(update={"modalities": ("DX", "CR"), "min_slices": 7})}
    )
    record = json.loads((promoted.candidate / "model.json").read_text())
    write_json(promoted.candidate / "model.json", {**record, "reading": SETTINGS.ingest.reading})
    (promoted.candidate / "config.yaml").write_text(
        dump_without_places(wider)
    )  # a later `make` wrote it anew
    lines = run(wider, promoted, new="new", out=OUT, wanted=Wanted(seg="none")).lines
    assert lines[0] == (
        "Scans are read as the candidate reads them: the YAML has another `ingest.modalities`, "
        "`ingest.min_slices` by now."
    )
    assert said() == ["yes"], "the candidate was made of DX alone"
    lines = run(SETTINGS, promoted, new="new", out=OUT, wanted=Wanted(seg="none")).lines
    assert not any("the YAML has" in line or "can't be read" in line for line in lines)


def test_what_a_model_s_record_says_of_reading_counts_before_the_copy_of_the_yaml(
    promoted: Workspace,
) -> None:
    wider = SETTINGS.ingest.model_copy(update={"modalities": ("DX", "CR")})
    folder = promoted.generations / "0001"
    record = json.loads((folder / "model.json").read_text())
    write_json(folder / "model.json", {**record, "reading": SETTINGS.ingest.reading})
    keep_settings(promoted, "0001", SETTINGS.model_copy(update={"ingest": wider}))
    assert not any("the YAML has" in line for line in predicted(promoted))
    write_json(folder / "model.json", {**record, "reading": {"unit": "of another version"}})
    champion.seal(folder)
    assert predicted(promoted)[0].startswith("The settings of generation 0001 can't be read")


def test_a_model_abstains_for_the_reasons_of_its_own_rule(promoted: Workspace) -> None:
    keep_settings(promoted, "0001", SETTINGS)
    for name, reasons in (("0001", ["several"]), ("0002", ["none"])):
        folder = promoted.generations / name
        rule.FILE.write(folder, rule.Rule({"abstain": reasons}, {}))
        (folder / "config.yaml").write_text(dump_without_places(SETTINGS))
        champion.seal(folder)
    lines = predicted(promoted, shadow="2")
    other = "the YAML has another `evaluate.abstain` by now."
    assert lines[0] == f"Whether to abstain is told as generation 0001 does: {other}"
    assert f"In the shadow: Whether to abstain is told as generation 0002 does: {other}" in lines
    rule.FILE.write(promoted.generations / "0001", rule.Rule({}, {}))  # what is said nowhere is the default
    champion.seal(promoted.generations / "0001")
    assert not any("abstain is told" in line for line in predicted(promoted))


def test_settings_that_a_generation_did_not_keep_are_told(promoted: Workspace) -> None:
    assert predicted(promoted)[0].startswith("The settings of generation 0001 can't be read")


def test_every_key_of_ingest_decides_what_voxels_say_or_is_known_not_to() -> None:
    whose_and_how = {
        "raw", "key", "withdrawn", "patient_from", "dummy_ids", "masks", "dates", "pixel_text",
        "settle_seconds", "workers", "executor", "scheduler", "failed_share", "limits",
    }  # fmt: skip
    assert {*READING} | whose_and_how == {*Ingest.model_fields}
    assert whose_and_how.isdisjoint(READING)


def test_what_is_no_generation_or_was_pruned_or_changed_is_told_before_scans_are_read(
    promoted: Workspace,
) -> None:
    with pytest.raises(UsageError, match="There is no generation '3': there are 0001, 0002"):
        predicted(promoted, shadow="3")
    champion.prune(promoted, "2")
    with pytest.raises(DataError, match="The model of generation 0002 was pruned"):
        predicted(promoted, generation="2")
    (promoted.generations / "0002" / "model.json").write_text("{}")
    with pytest.raises(DamageError):
        predicted(promoted, generation="2")
    assert not OUT.exists()
