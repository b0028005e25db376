"""Every way out of a refusal is taken: small files are refused, the printed step is followed, and it ends well."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from dicom_files import write
from ingesting import config, ingested
from mask_ways import MASK_WAYS
from ways_of_formats import FORMAT_WAYS
from ways_out import ALL, WAYS, Files, Way

from pipeline.ingest.next_steps import STEPS, next_step
from pipeline.ingest.reasons import REASONS
from pipeline.workspace import Workspace

NOTHING_TO_DO = {
    "ok": "the file is in use",
    "consent_withdrawn": "no way leads back, on purpose",
    "internal_error": "only we can do something",
}
NOT_OF_FILES = {
    "not_in_table": "the cohort says it of scans that were read",
}
OUT_OF_REACH = {
    ("io_error", ""): "needs a disk that fails, or files of another user",
    ("decoder_missing", ""): "followed below, in a process without the package",
    ("decode_error", r"did not end in time"): "needs a machine that is too slow for a sound file",
    ("limit_exceeded", r"in time$"): "needs a machine that is too slow for a sound file",
    (
        "rule_not_selected",
        r"^a tiled volume",
    ): "needs Siemens' private header; the unit is set in `test_grouping`",
}


EVERY_WAY = (*WAYS, *FORMAT_WAYS, *MASK_WAYS)
pytestmark = pytest.mark.usefixtures("own_key")


def test_every_step_of_every_reason_has_a_test_that_takes_it_or_a_word_why_not() -> None:
    steps = {(reason, "") for reason in REASONS} | {
        (reason, pattern) for reason, own in STEPS.items() for pattern, _ in own
    }
    excused = {(reason, "") for reason in (*NOTHING_TO_DO, *NOT_OF_FILES)} | OUT_OF_REACH.keys()
    taken = {(way.reason, whole_pattern(way)) for way in EVERY_WAY}
    assert steps - taken == excused
    assert taken <= steps


def whole_pattern(way: Way) -> str:
    """The pattern that the way's own one is, or begins."""
    patterns = [pattern for pattern, _ in STEPS.get(way.reason, ()) if way.pattern]
    begun = [pattern for pattern in patterns if pattern.startswith(way.pattern)]
    return way.pattern if way.pattern in patterns else next(iter(begun), "")


def test_every_step_is_a_sentence_and_its_pattern_sound() -> None:
    for reason, own in STEPS.items():
        assert reason in REASONS
        for pattern, step in own:
            re.compile(pattern)
            assert step.endswith(".")
    for code, reason in REASONS.items():
        assert reason.next_step.endswith(".") or code in {"ok", *NOT_OF_FILES}, code


def put(folder: Path, files: Files) -> None:
    for name, made in files.items():
        path = folder / name
        path.unlink(missing_ok=True)
        path.parent.mkdir(parents=True, exist_ok=True)
        if callable(made):
            made(path)
        elif made is not None:
            write(path, made)


@pytest.mark.parametrize("way", EVERY_WAY, ids=lambda way: f"{way.reason} {way.pattern}".strip())
def test_following_the_printed_step_ends_well(workspace: Workspace, way: Way) -> None:
    raw, table = workspace.root / "raw", workspace.root / "labels.csv"
    put(raw, way.files)
    table.write_text(way.table)
    settings = {"modalities": ALL, **way.settings}
    before = ingested(workspace, config(**settings))
    refused = {path: outcome for path, outcome in before.items() if outcome[1].split(" ")[0] == way.reason}
    assert refused, before
    step = dict(STEPS.get(way.reason, ())).get(whole_pattern(way), REASONS[way.reason].next_step)
    assert {outcome[2] for outcome in refused.values()} == {step}, refused
    if way.left:
        assert {outcome[0] for outcome in refused.values()} == {"excluded"}
        assert step.startswith("Nothing to do")
        return
    put(raw, way.then)
    table.write_text(way.new_table or way.table)
    after = ingested(workspace, config(**{**settings, **way.setting}))
    files = [outcome for outcome in after.values() if outcome[1] != "archive_read"]
    assert {outcome[0] for outcome in files} == {"accepted"}, after


def test_a_missing_decoder_is_mended_by_installing_it(
    workspace: Workspace, scanloom, tmp_path_factory: pytest.TempPathFactory
) -> None:
    from ways_out import as_rle, large

    write(workspace.root / "raw/a.dcm", as_rle(large(16)))
    write(workspace.root / "configs/study.yaml", CONFIGURATION.encode())
    hidden = tmp_path_factory.mktemp("hidden")
    write(hidden / "imagecodecs/__init__.py", b"raise ImportError('not installed')")
    project = Path(__file__).parent.parent.parent
    scanloom("ingest", "configs/study.yaml", PYTHONPATH=f"{hidden}:{project}")
    printed = scanloom("files", "configs/study.yaml").stdout
    assert "decoder_missing (imagecodecs)" in printed
    assert re.search(r"Run `.*`, then `.* ?doctor`\.", printed)
    scanloom("ingest", "configs/study.yaml")
    assert "\taccepted\tok\t" in scanloom("files", "configs/study.yaml").stdout


CONFIGURATION = """\
ingest: {raw: raw, workers: 1, failed_share: 1.0, modalities: [DX]}
cohort: {labels: labels.csv, target: label}
normalize: [{z_score: {}}]
report: {title: A study}
"""


def test_a_step_with_commands_names_those_that_run_here() -> None:
    step = next_step("decoder_missing", "imagecodecs")
    assert "{" not in step
    assert "setup" in step
    assert "doctor" in step
