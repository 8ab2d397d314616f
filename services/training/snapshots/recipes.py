"""Both sides of a version that a recipe made: the hold-out of its own data, and rows since with the same columns."""

import math
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Final, get_args

import numpy as np

from libs.chassis.errors import InvalidError
from libs.chassis.stores.artifacts import ArtifactMissingError, Artifacts
from libs.contracts.manifests.families import read_manifest
from libs.contracts.manifests.manifest import Manifest
from libs.contracts.model_monitoring import MonitorSpec, RecipeSubject, Window
from libs.contracts.names import did_you_mean, listed
from libs.contracts.recipe_data import DataRole
from libs.contracts.recipe_runs import RecipeData
from libs.contracts.recipes import Family as FamilyName
from libs.contracts.shipped_data.families import ROLES, SHIPPED_DATA
from libs.contracts.texts import NamedFile
from libs.contracts.training import Artifact
from libs.quant.candles import Floats, Integers
from services.training.recipes.data import file_table, shipped_table
from services.training.recipes.families import family_of
from services.training.recipes.family import Family, Model
from services.training.recipes.going_on import LOOK_BACK, gone_on
from services.training.recipes.saving import open_model
from services.training.recipes.splitting import hold_out
from services.training.recipes.table import Table
from services.training.snapshots.sides import NO_WINDOW, Side, Sides, Words

TRUTH: Final[Mapping[str, str]] = {
    "pricing": "quantity",
    "next_best_action": "outcome",
    "forecasting": "target",
    "location_scoring": "target",
}
"""By family, the role whose column is what the model is asked for."""
NAMED_BY: Final = ("id", "customer")
SERIES: Final[Mapping[str, str]] = {"pricing": "product", "forecasting": "item"}
"""By family, the role that names the series a row is of: at each moment there is a row of each."""
AS_READ: Final = frozenset({"pricing", "location_scoring"})
"""Families that derive of rows what they are split by alone, and refuse what cannot be learned from: a day's rows can be looked at."""
WORDS_MOST: Final = 50
"""Distinct words of a column that is compared; a name of each row says nothing of drift."""
STRAYED, NEARLY_ALL = 0.1, 0.99
OUTCOMES: Final = ("0", "1")
GONE: Final = "{path} is no longer there: name another file, or send it again."
NO_CURRENT: Final = "No rows since were given: name a file or a data set of them in the model's monitoring rules, or as `data`."
OWN_PAST: Final = "It looks at nothing but its own past, which shows in what it answers."
NO_ANSWER: Final = (
    "{count:,} rows of now are left out: the version has no answer for them, as for an action or a series that it does not know."
)
IN_OTHER_AREAS: Final = (
    "The reference is of areas that the version knew no place of, and rows of now may lie among places that it knows: it answers those "
    "better, so that what is measured of now may hide some loss."
)
NO_TRUTH: Final = "The family {family} answers no column of its data, so that answers cannot be compared with what came true."


def recipe_sides(spec: MonitorSpec, subject: RecipeSubject, *, artifacts: Artifacts) -> Sides:
    """Return the hold-out of a version's own data, and the rows since, where any were given.

    Raise InvalidError, which names the field, where a file or the version's are gone, or rows cannot be used.
    """
    name = _family(subject.family)
    manifest, family = read_manifest(subject.manifest, family=name), family_of(name)
    kept, files = open_model(Artifact(uri="", sha256=spec.artifact, size=0), family=name, artifacts=artifacts)
    model = family.restore(kept, files=files)
    with TemporaryDirectory(prefix="modelbourse-snapshot-") as folder:
        place = Path(folder) / "data"
        own = _own(subject, family=family, name=name, manifest=manifest, artifacts=artifacts, place=place)
        since = None
        if subject.current is not None:
            known = _known_columns(own, manifest)
            read = _read(subject.current, name=name, manifest=known, artifacts=artifacts, place=place, truth=TRUTH.get(name))
            since = read if name in AS_READ else family.prepare(read, manifest=known)
    parts = hold_out(own, manifest=manifest, time=family.keys.time, group=family.keys.group, place=family.keys.place)
    columns = _Columns.of(own, name=name, split_by=_split_by(family, manifest))
    reference = columns.side(own, parts.test, model=model)
    current = columns.side(own, parts.test[:0], model=None)
    if since is not None:
        whole = gone_on(own, since, time=family.keys.time) if name in LOOK_BACK else since
        current = columns.side(whole, np.arange(len(whole) - len(since), len(whole)), model=model)
    is_chance, notes = _is_chance(reference), [] if since is None else list(since.notes)
    if manifest.split.method == "spatial_blocks" and since is not None:
        notes.append(IN_OTHER_AREAS)
    current = _answered(_within(current, spec, notes=notes), notes=notes)
    return Sides(
        reference=_as_classes(reference) if is_chance else reference,
        current=_as_classes(current) if is_chance else current,
        names=columns.numbers,
        classes=OUTCOMES if is_chance else (),
        ordered=reference.time is not None and len(np.unique(reference.time)) == len(reference),
        synthetic=own.synthetic or (since is not None and since.synthetic),
        newest=None if current.time is None or not len(current) else int(current.time.max()),
        series=columns.series,
        notes=notes,
        reasons=_reasons(name, has_current=since is not None) | ({} if columns.every else {"drift.features": OWN_PAST}),
    )


