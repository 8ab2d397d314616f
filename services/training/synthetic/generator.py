"""Fits a table and draws rows like it: each column by what it was seen to be, together by a Gaussian copula (Patki et al. 2016)."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from libs.contracts.row_schema import Cell, RowSchema
from libs.quant.copula import draw, latent_correlation
from services.training.learners.errors import NotEnoughDataError, TrainingRefusedError
from services.training.synthetic.columns import Column, Floats, about_of, as_number, coded, fit_numbers, fit_words, numbers_of
from services.training.synthetic.rules import Level, Rules, levels_of, rules_of

ROWS_FEWEST: Final = 50
"""Rows that a generator can be fitted to."""
ROUNDS: Final = 100
SPARE: Final = 1.25
SOME: Final = 64


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Generator:
    """What was fitted: columns, how they move together, and what holds between them.

    The copula is of the columns that are drawn (`drawn`, by their place), and, behind them, of whether those that may be missing are.
    """

    columns: tuple[Column, ...]
    schema: RowSchema
    rules: Rules
    levels: tuple[Level, ...]
    drawn: tuple[int, ...]
    lacking: tuple[int, ...]
    correlation: Floats
    rows: int
    broken: int

    def rows_of(self, count: int, *, seed: int) -> Floats:
        """Return rows (rows, columns) as numbers that keep to the schema; the same seed gives the same, bit for bit.

        Raise TrainingRefusedError where too few of what is drawn keep to it.
        """
        draws = np.random.default_rng(seed)
        kept = np.empty((0, len(self.columns)))
        for _ in range(ROUNDS):
            wanted = max(int((count - len(kept)) * SPARE), SOME)
            made = self.rules.outside(self._draw(wanted, draws))
            kept = np.concatenate([kept, made[self._keeping(made)]])
            kept = kept[self.rules.first_of_each(kept)]
            if len(kept) >= count:
                return self._numbered(kept[:count])
        message = f"Only {len(kept):,} of {count:,} rows that keep to the schema could be drawn: what it allows leaves too little."
        raise TrainingRefusedError(message, details={"row_schema": [message]})

    def cells(self, rows: Floats) -> list[tuple[Cell, ...]]:
        """Return rows as cells of JSON."""
        made = [
            [f"{each.about.name}-{place + 1:06d}" if not np.isnan(value) else None for place, value in enumerate(column)]
            if each.names
            else each.cells(column)
            for each, column in zip(self.columns, rows.T, strict=True)
        ]
        return [tuple(row) for row in zip(*made, strict=True)]

    def coded(self, frame: pd.DataFrame) -> Floats:
        """Return rows of data (rows, columns) as numbers of this generator; names are told apart by nobody, and are 0."""
        return np.column_stack([_coded(frame, each) for each in self.columns])

    def _draw(self, count: int, draws: np.random.Generator) -> Floats:
        levels = draw(self.correlation, count, draws=draws)
        made = np.full((count, len(self.columns)), np.nan)
        for level, place in zip(levels.T, self.drawn, strict=False):
            column = self.columns[place]
            if column.marginal is not None:
                made[:, place] = column.on_grid(column.marginal.at(level))
        for place, column in enumerate(self.columns):
            if column.names:
                made[:, place] = 0.0
        for each in self.levels:
            made[:, each.column] = each.above[made[:, each.below].astype(np.int64)]
        for level, place in zip(levels.T[len(self.drawn) :], self.lacking, strict=True):
            made[level > 1 - self.columns[place].missing, place] = np.nan
        return made

    def _keeping(self, rows: Floats) -> NDArray[np.bool_]:
        keeping = self.rules.hold(rows)
        for column, values in zip(self.columns, rows.T, strict=True):
            about = column.about
            low, high = (as_number(each, about) for each in (about.minimum, about.maximum))
            keeping &= ~(values < low) if low is not None else True
            keeping &= ~(values > high) if high is not None else True
            if about.enum is not None and about.type != "category":
                keeping &= np.isnan(values) | np.isin(values, [float(each) for each in about.enum if isinstance(each, (int, float))])
            if not about.nullable:
                keeping &= ~np.isnan(values)
        return keeping

    def _numbered(self, rows: Floats) -> Floats:
        """Give each row its own number where a column of numbers has to be unique."""
        for place, column in enumerate(self.columns):
            if column.about.unique and not column.names:
                start = column.origin if column.step else 1.0
                rows[:, place] = np.where(np.isnan(rows[:, place]), np.nan, start + np.arange(len(rows)) * (column.step or 1.0))
        return rows


def fit_generator(frame: pd.DataFrame, *, said: RowSchema, kinds: Mapping[str, str]) -> Generator:
    """Fit a generator to the rows of a frame; `said` is what a schema says of its columns, `kinds` those of the roles that some play.

    Raise NotEnoughDataError, or TrainingRefusedError for a schema that the rows do not go with.
    """
    schema = schema_of(frame, said=said, kinds=kinds)
    values = np.column_stack([_as_numbers(frame, schema, place) for place in range(len(schema.columns))])
    rules = rules_of(schema, values)
    holding = rules.hold(values)
    frame, values, broken = frame[holding], rules.inside(values[holding]), int((~holding).sum())
    if len(frame) < ROWS_FEWEST:
        message = f"There are {len(frame):,} rows that keep to the schema; a generator is fitted to {ROWS_FEWEST} or more."
        raise NotEnoughDataError(message, details={"generate.fit_to": [message]})
    gapped = {other for _, other in rules.gaps}
    columns = []
    beside = values[:, [place for place, each in enumerate(schema.columns) if each.type != "category"]]
    for place, about in enumerate(schema.columns):
        if about.type == "category":
            columns.append(fit_words(frame[about.name], about, beside=beside))
            values[:, place] = coded(frame[about.name], columns[-1]) if not columns[-1].names else np.nan
        else:
            # How far a column lies above another has no bounds of its own but 0.
            unbound = about.model_copy(update={"minimum": None, "maximum": None}) if place in gapped else about
            columns.append(replace(fit_numbers(values[:, place], unbound), about=about))
    return _joined(tuple(columns), schema, rules, values, broken=broken)


def _joined(columns: tuple[Column, ...], schema: RowSchema, rules: Rules, values: Floats, *, broken: int) -> Generator:
    """Fit how the columns move together."""
    levels = levels_of(values, [0 if each.names else len(each.words) for each in columns])
    made = rules.derived | {each.column for each in levels}
    drawn = tuple(place for place, each in enumerate(columns) if each.marginal is not None and place not in made)
    lacking = tuple(place for place, each in enumerate(columns) if each.missing > 0 and place not in made)
    missing = np.isnan(values[:, list(lacking)]).astype(np.float64)
    for at, place in enumerate(lacking):
        if columns[place].names:
            missing[:, at] = 0.0
    correlation = latent_correlation(np.column_stack([values[:, list(drawn)], missing])) if drawn or lacking else np.eye(0)
    shown = RowSchema(columns=tuple(each.about for each in columns), constraints=schema.constraints)
    return Generator(
        columns=columns,
        schema=shown,
        rules=rules,
        levels=levels,
        drawn=drawn,
        lacking=lacking,
        correlation=correlation,
        rows=len(values),
        broken=broken,
    )


def schema_of(frame: pd.DataFrame, *, said: RowSchema, kinds: Mapping[str, str]) -> RowSchema:
    """Return what the columns of a frame are, as a schema says where it does. Raise TrainingRefusedError for a column that is not there."""
    names = [str(each) for each in frame.columns]
    for place, column in enumerate(said.columns):
        if column.name not in names:
            message = f"The data have no column {column.name!r} among those that the recipe reads: {', '.join(names)}."
            raise TrainingRefusedError(message, details={f"row_schema.columns.{place}.name": [message]})
    columns = tuple(said.named(name) or about_of(name, frame[name], kind=kinds.get(name)) for name in names)
    return RowSchema(columns=columns, constraints=said.constraints)


def _as_numbers(frame: pd.DataFrame, schema: RowSchema, place: int) -> Floats:
    about = schema.columns[place]
    if about.type != "category":
        return numbers_of(frame[about.name], about)
    # By the word alone, which is all that uniqueness and what is missing need.
    codes = pd.factorize(frame[about.name].astype("str"))[0].astype(np.float64)
    return np.where(frame[about.name].isna().to_numpy(), np.nan, codes)


def _coded(frame: pd.DataFrame, column: Column) -> Floats:
    cells = frame[column.about.name]
    if column.names:
        return np.where(cells.isna().to_numpy(), np.nan, 0.0)
    return coded(cells, column) if column.about.type == "category" else numbers_of(cells, column.about)
