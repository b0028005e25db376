"""The structures of the YAML: what is no name or no number is refused in one sentence, with its line."""

from __future__ import annotations

from pathlib import Path

import pytest

from pipeline.config import Config, load
from pipeline.errors import ConfigError


def declared(folder: Path, structures: str) -> Config:
    path = folder / "study.yaml"
    path.write_text(
        "ingest:\n  raw: raw\n  masks:\n"
        f"    structures: {structures}\n"
        "cohort: {labels: t.csv, target: a}\nnormalize: [{z_score: {}}]\nreport: {title: A}\n"
    )
    return load(path)


@pytest.mark.parametrize(
    ("structures", "sentence"),
    [
        ("0", "expected names of structures with what files call each, as in"),
        ("[lungs]", "expected names of structures with what files call each, as in"),
        ("yes", "expected names of structures with what files call each, as in"),
        ("{1: lungs}", "found '1': turn it round, `lungs: 1`"),
        ("{_a: 1}", "found '_a', as in `{liver: 1, tumour: [2, Tumour]}`"),
        ("{lungs: 0}", "files call 'lungs' by whole numbers of 1 to 65535 or by labels, as in"),
        ("{lungs: true}", "files call 'lungs' by whole numbers of 1 to 65535"),
        ("{lungs: }", "files call 'lungs' by whole numbers of 1 to 65535"),
        ("{lungs: []}", "files call 'lungs' by whole numbers of 1 to 65535"),
        ("{lungs: [1, 1.5]}", "files call 'lungs' by whole numbers of 1 to 65535"),
        ("{lungs: {value: 1}}", "files call 'lungs' by whole numbers of 1 to 65535"),
        ("{lungs: 70000}", "files call 'lungs' by whole numbers of 1 to 65535"),
        ("{lungs: ' '}", "files call 'lungs' by whole numbers of 1 to 65535"),
        ("{lungs: 1, Lungs: 2}", "two structures are called 'lungs', but for capitals"),
    ],
)
def test_what_declares_no_structure_is_one_sentence(tmp_path: Path, structures: str, sentence: str) -> None:
    with pytest.raises(ConfigError) as error:
        declared(tmp_path, structures)
    (line,) = str(error.value).splitlines()
    assert line.startswith(f"{tmp_path}/study.yaml:4: 'ingest.masks.structures': ")
    assert sentence in line


def test_numbers_labels_and_lists_of_them_declare_structures(tmp_path: Path) -> None:
    masks = declared(tmp_path, "{lungs: [1, 1, Lung], no: Nein, b: 65535}").ingest.masks
    assert masks is not None
    assert masks.called == {"lungs": (1, 1, "Lung"), "no": ("Nein",), "b": (65535,)}
