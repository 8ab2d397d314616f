"""`modelbourse predict` and `modelbourse explain`: the latest candles, or symbols by dates."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import timezone
from itertools import combinations
from typing import Annotated, Any, Final

import typer

from modelbourse.answers.answer import Answer
from modelbourse.answers.predictions import BatchPrediction, Explanation, Prediction, Predictions, RangeSummary, Skipped
from modelbourse.blocking import Items
from modelbourse.cli import completing
from modelbourse.cli.ages import aged, generated, marked, say_ages
from modelbourse.cli.given import ModelId, read_json
from modelbourse.cli.opening import open_client
from modelbourse.cli.showing import JsonOption, print_json, print_line, print_table, say, shown, tell

MARKS: Final = {"ABSTAIN": "yellow"}
Row = Prediction | BatchPrediction | Explanation
Symbols = Annotated[list[str], typer.Argument(metavar="SYMBOL...", help="Symbols.", autocompletion=completing.symbols)]
SomeSymbols = Annotated[
    list[str] | None,
    typer.Argument(metavar="[SYMBOL]...", help="Symbols; those it was trained on, if none.", autocompletion=completing.symbols),
]
StartOption = Annotated[str | None, typer.Option(help="First day, inclusive.")]
EndOption = Annotated[str | None, typer.Option(help="Last day, inclusive.")]
InteractionsOption = Annotated[bool, typer.Option("--interactions", help="With what each two features do together.")]
LinesOption = Annotated[bool, typer.Option("--lines", help="Print a line of JSON for each row as it comes, the summary last.")]


def predict(
    model_id: ModelId,
    symbols: Symbols,
    *,
    start: StartOption = None,
    end: EndOption = None,
    shap: Annotated[bool, typer.Option("--shap", help="With dates: SHAP values too (always there without dates).")] = False,
    interactions: InteractionsOption = False,
    features: Annotated[str | None, typer.Option(help="Features by symbol as JSON, from a file or stdin (`-`); without dates.")] = None,
    json_: JsonOption = False,
    lines: LinesOption = False,
) -> None:
    """Predict symbols from their latest candles, or on every day from --start to --end."""
    client = open_client()
    if start is None and end is None and not lines and not interactions:
        given = read_json(features) if features else None
        answer = client.models.predict(model_id, symbols, features=given)
        if json_:
            return print_json(answer)
        rows = answer.predictions
        columns = ("symbol", "candle", "prediction", *_interval_column(rows), "confidence", "quality", "most because of")
        told = (
            (row.symbol, _candle(row), *_predicted(row), row.confidence, _quality(row), _reasons(row.feature_contributions)) for row in rows
        )
        print_table(columns, told, title=f"version {answer.model_version}{_model_age(rows)}{_static(answer)}", marks=MARKS)
        return _warn(rows)
    if features:
        msg = "--features goes without --start, --end, --interactions and --lines"
        raise typer.BadParameter(msg)
    shap = shap or interactions
    stream = client.models.batch_predict(
        model_id, symbols, start_date=start, end_date=end, include_shap=shap, include_interactions=interactions
    )
    if lines:
        return _print_lines(stream)
    found = list(stream)
    assert stream.summary is not None
    if json_:
        return print_json({"predictions": [row.as_json() for row in found], **stream.summary.as_json()})
    columns = ("symbol", "date", "prediction", *_interval_column(found), "confidence", "quality", *(("most because of",) if shap else ()))
    # Of a day with several candles the clock tells them apart.
    clock = len({(row.symbol, row.date) for row in found}) < len(found)
    told = (_batch_row(row, shap=shap, clock=clock) for row in found)
    print_table(columns, told, title=_title(stream.summary), caption=learned_note([row.in_sample for row in found]), marks=MARKS)
    if interactions:
        _print_interactions(found, reasons=stream.summary.reasons)
    say_ages(stream.summary.ages)
    _skipped(stream.summary.skipped)
    return _warn(found)


def explain(
    model_id: ModelId,
    symbols: SomeSymbols = None,
    *,
    start: StartOption = None,
    end: EndOption = None,
    interactions: InteractionsOption = False,
    json_: JsonOption = False,
    lines: LinesOption = False,
) -> None:
    """Explain predictions: SHAP values of each, and how much each feature matters over all of them."""
    client = open_client()
    if lines:
        stream = client.models.explain_rows(model_id, symbols, start_date=start, end_date=end, include_interactions=interactions)
        return _print_lines(stream)
    answer = client.models.explain(model_id, symbols, start_date=start, end_date=end, include_interactions=interactions)
    if json_:
        return print_json(answer)
    names = list(answer.explanations[0].shap_values) if answer.explanations else []
    rows = [
        (
            row.symbol,
            marked(row.timestamp, _generated(row)),
            *_predicted(row),
            row.base_value,
            *(f"{value:+.4f}" for value in row.shap_values.values()),
            row.prediction_value,
            _quality(row),
        )
        for row in answer.explanations
    ]
    columns = ("symbol", "candle", "prediction", *_interval_column(answer.explanations), "base", *names, "output", "quality")
    print_table(columns, rows, title=_title(answer), caption=learned_note([row.in_sample for row in answer.explanations]), marks=MARKS)
    shares = answer.feature_importance_global or {}
    print_table(
        ("feature", "share of mean |SHAP|"), sorted(shares.items(), key=lambda each: -each[1]), title="how much each feature matters here"
    )
    if interactions:
        _print_interactions(answer.explanations, reasons=answer.reasons)
    say_ages(answer.ages)
    _skipped(answer.skipped)
    return _warn(answer.explanations)


def _print_interactions(rows: Sequence[BatchPrediction | Explanation], *, reasons: Mapping[str, str]) -> None:
    """Print the mean |interaction| of each two features over the rows, the strongest first; or why there are none."""
    matrices = [row.interactions for row in rows if row.interactions]
    if not matrices:
        return say(f"no interactions: {reasons.get('interactions', 'there is no row')}")
    pairs = list(combinations(matrices[0], 2))
    # A pair's interaction is shared between its two places.
    strengths = {pair: 2 * sum(abs(matrix[pair[0]][pair[1]]) for matrix in matrices) / len(matrices) for pair in pairs}
    told = [(*pair, f"{strength:.4f}") for pair, strength in sorted(strengths.items(), key=lambda each: -each[1])]
    return print_table(("feature", "feature", "mean |interaction|"), told, title="what two features do together here")


def learned_note(in_sample: Sequence[bool | None]) -> str | None:
    """Return a sentence about how many of the rows the version was trained on, by what each says of itself; None without rows."""
    known = [each for each in in_sample if each is not None]
    if not in_sample:
        return None
    if not known:
        return "it is not known which of these rows were used in training"
    note = f"{sum(known)} of {len(in_sample)} rows were used in training"
    return note if len(known) == len(in_sample) else f"{note}; of {len(in_sample) - len(known)} it is not known"


def abstained_notes(rows: Sequence[Row]) -> list[str]:
    """Return a sentence for each rule by which answers are withheld: of one row, or of how many with the first one's reason."""
    notes = []
    for rule in dict.fromkeys(row.abstained.rule for row in rows if row.abstained):
        withheld = [(row.symbol, row.abstained.reason) for row in rows if row.abstained and row.abstained.rule == rule]
        symbol, reason = withheld[0]
        who = f"{symbol} abstains" if len(withheld) == 1 else f"{len(withheld)} of {len(rows)} abstain, the first of {symbol}"
        notes.append(f"{who}: {reason}")
    return notes


