"""What recipes learn from: the roles that columns play in a family, and a data set that ships, with where it comes from."""

from typing import Literal

from pydantic import ConfigDict, Field

from libs.contracts.envelope import Message
from libs.contracts.recipes import Family

ColumnKind = Literal["number", "category", "time", "flag"]
"""What a column's cells are: a number, a word, a day or moment, or 0 and 1."""


class DataRole(Message):
    """A part that a column plays for a family."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: str
    kind: ColumnKind
    description: str = Field(description="With its unit.")
    required: bool = True
    positive: bool = Field(default=False, description="Whether rows in which it is not above zero are left out.")
    withheld: bool = Field(
        default=False, description="Whether its column is no feature: it is what is to be told, or what is done, which comes with it."
    )


class DataColumn(Message):
    """A column of a data set that ships."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: str
    kind: ColumnKind
    description: str = Field(description="With its unit.")


class ShippedData(Message):
    """A data set that comes with the platform: `shipped:<name>` in a manifest."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: str
    family: Family
    title: str
    columns: tuple[DataColumn, ...]
    roles: dict[str, str] = Field(description="Columns by the role that they play, where the manifest names none.")
    rows: int
    source: str = Field(description="Where it comes from, and how it was made from that.")
    licence: str = Field(description="Of the package, and of the data where that is stated.")
    synthetic: bool = Field(description="Whether its rows were generated: their figures are of no market.")
