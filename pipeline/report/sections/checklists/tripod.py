"""TRIPOD+AI, on reporting prediction models, in our own short words."""

from __future__ import annotations

from typing import Final

from pipeline.report.sections.checklists import data, modelling, results
from pipeline.report.sections.checklists.items import Item

NAME: Final = "TRIPOD+AI"
PAPER: Final = "Collins et al., BMJ 2024;385:e078378"
ITEMS: Final = (
    Item("1", "Title says model, population, outcome"),
    Item("2", "Abstract"),
    Item("3a", "Why, in which care"),
    Item("3b", "For whom, to be used how", modelling.use),
    Item("3c", "Known inequalities of health"),
    Item("4", "Development, evaluation or both", data.aim),
    Item("5a", "Sources of data", data.sources),
    Item("5b", "Dates of data"),
    Item("6a", "Centres", data.centres),
    Item("6b", "Who is eligible", data.eligibility),
    Item("6c", "Treatments"),
    Item("7", "Preparation and quality of data", modelling.preprocessing),
    Item("8a", "Outcome: what, when, why"),
    Item("8b", "Outcome: who judged it"),
    Item("8c", "Outcome: blinding"),
    Item("9a", "Choice of predictors", modelling.predictors),
    Item("9b", "How predictors were measured", data.acquisition),
    Item("9c", "Who reads predictors", modelling.no_reader),
    Item("10", "Sample size", data.sample_size),
    Item("11", "Missing data", data.missing),
    Item("12a", "How data were divided", data.partition),
    Item("12b", "How predictors were transformed", modelling.preprocessing),
    Item("12c", "Kind of model, how it was built", modelling.training),
    Item("12d", "Differences between sources", results.clusters),
    Item("12e", "Measures of performance", results.metrics),
    Item("12f", "Recalibration", modelling.choices),
    Item("12g", "How predictions were calculated", results.predicted),
    Item("13", "Imbalance of classes", modelling.imbalance),
    Item("14", "Fairness", results.fairness),
    Item("15", "Output and thresholds", modelling.output),
    Item("16", "Training beside evaluation data", data.difference_of_parts),
    Item("17", "Ethics"),
    Item("18a", "Funding"),
    Item("18b", "Conflicts of interest"),
    Item("18c", "Protocol, or that there is none", modelling.protocol),
    Item("18d", "Registration"),
    Item("18e", "Sharing of data"),
    Item("18f", "Sharing of code"),
    Item("19", "Patients and public"),
    Item("20a", "Flow of participants", data.sizes),
    Item("20b", "Characteristics", data.demographics),
    Item("20c", "Evaluation beside development", data.difference_of_parts),
    Item("21", "Participants and events in each analysis", data.sizes),
    Item("22", "The full model", modelling.specification),
    Item("23a", "Performance with intervals", results.estimates),
    Item("23b", "Performance by source", results.clusters),
    Item("24", "Model updating", results.updating),
    Item("25", "Interpretation"),
    Item("26", "Limitations", results.limits),
    Item("27a", "Poor or missing input", results.poor_input),
    Item("27b", "What users must do and know"),
    Item("27c", "Next steps"),
)
