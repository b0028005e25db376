"""Pixels accepted by a person: pictures appear when the advice is followed, and go when the scans change."""

from __future__ import annotations

import html
import json
import re
import shlex
from collections.abc import Callable
from pathlib import Path

import pytest
from ingesting import config, scan, write_all

from pipeline import printed
from pipeline.catalogue import Catalogue
from pipeline.commands import configure, ingest_page
from pipeline.commands.look.answers import Looker
from pipeline.commands.review import run
from pipeline.errors import UsageError
from pipeline.ingest import run as ingest
from pipeline.pixel_review import doubtful, token_of
from pipeline.records import Summary
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


def sheets_command(workspace: Workspace) -> str:
    """The command that stands on the sheet of `make look`."""
    sheet = Looker(SETTINGS, workspace).answer(("review",), {}, root="").body
    assert isinstance(sheet, str)
    told = re.search(r"If none has any, (.*?) accepts", html.unescape(re.sub("<[^>]*>", "", sheet)))
    assert told
    return told[1]


def accept(workspace: Workspace, reviewer: str) -> Summary:
    return run(workspace, reviewer=reviewer, seen=seen_now(workspace))


def seen_now(workspace: Workspace) -> str:
    with Catalogue(workspace.catalogue) as catalogue:
        return token_of(doubtful(catalogue.cases()))


def lines(workspace: Workspace) -> list[dict[str, object]]:
    path = workspace.ledger("reviews")
    return [json.loads(line) for line in path.read_text().splitlines()] if path.exists() else []


def test_the_command_of_the_sheet_that_the_page_names_makes_the_pictures_appear(
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
        words = shlex.split(sheets_command(films).replace(printed.YOUR_NAME, "Ada"))
    assert pictures(films) == 0
    assert "the command that stands there accepts what it shows" in films.ingest_page.read_text()
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
    accept(films, "Ada")
    assert pictures(ingested(films)) == 3
    for name, dataset in change.items():
        (films.root / "raw" / name).unlink(missing_ok=True)
        if dataset is not None:
            write_all(films.root / "raw", {name: dataset})  # type: ignore[dict-item]
    assert pictures(ingested(films)) == 0
    accept(films, "Ben")
    assert pictures(ingested(films)) == len(list((films.root / "raw").iterdir()))
    assert [line["reviewer"] for line in lines(films)] == ["Ada", "Ben"]


@pytest.mark.parametrize("seen", ["", "3fa9c1d2", "then"])
def test_scans_that_were_not_shown_are_not_accepted(films: Workspace, seen: str) -> None:
    if seen == "then":
        seen = seen_now(films)
        write_all(films.root / "raw", {"3.dcm": scan(3)})
        ingested(films)
    with pytest.raises(UsageError, match=r"[34] scans may carry text .*accepts what it shows"):
        run(films, reviewer="Ada", seen=seen)
    assert lines(films) == []


def test_what_is_taken_back_is_hidden_again(films: Workspace) -> None:
    accept(films, "Ada")
    run(films, reviewer="Ben", withdraw="a name on film 2")
    assert pictures(ingested(films)) == 0
    assert lines(films)[-1]["reason"] == "a name on film 2"
    with pytest.raises(UsageError, match="no review to withdraw"):
        run(films, reviewer="Ben", withdraw="again")


def test_the_same_said_twice_is_one_line(films: Workspace) -> None:
    assert accept(films, "Ada").changed
    assert not accept(films, "Ben").changed
    assert len(lines(films)) == 1


@pytest.mark.parametrize("reviewer", ["", "  ", "your name", "NAME"])
def test_without_a_name_nothing_is_accepted_and_the_scans_are_counted(
    films: Workspace, reviewer: str
) -> None:
    with pytest.raises(UsageError, match=r"3 scans may carry text .*look.*accepts what it shows"):
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
    accept(films, "Ada")
    configure.run(settings, films)
    accepted = kept.read_text()
    configure.run(config({"target": "label"}, pixel_text="reviewed"), films)
    assert len({before, accepted, kept.read_text()}) == 3
