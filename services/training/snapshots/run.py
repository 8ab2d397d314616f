"""What the job kind `monitor_model` runs: a version's rows, answers and errors of now are compared with its reference."""

from collections.abc import Callable
from datetime import datetime
from typing import Final

import numpy as np

from libs.chassis.stores.artifacts import Artifacts
from libs.contracts.envelope import now
from libs.contracts.model_monitoring import (
    FEATURES_MOST,
    REPORT,
    FeatureDrift,
    Freshness,
    MarketSubject,
    MonitorSpec,
    SnapshotResult,
    SnapshotRows,
    TextSubject,
)
from libs.market.candles import Market
from services.training.learners.progress import Progress, Report
from services.training.learners.series import moment_of
from services.training.snapshots.drifting import MORE, domain_of, features_of, predictions_of, stream_of
from services.training.snapshots.labels import labelled, read_labels
from services.training.snapshots.market import market_sides
from services.training.snapshots.page import write_page
from services.training.snapshots.performing import calibration_of, performance_of
from services.training.snapshots.pictures import draw_features, draw_performance
from services.training.snapshots.sides import Side, Sides

STEPS: Final = 5
FEW: Final = "There are {rows:,} rows of now, and min_rows is {least:,}: nothing is decided by them."
NO_ROWS: Final = "There are no rows of now."
NO_TIME: Final = "The rows of now have no time."
GAPS: Final = 3
"""How many of the gaps between the reference's rows the newest row may be old; a gap is as long as 99 of 100 are at most."""


def run(
    spec: MonitorSpec,
    *,
    artifacts: Artifacts,
    market: Market,
    report: Report,
    clock: Callable[[], datetime] = now,
    pictures: bool = True,
    **_: object,
) -> SnapshotResult:
    """Compare. The same spec and data give the same numbers, but for how old the newest row is; a run that is cut off begins anew.

    Without `pictures` nothing is drawn, which is most of a small snapshot, for whoever looks at the numbers alone.
    Raise InvalidError, which names the field, where files or columns are gone or cannot be read; what the sides of each kind raise.
    """
    tell = _Steps(report)
    tell("loading data", f"Opening version {spec.version} and its rows")
    sides = _sides(spec, artifacts=artifacts, market=market, report=report)
    if spec.labels is not None:
        sides = labelled(sides, read_labels(spec.labels, artifacts=artifacts))
    tell("measuring", f"Comparing {len(sides.current):,} rows with {len(sides.reference):,} of the reference")
    result = compared(sides, spec, tell=tell, at=clock())
    tell("reporting", "Drawing the report")
    return result.model_copy(update={"files": {REPORT: artifacts.put(_page(result, spec, pictures=pictures))}})


class _Steps:
    """Tells how far the work has come."""

    def __init__(self, report: Report) -> None:
        self._report, self._step = report, 0

    def __call__(self, stage: str, message: str) -> None:
        self._report(Progress(stage=stage, step=self._step, total_steps=STEPS, message=message))
        self._step += 1


def _sides(spec: MonitorSpec, *, artifacts: Artifacts, market: Market, report: Report) -> Sides:
    if isinstance(spec.subject, MarketSubject):
        return market_sides(spec, spec.subject, artifacts=artifacts, market=market)
    # A runner of a platform without models of texts has not all that they need.
    if isinstance(spec.subject, TextSubject):
        from services.training.snapshots.texts import text_sides  # noqa: PLC0415 - as said above

        return text_sides(spec, spec.subject, artifacts=artifacts, report=report)
    from services.training.snapshots.recipes import recipe_sides  # noqa: PLC0415 - pandas, which other snapshots need not load

    return recipe_sides(spec, spec.subject, artifacts=artifacts)


