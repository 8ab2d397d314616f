"""Many days' predictions in AI Studio's words: rows as they come, then what is said of all of them."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, Protocol

from libs.contracts.envelope import now
from libs.contracts.inference import CandlePrediction, RangePredictions
from services.gateway.domain.ranges import LeftOut
from services.gateway.inbound.faces.ai_studio.translate import moment
from services.gateway.usecases.predict_range import PredictedRange

Row = dict[str, Any]
IMPORTANCE: Final = "feature_importance_global"
NO_ROWS: Final = "There is no explanation to take a mean of."
NO_CONTRIBUTIONS: Final = "No feature contributes anything to these predictions."


class Telling(Protocol):
    """Says a range in the words of one endpoint; `name` is the key of its list."""

    name: str

    def rows(self, symbol: str, page: RangePredictions) -> list[Row]:
        """Return a page's rows."""

    def summary(self) -> Row:
        """Return what stands beside the rows, once all of them are told."""


@dataclass(slots=True)
class _Counted:
    """Counts rows and what is left out."""

    run: PredictedRange
    count: int = 0
    skipped: dict[tuple[str, str], int] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._skip(self.run.plan.left_out)

    def add(self, symbol: str, page: RangePredictions) -> None:
        self.count += len(page.predictions)
        self._skip([LeftOut(symbol, each.reason, each.count) for each in page.skipped])

    def summary(self) -> Row:
        order = {symbol: place for place, symbol in enumerate((*self.run.plan.symbols, *(each.symbol for each in self.run.plan.left_out)))}
        told = sorted(self.skipped.items(), key=lambda each: order[each[0][0]])
        return {
            "model_version": self.run.servable.version,
            "prediction_timestamp": moment(now()),
            "count": self.count,
            "skipped": [{"symbol": symbol, "count": count, "reason": reason} for (symbol, reason), count in told],
        }

    def _skip(self, left_out: Sequence[LeftOut]) -> None:
        for each in left_out:
            key = (each.symbol, each.reason)
            self.skipped[key] = self.skipped.get(key, 0) + each.count


class Explaining:
    """The words of `/explain/`."""

    name = "explanations"

    def __init__(self, run: PredictedRange) -> None:
        self._counted = _Counted(run)
        self._sums = dict.fromkeys(run.servable.features, 0.0)

    def rows(self, symbol: str, page: RangePredictions) -> list[Row]:
        """Return a page's explanations."""
        self._counted.add(symbol, page)
        return list(self._explanations(symbol, page))

    def summary(self) -> Row:
        """Return the importance of features over all rows and what else stands beside them."""
        total = sum(self._sums.values())
        reason = NO_ROWS if not self._counted.count else None if total else NO_CONTRIBUTIONS
        shares = None if reason else {name: share / total for name, share in self._sums.items()}
        return {IMPORTANCE: shares, **self._counted.summary(), "reasons": {IMPORTANCE: reason} if reason else {}}

    def _explanations(self, symbol: str, page: RangePredictions) -> Iterator[Row]:
        for each in page.predictions:
            assert each.contributions is not None
            # Contributions to forecasts are in prices: as shares of the close, one symbol's count no more than another's.
            unit = abs(each.output) if each.interval else 1.0
            for name, contribution in zip(page.features, each.contributions, strict=True):
                self._sums[name] = self._sums.get(name, 0.0) + abs(contribution) / unit
            yield {
                "symbol": symbol,
                "timestamp": moment(each.as_of),
                "prediction": each.prediction,
                "base_value": each.base_value,
                "shap_values": dict(zip(page.features, each.contributions, strict=True)),
                "expected_value": each.base_value,
                "prediction_value": each.output,
                "scale": page.scale,
                "additivity_error": each.additivity_error,
                "synthetic": page.synthetic,
                "in_sample": each.in_sample,
                **_forecast(each),
            }


class Predicting:
    """The words of `/batch-predict/`."""

    name = "predictions"

    def __init__(self, run: PredictedRange, *, confidence: bool) -> None:
        self._counted, self._confidence = _Counted(run), confidence

    def rows(self, symbol: str, page: RangePredictions) -> list[Row]:
        """Return a page's predictions."""
        self._counted.add(symbol, page)
        return list(self._predictions(symbol, page))

    def summary(self) -> Row:
        """Return what stands beside the rows."""
        return self._counted.summary()

    def _predictions(self, symbol: str, page: RangePredictions) -> Iterator[Row]:
        for each in page.predictions:
            row: Row = {"symbol": symbol, "date": each.day.isoformat(), "prediction": each.prediction}
            if self._confidence:
                row |= {"confidence": each.confidence, "probabilities": each.probabilities}
            row["value"] = each.value
            if each.contributions is not None:
                row |= {
                    "feature_contributions": dict(zip(page.features, each.contributions, strict=True)),
                    "base_value": each.base_value,
                    "scale": page.scale,
                    "additivity_error": each.additivity_error,
                }
            yield row | {"as_of": moment(each.as_of), "synthetic": page.synthetic, "in_sample": each.in_sample} | _forecast(each)


def _forecast(each: CandlePrediction) -> Row:
    """Return what a forecast has besides."""
    return {"interval": each.interval.model_dump(), "horizon": each.horizon} if each.interval else {}
