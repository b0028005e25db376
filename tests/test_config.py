from pathlib import Path

import pytest
from pydantic import BaseModel, ConfigDict

from pipeline.config import Config, differing, dump, dump_without_places, is_known, load, settings
from pipeline.errors import ConfigError, UsageError
from pipeline.tasks.settings import require_settings

GOOD = """\
ingest:
  raw: data/raw/study
cohort:
  labels: data/raw/study/labels.csv
  target: label
normalize:
  - resize: {shape: [64, 64]}
train:
  learning_rate: 1e-3
report:
  title: no
"""


class Width(BaseModel):
    model_config = ConfigDict(extra="forbid")
    width: int = 16


def write(folder: Path, text: str, name: str = "study.yaml") -> Path:
    path = folder / name
    path.write_text(text)
    return path


def test_a_minimal_file_gets_all_defaults_and_its_name(tmp_path: Path) -> None:
    config = load(write(tmp_path, GOOD))
    assert config.name == "study"
    assert config.report.title == "no"
    assert config.train.learning_rate == 0.001
    assert config.cohort.shares.train == 0.70


def test_the_printed_configuration_loads_to_the_same(tmp_path: Path) -> None:
    config = load(write(tmp_path, GOOD))
    printed = load(write(tmp_path, dump(config)))
    assert printed.model_dump() == config.model_dump()


@pytest.mark.parametrize(
    ("old", "new", "line", "words"),
    [
        ("  target: label", "  taget: label", 5, "unknown key 'taget' (did you mean 'target'?)"),
        ("train:", "trian:", 8, "unknown key 'trian' (did you mean 'train'?)"),
        ("learning_rate: 1e-3", "learning_rate: fast", 9, "'train.learning_rate': expected a valid number, found \"fast\""),
        ("learning_rate: 1e-3", "learning_rate: -1", 9, "'train.learning_rate': expected greater than 0, found -1"),
        ("learning_rate: 1e-3", "epochs: 2.5", 9, "'train.epochs'"),
        ("learning_rate: 1e-3", "epochs: '20'", 9, "'train.epochs': expected a valid integer"),
        ("learning_rate: 1e-3", "augment: {shift: 0.1, noize: 1}", 9, "unknown key 'noize' (did you mean 'noise'?)"),
        ("learning_rate: 1e-3", "learning_rate: .nan", 9, "'train.learning_rate'"),
        ("  raw: data/raw/study", "  raw: data/raw/study\n  unit: volume", 3, "expected 'image' or 'series', found \"volume\""),
        ("  target: label", "  target: label\n  shares: {train: 0.9, validation: 0.9}", 6, "must add up to 1, not 1.95"),
        ("  target: label", "  target: label\n  target: label", 6, "duplicate key"),
        ("  target: label", "  target: label\n  unit: %", 6, "cannot start any token. Put the value in quotes."),
        ("  target: label", "  target: label\n\tunit: mm", 6, "cannot start any token. Indent by spaces."),
        ("  raw: data/raw/study", "  raw: raw\n  executor: dask", 1, "`executor: dask` needs `scheduler: tcp://host:port`"),
        ("  raw: data/raw/study", "  raw: [data", 3, "expected ',' or ']'"),
    ],
)  # fmt: skip
def test_a_wrong_key_or_value_is_told_with_its_line(
    tmp_path: Path, old: str, new: str, line: int, words: str
) -> None:
    path = write(tmp_path, GOOD.replace(old, new))
    with pytest.raises(ConfigError) as caught:
        load(path)
    assert words in str(caught.value)
    assert f"{path}:{line}: " in str(caught.value)


@pytest.mark.parametrize("url", ["sftp://ada:hunter2@host/scans", "https://host/scans?token=hunter2"])
def test_a_url_with_a_secret_is_refused_without_showing_it(tmp_path: Path, url: str) -> None:
    with pytest.raises(
        ConfigError, match=r"study.yaml:2: 'ingest.raw': a URL must hold no password or token"
    ) as caught:
        load(write(tmp_path, GOOD.replace("data/raw/study", url)))
    assert "hunter2" not in str(caught.value)


def test_the_url_of_a_local_folder_is_its_path(tmp_path: Path) -> None:
    assert (
        load(write(tmp_path, GOOD.replace("data/raw/study", "file:///mnt/scans"))).ingest.raw == "/mnt/scans"
    )


def test_a_missing_key_is_named(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"study.yaml:1: 'ingest.raw' is missing"):
        load(write(tmp_path, GOOD.replace("  raw: data/raw/study\n", "  workers: 1\n")))


