"""Predictions of recipes' models: a job each, by an id of their own; what they cost, and whether rows that are sent can be asked about."""

import json
from collections.abc import Iterator, Sequence
from datetime import datetime
from decimal import Decimal
from itertools import islice
from typing import TYPE_CHECKING, Any, Final

from libs.chassis.errors import ErrorKind, InvalidError, PlatformError
from libs.contracts.envelope import JsonObject
from libs.contracts.money import to_hours
from libs.contracts.names import did_you_mean, listed
from libs.contracts.recipe_data import DataRole
from libs.contracts.recipe_predictions import SENT_BYTES, SENT_MOST, PredictRecipeSpec, known_columns, read_roles
from libs.contracts.recipe_runs import RecipeModelSpec
from services.gateway.domain.accounts.tier_limits import Limit

if TYPE_CHECKING:
    from services.gateway.domain.jobs.terms import Policy

PREFIX: Final = "answer"
PROBLEMS_MOST: Final = 20
LARGEST: Final = 2**63
"""Of numbers in rows: what is larger cannot be read, and is no price, place or amount."""
LONGEST: Final = 60
# CPU seconds that are set aside, with room, as what is not used comes back: for a new process with its imports and the model, as a run of a
# recipe has; for the most rows that a file may have, whatever it is compressed to; and for reading it. Measured: 100,000 rows take 7 CPU
# seconds of prices, 6 of actions, and of places, whose reasons are exact, 80.
FIXED_S: Final = 30
FILE_S: Final = 240
A_MEGABYTE_S: Final = 10
# A forecast reads what was learned from, too.
LOOKING_BACK_S: Final = 30
WHAT: Final = {"number": "a number", "time": "a date or moment, as `2024-01-31`", "category": "a word", "flag": "0 or 1"}


class PredictionNotFoundError(PlatformError, kind=ErrorKind.NOT_FOUND):
    """The model has no such prediction, or it is somebody else's."""

    def __init__(self, prediction_id: str) -> None:
        super().__init__(f"The model has no prediction '{prediction_id[:80]}'.")


def prediction_id_of(job_id: str) -> str:
    """Return the id of a prediction, by that of its job."""
    return f"{PREFIX}_{job_id.removeprefix('job_')}"


def job_id_of(prediction_id: str) -> str:
    """Return the id of a prediction's job."""
    return f"job_{prediction_id.removeprefix(f'{PREFIX}_')}"


def check_sent(rows: Sequence[JsonObject], *, made_of: RecipeModelSpec, field: str = "rows") -> None:
    """Raise InvalidError, by row and column below `field`, for rows that a version cannot be asked about; the first mistakes are told.

    What it has learned beside the columns that play a role is known to whoever opens it.
    """
    if len(rows) > SENT_MOST:
        message = f"Send at most {SENT_MOST:,} rows at once; these are {len(rows):,}. More are asked about as a file (`data`)."
        raise InvalidError(message, details={field: [message]})
    if not rows and made_of.family != "forecasting":
        message = "Send at least one row, or name a file or data set (`data`)."
        raise InvalidError(message, details={field: [message]})
    if (size := len(json.dumps(rows, ensure_ascii=False).encode())) > SENT_BYTES:
        message = f"The rows are {size:,} bytes of JSON; {SENT_BYTES:,} are the most. More are asked about as a file (`data`)."
        raise InvalidError(message, details={field: [message]})
    found: dict[str, list[str]] = {}
    for place, why in islice(_problems(rows, made_of=made_of), PROBLEMS_MOST):
        found.setdefault(f"{field}.{place}", []).append(why)
    if found:
        raise InvalidError("; ".join(f"{place}: {text}" for place, texts in found.items() for text in texts), details=found)


def _problems(rows: Sequence[JsonObject], *, made_of: RecipeModelSpec) -> Iterator[tuple[str, str]]:
    """Yield what is wrong by row and column."""
    columns = known_columns(made_of.manifest)
    roles = {columns.get(role.name, role.name): role for role in read_roles(made_of.family, columns)}
    features = [name for name in made_of.manifest.get("features") or () if name not in roles]
    given = list(dict.fromkeys(name for row in rows for name in row))
    needed = {name: f"the {role.name}: {_lower(role.description)}" for name, role in roles.items() if role.required}
    needed |= dict.fromkeys(features, "the model has learned from it")
    missing = [name for name in needed if name not in given] if rows else []
    for name in missing:
        near = did_you_mean(name, given)
        yield f"0.{name}", f"The rows have no column {name!r} ({needed[name]}); they have {listed(given)}.{near}"
    for place, row in enumerate(rows):
        for name, cell in row.items():
            if why := _odd(cell):
                yield f"{place}.{name}", why
        for name, role in roles.items():
            if name not in missing and (why := _unfit(row.get(name), role)):
                yield f"{place}.{name}", why


def _odd(cell: Any) -> str | None:
    """Say why a cell of whatever column is none."""
    if isinstance(cell, list | dict):
        return "A cell is a number, a text, true, false or null."
    if isinstance(cell, int | float) and not abs(cell) < LARGEST:
        return f"A number is less than {LARGEST:,}."
    return None


def _unfit(cell: Any, role: DataRole) -> str | None:
    """Say why a cell cannot play its role; None where it can, and where it is empty and need not be there."""
    what = WHAT[role.kind] + (" above zero" if role.positive else "")
    if cell is None:
        return f"It must be {what}: {_lower(role.description)}" if role.required else None
    return None if _is(cell, role) else f"It must be {what}, not {str(cell)[:LONGEST]!r}."


def _is(cell: Any, role: DataRole) -> bool:
    match role.kind:
        case "time":
            return isinstance(cell, str) and _is_moment(cell)
        case "category":
            return isinstance(cell, str | int | float) and str(cell).strip() != ""
        case _:
            return isinstance(cell, int | float) and not isinstance(cell, bool) and (cell > 0 or not role.positive)


def _is_moment(text: str) -> bool:
    # A month or a year is its first day, as readers of rows have it.
    whole = text + {4: "-01-01", 7: "-01"}.get(len(text), "")
    try:
        datetime.fromisoformat(whole)
    except ValueError:
        return False
    return True


def _lower(text: str) -> str:
    return text[:1].lower() + text[1:]


def check_prediction(spec: PredictRecipeSpec, policy: "Policy") -> None:
    """Raise SubscriptionRequiredError or LimitReachedError, at `data`, for a file that is larger than the tier may send."""
    if spec.data is None or spec.data.artifact.size <= policy.limits.most(Limit.UPLOAD, policy.tier):
        return
    refusal = policy.limits.refusal(Limit.UPLOAD, tier=policy.tier)
    said = [text for texts in refusal.details.values() for text in texts]
    raise type(refusal)(refusal.message, details={"data": said})


def prediction_hours(spec: PredictRecipeSpec) -> Decimal:
    """Return the compute hours that are set aside, and the most that is charged."""
    of_file = FILE_S + A_MEGABYTE_S * spec.data.artifact.size / 1_000_000 if spec.data else 0
    return to_hours(FIXED_S + of_file + (LOOKING_BACK_S if spec.family == "forecasting" else 0))