def _family(word: str) -> FamilyName:
    known = get_args(FamilyName)
    if word not in known:
        message = f"There is no family {word!r}; there are {listed(known)}.{did_you_mean(word, known)}"
        raise InvalidError(message, details={"family": [message]})
    found: FamilyName = next(each for each in known if each == word)
    return found


def _reasons(name: str, *, has_current: bool) -> dict[str, str]:
    reasons = {} if has_current else {"rows.current": NO_CURRENT}
    return reasons if name in TRUTH else reasons | {"performance.measured": NO_TRUTH.format(family=name)}


def _own(subject: RecipeSubject, *, family: Family, name: FamilyName, manifest: Manifest, artifacts: Artifacts, place: Path) -> Table:
    if subject.reference is None:
        return family.prepare(shipped_table(manifest, family=name), manifest=manifest)
    return family.prepare(_read(subject.reference, name=name, manifest=manifest, artifacts=artifacts, place=place), manifest=manifest)


def _read(data: NamedFile, *, name: FamilyName, manifest: Manifest, artifacts: Artifacts, place: Path, truth: str | None = None) -> Table:
    """Return a file's rows; those need no `truth`, which comes later than they do, where it is named."""
    try:
        artifacts.fetch(data.artifact.sha256, place)
    except ArtifactMissingError as error:
        message = GONE.format(path=data.path)
        raise InvalidError(message, details={"data": [message]}) from error
    table = file_table(
        place,
        data=RecipeData(path=data.path, artifact=data.artifact),
        manifest=manifest,
        family=name,
        may_lack=frozenset(() if truth is None else (truth,)),
    )
    return table if truth is None or table.has(truth) else table.with_role(truth, np.full(len(table), np.nan))


def _known_columns(own: Table, manifest: Manifest) -> Manifest:
    """Return the manifest with the columns that the version's own data have, by role, and those that it learned from."""
    shipped = SHIPPED_DATA.get(manifest.data.place[1])
    columns = (shipped.roles if shipped is not None else {}) | manifest.data.columns
    data = manifest.data.model_copy(update={"columns": columns})
    return manifest.model_copy(update={"data": data, "features": tuple(map(str, own.features.columns))})


def _split_by(family: Family, manifest: Manifest) -> tuple[str, ...]:
    """Return the roles that the hold-out was told apart by."""
    match manifest.split.method:
        case "spatial_blocks":
            return family.keys.place or ()
        case "groups":
            return (family.keys.group,) if family.keys.group is not None else ()
        case _:
            return ()