@pytest.mark.parametrize("key", ["labels: data/raw/study/labels.csv", "target: label"])
def test_a_table_and_its_target_are_missed_where_the_truth_stands_in_one(key: str, tmp_path: Path) -> None:
    missing = key.partition(":")[0]
    with pytest.raises(ConfigError, match=rf"study.yaml:3: 'cohort.{missing}' is missing"):
        require_settings(load(write(tmp_path, GOOD.replace(f"  {key}\n", ""))))


def test_the_declared_structures_are_the_targets_where_none_is_named(tmp_path: Path) -> None:
    masks = "ingest:\n  masks: {structures: {lung: 1, nodule: 2}}\n"
    text = GOOD.replace("ingest:\n", masks).replace("  target: label\n", "")
    assert load(write(tmp_path, text)).cohort.target == ("lung", "nodule")
    assert load(write(tmp_path, GOOD.replace("ingest:\n", masks))).cohort.target == ("label",)


MASKED = """\
task: segmentation
ingest:
  raw: data/raw/study
  masks: {structures: {lung: 1, nodule: 2}}
normalize:
  - resize: {shape: [64, 64]}
train: {model: unet}
report:
  title: no
"""


@pytest.mark.parametrize("cohort", ["", "cohort:\n", "cohort: {}\n", "cohort:\n  # salt: 2\n"])
def test_a_section_that_is_missing_or_empty_has_its_defaults(cohort: str, tmp_path: Path) -> None:
    config = load(write(tmp_path, MASKED + cohort))
    require_settings(config)
    assert config.cohort.target == ("lung", "nodule")
    assert config.model_dump() == load(write(tmp_path, MASKED + "cohort: {}\n")).model_dump()


@pytest.mark.parametrize("section", ["ingest", "report", "normalize"])
@pytest.mark.parametrize("left", ["", "{}:\n"])
def test_a_section_that_is_needed_is_missed_by_the_key_that_is(
    section: str, left: str, tmp_path: Path
) -> None:
    import yaml

    text = yaml.safe_dump({key: value for key, value in yaml.safe_load(MASKED).items() if key != section})
    needed = {"ingest": "'ingest.raw' is missing", "report": "'report.title' is missing"}
    with pytest.raises(ConfigError, match=needed.get(section, "'normalize'")):
        load(write(tmp_path, text + left.format(section)))


@pytest.mark.parametrize("cohort", ["", "cohort:\n"])
def test_a_table_is_missed_by_its_key_where_the_whole_section_is_missing(cohort: str, tmp_path: Path) -> None:
    text = GOOD.replace("cohort:\n  labels: data/raw/study/labels.csv\n  target: label\n", cohort)
    with pytest.raises(ConfigError, match=r"'cohort\.labels' is missing"):
        require_settings(load(write(tmp_path, text)))


def test_all_errors_are_told_at_once_in_the_order_of_the_file(tmp_path: Path) -> None:
    text = GOOD.replace("learning_rate", "lerning_rate").replace("  raw:", "  rwa:")
    with pytest.raises(ConfigError) as caught:
        load(write(tmp_path, text), lambda name: Width)
    lines = [line.split(":")[1] for line in str(caught.value).splitlines()]
    assert lines == ["1", "2", "9"]


@pytest.mark.parametrize("name", ["my study.yaml", "raw.yaml", ".yaml", "ü.yaml"])
def test_a_name_that_cannot_name_a_folder_is_refused(tmp_path: Path, name: str) -> None:
    with pytest.raises(UsageError, match="can't name an analysis"):
        load(write(tmp_path, GOOD, name))


@pytest.mark.parametrize("text", ["", "just words", "- a\n- b\n", "\tx: 1"])
def test_what_is_not_a_configuration_is_refused(tmp_path: Path, text: str) -> None:
    with pytest.raises(ConfigError):
        load(write(tmp_path, text))


def test_an_absent_file_is_told(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"There is no configuration .*absent.yaml"):
        load(tmp_path / "absent.yaml")


@pytest.mark.parametrize(
    ("key", "sentence"),
    [
        ("widht: 8", "study.yaml:9: unknown key 'widht' (did you mean 'width'?)."),
        ("epohcs: 8", "study.yaml:9: unknown key 'epohcs' (did you mean 'epochs'?)."),
        ("width: wide", "study.yaml:9: 'train.width': expected a valid integer, found \"wide\"."),
    ],
)
def test_a_wrong_key_of_the_network_is_told_as_any_other(tmp_path: Path, key: str, sentence: str) -> None:
    with pytest.raises(ConfigError) as caught:
        load(write(tmp_path, GOOD.replace("learning_rate: 1e-3", key)), lambda name: Width)
    assert str(caught.value).endswith(sentence)


