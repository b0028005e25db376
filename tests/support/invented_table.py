"""Tables of predictions with a known make-up."""

from __future__ import annotations

import numpy as np
import pandas as pd


def logits(truth: np.ndarray, classes: int, generator: np.random.Generator) -> np.ndarray:
    """Noise, with the true class two above it."""
    values = generator.normal(size=(truth.size, classes))
    values[np.arange(truth.size), truth] += 2
    return values


def table(
    classes: tuple[str, ...], patients: int, cases_a_patient: int, *, seed: int, parts: tuple[str, ...]
) -> pd.DataFrame:
    """Every class alike often in every part; a patient's cases share its class, part and sex."""
    generator = np.random.default_rng(seed)
    patient = np.repeat(np.arange(patients), cases_a_patient)
    truth = (patient // len(parts)) % len(classes)
    values = logits(truth, len(classes), generator)
    probability = np.exp(values) / np.exp(values).sum(axis=1, keepdims=True)
    frame = pd.DataFrame(
        {
            "case_id": [f"case{index:05d}" for index in range(patient.size)],
            "patient_id": [f"patient{code:04d}" for code in patient],
            "part": [parts[code % len(parts)] for code in patient],
            "truth": [classes[index] for index in truth],
        }
    )
    for index, name in enumerate(classes):
        frame[f"score_{name}"] = probability[:, index]
        frame[f"logit_{name}"] = values[:, index]
    frame["by_sex"] = np.where((patient // (2 * len(parts))) % 2 == 0, "F", "M")
    return frame
