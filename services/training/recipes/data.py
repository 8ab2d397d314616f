"""Opens the rows of a run: a data set that ships or a file of its account, filtered, with columns by the role that they play."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from libs.contracts.manifests.manifest import Filter, Manifest
from libs.contracts.names import did_you_mean, listed
from libs.contracts.recipe_data import DataRole
from libs.contracts.recipe_runs import RecipeData
from libs.contracts.recipes import Family
from libs.contracts.shipped_data.families import ROLES, SHIPPED_DATA, unfit_columns, why_no_role, why_not_shipped
from services.training.learners.errors import NotEnoughDataError, TrainingRefusedError
from services.training.recipes.reading import read_rows
from services.training.recipes.shipped.sources import fingerprint, read_shipped
from services.training.recipes.table import Table

WORDS_MOST: Final = 50
"""Distinct words of a column that is learned from without having been asked for."""
_COMPARED: Final = {"=": "eq", "!=": "ne", "<": "lt", "<=": "le", ">": "gt", ">=": "ge"}


def shipped_table(manifest: Manifest, *, family: Family) -> Table:
    """Return the rows that ship under the name of the manifest's source. Raise TrainingRefusedError for a name that is none."""
    name = manifest.data.place[1]
    if why := why_not_shipped(name, family=family):
        raise _refused(why, place="source")
    about, frame = SHIPPED_DATA[name], read_shipped(name)
    columns = about.roles | manifest.data.columns
    table = table_of(frame, columns=columns, manifest=manifest, family=family)
    return replace(table, sha256=fingerprint(frame), licence=about.licence, synthetic=about.synthetic)


def file_table(path: Path, *, data: RecipeData, manifest: Manifest, family: Family, may_lack: frozenset[str] = frozenset()) -> Table:
    """Return the rows of an account's file, which lies at `path`. Raise TrainingRefusedError for what cannot be read or used.

    Rows `may_lack` values of these roles, and the file their columns.
    """
    frame = read_rows(path, name=data.path, format=data.format)
    columns = {role: name for role, name in manifest.data.columns.items() if role not in may_lack or name in frame.columns}
    table = table_of(frame, columns=columns, manifest=manifest, family=family, may_lack=may_lack)
    return replace(table, sha256=data.artifact.sha256)


def table_of(
    frame: pd.DataFrame, *, columns: dict[str, str], manifest: Manifest, family: Family, may_lack: frozenset[str] = frozenset()
) -> Table:
    """Return the frame's rows by role, those that pass the filters and have all that is required; the oldest first, where there is time."""
    roles = [role for role in ROLES[family] if role.name in columns]
    roles = [role.model_copy(update={"required": role.required and role.name not in may_lack}) for role in roles]
    _check_columns(frame, columns=columns, manifest=manifest, family=family, may_lack=may_lack)
    before = len(frame)
    frame = frame[passing(frame, manifest.data.filters)]
    typed = pd.DataFrame({role.name: typed_column(frame[columns[role.name]], role) for role in roles}, index=frame.index)
    usable = np.ones(len(typed), dtype=bool)
    for role in roles:
        if role.required:
            usable &= typed[role.name].notna().to_numpy()
        if role.positive:
            usable &= (typed[role.name] > 0).to_numpy() | (not role.required and typed[role.name].isna().to_numpy())
    typed, frame = typed[usable], frame[usable]
    if len(typed) == 0:
        message = f"None of {before:,} rows can be used: none passes data.filters and has {listed([role.name for role in roles])}."
        raise NotEnoughDataError(message, details={"manifest.data": [message]})
    times = [role.name for role in roles if role.kind == "time" and role.required]
    order = np.argsort(typed[times[0]].to_numpy(), kind="stable") if times else np.arange(len(typed))
    features = pd.DataFrame(
        {name: _learnable(frame[name]) for name in _features(frame, manifest=manifest, columns=columns)}, index=frame.index
    )
    left = before - len(typed)
    notes = (f"{left:,} of {before:,} rows were left out: they fail data.filters, or lack what is needed.",) if left else ()
    return Table(
        roles=typed.iloc[order].reset_index(drop=True),
        features=features.iloc[order].reset_index(drop=True),
        columns={role.name: columns[role.name] for role in roles},
        source=manifest.data.source,
        sha256="",
        licence="",
        synthetic=False,
        left_out=left,
        notes=notes,
    )


