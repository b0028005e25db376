"""What README says of adding to an axis, followed by hand in a copy of the tree."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from small_project import PROJECT, contents

STEP = '''"""Turns bright and dark round."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from pydantic import BaseModel, ConfigDict

from pipeline.normalize.image import Image

VERSION: Final = 1
STORAGE: Final = None


class Parameters(BaseModel):
    """`about`: the value that stays."""

    model_config = ConfigDict(frozen=True, extra="forbid")
    about: float = 0.0


def apply(image: Image, parameters: Parameters) -> Image:
    """The image turned round."""
    return replace(image, values=2 * parameters.about - image.values)
'''
NETWORK = '''"""One convolution."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict

from pipeline.models import SCAN

GIVES = SCAN


class Parameters(BaseModel):
    """`filters`: how many."""

    model_config = ConfigDict(frozen=True, extra="forbid")
    filters: int = 4


def unfit(input_shape):
    """Images alone are taken."""
    return None if len(input_shape) == 3 else "takes images, no volumes"


def features(maps, parameters):
    """The mean of each filter's answer."""
    import keras

    maps = keras.layers.Conv2D(parameters.filters, 3, padding="same", name="first_convolution")(maps)
    maps = keras.layers.ReLU(name="last_features")(maps)
    return keras.layers.GlobalAveragePooling2D(name="pooled_features")(maps)
'''

SECTION = '''"""A word on the data."""

from __future__ import annotations

from pipeline.page.artifacts import Artifacts
from pipeline.page.section import Section


def build(artifacts: Artifacts) -> Section:
    """The word."""
    return Section("remark", "A remark", words={"said": "What was remarked."})
