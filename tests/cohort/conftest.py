"""Studies with invented scans, identifiers and tables."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from pipeline.catalogue import Catalogue, FileRow
from pipeline.config import Config, load
from pipeline.pseudonyms import Key, load_key
from pipeline.records import Case, Geometry, Stored
from pipeline.workspace import Workspace

STORED = Stored("shard-00000.npy", 0, 4, "|u1", (2, 2), 0)


@dataclass(frozen=True)
class Scan:
    """One invented scan: who, which file, which pixels."""

    sop: str
    patient: str
    pixels: str = ""
    study: str = ""
    path: str = ""
    also: tuple[tuple[str, str], ...] = ()
    likeness: bytes = b""
    hints: tuple[tuple[str, tuple[str, ...]], ...] = ()
    attributes: tuple[tuple[str, str | float], ...] = ()
    said: tuple[tuple[str, tuple[str, ...]], ...] = ()
    axes: int = 2


class Study:
    """A project whose catalogue holds the scans that are added; its key is the phantom's."""

    def __init__(self, root: Path) -> None:
        self.workspace = Workspace(root, "study")
        self.key: Key = load_key("phantom", "study", root)[0]
        (root / "data" / "raw").mkdir(parents=True)

    def add(self, *scans: Scan) -> None:
        """Scans as ingest would leave them: a file, its identifiers and a case each."""
        with Catalogue(self.workspace.catalogue) as catalogue, catalogue.transaction():
            tokens = [self.key.pseudonym("file", scan.sop) for scan in scans]
            catalogue.put_files(map(self.file_row, scans, tokens))
            catalogue.put_cases(
                (self._case(scan), [token]) for scan, token in zip(scans, tokens, strict=True)
            )

    def table(self, *lines: str, name: str = "labels.csv") -> None:
        """The table of labels, one string a line."""
        (self.workspace.root / "data" / "raw" / name).write_text("".join(line + "\n" for line in lines))

    def config(self, *cohort: str, labels: str = "data/raw/labels.csv") -> Config:
        """A configuration whose cohort section has these lines; target `label`, positive `sick`."""
        chosen = [*cohort]
        if not any(line.startswith("target:") for line in cohort):
            chosen.append("target: label")
        if not any(line.startswith("positive:") for line in cohort):
            chosen.append("positive: sick")
        path = self.workspace.root / "study.yaml"
        path.write_text(
            "ingest: {raw: data/raw, key: phantom}\n"
            "normalize: [{z_score: {}}]\n"
            "report: {title: Study}\n"
            "cohort:\n"
            f"  labels: {labels}\n" + "".join(f"  {line}\n" for line in chosen if line != "positive: null")
        )
        return load(path)

    def case_id(self, sop: str) -> str:
        """The id of the scan with this UID."""
        return self.key.pseudonym("case", sop)

    def pixel_digest(self, pixels: str) -> str:
        """What the cohort holds for a scan with these pixels."""
        return self.key.content_digest(pixels.encode())

    def patient_id(self, patient: str) -> str:
        """The pseudonym of a patient."""
        return self.key.pseudonym("patient", "", patient)

    def _case(self, scan: Scan) -> Case:
        return Case(
            case_id=self.case_id(scan.sop),
            patient_id=self.patient_id(scan.patient),
            study_id=self.key.pseudonym("study", scan.study or f"study of {scan.sop}"),
            series_id=self.key.pseudonym("series", f"series of {scan.sop}"),
            modality="CR",
            value_unit="arbitrary",
            channels=1,
            geometry=Geometry((1.0,) * scan.axes),
            stored=replace(STORED, shape=(2,) * scan.axes),
            pixel_digest=self.pixel_digest(scan.pixels or f"pixels of {scan.sop}"),
            likeness=scan.likeness,
            hints=tuple(
                (field, tuple(self.key.pseudonym("hint", word) for word in words))
                for field, words in scan.hints
            )
            + scan.said,
            attributes=dict(scan.attributes),
        )

    def file_row(self, scan: Scan, token: str) -> FileRow:
        """The row of the catalogue for the file of a scan."""
        path = scan.path or f"{scan.patient}/{scan.sop}.dcm"
        named = {
            "sop": scan.sop,
            "series": f"series of {scan.sop}",
            "study": scan.study or f"study of {scan.sop}",
            "patient": scan.patient,
            "path": path,
            "name": path.rpartition("/")[2],
            "stem": path.rpartition("/")[2].rpartition(".")[0],
        }
        return FileRow(
            token=token,
            size=1,
            mtime_ns=1,
            digest=scan.sop,
            state="accepted",
            reason="ok",
            image=True,
            series_id=self.key.pseudonym("series", named["series"]),
            sop_id=self.key.pseudonym("sop", scan.sop),
            identifiers=(
                *((kind, self.key.pseudonym(kind, value)) for kind, value in named.items()),
                *scan.also,
            ),
        )


@pytest.fixture
def study(tmp_path: Path) -> Study:
    """A study without scans."""
    return Study(tmp_path)


@pytest.fixture
def scan() -> type[Scan]:
    """Makes one invented scan."""
    return Scan


@pytest.fixture
def filled(study: Study) -> Callable[[int], Study]:
    """Adds patients P000, P001 ... with one scan 1.0, 1.1 ... each, every other one sick, and their table."""

    def fill(patients: int) -> Study:
        study.add(*(Scan(f"1.{number}", f"P{number:03d}") for number in range(patients)))
        rows = [f"1.{number},{('well', 'sick')[number % 2]}" for number in range(patients)]
        study.table("uid,label", *rows)
        return study

    return fill