def _check_columns(frame: pd.DataFrame, *, columns: dict[str, str], manifest: Manifest, family: Family, may_lack: frozenset[str]) -> None:
    """Raise TrainingRefusedError for a role that is none or has no column, for a column that is not there, and for one that is unfit."""
    known = [str(name) for name in frame.columns]
    for at, unfit in unfit_columns(columns, manifest.features, family=family):
        raise TrainingRefusedError(unfit, details={".".join(("manifest", *at)): [unfit]})
    for named in columns:
        if why := why_no_role(named, family=family):
            raise _refused(why, place=f"columns.{named}")
    for role in ROLES[family]:
        if role.required and role.name not in {*columns, *may_lack}:
            message = f"No column plays the role `{role.name}` ({role.description.lower()}); the data have {listed(known)}."
            raise _refused(message, place="columns")
    asked = [*((f"data.columns.{named}", name) for named, name in columns.items()), *(("features", name) for name in manifest.features)]
    asked += [("data.filters", each.column) for each in manifest.data.filters]
    for place, name in asked:
        if name not in known:
            message = f"The data have no column {name!r}; they have {listed(known)}.{did_you_mean(name, known)}"
            raise TrainingRefusedError(message, details={f"manifest.{place}": [message]})


def passing(frame: pd.DataFrame, filters: Sequence[Filter]) -> NDArray[np.bool_]:
    """Return which rows pass all filters (mask)."""
    passing = np.ones(len(frame), dtype=bool)
    for each in filters:
        column = frame[each.column]
        try:
            if each.op == "in":
                values = each.value if isinstance(each.value, tuple) else (each.value,)
                passing &= column.isin(list(values)).to_numpy()
            else:
                value: Any = pd.Timestamp(str(each.value)) if pd.api.types.is_datetime64_any_dtype(column) else each.value
                passing &= getattr(column, _COMPARED[each.op])(value).to_numpy(dtype=bool)
        except (TypeError, ValueError) as error:
            message = f"{each.column!r} cannot be compared with {each.value!r} by {each.op!r}: it has {column.dtype}."
            raise _refused(message, place="filters") from error
    return passing


def typed_column(column: "pd.Series[Any]", role: DataRole) -> "pd.Series[Any]":
    """Return a column as what its role is; a cell that is none is missing. Raise TrainingRefusedError where no cell is one."""
    if role.kind == "category":
        return column.astype("str").where(column.notna(), None)
    made: pd.Series[Any]
    if role.kind == "time":
        made = pd.to_datetime(column, errors="coerce", utc=True, format=None if column.dtype.kind in "Mif" else "ISO8601")
        made = made.dt.tz_localize(None).astype("datetime64[ns]")
    else:
        made = pd.to_numeric(column, errors="coerce").astype("float64").replace([np.inf, -np.inf], np.nan)
    if len(made) and made.isna().all() and column.notna().any():
        what = "a date or moment, as `2024-01-31`" if role.kind == "time" else "a number"
        seen = column.dropna().iloc[0]
        message = f"The column {column.name!r} plays the role `{role.name}` and has no cell that is {what}, but such as {seen!r}."
        raise _refused(message, place=f"columns.{role.name}")
    return made


def _features(frame: pd.DataFrame, *, manifest: Manifest, columns: dict[str, str]) -> Iterator[str]:
    """Yield the columns that are learned from: those that were asked for, or all without a role that vary and are no names."""
    if manifest.features:
        yield from manifest.features
        return
    for name in frame.columns:
        if name in columns.values():
            continue
        distinct = frame[name].nunique()
        is_number = pd.api.types.is_numeric_dtype(frame[name]) or pd.api.types.is_bool_dtype(frame[name])
        if distinct > 1 and (is_number or (distinct <= WORDS_MOST and not pd.api.types.is_datetime64_any_dtype(frame[name]))):
            yield str(name)


def _learnable(column: "pd.Series[Any]") -> "pd.Series[Any]":
    """Return a column as numbers where it is of numbers, else as words; moments as days since 1970."""
    if pd.api.types.is_datetime64_any_dtype(column):
        return column.astype("datetime64[ns]").astype("int64") / 86_400e9
    if pd.api.types.is_numeric_dtype(column) or pd.api.types.is_bool_dtype(column):
        return column.astype("float64").replace([np.inf, -np.inf], np.nan)
    return column.astype("str").where(column.notna(), None)


def _refused(message: str, *, place: str) -> TrainingRefusedError:
    return TrainingRefusedError(message, details={f"manifest.data.{place}": [message]})
