"""The groups of patients that results are told for: columns of the table, and what headers say themselves."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Annotated, Final, Literal, get_args

from pydantic import AfterValidator, BeforeValidator, PlainSerializer
from pydantic_core import PydanticCustomError

from pipeline.errors import nearest

HeaderGroup = Literal[
    "sex", "age", "manufacturer", "model", "field_strength", "kernel", "spacing", "view", "visit"
]
HEADER_GROUPS: Final[tuple[HeaderGroup, ...]] = get_args(HeaderGroup)
"""What the catalogue knows of a scan that may be a group: every one is a function of its header alone."""

_NAME: Final = re.compile(r"[a-z][a-z0-9_]*")


def _by_meaning(value: object) -> object:
    """A list of columns as columns that mean what they are called."""
    if isinstance(value, list | tuple) and all(isinstance(column, str) for column in value):
        return {column: column for column in value}
    if not isinstance(value, Mapping):
        raise PydanticCustomError(
            "said",
            "expected columns of the table of labels, as in `[site, ward]`, or columns with what they mean, "
            "as in `{Geschlecht: sex, Haus: site}`",
        )
    return dict(value)


def _one_column_each(groups: dict[str, str]) -> dict[str, str]:
    for column, meaning in groups.items():
        if column != meaning and not _NAME.fullmatch(meaning):
            hint = nearest(meaning.casefold(), HEADER_GROUPS)
            raise PydanticCustomError(
                "said",
                f"the meaning of the column '{column}' takes a word of small letters, digits and '_', such "
                f"as sex or site, found '{meaning}' ({hint})",
            )
    meanings = list(groups.values())
    twice = sorted({meaning for meaning in meanings if meanings.count(meaning) > 1})
    if twice:
        columns = " and ".join(f"'{column}'" for column in groups if groups[column] == twice[0])
        raise PydanticCustomError("said", f"{columns} both mean {twice[0]}: name one of them")
    return groups


def _as_written(groups: dict[str, str]) -> list[str] | dict[str, str]:
    """The list of columns where each means what it is called, as it was before meanings could be given."""
    plain = all(column == meaning for column, meaning in groups.items())
    return list(groups) if plain else groups


Groups = Annotated[
    dict[str, str],
    BeforeValidator(_by_meaning),
    AfterValidator(_one_column_each),
    PlainSerializer(_as_written),
]
"""Columns of the table of labels, each with what it means."""
