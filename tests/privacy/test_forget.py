"""A patient who is forgotten is nowhere but in the ledger, and doesn't come back."""

import random
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from arrow import CONFIG, new_study, run
from canary import Canary, plant, plant_trouble
from sweep import files_below, find

from pipeline import ledger
from pipeline.arrays import Shards
from pipeline.catalogue import Catalogue
from pipeline.pseudonyms import Key

pytestmark = pytest.mark.slow

SECRET = b"thirty-two bytes that are secret"
KEY = Key(SECRET)
PARTS = "reports/study/ledger/parts.jsonl"


def pseudonyms(everything) -> dict[str, str]:
    """Everything the forgotten patient was known by, from the store as it was before."""
    words = everything.canary.words
    patient, issuer = words["PatientID 5"], words["IssuerOfPatientID"]
    known = {
        "patient": KEY.pseudonym("patient", issuer, patient),
        "patient of the label join": KEY.pseudonym("patient", patient),
        "accession number": KEY.pseudonym("accession", words["AccessionNumber 5"]),
        **{
            kind: KEY.pseudonym(kind, words[f"{kind.title() if kind != 'sop' else 'SOP'}InstanceUID 5"])
            for kind in ("study", "series", "sop")
        },
    }
    with Catalogue(everything.before / "data/catalogue.sqlite") as catalogue:
        cases = [case for case in catalogue.cases() if case.patient_id == known["patient"]]
    assert len(cases) == 1
    return known | {"case": cases[0].case_id}


def left(everything) -> Iterator[tuple[str, bytes]]:
    """All files after the deletion, but for the ledger of parts and what was exported from the project."""
    project = everything.project
    return files_below(project, except_for=[everything.raw, project / PARTS, project / "exported"])


def test_the_patient_was_there_before(everything) -> None:
    before = {hit.planted for hit in find(pseudonyms(everything), files_below(everything.before))}
    assert before == pseudonyms(everything).keys()


def test_no_pseudonym_of_the_patient_is_left_outside_the_ledger(everything) -> None:
    assert find(pseudonyms(everything), left(everything)) == []


def test_the_ledger_keeps_a_tombstone_without_a_reason(everything) -> None:
    patient = pseudonyms(everything)["patient"]
    stones = [record for record in ledger.read(everything.project / PARTS) if record["why"] == "tombstone"]
    assert patient in {record["patient_id"] for record in stones}
    assert all(
        record.keys() == {"patient_id", "part", "era", "why", "identifier", "created", "previous"}
        for record in stones
    )


def test_the_voxels_of_the_patient_are_gone(everything) -> None:
    case_id = pseudonyms(everything)["case"]
    with Catalogue(everything.before / "data/catalogue.sqlite") as catalogue:
        stored = next(case.stored for case in catalogue.cases() if case.case_id == case_id)
    voxels = Shards(everything.before / "data/cases").read(stored).tobytes()
    assert len(set(voxels)) > 10
    for name, data in left(everything):
        assert voxels not in data, name


def test_every_model_that_learned_from_the_patient_is_named(everything) -> None:
    cohort = (everything.before / "reports/study/generations/0001/cohort.csv").read_text().splitlines()
    row = next(line for line in cohort if pseudonyms(everything)["patient"] in line)
    learned = ",train," in row or ",validation," in row
    assert (b"Retrain needed: generation 0001" in everything.said.stdout) == learned
    assert b"Out of reach: backups" in everything.said.stdout


def planted(folder: Path) -> tuple[Path, Canary]:
    """A project with a few patients, and what was planted in their scans; the same every time."""
    project, canary = new_study(folder / "project", key=SECRET), Canary(random.Random(3))
    plant(project / "data/raw/study", canary, patients=range(4))
    plant_trouble(project / "data/raw/study", canary)
    return project, canary


def forgotten(folder: Path, *places: str) -> Path:
    """A project whose scans were read, in which the patients of the places were then forgotten, twice."""
    project, canary = planted(folder)
    words = [canary.words[place] for place in places]
    steps = [["forget", CONFIG, word] for word in (*words, *words)]
    assert run(project, [["ingest", CONFIG], *steps]).codes == [0] * (1 + len(steps))
    assert withdrawn(project) == len(places)
    known = {word: KEY.pseudonym("patient", word) for word in words}
    assert find(known, files_below(project / "data/study")) == []
    return project


def test_a_patient_stays_away_when_all_is_read_anew(tmp_path: Path) -> None:
    project = forgotten(tmp_path, "PatientID 1", "PatientID of localizer 900")
    assert run(project, [["clean", CONFIG], ["ingest", CONFIG]]).codes == [0, 0]
    assert withdrawn(project) == 2


