"""The rows of predictions of many days: each is written as its page comes, and what is said of all of them is summed up."""

from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from itertools import combinations_with_replacement
from typing import Any, ClassVar, Final, get_args

import orjson

from libs.contracts.inference import CandlePrediction, RangePredictions
from modelbourse.answers import predictions as answers
from services.gateway.domain.predictions.ranges import LeftOut, Plan
from services.gateway.inbound.faces.ai_studio.words import moment

IMPORTANCE: Final = "feature_importance_global"
NO_ROWS: Final = "There is no explanation to take a mean of."
NO_CONTRIBUTIONS: Final = "No feature contributes anything to these predictions."
SCALES: Final[Mapping[str, answers.Scale]] = {scale: scale for scale in get_args(answers.Scale)}


class Rows(ABC):
    """A range's rows, written as they come and counted; then what is said of all of them. `name` is the key of their list."""

    name: ClassVar[str]

    def __init__(self, version: str, plan: Plan, *, made_at: datetime, static_data: bool = False, interactions: bool = False) -> None:
        self.version, self.count, self.static_data, self._interactions = version, 0, static_data, interactions
        self._made_at, self._reasons = made_at, dict[str, str]()
        self._ages: dict[str, answers.SymbolAge] = {}
        self._symbols = (*plan.symbols, *(each.symbol for each in plan.left_out))
        self._skipped: dict[tuple[str, str], int] = {}
        self._skip(plan.left_out)

    def write(self, symbol: str, page: RangePredictions) -> list[bytes]:
        """Return a page's rows as JSON."""
        self.count += len(page.predictions)
        self._ages[symbol] = answers.SymbolAge(symbol=symbol, data_as_of=page.data_as_of, age_bars=page.age_bars, stale=page.stale)
        self._skip([LeftOut(symbol, each.reason, each.count) for each in page.skipped])
        self._reasons |= page.reasons
        return [orjson.dumps(row) for row in self._rows(symbol, page)]

    def summary(self, *, at: datetime) -> answers.RangeSummary:
        """Return what stands beside the rows, once all of them are written."""
        return answers.RangeSummary(**self._of_all(at=at), reasons=self._reasons)

    @abstractmethod
    def _rows(self, symbol: str, page: RangePredictions) -> Iterator[dict[str, Any]]:
        """Yield a page's rows as JSON has them, keys in the order of their class: an object of it for each row would be half the work."""

    def _of_all(self, *, at: datetime) -> dict[str, Any]:
        oldest = max(self._ages.values(), key=lambda each: each.age_bars or 0, default=None)
        return {
            "model_version": self.version,
            "prediction_timestamp": at,
            "count": self.count,
            "skipped": self._left_out(),
            "ages": list(self._ages.values()),
            **{name: getattr(oldest, name, None) for name in ("data_as_of", "age_bars", "stale")},
            "static_data": self.static_data,
            "model_age_days": round(max(timedelta(0), at - self._made_at) / timedelta(days=1), 4),
        }

    def _left_out(self) -> list[answers.Skipped]:
        ordered = sorted(self._skipped.items(), key=lambda each: self._symbols.index(each[0][0]))
        return [answers.Skipped(symbol=symbol, count=count, reason=reason) for (symbol, reason), count in ordered]

    def _shared(self, page: RangePredictions, each: CandlePrediction) -> dict[str, Any]:
        """Return what rows of either kind end with; keys that this one has no use for are left out."""
        row: dict[str, Any] = {"synthetic_parts": page.synthetic_parts, "quality": each.quality}
        if page.calibration:
            row["calibration"] = page.calibration
        if each.abstained:
            row["abstained"] = each.abstained.model_dump()
        if self._interactions:
            row |= {"interactions": _matrix(page.features, each.interactions), "interactions_error": each.interactions_error}
        return row

    def _skip(self, left_out: Sequence[LeftOut]) -> None:
        for each in left_out:
            key = (each.symbol, each.reason)
            self._skipped[key] = self._skipped.get(key, 0) + each.count


