"""The codes of notices that the guide lists, against those that the cohort writes."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

from small_project import PROJECT


def written() -> Iterator[str]:
    """The codes that are told as words where a notice is made."""
    for path in sorted((PROJECT / "pipeline/cohort").glob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            is_notice = isinstance(node, ast.Call) and ast.unparse(node.func) == "Notice"
            if is_notice and isinstance(code := node.args[0], ast.Constant):
                yield str(code.value)


def test_the_guide_lists_every_code_of_a_notice() -> None:
    guide = (PROJECT / "docs/GUIDE.md").read_text(encoding="utf-8")
    table = guide.partition("| about | codes |")[2].partition("\n\n")[0]
    listed, codes = re.findall(r"`([a-z_]+)`", table), set(written())
    assert len(listed) == len(set(listed))
    assert codes
    assert codes <= set(listed)