'''


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    """The product in a folder of its own."""
    ignored = shutil.ignore_patterns("__pycache__")
    for name in ("pipeline", "tests"):
        shutil.copytree(PROJECT / name, tmp_path / name, ignore=ignored)
    shutil.copy2(PROJECT / "pyproject.toml", tmp_path)
    return tmp_path


def ask(copy: Path, *words: str) -> str:
    """What Python says in the copy, run on its source."""
    environment = {**os.environ, "PYTHONPATH": str(copy), "PYTHONDONTWRITEBYTECODE": "1"}
    done = subprocess.run(
        [sys.executable, *words], cwd=copy, env=environment, capture_output=True, text=True, timeout=1800
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def entered(path: Path, beside: str, entry: str) -> None:
    """Writes the entry above the line that begins as `beside` does."""
    lines = path.read_text().splitlines(keepends=True)
    [at] = [number for number, line in enumerate(lines) if line.strip().startswith(beside)]
    path.write_text("".join([*lines[:at], entry, *lines[at:]]))


def test_a_step_is_added_by_its_file_its_test_and_one_entry(copy: Path) -> None:
    before = contents(copy)
    (copy / "pipeline/normalize/steps/turned.py").write_text(STEP)
    registry = copy / "pipeline/normalize/steps/__init__.py"
    entered(registry, "z_score,", "    turned,\n")
    entered(registry, '"z_score": z_score', '        "turned": turned,\n')
    (copy / "tests/normalize/steps/test_turned.py").write_text('EXAMPLE = {"about": 1.0}\n')
    assert "turned                   Turns bright and dark round.\n    about: 0.0\n" in ask(
        copy, "-m", "pipeline.cli", "list", "steps"
    )
    tried = ("-m", "pytest", "-n", "0", "-p", "no:cacheprovider", "tests/normalize/steps/test_contract.py")
    assert "5 passed" in ask(copy, *tried, "-k", "turned")
    assert touched(copy, before) == {
        "pipeline/normalize/steps/__init__.py", "pipeline/normalize/steps/turned.py",
        "tests/normalize/steps/test_turned.py",
    }  # fmt: skip


def test_a_network_is_added_by_its_file_and_one_entry(copy: Path) -> None:
    before = contents(copy)
    (copy / "pipeline/models/single.py").write_text(NETWORK)
    entered(copy / "pipeline/models/__init__.py", '"resnet":', '    "single": "pipeline.models.single",\n')
    assert "single                   One convolution.\n    filters: 4\n" in ask(
        copy, "-m", "pipeline.cli", "list", "models"
    )
    code = (
        "from pipeline import backend; backend.prepare()\n"
        "from pipeline.models import Intensities, network\n"
        "from pipeline.models.classifier import build\n"
        "net = build(network('single', {}), (8, 8, 1), 2, intensities=Intensities((0.0,), (1.0,)), dropout=0.0)\n"
        "print(net.output.shape)"
    )
    assert ask(copy, "-c", code).endswith("(None, 2)\n")
    assert touched(copy, before) == {"pipeline/models/__init__.py", "pipeline/models/single.py"}


def test_a_section_of_all_tasks_and_one_of_one_task_are_added_where_each_is_at_home(
    copy: Path, tmp_path: Path
) -> None:
    before = contents(copy)
    add_to_all_tasks(copy)
    assert touched(copy, before) == {
        "pipeline/report/sections/__init__.py", "pipeline/report/sections/remark.py",
        "pipeline/report/templates/sections/remark.html",
    }  # fmt: skip
    before = contents(copy)
    add_to_one_task(copy)
    folder = "pipeline/tasks/classification"
    assert touched(copy, before) == {
        f"{folder}/page.py", f"{folder}/sections/saying.py", f"{folder}/templates/saying.html"
    }  # fmt: skip
    page = ask(copy, "-c", report_in(tmp_path.with_name("invented")))
    assert "A remark" in page and "<p>What was remarked.</p>" in page
    assert "A saying" in page and "<p>What was said.</p>" in page


def add_to_all_tasks(copy: Path) -> None:
    (copy / "pipeline/report/sections/remark.py").write_text(SECTION)
    (copy / "pipeline/report/templates/sections/remark.html").write_text("<p>{{ s.words.said }}</p>\n")
    registry = copy / "pipeline/report/sections/__init__.py"
    entered(registry, "provenance,", "    remark,\n")
    text = registry.read_text()
    assert text.count("lookalikes.build)") == 1
    registry.write_text(text.replace("lookalikes.build)", "lookalikes.build, remark.build)"))


def add_to_one_task(copy: Path) -> None:
    task = copy / "pipeline/tasks/classification"
    section = SECTION.replace("remark", "saying").replace("What was sayinged", "What was said")
    (task / "sections/saying.py").write_text(section)
    (task / "templates/saying.html").write_text("<p>{{ s.words.said }}</p>\n")
    page = task / "page.py"
    text = page.read_text()
    assert text.count("sections import curves, operating, sets, thousand\n") == 1
    text = text.replace(
        "import curves, operating, sets, thousand", "import curves, operating, saying, sets, thousand"
    )
    page.write_text(
        text.replace('IN_BRIEF: Final = ("thousand",)', 'IN_BRIEF: Final = ("thousand", "saying")')
    )
    entered(page, '"thousand": thousand.build', '    "saying": saying.build,\n')


def report_in(folder: Path) -> str:
    """The code that prints the report on an invented candidate."""
    return (
        "import sys; sys.path.insert(0, 'tests/support')\n"
        "from pathlib import Path\n"
        "import invented_candidate\n"
        "from pipeline import report\n"
        f"made = invented_candidate.make(Path({str(folder)!r}))\n"
        "report.run(made.config, made.workspace)\n"
        "print((made.workspace.candidate / 'report.html').read_text())"
    )


def touched(copy: Path, before: dict[str, str]) -> set[str]:
    """The files that are new or changed."""
    after = {name: digest for name, digest in contents(copy).items() if "__pycache__" not in name}
    return {name for name in before.keys() | after.keys() if before.get(name) != after.get(name)}
