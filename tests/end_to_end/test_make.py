"""The make targets, by real make in a folder with a space in its name."""

import csv
import json
import re
import shutil
from pathlib import Path

import pytest
from faulty_projects import Command
from pydicom import dcmread
from small_project import PROJECT, a_patient, contents, make_in, phantom

from pipeline.catalogue import Catalogue
from pipeline.commands.look.answers import Looker
from pipeline.config import load
from pipeline.pseudonyms import PHANTOM_NOTE
from pipeline.workspace import Workspace

CANDIDATE = "reports/small/candidate"
PAGE = "reports/small/ingest.html"
INDEX = "reports/small/index.html"


def changed_times(project: Path) -> dict[str, int]:
    return {
        name: (project / CANDIDATE / name).stat().st_mtime_ns
        for name in ("model.keras", "metrics.json", "report.html")
    }


def test_help_is_the_default_and_lists_every_target(fresh: Path) -> None:
    said = make_in(fresh).stdout
    targets = {line.split()[0] for line in said.splitlines()}
    text = (PROJECT / "Makefile").read_text()
    documented = {line[3:].split(":")[0].split()[0] for line in text.splitlines() if line.startswith("## ")}
    assert targets == documented
    assert documented >= {
        "setup",
        "demo",
        "ingest",
        "report",
        "retrain",
        "promote",
        "predict",
        "test",
        "bench",
        "forget",
    }


def test_ingest_leaves_a_page_with_every_count_of_the_catalogue(ingested: Path) -> None:
    page = (ingested / PAGE).read_text()
    with Catalogue(ingested / "data/small/catalogue.sqlite") as catalogue:
        counts = catalogue.query("SELECT reason, count(*) FROM files GROUP BY reason")
    assert len(counts) > 3
    for reason, files in counts:
        row = '"rowgroup">Used' if reason == "ok" else f"{reason}</span>"
        assert f'{row}</th><td class="n">{files}</td>' in page


def test_the_page_is_left_alone_when_it_is_right_and_comes_back_when_it_is_gone(ingested: Path) -> None:
    page = ingested / PAGE
    text, written = page.read_text(), page.stat().st_mtime_ns
    assert "Page on the scans: reports/small/ingest.html" in make_in(ingested, "ingest").stdout
    assert page.stat().st_mtime_ns == written
    page.unlink()
    assert make_in(ingested, "ingest").returncode == 0
    assert page.read_text() == text


def test_with_nothing_to_read_no_child_is_made_ready(ingested: Path, scanloom: Command) -> None:
    done = scanloom("ingest", "configs/small.yaml", cwd=ingested, PYTHONPROFILEIMPORTTIME="1")
    assert done.returncode == 0
    assert "pipeline.ingest.stage" in done.stderr
    assert "pipeline.executors.local" not in done.stderr


def test_the_page_follows_a_new_scan(ingested: Path) -> None:
    (ingested / "data/raw/small/empty").touch()
    assert make_in(ingested, "ingest").returncode == 0
    assert 'empty_file</span></th><td class="n">1</td>' in (ingested / PAGE).read_text()


@pytest.mark.slow
def test_a_new_draw_is_made_when_it_is_asked_for_and_only_then(ingested: Path) -> None:
    assert make_in(ingested, "cohort").returncode == 0
    parts = ingested / "reports/small/ledger/parts.jsonl"
    first = parts.read_text()
    assert make_in(ingested, "cohort", "REDRAW=it's the first of the 'week'").returncode == 0
    drawn = parts.read_text().removeprefix(first).splitlines()
    assert json.loads(drawn[0])["reason"] == "it's the first of the 'week'"
    assert len(drawn) == 1 + len(first.splitlines())
    again = make_in(ingested, "cohort")
    assert (again.returncode, parts.read_text().removeprefix(first).splitlines()) == (0, drawn)


def test_report_makes_everything_from_nothing(finished: Path) -> None:
    names = {path.name for path in (finished / CANDIDATE).iterdir()}
    assert names >= {
        "cohort.csv",
        "model.keras",
        "metrics.json",
        "comparison.json",
        "report.html",
        "model_card.md",
    }
    assert json.loads((finished / CANDIDATE / "comparison.json").read_text())["verdict"] == "FIRST"
    looks = (finished / "reports/small/ledger/looks.jsonl").read_text().splitlines()
    assert len(looks) == 1
    assert 'href="ingest.html"' in (finished / INDEX).read_text()


def test_with_nothing_to_do_nothing_is_touched(finished: Path) -> None:
    before, times = contents(finished / "reports"), changed_times(finished)
    done = make_in(finished, "report")
    assert done.returncode == 0
    assert contents(finished / "reports") == before
    assert changed_times(finished) == times


