"""The section `cohort` of the YAML: which scans have which truth, and how patients are divided."""

from __future__ import annotations

from typing import Annotated, Any, Final, Literal

from pydantic import (
    BeforeValidator,
    Discriminator,
    Field,
    SerializerFunctionWrapHandler,
    Tag,
    field_serializer,
    model_serializer,
    model_validator,
)
from pydantic_core import PydanticCustomError

from pipeline.config.base import Count, Section, Share, without_defaults
from pipeline.config.groups import HEADER_GROUPS, Groups, HeaderGroup
from pipeline.config.masks import StructureName


class JoinColumn(Section):
    """A column of the table, and what it names: an identifier, or an attribute that tells scans apart."""

    column: str
    names: str


class Shares(Section):
    """The share of patients in each part; together 1."""

    train: Share = 0.70
    validation: Share = 0.15
    test: Share = 0.15

    @model_validator(mode="after")
    def _together_one(self) -> Shares:
        total = self.train + self.validation + self.test
        if abs(total - 1.0) > 1e-6:
            raise ValueError(f"the three shares must add up to 1, not {total:g}")
        return self


class Fold(Section):
    """Which of `of` folds of a cross-validation this analysis tests on; on the next one choices are made."""

    held_out: Count
    of: Annotated[int, Field(ge=3, le=20)]

    @model_validator(mode="after")
    def _one_of_them(self) -> Fold:
        if self.held_out > self.of:
            raise PydanticCustomError("said", f"`held_out` is one of the folds 1 to {self.of}")
        return self

    @property
    def shares(self) -> Shares:
        """The share of patients of each part."""
        one = 1 / self.of
        return Shares(train=1 - 2 * one, validation=one, test=one)


def _as_word(value: object) -> object:
    """A word of a table as text: YAML makes numbers and booleans of some."""
    if isinstance(value, bool):
        return "true" if value else "false"
    return f"{value:.15g}" if isinstance(value, int | float) else value


def _as_list(value: object) -> object:
    """One word is a list of one."""
    if isinstance(value, str | int | float):
        return (value,)
    return tuple(value) if isinstance(value, list) else value


def _form_of_key(value: object) -> str:
    """The branch of `Keys` that a value is checked against, so that it is told what is wrong in that one."""
    if isinstance(value, str):
        return "literal[auto]"
    return "tuple[JoinColumn]" if isinstance(value, list | tuple) else "JoinColumn"


def _auto(value: object) -> object:
    if value != "auto":
        raise PydanticCustomError(
            "said",
            f"expected 'auto', or a column and what it names, such as `{{column: {value}, names: patient}}`",
        )
    return value


Word = Annotated[str, BeforeValidator(_as_word)]
Words = Annotated[tuple[Word, ...], BeforeValidator(_as_list)]
Keys = Annotated[
    Annotated[Literal["auto"], BeforeValidator(_auto), Tag("literal[auto]")]
    | Annotated[JoinColumn, Tag("JoinColumn")]
    | Annotated[tuple[JoinColumn, ...], Field(min_length=1), Tag("tuple[JoinColumn]")],
    Discriminator(_form_of_key),
]
"""How scans are named: found, by one column, or by several together."""


class External(Section):
    """Which scans come from another source: by words of a column of the table, or by folders below RAW."""

    column: str | None = None
    values: Words = ()
    folders: Words = ()

    @model_validator(mode="after")
    def _told(self) -> External:
        if bool(self.column) == bool(self.values) and (self.column or self.folders):
            return self
        raise PydanticCustomError(
            "said",
            "expected a column of the table with the words of the other source, as in "
            "`{column: site, values: [B]}`, or folders below `ingest.raw`, as in `{folders: [B]}`",
        )


_INSTEAD_OF_FOLD: Final = ("shares", "part_column", "on_patient_overlap")
"""The keys that divide patients where no fold does."""