def test_a_table_of_withdrawn_patients_does_what_forgetting_each_of_them_does(tmp_path: Path) -> None:
    one_by_one = forgotten(tmp_path / "one", "PatientID 1", "PatientID of localizer 900")
    listed, canary = planted(tmp_path / "listed")
    assert run(listed, [["ingest", CONFIG]]).codes == [0]
    table = listed / "data/raw/withdrawn.csv"
    words = [canary.words[place] for place in ("PatientID 1", "PatientID of localizer 900")]
    table.write_text("".join(f"{line}\n" for line in ("patient_id", *words, "nobody yet")))
    config = (listed / CONFIG).read_text()
    (listed / CONFIG).write_text(
        config.replace("ingest:\n", f"ingest:\n  withdrawn: data/raw/{table.name}\n")
    )
    said = run(listed, [["ingest", CONFIG], ["ingest", CONFIG]])
    assert said.codes == [0, 0]
    assert said.stdout.count(b"Forgot 3 patients: 1 case, ") == 1  # the second ingest finds them all gone
    assert b"withdrawn.csv, line 4: no scan read so far carries such an ID" in said.stdout
    assert tables(listed) == tables(one_by_one)
    assert graves(listed) == graves(one_by_one) | {KEY.pseudonym("patient", "nobody yet")}
    everything = {**canary.words, "nobody": "nobody yet"}
    written = [*files_below(listed / "reports"), *files_below(listed / "data/study")]
    assert find(everything, [("", said.stdout), *written]) == []

    shutil.rmtree(listed / "data/study")  # scans of the withdrawn that come later stay out, too
    assert run(listed, [["ingest", CONFIG]]).codes == [0]
    assert withdrawn(listed) == 2


@pytest.mark.parametrize(
    ("text", "code", "told"),
    [
        (None, 2, "configs/study.yaml:3: there is no table 'data/raw/withdrawn.csv'."),
        ("patient\nP1\n", 3, "withdrawn.csv, line 1: no column 'patient_id'."),
        ("patient_id,day\nP1,1\n,2\n", 3, "withdrawn.csv, line 3: no patient ID."),
    ],
)
def test_a_table_of_withdrawn_patients_that_cannot_be_read_is_told_with_its_line(
    tmp_path: Path, text: str | None, code: int, told: str
) -> None:
    project, _ = planted(tmp_path)
    config = (project / CONFIG).read_text()
    (project / CONFIG).write_text(
        config.replace("ingest:\n", "ingest:\n  withdrawn: data/raw/withdrawn.csv\n")
    )
    if text is not None:
        (project / "data/raw/withdrawn.csv").write_text(text)
    said = run(project, [["ingest", CONFIG]])
    assert said.codes == [code]
    assert told in said.stderr.decode()
    assert not (project / PARTS).exists()


@pytest.mark.parametrize("text", ["patient_id\n", "\ufeffpatient_id\r\n"])
def test_a_table_of_withdrawn_patients_with_a_header_alone_withdraws_nobody(
    tmp_path: Path, text: str
) -> None:
    project, _ = planted(tmp_path)
    config = (project / CONFIG).read_text()
    (project / CONFIG).write_text(
        config.replace("ingest:\n", "ingest:\n  withdrawn: data/raw/withdrawn.csv\n")
    )
    (project / "data/raw/withdrawn.csv").write_text(text, encoding="utf-8")
    assert run(project, [["ingest", CONFIG]]).codes == [0]
    assert not (project / PARTS).exists()


def tables(project: Path) -> list[list[tuple]]:
    """What the catalogue knows of files and cases; when a file was written says nothing."""
    with Catalogue(project / "data/study/catalogue.sqlite") as catalogue:
        files = "SELECT token, size, digest, state, reason, detail, notes FROM files ORDER BY token"
        return [
            catalogue.query(sql)
            for sql in (files, "SELECT case_id FROM cases", "SELECT * FROM identifiers ORDER BY 1, 2, 3")
        ]


def graves(project: Path) -> set[str]:
    """The keyed IDs on the tombstones."""
    return {r["identifier"] for r in ledger.read(project / PARTS) if r["why"] == "tombstone"}


def withdrawn(project: Path) -> int:
    with Catalogue(project / "data/study/catalogue.sqlite") as catalogue:
        rows = catalogue.query("SELECT count(*) FROM files WHERE reason = 'consent_withdrawn'")
    return int(rows[0][0])