def _print_lines(stream: Items[Any, Any]) -> None:
    for row in stream:
        print_line(row)
    print_line(Answer.model_validate({"summary": stream.summary.as_json() if stream.summary else None}))


def _batch_row(row: BatchPrediction, *, shap: bool, clock: bool) -> tuple[Any, ...]:
    at = f"{row.as_of.astimezone(timezone.utc):%Y-%m-%d %H:%M}" if clock else row.date
    told = (row.symbol, marked(at, _generated(row)), *_predicted(row), row.confidence, _quality(row))
    return (*told, _reasons(row.feature_contributions or {})) if shap else told


def _candle(row: Prediction) -> str:
    return aged(row.as_of, row.age_bars, row.stale, _generated(row))


def _generated(row: Row) -> str:
    return generated(row.synthetic_parts, synthetic=row.synthetic)


def _model_age(rows: Sequence[Prediction]) -> str:
    known = [row.model_age_days for row in rows if row.model_age_days is not None]
    return f", {known[0]:.0f} days old" if known else ""


def _static(answer: Predictions | RangeSummary) -> str:
    return "; no live source brings newer candles" if answer.static_data else ""


def _interval_column(rows: Sequence[Row]) -> tuple[str, ...]:
    """Return the head of the column that forecasts have besides."""
    return (f"{rows[0].interval.level:.0%} interval",) if rows and rows[0].interval else ()  # A model forecasts all rows, or none.


def _predicted(row: Row) -> tuple[Any, ...]:
    """Return what is predicted, or by which rule it is withheld, and where the true close lies when it is a forecast."""
    told = f"{row.prediction} ({row.abstained.rule})" if row.abstained else row.prediction
    return (told, f"{shown(row.interval.low)} to {shown(row.interval.high)}") if row.interval else (told,)


def _quality(row: Row) -> float | None:
    return None if row.quality is None else round(row.quality, 4)


def _reasons(contributions: dict[str, float]) -> str:
    """Return the three features that move a prediction most, with how much they do."""
    most = sorted(contributions.items(), key=lambda each: -abs(each[1]))[:3]
    return ", ".join(f"{name} {value:+.4f}" for name, value in most)


def _title(summary: RangeSummary) -> str:
    return f"version {summary.model_version}, {summary.count} rows{_static(summary)}"


def _skipped(skipped: Iterable[Skipped]) -> None:
    for each in skipped:
        say(f"left out of {each.symbol}: {each.count}; {each.reason}")


def _warn(rows: Sequence[Row]) -> None:
    for note in abstained_notes(rows):
        tell(note)
    generated = sorted({row.symbol for row in rows if row.synthetic})
    if generated:
        tell(f"{', '.join(generated)}: rests on generated candles, its own or those that the model was trained on")
