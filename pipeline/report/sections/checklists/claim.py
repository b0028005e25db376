"""CLAIM, on reporting artificial intelligence in medical imaging, update of 2024, in our own short words."""

from __future__ import annotations

from typing import Final

from pipeline.report.sections.checklists import data, modelling, results
from pipeline.report.sections.checklists.items import Item

NAME: Final = "CLAIM 2024"
PAPER: Final = "Tejani et al., Radiology: Artificial Intelligence 2024;6(4):e240300"
ITEMS: Final = (
    Item("1", "Kind of AI named", modelling.technology),
    Item("2", "Abstract with structure"),
    Item("3", "Background, clinical role"),
    Item("4", "Aims and hypotheses", modelling.goal),
    Item("5", "Looking forward or back"),
    Item("6", "Kind of study", data.aim),
    Item("7", "Where data come from", data.sources),
    Item("8", "Who is in and who is out", data.eligibility),
    Item("9", "Preprocessing", modelling.preprocessing),
    Item("10", "Choice within a study", data.subsets),
    Item("11", "De-identification", data.deidentification),
    Item("12", "Missing data", data.missing),
    Item("13", "How images were acquired", data.acquisition),
    Item("14", "Reference standard: what it is"),
    Item("15", "Reference standard: why this one"),
    Item("16", "Who annotated"),
    Item("17", "How the test set was annotated"),
    Item("18", "Agreement of annotators"),
    Item("19", "How parts were assigned", data.partition),
    Item("20", "Level at which parts are disjoint", data.disjoint),
    Item("21", "Sample size", data.sample_size),
    Item("22", "The model in detail", modelling.network),
    Item("23", "Software", modelling.software),
    Item("24", "How parameters began", modelling.initialization),
    Item("25", "How it was trained", modelling.training),
    Item("26", "How the final model was chosen", modelling.selection),
    Item("27", "Ensembles", modelling.ensemble),
    Item("28", "Metrics", results.metrics),
    Item("29", "Statistics and uncertainty", results.statistics),
    Item("30", "Robustness", results.robustness),
    Item("31", "Explanations", results.explained),
    Item("32", "Test on internal data", results.internal),
    Item("33", "Test on external data", results.external),
    Item("34", "Registration as a trial"),
    Item("35", "Patients in and out, counted", data.sizes),
    Item("36", "Demographics by part", data.demographics),
    Item("37", "Performance with uncertainty", results.performance),
    Item("38", "Diagnostic estimates with precision", results.estimates),
    Item("39", "Failures", results.failures),
    Item("40", "Limitations", results.limits),
    Item("41", "What it means for practice"),
    Item("42", "Protocol, technical details", modelling.protocol),
    Item("43", "Availability of model and code", modelling.availability),
    Item("44", "Funding"),
)
