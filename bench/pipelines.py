"""Whole pipelines on the phantom and on real scans: seconds and AUROC beside their bars.

Run as `python -m bench.pipelines [NAME]`, one of demo, demo-3d, demo-diameter, demo-findings,
demo-segmentation, chest-xray and ct-contrast; real scans are found through SCANLOOM_DATA.
"""

from __future__ import annotations

import shutil
import statistics
import subprocess
import sys
import tarfile
import tempfile
from pathlib import Path

from bench.project import fresh, headline, make, real_data, row


def demo(folder: Path) -> None:
    """The embedded default after installation."""
    project = fresh(folder / "demo")
    seconds, _ = make(project, "demo")
    value = headline(project, "demo")["value"]
    row("make demo, seconds", f"{seconds:.0f}", "< 180", seconds < 180)
    row("make demo, AUROC on its test part", f"{value:.3f}", "0.90 to 0.97", 0.90 <= value <= 0.97)
    idle(project, "demo")


def idle(project: Path, name: str) -> None:
    """What a make with nothing to do costs, and the command's help."""
    config = f"CONFIG=configs/{name}.yaml"
    times = sorted(make(project, "report", config)[0] for _ in range(5))
    row(f"make report with nothing to do ({name}), seconds", f"{times[2]:.2f}", "< 2", times[2] < 2)
    times = sorted(_seconds([str(project / ".venv/bin/scanloom"), "--help"]) for _ in range(5))
    row("scanloom --help, seconds", f"{times[2]:.2f}", "< 0.5", times[2] < 0.5)


def demo_3d(folder: Path) -> None:
    """The phantom's series as volumes."""
    project = fresh(folder / "demo-3d")
    seconds, _ = make(project, "demo-3d")
    value = headline(project, "demo-3d")["value"]
    row("make demo-3d, seconds", f"{seconds:.0f}", "< 480", seconds < 480)
    row("make demo-3d, AUROC on its test part", f"{value:.3f}", ">= 0.85", value >= 0.85)


def demo_diameter(folder: Path) -> None:
    """A number to predict: nodules of the phantom, measured."""
    project = fresh(folder / "demo-diameter")
    seconds, _ = make(project, "demo-diameter")
    ratio = headline(project, "demo-diameter", "mae_ratio")["value"]
    row("make demo-diameter, seconds", f"{seconds:.0f}", "< 240", seconds < 240)
    row("make demo-diameter, MAE over the SD of the diameter", f"{ratio:.3f}", "<= 0.5", ratio <= 0.5)


def demo_findings(folder: Path) -> None:
    """Several findings in one scan, some of them unknown."""
    project = fresh(folder / "demo-findings")
    seconds, _ = make(project, "demo-findings")
    value = headline(project, "demo-findings", "macro_auroc")["value"]
    row("make demo-findings, seconds", f"{seconds:.0f}", "< 240", seconds < 240)
    row("make demo-findings, macro AUROC on its test part", f"{value:.3f}", ">= 0.85", value >= 0.85)


def demo_segmentation(folder: Path) -> None:
    """Structures to outline, from masks as segmentations and as contours."""
    project = fresh(folder / "demo-segmentation")
    seconds, _ = make(project, "demo-segmentation")
    value = headline(project, "demo-segmentation", "dice")["value"]
    nodule = headline(project, "demo-segmentation", "dice", of="nodule")["value"]
    row("make demo-segmentation, seconds", f"{seconds:.0f}", "< 240", seconds < 240)
    row("make demo-segmentation, mean Dice on its test part", f"{value:.3f}", ">= 0.75", value >= 0.75)
    row("make demo-segmentation, Dice of nodules", f"{nodule:.3f}", ">= 0.5", nodule >= 0.5)


