"""Pixels accepted by a person: pictures appear when the advice is followed, and go when the scans change."""

from __future__ import annotations

import json
import re
import shlex
from collections.abc import Callable
from pathlib import Path

import pytest
from ingesting import config, scan, write_all

from pipeline import printed
from pipeline.commands import configure, ingest_page
from pipeline.commands.review import run
from pipeline.errors import UsageError
from pipeline.ingest import run as ingest
from pipeline.workspace import Workspace

SETTINGS = config()
SCANS = {f"{number}.dcm": scan(number) for number in range(3)}

pytestmark = pytest.mark.usefixtures("own_key")


@pytest.fixture
def films(workspace: Workspace, own_key: Path) -> Workspace:
    """Three chest films, ingested, with their page."""
    (workspace.root / "labels.csv").write_text("id,label\nPAT1,yes\n")
    write_all(workspace.root / "raw", SCANS)
    return ingested(workspace)


def ingested(workspace: Workspace) -> Workspace:
    ingest(SETTINGS, workspace)
    ingest_page.run(SETTINGS, workspace)
    return workspace


def pictures(workspace: Workspace) -> int:
    return workspace.ingest_page.read_text().count('alt="Series ')


def lines(workspace: Workspace) -> list[dict[str, object]]:
    path = workspace.ledger("reviews")
    return [json.loads(line) for line in path.read_text().splitlines()] if path.exists() else []


def test_the_command_that_the_page_names_makes_the_pictures_appear(
    films: Workspace, scanloom: Callable[..., object], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(films.root)
    (films.root / "configs").mkdir()
    path = films.root / "configs/study.yaml"
    path.write_text(
        "ingest: {raw: raw}\ncohort: {labels: labels.csv, target: label}\n"
        "normalize: [{z_score: {}}]\nreport: {title: A study}\n"
    )
    with printed.about(path):
        films.ingest_page.unlink()
        ingested(films)
    assert pictures(films) == 0
    said = re.sub("<[^>]*>", "", films.ingest_page.read_text()).replace("&#39;", "'")
    command = re.search(r"names a patient, (.*?) accepts them", said)
    assert command
    words = shlex.split(command[1].replace(printed.YOUR_NAME, "Ada"))
    done = scanloom(*words[words.index("review") :])
    assert (done.returncode, done.stderr) == (0, "")  # type: ignore[attr-defined]
    ingest_page.run(SETTINGS, films)
    assert pictures(films) == 3
    [line] = lines(films)
    assert (line["reviewer"], line["scans"]) == ("Ada", 3)
    assert str(line["created"]).startswith("20")


@pytest.mark.parametrize(
    "change",
    [{"3.dcm": scan(3)}, {"0.dcm": None}, {"0.dcm": scan(0, PixelData=b"\7\1" * 192)}],
    ids=["comes", "goes", "changes"],
)
def test_a_scan_that_comes_goes_or_changes_undoes_it(films: Workspace, change: dict[str, object]) -> None:
    run(films, reviewer="Ada")
    assert pictures(ingested(films)) == 3
    for name, dataset in change.items():
        (films.root / "raw" / name).unlink(missing_ok=True)
        if dataset is not None:
            write_all(films.root / "raw", {name: dataset})  # type: ignore[dict-item]
    assert pictures(ingested(films)) == 0
    run(films, reviewer="Ben")
    assert pictures(ingested(films)) == len(list((films.root / "raw").iterdir()))
    assert [line["reviewer"] for line in lines(films)] == ["Ada", "Ben"]


def test_what_is_taken_back_is_hidden_again(films: Workspace) -> None:
    run(films, reviewer="Ada")
    run(films, reviewer="Ben", withdraw="a name on film 2")
    assert pictures(ingested(films)) == 0
    assert lines(films)[-1]["reason"] == "a name on film 2"
    with pytest.raises(UsageError, match="no review to withdraw"):
        run(films, reviewer="Ben", withdraw="again")


def test_the_same_said_twice_is_one_line(films: Workspace) -> None:
    assert run(films, reviewer="Ada").changed
    assert not run(films, reviewer="Ben").changed
    assert len(lines(films)) == 1


@pytest.mark.parametrize("reviewer", ["", "  ", "your name", "NAME"])
def test_without_a_name_nothing_is_accepted_and_the_scans_are_counted(
    films: Workspace, reviewer: str
) -> None:
    with pytest.raises(UsageError, match=r"3 scans may carry text .*look.*review .*REVIEWER|--reviewer"):
        run(films, reviewer=reviewer)
    assert lines(films) == []


def test_before_the_first_ingest_the_message_says_what_to_run(workspace: Workspace) -> None:
    with pytest.raises(UsageError, match="ingest"):
        run(workspace, reviewer="Ada")


def test_make_sees_a_review_and_the_key_by_one_file(films: Workspace) -> None:
    settings = config({"target": "label"})
    configure.run(settings, films)
    kept = films.sections / "pictures.json"
    before = kept.read_text()
    run(films, reviewer="Ada")
    configure.run(settings, films)
    accepted = kept.read_text()
    configure.run(config({"target": "label"}, pixel_text="reviewed"), films)
    assert len({before, accepted, kept.read_text()}) == 3
