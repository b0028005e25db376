"""Stored data that changed by themselves are found, told and mended from the scans."""

import csv
import re
from pathlib import Path

import pytest
from faulty_projects import CANDIDATE, CONFIG, Command, edit, flip_a_byte
from settled import settled
from small_project import make_in

pytestmark = pytest.mark.slow


def test_damage_that_cannot_be_mended_here_is_told_with_the_file(finished: Path, scanloom: Command) -> None:
    ledger = finished / "reports/small/ledger/parts.jsonl"
    places = {
        "cohort": (ledger, 200, r"parts\.jsonl, line \d: the chain of digests is broken"),
        "evaluate": (finished / CANDIDATE / "model.keras", 9000, "model.keras is not what `train` wrote"),
        "report": (
            finished / CANDIDATE / "predictions.csv",
            500,
            "predictions.csv is not what `evaluate` wrote",
        ),
        "normalize": (finished / "data/small/catalogue.sqlite", 3, "catalogue.sqlite is damaged"),
    }
    for stage, (path, place, sentence) in places.items():
        whole = path.read_bytes()
        flip_a_byte(path, place)
        done = scanloom(stage, CONFIG, cwd=finished)
        assert done.returncode == 7, (stage, done.stdout, done.stderr)
        assert re.search(sentence, done.stderr)
        path.write_bytes(whole)
    assert scanloom("verify", CONFIG, cwd=finished).returncode == 0


def test_a_damaged_catalogue_is_set_aside_and_made_again(ingested: Path, scanloom: Command) -> None:
    catalogue = ingested / "data/small/catalogue.sqlite"
    data = bytearray(catalogue.read_bytes())
    data[2 * 4096 : 2 * 4096 + 100] = bytes(100)  # the head of a page: SQLite opens the file all the same
    catalogue.write_bytes(data)
    done = scanloom("ingest", CONFIG, cwd=ingested)
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith(
        "catalogue.sqlite was damaged; it lies beside as catalogue-damaged.sqlite. "
        "A new one is made from the scans, the key and the ledgers.\n"
    )
    aside = ingested / "data/small/catalogue-damaged.sqlite"
    assert aside.read_bytes() == data
    assert "was damaged" not in scanloom("ingest", CONFIG, cwd=ingested).stdout
    with (ingested / "data/raw/small/labels.csv").open(newline="") as stream:
        patient = next(csv.DictReader(stream))["patient_id"]
    assert scanloom("forget", CONFIG, patient, cwd=ingested).returncode == 0
    assert not aside.exists()


def test_a_catalogue_that_was_made_again_holds_what_the_first_one_held(
    finished: Path, finished_source: Path
) -> None:
    (finished / "data/small/catalogue.sqlite").write_bytes(b"no database")
    assert make_in(finished, "normalize").returncode == 0
    (finished / "data/small/catalogue-damaged.sqlite").unlink()
    new, old = settled(finished), settled(finished_source)
    assert {name for name in old if new.get(name) != old[name]} == {
        f"data/small/stages/{stage}.{kind}"
        for stage in ("drift", "train", "evaluate", "compare", "report")
        for kind in ("checked", "json")
    }


def test_a_flipped_bit_in_a_row_is_found_by_verify(finished: Path, scanloom: Command) -> None:
    catalogue = finished / "data/small/catalogue.sqlite"
    for word in (b'"manufacturer"', b"duplicate_identical"):
        whole = catalogue.read_bytes()
        assert word in whole
        catalogue.write_bytes(whole.replace(word, word[:-2] + b"~" + word[-1:], 1))
        done = scanloom("verify", CONFIG, cwd=finished)
        assert (done.returncode, done.stderr) == (
            7,
            "Rows of catalogue.sqlite are damaged. Run `make clean CONFIG=configs/small.yaml`, then "
            "`make report CONFIG=configs/small.yaml`.\n",
        )
        catalogue.write_bytes(whole)


def test_damaged_voxels_come_back_from_the_scans(
    finished: Path, finished_source: Path, scanloom: Command
) -> None:
    (shard,) = (finished / "data/small/cases").glob("*.npy")
    flip_a_byte(shard, shard.stat().st_size - 1000)
    edit(finished, "low: -1000", "low: -900")
    done = scanloom("normalize", CONFIG, cwd=finished)
    assert done.returncode == 7
    assert "Run `make clean CONFIG=configs/small.yaml`, then the same command" in done.stderr
    assert scanloom("clean", CONFIG, cwd=finished).returncode == 0
    assert make_in(finished, "ingest").returncode == 0
    assert shard.read_bytes() == (finished_source / "data/small/cases" / shard.name).read_bytes()
