"""Models side by side: what each has measured, and what speaks against comparing them."""

from collections.abc import Callable, Iterator, Sequence
from typing import Any, Final

from modelbourse.answers.models import ModelDetails
from modelbourse.answers.results import ComparedModel, Comparison


def comparison_of(models: Sequence[ModelDetails]) -> Comparison:
    """Return the models side by side, with a warning for each thing in which their tests differ."""
    compared = [_compared(model) for model in models]
    return Comparison(models=compared, warnings=[*_of_each(compared), *_of_all(models, compared)])


def _compared(model: ModelDetails) -> ComparedModel:
    card = model.run_card or {}
    return ComparedModel(
        id=model.id,
        name=model.name,
        status=model.status,
        version=model.version,
        model_type=model.model_type,
        algorithm=model.algorithm,
        symbols=model.training_config.symbols,
        timeframe=card.get("timeframe"),
        test_start=card.get("test_start"),
        test_end=_day(card.get("test_closes")) or card.get("end"),
        test_rows=card.get("test_rows"),
        metrics=model.performance_metrics.as_json(),
        backtest=model.backtest_results.as_json(),
        baselines={name: told for name, told in (model.baselines or {}).items() if isinstance(told, dict)},
        sharpe_interval=model.sharpe_interval,
        equity_curve=model.equity_curve,
        synthetic=model.synthetic,
        as_of=model.as_of,
        age_bars=model.age_bars,
        stale=model.stale,
    )


def _day(moment: str | None) -> str | None:
    return moment[:10] if moment else None


def _of_each(models: Sequence[ComparedModel]) -> Iterator[str]:
    for model in models:
        if model.version is None:
            yield f"{model.name} has not been trained yet"
        elif model.synthetic:
            yield f"{model.name} rests on generated candles"


def _window(_: ModelDetails, model: ComparedModel) -> str:
    return f"{model.test_start} to {model.test_end}"


def _symbols(_: ModelDetails, model: ComparedModel) -> str:
    return ", ".join(sorted(model.symbols))


def _timeframe(_: ModelDetails, model: ComparedModel) -> str:
    return str(model.timeframe)


def _costs(model: ModelDetails, _: ComparedModel) -> str:
    card = model.run_card or {}
    told = {name: card[name] for name in ("commission", "slippage", "borrow_rate") if name in card}
    return ", ".join(f"{name} {'by symbol' if value is None else value}" for name, value in told.items())


DIFFERENCES: Final[Sequence[tuple[str, Callable[[ModelDetails, ComparedModel], Any]]]] = (
    ("the tests' windows differ, so their numbers do not compare", _window),
    ("the tests' symbols differ", _symbols),
    ("the tests' timeframes differ", _timeframe),
    ("the tests' costs differ", _costs),
)


def _of_all(models: Sequence[ModelDetails], compared: Sequence[ComparedModel]) -> Iterator[str]:
    trained = [(model, each) for model, each in zip(models, compared, strict=True) if each.version is not None]
    for words, told_of in DIFFERENCES:
        told = [(each.name, told_of(model, each)) for model, each in trained]
        if len({what for _, what in told}) > 1:
            yield f"{words}: {'; '.join(f'{name}: {what}' for name, what in told)}"
