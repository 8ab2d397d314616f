"""Which data sets ship for which family, and which roles columns play there: told before anything is read."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Final

from libs.contracts.names import did_you_mean, listed
from libs.contracts.recipe_data import DataRole, ShippedData
from libs.contracts.recipes import Family
from libs.contracts.shipped_data.forecasting import FORECASTING_DATA, FORECASTING_ROLES
from libs.contracts.shipped_data.location_scoring import LOCATION_SCORING_DATA, LOCATION_SCORING_ROLES
from libs.contracts.shipped_data.next_best_action import NEXT_BEST_ACTION_DATA, NEXT_BEST_ACTION_ROLES
from libs.contracts.shipped_data.pricing import PRICING_DATA, PRICING_ROLES

ROLES: Final[Mapping[Family, tuple[DataRole, ...]]] = {
    "pricing": PRICING_ROLES,
    "next_best_action": NEXT_BEST_ACTION_ROLES,
    "location_scoring": LOCATION_SCORING_ROLES,
    "forecasting": FORECASTING_ROLES,
}
SHIPPED_DATA: Final[Mapping[str, ShippedData]] = {
    each.name: each for each in (*PRICING_DATA, *NEXT_BEST_ACTION_DATA, *LOCATION_SCORING_DATA, *FORECASTING_DATA)
}

WITHHELD: Final = "it is what is to be told, or what comes with it, and cannot be learned from."


def why_not_shipped(name: str, *, family: Family) -> str | None:
    """Say in a sentence why no data of that name ship for a family; None where they do."""
    known = [each.name for each in SHIPPED_DATA.values() if each.family == family]
    if name in known:
        return None
    return f"No data set {name!r} ships for {family}; these do: {listed(known)}.{did_you_mean(name, known)}"


def why_no_role(role: str, *, family: Family) -> str | None:
    """Say in a sentence why a family has no such role of a column; None where it has."""
    known = [each.name for each in ROLES[family]]
    return None if role in known else f"{family} has no role {role!r}; its roles are {listed(known)}.{did_you_mean(role, known)}"


def unfit_columns(columns: Mapping[str, str], features: Sequence[str], *, family: Family) -> Iterator[tuple[tuple[str, ...], str]]:
    """Yield, by its place in a manifest, each column that plays two roles, and each feature that is what is to be told.

    `columns` are all that play a role, those that shipped data know among them.
    """
    withheld = {columns[role.name]: role.name for role in ROLES[family] if role.withheld and role.name in columns}
    for number, column in enumerate(features):
        if column in withheld:
            yield ("features", str(number)), f"{column!r} plays the role `{withheld[column]}`: {WITHHELD}"
    first: dict[str, str] = {}
    for role in (each.name for each in ROLES[family] if each.name in columns):
        column = columns[role]
        if (other := first.setdefault(column, role)) != role:
            yield ("data", "columns", role), f"{column!r} plays the role `{other}`, too: a column plays one."