def test_keys_of_the_network_stand_in_the_section_with_their_defaults(tmp_path: Path) -> None:
    config = load(write(tmp_path, GOOD), lambda name: Width)
    assert config.section("train")["width"] == 16
    given = load(
        write(tmp_path, GOOD.replace("learning_rate: 1e-3", "learning_rate: 1e-3\n  width: 16")),
        lambda name: Width,
    )
    assert given.section("train") == config.section("train")


def test_a_file_of_the_network_counts_by_its_contents_and_its_name_is_kept_nowhere(tmp_path: Path) -> None:
    class Weights(BaseModel):
        weights: Path

    def section() -> dict:
        config = load(
            write(tmp_path, GOOD.replace("learning_rate: 1e-3", f"weights: {path}")), lambda name: Weights
        )
        assert "secret" not in dump_without_places(config)
        assert str(path) in dump(config)
        return config.section("train")

    path = tmp_path / "secret.h5"
    path.write_bytes(b"some weights")
    before = section()
    assert "secret" not in str(before)
    path.write_bytes(b"other weights")
    assert section() != before


def test_a_registry_can_refuse_at_the_line_of_a_step(tmp_path: Path) -> None:
    config = load(write(tmp_path, GOOD))
    error = config.refuse(("normalize", 0, "resize", "shape"), "too small")
    assert str(error).endswith("study.yaml:7: too small")


def planned(tmp_path: Path, more: str = "") -> dict[str, object]:
    return settings(load(write(tmp_path, GOOD + more)))


def test_settings_that_a_plan_is_about_are_told_by_key_and_places_and_words_of_people_are_not(
    tmp_path: Path,
) -> None:
    found = planned(tmp_path)
    assert found["train.learning_rate"] == 0.001
    assert found["ingest.pixel_text"] == "not_reviewed"  # which lets files in
    assert found["normalize"] == [{"resize": {"shape": [64, 64]}}]
    assert not {"evaluate.robustness", "evaluate.prevalences"} & set(found)  # which decide nothing
    assert not {"ingest.raw", "cohort.labels", "ingest.key", "report.title", "name"} & set(found)


def test_a_copy_of_the_settings_differs_in_nothing(tmp_path: Path) -> None:
    config = load(write(tmp_path, GOOD))
    copy = load(write(tmp_path, dump_without_places(config)))
    assert differing(settings(copy), settings(config)) == []


def test_folders_of_another_source_are_named_in_no_copy_and_change_no_plan(tmp_path: Path) -> None:
    def told(folder: str) -> Config:
        return load(
            write(
                tmp_path,
                GOOD.replace("  target: label", f"  target: label\n  external: {{folders: [{folder}]}}"),
            )
        )

    ward, other = told("ward-of-mr-x"), told("other")
    assert "ward-of-mr-x" in dump(ward)
    assert "ward-of-mr-x" not in dump_without_places(ward) + str(ward.section("cohort"))
    assert ward.section("cohort") != other.section("cohort")
    assert settings(ward) == settings(other)
    assert settings(load(write(tmp_path, dump_without_places(ward)))) == settings(ward)


def test_a_section_that_came_is_told_once(tmp_path: Path) -> None:
    then, now = planned(tmp_path), planned(tmp_path, "evaluate: {goal: {metric: auroc, at_least: 0.9}}\n")
    assert differing(then, now) == ["evaluate.goal"]


def test_a_file_of_weights_stands_by_its_contents_wherever_it_lies(tmp_path: Path) -> None:
    for name, text in (("a", "one"), ("b", "one"), ("c", "two")):
        (tmp_path / name).write_text(text)
    config = load(write(tmp_path, GOOD))
    a, b, c = (settings(config.with_network({"weights": tmp_path / name})) for name in "abc")
    assert differing(a, b) == []
    assert differing(a, c) == ["train.weights"]
    kept = load(write(tmp_path, dump_without_places(config.with_network({"weights": tmp_path / "a"}))))
    assert settings(kept)["train.weights"] == a["train.weights"]


@pytest.mark.parametrize(
    ("path", "known"),
    [
        ("train", True),
        ("train.epochs", True),
        ("ingest.masks.threshold", True),
        ("train.epoch", False),
        ("train.epochs.first", False),
        ("ingest.raw", False),
        ("", False),
    ],
)
def test_a_plan_names_settings_or_sections_of_them(path: str, known: bool, tmp_path: Path) -> None:
    assert is_known(path, planned(tmp_path)) is known