@pytest.mark.slow
def test_editing_the_report_section_does_not_retrain(finished: Path) -> None:
    times = changed_times(finished)
    config = finished / "configs/small.yaml"
    config.write_text(config.read_text().replace("title: Nodules, small", "title: Another title"))
    assert make_in(finished, "report").returncode == 0
    assert "Another title" in (finished / CANDIDATE / "report.html").read_text()
    after = changed_times(finished)
    assert after["model.keras"] == times["model.keras"]
    assert after["metrics.json"] == times["metrics.json"]


def test_a_deleted_report_comes_back(finished: Path) -> None:
    report = finished / CANDIDATE / "report.html"
    report.unlink()
    assert make_in(finished, "report").returncode == 0
    assert report.exists()


def test_a_config_with_a_space_or_without_a_name_is_refused_in_a_sentence(fresh: Path) -> None:
    for config, words in (("configs/my study.yaml", "has a space: rename the file"), ("", "CONFIG is empty")):
        done = make_in(fresh, "report", f"CONFIG={config}")
        assert (done.returncode, words in done.stderr) == (2, True)


def test_a_promotion_bears_the_name_of_a_person(finished: Path) -> None:
    refused = make_in(finished, "promote")
    assert "APPROVER" in refused.stderr
    assert not (finished / "reports/small/champion.json").exists()
    promoted = make_in(finished, "promote", "APPROVER=Dr O'Neil")
    assert promoted.returncode == 0, promoted.stderr
    champion = json.loads((finished / "reports/small/champion.json").read_text())
    assert (champion["generation"], champion["approver"]) == ("0001", "Dr O'Neil")
    assert 'href="generations/0001/report.html">0001</a> champion' in (finished / INDEX).read_text()
    assert "0001" in make_in(finished, "generations").stdout


@pytest.mark.slow
def test_retraining_keeps_parts_and_only_promote_moves_the_champion(with_champion: Path) -> None:
    first = {row["case_id"]: row["part"] for row in rows(with_champion / CANDIDATE / "cohort.csv")}
    again = make_in(with_champion, "retrain")
    assert again.returncode == 0, again.stderr

    phantom(with_champion, "--later")
    done = make_in(with_champion, "retrain", "ACCEPT_DRIFT=a third scanner came")
    assert done.returncode == 0, done.stderr
    assert "VERDICT " in done.stdout
    second = {row["case_id"]: row["part"] for row in rows(with_champion / CANDIDATE / "cohort.csv")}
    assert len(second) > len(first)
    assert {case: second[case] for case in first} == first
    champion = json.loads((with_champion / "reports/small/champion.json").read_text())
    assert champion["generation"] == "0001"
    comparison = json.loads((with_champion / CANDIDATE / "comparison.json").read_text())
    assert comparison["champion"]["generation"] == "0001"


@pytest.mark.slow
def test_predict_scores_new_scans_and_leaves_the_analysis_alone(finished: Path) -> None:
    before = contents(finished / "reports")
    shutil.copytree(finished / "data/raw/small/north", finished / "new scans")
    shutil.copy(finished / "data/raw/small" / PHANTOM_NOTE, finished / "new scans")
    done = make_in(finished, "predict", "NEW=new scans", "OUT=new predictions.csv", "PATHS=1")
    assert done.returncode == 0, done.stderr
    table = rows(finished / "new predictions.csv")
    statuses = {row["reason"].split(" ")[0]: row["status"] for row in table}
    assert statuses == {"": "ok", "truncated_pixel_data": "failed"}
    assert all(0 <= float(row["score_nodule"]) <= 1 for row in table if row["status"] == "ok")
    assert all((finished / row["path"]).is_file() for row in table)
    assert contents(finished / "reports") == before
    assert not list((finished / "data/small/predict").iterdir())


def test_score_measures_any_table(finished: Path) -> None:
    done = make_in(finished, "score", f"TABLE={CANDIDATE}/predictions.csv", "OUT=scored")
    assert done.returncode == 0, done.stderr
    metrics = json.loads((finished / "scored/metrics.json").read_text())["metrics"]
    assert any(item["id"] == "auroc" and item["part"] == "test" for item in metrics)


def test_verify_finds_a_flipped_byte(finished: Path) -> None:
    assert make_in(finished, "verify").returncode == 0
    shard = sorted((finished / "data/small/cases").glob("*.npy"))[0]
    damaged = bytearray(shard.read_bytes())
    damaged[4000] ^= 1
    shard.write_bytes(damaged)
    done = make_in(finished, "verify")
    assert done.returncode == 2
    assert "voxels are damaged" in done.stderr