def chest_xray(folder: Path, data: Path) -> None:
    """The radiographs, from 5232 DICOM files to the report, then one new scan."""
    project = fresh(folder / "chest-xray")
    raw = project / "data/raw/chest-xray-pneumonia"
    subprocess.run([sys.executable, data / "make_chest_xray.py", raw], check=True)
    config = "CONFIG=configs/chest-xray-pneumonia.yaml"
    yaml = project / "configs/chest-xray-pneumonia.yaml"
    text = yaml.read_text()
    ingest, _ = make(project, "ingest", config)
    row("ingest of 5232 radiographs, seconds", f"{ingest:.1f}", "< 20", ingest < 20)
    yaml.write_text(text.replace("on_patient_overlap: redraw", "on_patient_overlap: refuse"))
    _, said = make(project, "cohort", config, check=False)
    found = "190 patients" in said and "225" in said
    row(
        "patients in both parts of the given split",
        "190, 225 images" if found else said[-60:],
        "found",
        found,
    )
    yaml.write_text(text)
    trained, _ = make(project, "train", config)
    judged, _ = make(project, "compare", config)
    page, _ = make(project, "report", config)
    value = headline(project, "chest-xray-pneumonia")["value"]
    whole = ingest + trained + judged + page
    row("chest X-ray, whole pipeline, seconds", f"{whole:.0f}", "< 1200", whole < 1200)
    row(
        "evaluate, compare and report of 5232 radiographs, seconds",
        f"{judged + page:.0f}",
        "<= 60",
        judged + page <= 60,
    )
    row("report of them, seconds", f"{page:.1f}", "<= 10", page <= 10)
    html = project / "reports/chest-xray-pneumonia/candidate/report.html"
    size = html.stat().st_size / 1e6
    row("report of them, MB", f"{size:.2f}", "<= 8", size <= 8)
    row("chest X-ray, AUROC on its test part", f"{value:.4f}", ">= 0.985", value >= 0.985)
    idle(project, "chest-xray-pneumonia")
    one_new(project, raw, config)


def one_new(project: Path, raw: Path, config: str) -> None:
    """One scan more among thousands: a copy of a radiograph under new UIDs."""
    import pydicom

    dataset = pydicom.dcmread(sorted((raw / "dicom").rglob("IM000001"))[0])
    for keyword in ("SOPInstanceUID", "SeriesInstanceUID", "StudyInstanceUID"):
        setattr(dataset, keyword, pydicom.uid.generate_uid(entropy_srcs=[keyword]))
    dataset.file_meta.MediaStorageSOPInstanceUID = dataset.SOPInstanceUID
    dataset.save_as(raw / "dicom" / "new.dcm")
    seconds, _ = make(project, "ingest", "cohort", "normalize", config)
    row("one new scan: ingest, cohort, normalize, seconds", f"{seconds:.1f}", "< 5", seconds < 5)


def ct_contrast(folder: Path, data: Path) -> None:
    """A hundred real CT slices, over five draws of the parts."""
    values, times = [], []
    for salt in range(1, 6):
        project = fresh(folder / f"ct-contrast-{salt}")
        raw = project / "data/raw/ct-contrast"
        with tarfile.open(data / "ct-contrast/ct-contrast-dicom.tar.xz") as archive:
            archive.extractall(raw, filter="data")
        shutil.copy(data / "ct-contrast/labels.csv", raw / "labels.csv")
        yaml = project / "configs/ct-contrast.yaml"
        yaml.write_text(yaml.read_text().replace("cohort:\n", f"cohort:\n  salt: {salt}\n"))
        seconds, _ = make(project, "report", "CONFIG=configs/ct-contrast.yaml")
        times.append(seconds)
        metric = headline(project, "ct-contrast")
        if metric["value"] is None:
            raise RuntimeError(f"salt {salt}: {metric['reason']}")
        values.append(metric["value"])
    shown = ", ".join(f"{value:.3f}" for value in values)
    mean = statistics.mean(values)
    row(
        "CT contrast, whole pipeline, median seconds",
        f"{statistics.median(times):.0f}",
        "< 300",
        max(times) < 300,
    )
    row(f"CT contrast, mean AUROC over 5 salts ({shown})", f"{mean:.3f}", ">= 0.90", mean >= 0.90)


def _seconds(command: list[str]) -> float:
    import time

    started = time.monotonic()
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    return time.monotonic() - started


def main(wanted: list[str]) -> None:
    """Runs the benchmarks named, or all."""
    with tempfile.TemporaryDirectory(prefix="scanloom bench ") as name:
        folder, data = Path(name), real_data()
        runs = {
            "demo": lambda: demo(folder),
            "demo-3d": lambda: demo_3d(folder),
            "demo-diameter": lambda: demo_diameter(folder),
            "demo-findings": lambda: demo_findings(folder),
            "demo-segmentation": lambda: demo_segmentation(folder),
        }
        if data is not None:
            runs["chest-xray"] = lambda: chest_xray(folder, data)
            runs["ct-contrast"] = lambda: ct_contrast(folder, data)
        else:
            print("SCANLOOM_DATA is not set: the benchmarks on real scans are skipped")
        if unknown := [what for what in wanted if what not in runs]:
            sys.exit(f"There is no benchmark {', '.join(unknown)} here (known: {', '.join(runs)}).")
        for what in wanted or list(runs):
            runs[what]()


if __name__ == "__main__":
    main(sys.argv[1:])
