"""The words that make takes: each is used by a target, and none that is mistyped passes without a sentence."""

import re
import subprocess

from small_project import PROJECT

MAKEFILE = (PROJECT / "Makefile").read_text(encoding="utf-8")
RECIPES = "\n".join(line for line in MAKEFILE.splitlines() if not line.startswith("#"))
LIST = re.compile(r"^ARGUMENTS := ((?:.*\\\n)*.*)$", re.MULTILINE)


def arguments() -> set[str]:
    listed = LIST.search(MAKEFILE)
    assert listed
    return set(listed[1].replace("\\", "").split())


def test_the_list_has_every_word_that_the_help_and_the_recipes_name() -> None:
    helped = {
        word
        for line in re.findall(r"^## .*", MAKEFILE, re.MULTILINE)
        for word in re.findall(r"([A-Z_]+)=", line)
    }
    passed = {
        word for call in re.findall(r"given,([^)]*)\)", RECIPES) for word in re.findall(r"([A-Z_]+)=", call)
    }
    options = re.search(r"^SCORE_OPTIONS = (.*)", MAKEFILE, re.MULTILINE)
    assert options
    passed |= set(re.findall(r"([A-Z]+)=", options[1]))
    assert helped | passed <= arguments()
    used = LIST.sub("", MAKEFILE)
    assert [word for word in arguments() if f"$({word})" not in used and f"{word}=" not in used] == []


def test_a_word_that_no_target_takes_is_refused_and_one_of_the_environment_is_not() -> None:
    mistyped = ["make", "-n", "predict", "NEW=scans", "GENERATION=2"]
    refused = subprocess.run(mistyped, cwd=PROJECT, capture_output=True, text=True)
    assert refused.returncode == 2
    assert "No target takes GENERATION=: the command make alone lists the words of each." in refused.stderr
    outside = ["env", "GENERATION=2", "make", "-n", "help", "CONFIG=configs/demo.yaml"]
    assert subprocess.run(outside, cwd=PROJECT, capture_output=True).returncode == 0