def test_clean_leaves_scans_ledgers_and_champion(finished: Path) -> None:
    raw = contents(finished / "data/raw")
    done = make_in(finished, "clean")
    assert done.returncode == 0
    assert not (finished / "data/small").exists()
    assert not (finished / CANDIDATE).exists()
    assert not (finished / PAGE).exists()
    assert contents(finished / "data/raw") == raw
    assert (finished / "reports/small/ledger/parts.jsonl").exists()


@pytest.mark.slow
def test_a_rebuilt_analysis_has_the_same_parts_and_arrays(finished: Path) -> None:
    kept = {name: (finished / CANDIDATE / name).read_bytes() for name in ("cohort.csv", "predictions.csv")}
    make_in(finished, "clean")
    assert make_in(finished, "report").returncode == 0
    for name, data in kept.items():
        assert (finished / CANDIDATE / name).read_bytes() == data


@pytest.mark.slow
def test_forget_removes_a_patient_everywhere_and_for_good(with_champion: Path) -> None:
    project = with_champion
    cohort = rows(project / CANDIDATE / "cohort.csv")
    patient = rows(project / "data/raw/small/labels.csv")[20]["patient_id"]
    done = make_in(project, "forget", f"ID={patient}")
    assert done.returncode == 0, done.stderr
    assert not (project / PAGE).exists()
    left = rows(project / CANDIDATE / "cohort.csv")
    gone = {row["person_id"] for row in cohort} - {row["person_id"] for row in left}
    assert len(gone) == 1
    pseudonym = gone.pop().encode()
    for folder in (project / CANDIDATE, project / "reports/small/generations", project / "data/small"):
        holding = [
            path.name for path in folder.rglob("*") if path.is_file() and pseudonym in path.read_bytes()
        ]
        assert holding == []
    assert make_in(project, "forget", f"ID={patient}").returncode == 0
    again = make_in(project, "cohort")
    assert again.returncode == 0, again.stderr
    assert make_in(project, "verify").returncode == 0
    assert "consent_withdrawn</span>" in (project / PAGE).read_text()
    assert pseudonym.decode() not in (project / CANDIDATE / "cohort.csv").read_text()
    assert make_in(project, "forget", "ID=nobody").returncode == 2


@pytest.mark.slow
def test_the_arrow_goes_on_without_a_forgotten_patient(with_champion: Path) -> None:
    assert make_in(with_champion, "forget", f"ID={a_patient(with_champion)}").returncode == 0
    before = len(rows(with_champion / CANDIDATE / "cohort.csv"))
    again = make_in(with_champion, "report")
    assert again.returncode == 0, again.stderr
    assert len(rows(with_champion / CANDIDATE / "cohort.csv")) == before
    assert make_in(with_champion, "verify").returncode == 0


def rows(path: Path) -> list[dict[str, str]]:
    with path.open(newline="") as stream:
        return list(csv.DictReader(stream))


@pytest.mark.slow
def test_the_command_that_the_report_names_for_chest_films_shows_their_pictures(fresh: Path) -> None:
    for path in (fresh / "data/raw/small").rglob("*.dcm"):
        film = dcmread(path)
        film.ImageType = ["DERIVED", "PRIMARY"]
        film.save_as(path)
    page, config = fresh / CANDIDATE / "report.html", fresh / "configs/small.yaml"
    assert make_in(fresh, "report").returncode == 0
    hidden = page.read_text().count("Not shown:")
    assert hidden > 0
    assert "make look" in page.read_text()
    sheet = str(Looker(load(config), Workspace(fresh, "small")).answer(("review",), {}, root="").body)
    seen = re.search(r"(?:SEEN=|--seen )(\w{8})", sheet)
    assert seen
    assert make_in(fresh, "review", "REVIEWER=Ada").returncode == 2
    assert make_in(fresh, "review", "REVIEWER=Ada", f"SEEN={seen[1]}").returncode == 0
    assert make_in(fresh, "report").returncode == 0
    shown = page.read_text()
    assert "Not shown:" not in shown
    assert "make look" not in shown
    assert make_in(fresh, "review", "REVIEWER=Ada", "WITHDRAW=a name was seen").returncode == 0
    config.write_text(config.read_text().replace("[CT]", "[CT]\n  pixel_text: reviewed"))
    assert make_in(fresh, "report").returncode == 0
    assert "Not shown:" not in page.read_text()
    config.write_text(config.read_text().replace("pixel_text: reviewed", "pixel_text: not_reviewed"))
    assert make_in(fresh, "report").returncode == 0
    assert page.read_text().count("Not shown:") == hidden