class _Columns:
    """Which columns are compared: those learned from, and the roles but for the moment and the truth; by the data's own names."""

    def __init__(self, *, numbers: tuple[str, ...], words: tuple[str, ...], roles: Mapping[str, DataRole], name: FamilyName) -> None:
        self.numbers, self.words, self._roles, self._truth, self._series = numbers, words, roles, TRUTH.get(name), SERIES.get(name)

    @classmethod
    def of(cls, table: Table, *, name: FamilyName, split_by: tuple[str, ...]) -> "_Columns":
        """Choose the columns of a table, but for those that it was split by, which differ between its parts, and for the truth.

        What came true is no input: it would be drift where it is not there yet, and tell estimates what they are to estimate.
        """
        left_out = {*split_by, TRUTH.get(name)}
        playing = [role for role in ROLES[name] if table.has(role.name) and role.kind != "time" and role.name not in left_out]
        roles = {table.columns[role.name]: role for role in playing}
        every = {column: table.roles[role.name] for column, role in roles.items()}
        every |= {str(column): table.features[column] for column in table.features.columns}
        named = {column for column, role in roles.items() if role.kind == "category"}
        words = [column for column, values in every.items() if column in named or not _is_number(values)]
        kept = [column for column in words if 1 < every[column].nunique() <= WORDS_MOST]
        return cls(numbers=tuple(column for column in every if column not in words), words=tuple(kept), roles=roles, name=name)

    @property
    def every(self) -> tuple[str, ...]:
        """What is compared, by name."""
        return (*self.numbers, *self.words)

    @property
    def series(self) -> tuple[str, ...]:
        """The column that names each row's series."""
        return tuple(column for column, role in self._roles.items() if role.name == self._series)

    def side(self, table: Table, rows: Integers, *, model: Model | None) -> Side:
        """Return these rows of a table, with the model's answers; without a model there are none."""
        time = next((role.name for role in ROLES_WITH_TIME if table.has(role.name)), None)
        numbers = [np.asarray(self._column(table, name).to_numpy(), dtype=np.float64)[rows] for name in self.numbers]
        truth = np.full(len(rows), np.nan)
        if self._truth is not None and table.has(self._truth):
            truth = table.numbers(self._truth)[rows]
        return Side(
            numbers=np.column_stack(numbers) if numbers else np.zeros((len(rows), 0)),
            words={name: _words(self._column(table, name).to_numpy()[rows]) for name in self.words},
            values=np.zeros(0) if model is None else _finite(model.predict(table, rows)),
            truth=truth,
            time=None if time is None else table.times(time).astype(np.int64)[rows],
            symbols=table.words(self._series)[rows].astype(str).astype(object) if self._series and table.has(self._series) else None,
            ids=_ids(table, rows),
        )

    def _column(self, table: Table, name: str) -> Any:
        role = self._roles.get(name)
        return table.features[name] if role is None else table.roles[role.name]


ROLES_WITH_TIME: Final = tuple({role.name: role for roles in ROLES.values() for role in roles if role.kind == "time"}.values())


def _ids(table: Table, rows: Integers) -> Words | None:
    """Return the names that rows have, by the first role that gives each another one; None where none does."""
    for role in NAMED_BY:
        if table.has(role) and len(set(names := table.words(role)[rows].astype(str).tolist())) == len(names) > 0:
            return np.array(names, dtype=object)
    return None


def _words(values: Any) -> Words:
    """Return categories as words: shops 1 to 40 are names and no amounts, and are the same where a missing one has made them floats."""
    if not _is_number(values):
        return np.asarray(values, dtype=object)
    told = [None if math.isnan(value) else str(int(value)) if value == int(value) else str(value) for value in values.tolist()]
    return np.array(told, dtype=object)


def _is_number(values: Any) -> bool:
    return values.dtype.kind in "fiub"


def _finite(values: Floats) -> Floats:
    return np.asarray(values, dtype=np.float64)


def _is_chance(side: Side) -> bool:
    """Tell whether what is answered is the chance of an outcome that is 0 or 1; learners of means stray a little beyond."""
    known = side.truth[side.known]
    assert side.values is not None
    inside = (side.values >= -STRAYED) & (side.values <= 1 + STRAYED)
    return bool(len(known)) and bool(np.isin(known, (0.0, 1.0)).all()) and float(inside.mean()) >= NEARLY_ALL


def _as_classes(side: Side) -> Side:
    assert side.values is not None
    likely = np.clip(side.values, 0, 1)
    return replace(side, chances=np.column_stack([1 - likely, likely]), values=None)


def _answered(side: Side, *, notes: list[str]) -> Side:
    """Return the rows that the version has an answer for, and note how many others there are."""
    if side.values is None or len(side.values) != len(side):
        return side
    has_one = np.isfinite(side.values)
    if not has_one.all():
        notes.append(NO_ANSWER.format(count=int((~has_one).sum())))
    return side.part(np.flatnonzero(has_one))


def _within(side: Side, spec: MonitorSpec, *, notes: list[str]) -> Side:
    """Return the rows of the window; all of them where they have no time, which a note says."""
    if side.time is None:
        notes.extend(() if spec.window == Window() else (NO_WINDOW,))
        return side
    inside = np.ones(len(side), dtype=np.bool_)
    if spec.window.start is not None:
        inside &= side.time >= spec.window.start.timestamp() * 10**9
    if spec.window.end is not None:
        inside &= side.time < spec.window.end.timestamp() * 10**9
    return side.part(np.flatnonzero(inside))