class Explained(Rows):
    """The rows of `/explain/`, and how much each feature moves all of them."""

    name = "explanations"

    def __init__(self, version: str, plan: Plan, *, made_at: datetime, static_data: bool = False, interactions: bool = False) -> None:
        super().__init__(version, plan, made_at=made_at, static_data=static_data, interactions=interactions)
        self._sums: dict[str, float] = {}

    def summary(self, *, at: datetime) -> answers.ExplanationSummary:
        """Return the importance of features over all rows and what else stands beside them."""
        total = sum(self._sums.values())
        reason = NO_ROWS if not self.count else None if total else NO_CONTRIBUTIONS
        return answers.ExplanationSummary(
            feature_importance_global=None if reason else {name: share / total for name, share in self._sums.items()},
            **self._of_all(at=at),
            reasons=self._reasons | ({IMPORTANCE: reason} if reason else {}),
        )

    def _rows(self, symbol: str, page: RangePredictions) -> Iterator[dict[str, Any]]:
        features, scale = page.features, SCALES[page.scale]
        sums = [self._sums.get(name, 0.0) for name in features]
        for each in page.predictions:
            assert each.contributions is not None
            closed = moment(each.as_of)
            # Contributions to forecasts are in prices: as shares of the close, one symbol's count no more than another's.
            unit = abs(each.output) if each.interval else 1.0
            sums = [total + abs(contribution) / unit for total, contribution in zip(sums, each.contributions, strict=True)]
            yield {
                "symbol": symbol,
                "timestamp": closed,
                "prediction": each.prediction,
                "base_value": each.base_value,
                "shap_values": dict(zip(features, each.contributions, strict=True)),
                "expected_value": each.base_value,
                "prediction_value": each.output,
                "scale": scale,
                "additivity_error": each.additivity_error,
                "synthetic": page.synthetic,
                "in_sample": each.in_sample,
                **_forecast(each),
                "as_of": closed,
                **self._shared(page, each),
            }
        self._sums |= dict(zip(features, sums, strict=True))


class Predicted(Rows):
    """The rows of `/batch-predict/`."""

    name = "predictions"

    def __init__(
        self, version: str, plan: Plan, *, made_at: datetime, confidence: bool, static_data: bool = False, interactions: bool = False
    ) -> None:
        super().__init__(version, plan, made_at=made_at, static_data=static_data, interactions=interactions)
        self._confidence = confidence

    def _rows(self, symbol: str, page: RangePredictions) -> Iterator[dict[str, Any]]:
        features, scale = page.features, SCALES[page.scale]
        for each in page.predictions:
            row: dict[str, Any] = {"symbol": symbol, "date": each.day, "prediction": each.prediction}
            if self._confidence:
                row |= {"confidence": each.confidence, "probabilities": each.probabilities}
            row["value"] = each.value
            if each.contributions is not None:
                row |= {
                    "feature_contributions": dict(zip(features, each.contributions, strict=True)),
                    "base_value": each.base_value,
                    "scale": scale,
                    "additivity_error": each.additivity_error,
                }
            yield row | {
                "as_of": moment(each.as_of),
                "synthetic": page.synthetic,
                "in_sample": each.in_sample,
                **_forecast(each),
                **self._shared(page, each),
            }


def _forecast(each: CandlePrediction) -> dict[str, Any]:
    """Return what a row of a forecast alone has."""
    interval = each.interval
    return {"interval": {"low": interval.low, "high": interval.high, "level": interval.level}, "horizon": each.horizon} if interval else {}


def _matrix(features: Sequence[str], triangle: Sequence[float] | None) -> dict[str, dict[str, float]] | None:
    """Return the symmetric matrix by names, of which inference tells the upper half."""
    if triangle is None:
        return None
    found: dict[str, dict[str, float]] = {name: {} for name in features}
    for (one, other), value in zip(combinations_with_replacement(features, 2), triangle, strict=True):
        found[one][other] = found[other][one] = value
    # Each line in the features' order, as the matrix is.
    return {name: {other: line[other] for other in features} for name, line in found.items()}
