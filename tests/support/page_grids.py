"""What the tables of the report's page must hold, worked out from the files that the stages wrote."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from bases import base, patients
from html_tables import Grid
from points_grid import points
from sides_grid import sides

from pipeline import digests, ledger
from pipeline.page.facts import shown_interval, shown_p, shown_value
from pipeline.report.reading import DIGESTED

Json = dict[str, Any]
PARTS = ("train", "validation", "test")


@dataclass(frozen=True)
class Files:
    """What the stages wrote."""

    folder: Path

    def read(self, name: str) -> Json:
        content: Json = json.loads((self.folder / f"{name}.json").read_text(encoding="utf-8"))
        return content

    @cached_property
    def metrics(self) -> Json:
        return self.read("metrics")

    @cached_property
    def cases(self) -> pd.DataFrame:
        return pd.read_csv(self.folder / "cohort.csv", dtype=str, keep_default_na=False)

    def lines(self, name: str) -> list[Json]:
        return ledger.read(self.folder.parent / "ledger" / f"{name}.jsonl")

    def metric(self, name: str, *, group: str | None = None, of_class: str | None = None) -> Json:
        wanted = (name, "test", "patient", group, of_class)
        keys = ("id", "part", "unit", "group", "class")
        [found] = [m for m in self.metrics["metrics"] if tuple(m[key] for key in keys) == wanted]
        return found


def number(metric: Json) -> str:
    return metric["reason"] if metric["value"] is None else shown_value(metric["value"])


def interval(metric: Json) -> str:
    if metric["low"] is not None:
        return shown_interval(metric["low"], metric["high"])
    return "-" if metric["value"] is None else metric["reason"]


def measured(files: Files, labels: dict[str, str]) -> Grid:
    found = {label: files.metric(name) for label, name in labels.items()}
    return [[label, number(m), interval(m), base(m)] for label, m in found.items()]


def brief(files: Files) -> Grid:
    labels = {
        "Ranks a patient with nodule above one without - AUROC": "auroc",
        "Finds patients with nodule - sensitivity": "sensitivity",
        "Leaves patients without nodule alone - specificity": "specificity",
        "An alarm is right - PPV": "ppv",
        "An all-clear is right - NPV": "npv",
    }
    head = [
        "On the test part, one vote a patient",
        "Value",
        "95 % interval",
        "Patients (with nodule), or x of n",
    ]
    return [head, *measured(files, labels)]


def brief_of_many(files: Files) -> Grid:
    labels = {
        "Ranks a patient of a class above the others, mean over classes - macro AUROC": "macro_auroc",
        "Names the right class - accuracy": "accuracy",
        "Names the right class, every class counting alike - balanced accuracy": "balanced_accuracy",
        "Balance of finding and being right, mean over classes - macro F1": "macro_f1",
        "Agreement beyond chance - Cohen's kappa": "kappa",
    }
    return [
        ["On the test part, one vote a patient", "Value", "95 % interval", "Patients, or x of n"],
        *measured(files, labels),
    ]


def operating(files: Files) -> Grid:
    labels = {
        "Sensitivity": "sensitivity", "Specificity": "specificity", "Positive predictive value": "ppv",
        "Negative predictive value": "npv", "Likelihood ratio of an alarm": "lr_positive",
        "Likelihood ratio of an all-clear": "lr_negative", "Share flagged": "alarm_share",
        "Accuracy": "accuracy", "Balanced accuracy": "balanced_accuracy", "F1": "f1",
        "Matthews correlation": "mcc",
    }  # fmt: skip
    head = ["Test part, one vote a patient", "Value", "95 % interval", "Patients (with nodule), or x of n"]
    return [[*head, "Exact interval", "Method"], *_with_method(files, labels)]


def operating_of_many(files: Files) -> Grid:
    labels = {
        "Accuracy": "accuracy", "Balanced accuracy": "balanced_accuracy", "Macro F1": "macro_f1",
        "Macro AUROC": "macro_auroc", "Cohen's kappa": "kappa", "Matthews correlation": "mcc",
    }  # fmt: skip
    head = ["Test part, one vote a patient", "Value", "95 % interval", "Patients, or x of n"]
    rows = [[*row[:-2], row[-1]] for row in _with_method(files, labels) if not row[-2]]
    return [[*head, "Method"], *rows]  # no number has an exact interval, so there is no column of them


def _with_method(files: Files, labels: dict[str, str]) -> Grid:
    exact = {m["id"]: m for m in files.metrics["metrics"] if (m["part"], m["unit"]) == ("test", "patient")}
    grid = []
    for row, name in zip(measured(files, labels), labels.values(), strict=True):
        metric, other = files.metric(name), exact.get(f"{name}_clopper_pearson")
        method = f"{metric['method'].replace('_', ' ')} ({metric['rule']})"
        method += f" · {metric['flag']}" if metric["flag"] else ""
        grid.append([*row, interval(other) if other else "", method])
    return grid


def confusion(files: Files) -> Grid:
    [found] = [
        entry
        for entry in files.metrics["confusion"]
        if (entry["part"], entry["unit"], entry["group"]) == ("test", "patient", None)
    ]
    rows = [
        [name, *(f"{n} {100 * n / sum(counts):.1f} %" for n in counts), str(sum(counts))]
        for name, counts in zip(found["classes"], found["matrix"], strict=True)
    ]
    return [["Reference", *(f"called {name}" for name in found["classes"]), "total"], *rows]


def classes(files: Files) -> Grid:
    grid = [["Class, against the rest", "AUROC", "Recall", "Precision", "F1"]]
    for name in files.metrics["question"]["classes"]:
        cells = [files.metric(key, of_class=name) for key in ("auroc", "recall", "precision", "f1")]
        ends = [f" ({interval(m)})" if m["low"] is not None else "" for m in cells]
        grid.append([name, *(number(m) + end for m, end in zip(cells, ends, strict=True))])
    return grid


def reliability(files: Files) -> Grid:
    def row(label: str, name: str, read: str) -> list[str]:
        metric = files.metric(name)
        return [label, number(metric), interval(metric), read]

    perfect = (
        f"perfect probabilities would show {number(files.metric('ece_null_mean'))} with this many patients"
    )
    temperature = files.metrics["calibration"]["temperature"]["value"]
    return [
        ["Calibration on the test part", "Value", "95 % interval", "Read it so"],
        row("Slope", "calibration_slope", "1 is right; below 1 the probabilities are too extreme"),
        row("Intercept", "calibration_intercept", "0 is right; below 0 they are too high on the whole"),
        row("Observed over expected", "o_over_e", "1 is right"),
        row("Expected calibration error", "ece", perfect),
        row("Brier score", "brier", "0 is perfect"),
        [
            "Temperature",
            shown_value(temperature),
            "",
            "fitted on the validation part; leaves every ranking as it is",
        ],
    ]


def thousand(files: Files) -> Grid:
    """Whole people by hand: halves up, the rest by subtraction."""
    sensitivity, specificity = files.metric("sensitivity"), files.metric("specificity")
    own = sensitivity["positive_patients"] / sensitivity["patients"]
    grid = [["Where this share has nodule", "Of", "Found", "Missed", "False alarms", "Left alone"]]
    for share, scale in ((own, 1000), (0.05, 1000), (0.005, 10_000)):
        ill = int(scale * share + 0.5)
        counts = []
        for end in ("value", "low", "high"):
            found, alone = (int(n + 0.5) for n in (ill * sensitivity[end], (scale - ill) * specificity[end]))
            counts.append((found, ill - found, scale - ill - alone, alone))
        cells = [
            f"{shown_value(p)} ({shown_interval(*sorted(ends))})" for p, *ends in zip(*counts, strict=True)
        ]
        label = f"{100 * share:.1f} %" + (" as in the test part" if share == own else "")
        grid.append([label, shown_value(scale), *cells])
    return grid


def population(files: Files) -> Grid:
    cases = files.cases
    of_part = {part: cases[cases["part"] == part] for part in PARTS}
    total = {part: rows["person_id"].nunique() for part, rows in of_part.items()}
    each = {part: rows.groupby("person_id").size() for part, rows in of_part.items()}
    head = ["Patients with at least one such case", "Train", "Validation", "Test"]
    grid = [
        [*head, "Difference test - train in SD"],
        ["Patients", *(str(total[part]) for part in PARTS), ""],
        ["Cases", *(str(len(of_part[part])) for part in PARTS), ""],
        [
            "Cases per patient, median (largest)",
            *(f"{each[part].median():g} ({each[part].max()})" for part in PARTS),
            "",
        ],
    ]
    for column in ("target", "by_sex", "by_age_band", "by_manufacturer"):
        heading = column.removeprefix("by_").replace("_", " ").replace("target", "label").capitalize()
        grid.append([heading])
        for value in sorted(cases[column].unique()):
            n = {p: rows[rows[column] == value]["person_id"].nunique() for p, rows in of_part.items()}
            hidden = {p for p in PARTS if 0 < n[p] < 5}
            cells = ["< 5" if p in hidden else f"{n[p]} ({100 * n[p] / total[p]:.0f} %)" for p in PARTS]
            gap = (
                ""
                if hidden & {"train", "test"}
                else _gap(n["test"] / total["test"], n["train"] / total["train"])
            )
            grid.append([value or "unknown", *cells, gap])
    return grid


def _gap(test: float, train: float) -> str:
    gap = (test - train) / np.sqrt((test * (1 - test) + train * (1 - train)) / 2)
    return shown_value(float(gap)) + (" ▲" if abs(gap) > 0.1 else "")


def subgroups(files: Files) -> Grid:
    whole = files.metric("auroc")

    def value(metric: Json) -> str:
        return f"{number(metric)} ({shown_interval(metric['low'], metric['high'])})"

    head = ["Subgroup of the test part", "Patients", "with finding", "AUROC", "Value (95 % interval)"]
    counts = [str(whole["patients"]), str(whole["positive_patients"])]
    grid = [[*head, "Difference to the others", "p, Holm"], ["All", *counts, "", value(whole), "", ""]]
    of_groups = [
        m for m in files.metrics["metrics"] if m["group"] and (m["id"], m["unit"]) == ("auroc", "patient")
    ]
    before = ""
    for metric in [m for m in of_groups if m["part"] == "test"]:
        heading, _, label = metric["group"].removeprefix("by_").partition("=")
        if heading != before:
            grid.append([heading.replace("_", " ").capitalize()])
            before = heading
        if metric["value"] is None:
            grid.append([label, "-", "-", "fewer than 5 patients on one side"])
            continue
        [other] = [
            c
            for c in files.metrics["comparisons"]
            if (c["a"], c["metric"], c["part"], c["unit"]) == (metric["group"], "auroc", "test", "patient")
        ]
        counts = [str(metric["patients"]), str(metric["positive_patients"])]
        difference = other["reason"] if other["difference"] is None else shown_value(other["difference"])
        grid.append([label, *counts, "", value(metric), difference, shown_p(other["p_holm"])])
    lowest = min([0.9, *(m["low"] for m in (whole, *of_groups) if m["part"] == "test" and m["low"])])
    ticks = np.arange(np.floor(lowest * 10), 11) / 10
    grid.append(["", " ".join(f"{tick:.1f}" for tick in ticks), ""])
    return grid


METRICS_IN_WORDS = {"auroc": "AUROC", "sensitivity": "sensitivity", "brier_skill": "Brier skill"}
RULES = {
    "non_inferior_core": "No loss on the core",
    "superior_era": "A gain on the patients since",
    "guard_sensitivity": "Sensitivity kept",
}


def reasons(files: Files) -> Grid:
    roles = {"require": "required", "guard": "guard"}
    grid = [["Criterion", "Candidate - champion", "Interval", "Must exceed", "Patients", "Outcome"]]
    for row in files.read("comparison")["reasons"]:
        told = (
            f"{RULES[row['rule']]} - {roles[row['role']]}, {METRICS_IN_WORDS[row['metric']]}, {row['part']}"
        )
        bound = f"{row['bound']:g}".replace("-", "−")
        grid.append([told, number(row), interval(row), bound, patients(row), row["outcome"].capitalize()])
        grid.append([row["sentence"].replace(" -", " −")])  # pages have the minus of tables
    return grid


def flips(files: Files) -> Grid:
    found = files.read("comparison")["flips"]
    return [
        ["", "candidate right", "candidate wrong"],
        ["champion right", str(found["both_right"]), str(found["negative"])],
        ["champion wrong", str(found["positive"]), str(found["both_wrong"])],
    ]


def drift(files: Files) -> Grid:
    head = ["Attribute", "Patients then", "Patients now", "Difference in SD", "p, Holm"]
    grid = [[*head, "PSI (expected by chance)", "Never seen before"]]
    for row in files.read("drift")["attributes"]:
        if row.get("level") in ("warn", "stop"):
            psi = f"{shown_value(row['psi'])} ({shown_value(row['psi_expected'])})"
            counts = [str(row["n_old"]), str(row["n_new"])]
            cells = [shown_value(row["smd"]), shown_p(row["p_holm"]), psi, ", ".join(row["unseen"])]
            grid.append([row["name"], *counts, *cells])
    return grid


def changes(files: Files) -> Grid:
    then = Files(files.folder.parent / "generations" / "0001")
    grid = [["", "Champion", "Candidate"]]
    for label, key in (("Training patients", "patients"), ("Training cases", "cases")):
        grid.append([label, *(str(f.read("cohort")["parts"]["train"][key]) for f in (then, files))])
    grid.append(["Epochs", *(str(f.read("model")["epochs_run"]) for f in (then, files))])
    return grid


def notices(files: Files) -> Grid:
    return [[found["detail"], str(found["count"])] for found in files.read("cohort")["notices"]]


def history(files: Files) -> Grid:
    keys = ("action", "generation", "verdict", "approver", "reason")
    rows = [[line["created"][:10], *(line[key] for key in keys)] for line in files.lines("promotions")]
    return [["When", "What", "Generation", "Verdict", "Approved by", "Reason"], *rows]


def guards(files: Files) -> Grid:
    says = {"pass": "passes", "fail": "fails"}
    rows = [
        [guard["title"], says[guard["status"]], guard["reason"]]
        for guard in files.read("report")["guards"]
        if guard["status"] != "not_run"
    ]
    return [["Check", "Result", "Remark"], *rows]


def looks(files: Files) -> Grid:
    rows = [
        [
            str(place),
            look["created"][:16].replace("T", " "),
            *(look[key][:12] for key in ("model", "cohort", "rule")),
            look["champion"] or "none",
        ]
        for place, look in enumerate(files.lines("looks"), start=1)
    ]
    return [["No.", "When", "Model", "Cohort", "Rule", "Champion"], *rows]


def file_digests(files: Files) -> Grid:
    from pipeline.provenance import code_digest

    names = sorted(name for name in DIGESTED if (files.folder / name).is_file())
    rows = [[name, digests.of_file(files.folder / name)] for name in names]
    return [["File of this candidate", "Digest"], *rows, ["program", code_digest()]]


def methods(files: Files) -> Grid:
    sections = files.read("report")["sections"]
    [section] = [s for s in sections if s["key"] == "methods"]
    told = [[row["name"], row["text"]] for row in section["tables"]["rows"]]
    used = set(re.findall(r'"rule": "(T[0-9]+)"', json.dumps(sections)))
    assert {name for name, _ in told if re.fullmatch("T[0-9]+", name)} == used
    return [["Method", "What it does"], *told]


Expected = Callable[[Files], Grid]
COMMON: dict[str, tuple[Expected, ...]] = {
    "population": (population,),
    "flow": (notices,),
    "comparison": (reasons, flips, sides, drift, changes),
    "card": (history,),
    "provenance": (guards, looks, file_digests),
    "methods": (methods,),
}
BINARY = COMMON | {
    "brief": (brief,),
    "thousand": (thousand,),
    "operating": (operating, lambda files: points(files.folder), confusion),
    "reliability": (reliability,),
    "subgroups": (subgroups,),
}
OF_MANY = {key: COMMON[key] for key in ("flow", "methods")} | {
    "brief": (brief_of_many,),
    "operating": (operating_of_many, confusion, classes),
}