class Cohort(Section):
    """Which scans have which truth, and how patients are divided into parts.

    `positive`, `classes`, `unit`, `separator`, `findings`, `regions` and `overlap` are of some tasks only;
    the others refuse them. A task that learns from masks needs no `labels`; its `target` are structures.
    """

    labels: str | None = None
    sheet: Word | None = None
    target: Words = ()
    positive: Word | None = None
    classes: dict[str, Annotated[Words, Field(min_length=1)]] = Field(default_factory=dict)
    unit: str | None = None
    separator: Annotated[str, Field(min_length=1)] | None = None
    findings: Words = ()
    regions: dict[StructureName, Annotated[Words, Field(min_length=1)]] = Field(default_factory=dict)
    overlap: bool = False
    missing: Words = ()
    id: Keys = "auto"
    part_column: str | None = None
    external: External | None = None
    links: str | None = None
    accept: dict[Literal["one_person", "near_duplicates"], Annotated[str, Field(min_length=1)]] = Field(
        default_factory=dict
    )
    on_patient_overlap: Literal["refuse", "redraw"] = "refuse"
    shares: Shares = Shares()
    fold: Fold | None = None
    salt: int = 1
    groups: Groups = Field(default_factory=dict)
    header_groups: tuple[HeaderGroup, ...] = HEADER_GROUPS

    @model_validator(mode="after")
    def _each_word_once(self) -> Cohort:
        words = [word for group in (*self.classes.values(), self.missing) for word in group]
        twice = sorted({word for word in words if words.count(word) > 1})
        if twice:
            raise PydanticCustomError(
                "said", f"the word '{twice[0]}' stands twice in `classes` and `missing`"
            )
        if self.classes and self.positive is not None and self.positive not in self.classes:
            names = ", ".join(self.classes)
            raise PydanticCustomError("said", f"`positive: {self.positive}` is none of `classes`: {names}")
        return self

    @model_validator(mode="after")
    def _folds_alone(self) -> Cohort:
        """With a fold, its number and theirs say which part a patient has."""
        others = [name for name in _INSTEAD_OF_FOLD if name in self.model_fields_set]
        if self.fold is None or not others:
            return self
        raise PydanticCustomError(
            "said",
            f"`fold` divides the patients, so leave `{others[0]}` out; more folds make the train part "
            "larger, fewer the other two",
        )

    @model_serializer(mode="wrap")
    def _as_given(self, dump: SerializerFunctionWrapHandler) -> dict[str, Any]:
        """Without what few analyses say unless it is given, so that the others keep their digest.

        With a fold, also without the keys that it stands for: the copy of the settings could not be read.
        """
        seldom = ("regions", "overlap", "external", "fold", *(_INSTEAD_OF_FOLD if self.fold else ()))
        return without_defaults(dump(self), seldom, self.model_fields_set)

    @field_serializer("target")
    def _one_as_a_word(self, target: tuple[str, ...]) -> str | tuple[str, ...]:
        return target[0] if len(target) == 1 else target

    @property
    def divided(self) -> Shares:
        """The share of patients of each part, as given or as the folds have it."""
        return self.fold.shares if self.fold else self.shares

    @property
    def column(self) -> str:
        """The column of the target, or what the columns of several targets are called together."""
        return ", ".join(self.target)

    @property
    def keys(self) -> tuple[JoinColumn, ...]:
        """The columns by which scans are named; none: they are to be found."""
        if isinstance(self.id, str):
            return ()
        return (self.id,) if isinstance(self.id, JoinColumn) else self.id

    @property
    def columns(self) -> tuple[str, ...]:
        """The columns whose values the cohort takes: the targets, the part, the source and the groups."""
        return (*self.target, *self.other_columns)

    @property
    def other_columns(self) -> tuple[str, ...]:
        """The same without the targets, which may stand in masks."""
        named = (self.part_column, self.external.column if self.external else None, *self.groups)
        return tuple(column for column in named if column)

    @property
    def structures(self) -> tuple[str, ...]:
        """The structures whose masks are needed, where the targets stand in masks."""
        parts = [part for parts in self.regions.values() for part in parts]
        return tuple(dict.fromkeys((*self.target, *parts)))