def compared(sides: Sides, spec: MonitorSpec, *, at: datetime, tell: Callable[[str, str], None] = lambda *_: None) -> SnapshotResult:
    """Return all that is told of two sides, but for the report; `at` is the moment by which rows are old."""
    reasons, notes = dict(sides.reasons), list(sides.notes)
    enough = len(sides.current) >= spec.min_rows
    if not enough:
        reasons.setdefault("rows.current", FEW.format(rows=len(sides.current), least=spec.min_rows) if len(sides.current) else NO_ROWS)
    features, why = features_of(sides, spec)
    reasons |= why
    if len(features) > FEATURES_MOST:
        notes.append(MORE.format(more=len(features) - FEATURES_MOST, count=len(features)))
    predictions = predictions_of(sides, spec)
    tell("measuring", "Telling now from the reference")
    domain, why = domain_of(sides, spec)
    reasons |= why
    stream, why = stream_of(sides, spec)
    reasons |= why
    tell("measuring", "Measuring and estimating how well it answers")
    performance, why, told = performance_of(sides, spec)
    reasons |= why
    calibration, why = calibration_of(sides, spec)
    freshness, stale = _freshness(sides, spec, at=at)
    if predictions is None:
        reasons.setdefault("predictions", NO_ROWS)
    return SnapshotResult(
        performance=performance,
        features=_shown(features, told=frozenset(spec.told)),
        predictions=predictions,
        domain=domain,
        adwin=stream,
        freshness=freshness,
        calibration=calibration,
        rows=_rows(sides),
        enough=enough,
        synthetic=sides.synthetic,
        notes=(*notes, *told),
        reasons=reasons | why | stale,
    )


def _shown(features: tuple[FeatureDrift, ...], *, told: frozenset[str]) -> tuple[FeatureDrift, ...]:
    """Return those that are told of: those that must be, and of the others those that do most harm; in their order."""
    room = FEATURES_MOST - sum(each.name in told for each in features)
    rest = {each.name for each in [each for each in features if each.name not in told][:room]}
    return tuple(each for each in features if each.name in told or each.name in rest)


def _rows(sides: Sides) -> SnapshotRows:
    first, last = _span(sides.reference)
    return SnapshotRows(
        reference=len(sides.reference),
        current=len(sides.current),
        labelled=len(sides.current.known),
        features=len(sides.columns),
        reference_start=first,
        reference_end=last,
    )


def _freshness(sides: Sides, spec: MonitorSpec, *, at: datetime) -> tuple[Freshness, dict[str, str]]:
    """Return how old the newest row is at a moment, and how old it may be."""
    first, last = _span(sides.current)
    newest = moment_of(sides.newest) if sides.newest is not None else last
    if newest is None:
        return Freshness(), {"freshness": NO_TIME if len(sides.current) else NO_ROWS}
    age = max(0.0, (at - newest).total_seconds())
    allowed = _allowed(sides) if spec.thresholds.freshness_seconds is None else float(spec.thresholds.freshness_seconds)
    told = Freshness(
        first=first, last_update=newest, age_seconds=age, allowed_seconds=allowed, is_stale=allowed is not None and age > allowed
    )
    return told, {} if allowed is not None else {"freshness.allowed_seconds": NO_TIME.replace("now", "the reference")}


def _allowed(sides: Sides) -> float | None:
    if sides.reference.time is None:
        return None
    moments = np.unique(sides.reference.time)
    return None if len(moments) < 2 else GAPS * float(np.quantile(np.diff(moments), 0.99, method="higher")) / 10**9  # noqa: PLR2004 - one gap


def _span(side: Side) -> tuple[datetime | None, datetime | None]:
    if side.time is None or not len(side):
        return None, None
    return moment_of(int(side.time.min())), moment_of(int(side.time.max()))


def _page(result: SnapshotResult, spec: MonitorSpec, *, pictures: bool) -> bytes:
    title = f"Version {spec.version} beside its reference"
    small = f"{result.rows.reference:,} rows of the reference, {result.rows.current:,} of now"
    drawn = {
        "performance": draw_performance(result, title="How well it answers", small_print=small) if pictures else None,
        "features": draw_features(result.features, title="The features that do most harm", small_print=small) if pictures else None,
    }
    return write_page(result, spec=spec, title=title, pictures={name: each for name, each in drawn.items() if each is not None})
