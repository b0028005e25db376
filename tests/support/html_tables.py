"""The tables of a page as grids of words."""

from __future__ import annotations

from html.parser import HTMLParser

Grid = list[list[str]]


def tables(html: str) -> dict[str, list[Grid]]:
    """The tables of each article by its id, "" outside of any: rows of the words in their cells."""
    parser = _Tables()
    parser.feed(html)
    return {key: grids for key, grids in parser.found.items() if grids}


class _Tables(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self._grids: list[Grid] = []
        self.found: dict[str, list[Grid]] = {"": self._grids}
        self._cell: list[str] | None = None

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag == "article":
            self._grids = self.found.setdefault(str(dict(attrs)["id"]), [])
        if tag == "table":
            self._grids.append([])
        if tag == "tr":
            self._grids[-1].append([])
        if tag in ("td", "th"):
            self._cell = []
        elif self._cell is not None:
            self._cell.append(" ")

    def handle_endtag(self, tag: str) -> None:
        if tag in ("td", "th") and self._cell is not None:
            self._grids[-1][-1].append(words("".join(self._cell)))
            self._cell = None

    def handle_data(self, data: str) -> None:
        if self._cell is not None:
            self._cell.append(data)


def words(text: str) -> str:
    """The text with plain dashes and single spaces."""
    return " ".join(text.replace("–", "-").replace("( ", "(").replace(" )", ")").split())
