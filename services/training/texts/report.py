"""Writes what a training on texts came to as one HTML page that stands alone: pictures and numbers are in it, nothing is fetched."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from html import escape
from typing import Final

from libs.contracts.texts import METRICS, TextMetrics, TextResult
from services.training.reports.page import STYLE
from services.training.reports.sheet import Picture
from services.training.reports.standalone import drawn, standalone_page
from services.training.reports.wording import label_of

HEADINGS: Final = {"confusion": "Which label is taken for which", "reliability": "How sure, and how right", "history": "How it learned"}
LONGEST_TEXT: Final = 240


@dataclass(frozen=True, slots=True, kw_only=True)
class Mistake:
    """A test row that was answered wrongly, and with how much confidence."""

    text: str
    label: str
    answered: str
    confidence: float


def write_page(result: TextResult, *, title: str, subtitle: str, pictures: Mapping[str, Picture], mistakes: Sequence[Mistake]) -> bytes:
    """Return the page as UTF-8; whatever words it is given are escaped, and its policy lets a browser fetch and run nothing."""
    return standalone_page(_body(result, title=title, subtitle=subtitle, pictures=pictures, mistakes=mistakes), title=title, style=STYLE)


def verdict_of(result: TextResult) -> str:
    """Say in a sentence what the model is worth beside the baselines."""
    own = result.metrics["macro_f1"]
    best, at = max(((name, told["macro_f1"] or 0.0) for name, told in result.baselines.items()), key=lambda pair: pair[1])
    if own is None:
        return "Nothing was measured."
    interval = result.run_card["macro_f1_interval"]
    low, high = (float(interval[name]) for name in ("low", "high"))
    told = f"Its macro F1 is {own:.3f} (95 % interval {low:.3f} to {high:.3f}); the best baseline, {best}, has {at:.3f}"
    if low > at:
        return f"{told}: it is better by more than chance."
    return f"{told}: that it is better cannot be told from chance." if own > at else f"{told}: it is no better."


def _body(result: TextResult, *, title: str, subtitle: str, pictures: Mapping[str, Picture], mistakes: Sequence[Mistake]) -> Iterator[str]:
    yield f"<h1>{escape(title)}</h1>"
    yield f'<p class="small">{escape(subtitle)}</p>'
    verdict = verdict_of(result)
    yield f"<p>{escape(verdict)}</p>"
    yield from (f'<p class="note">{escape(note)}</p>' for note in result.notes if note != verdict)
    facts = {**{label_of(name): _number(result.metrics[name]) for name in ("macro_f1", "accuracy", "mcc", "ece")}}
    facts |= {f"{part.capitalize()} rows": f"{count:,}" for part, count in result.rows.items()}
    yield '<dl class="facts">' + "".join(f"<div><dt>{escape(name)}</dt><dd>{value}</dd></div>" for name, value in facts.items()) + "</dl>"
    yield "<h2>Beside the baselines</h2>"
    yield _table(("", *map(label_of, METRICS)), _metric_rows({"this model": result.metrics, **result.baselines}))
    yield "<h2>By label</h2>"
    rows = ((each.label, _number(each.precision), _number(each.recall), _number(each.f1), f"{each.support:,}") for each in result.per_class)
    yield _table(("Label", "Precision", "Recall", "F1", "Test rows"), rows)
    for name, picture in pictures.items():
        yield drawn(HEADINGS[name], picture.inline(prefix=name))
    yield from _slices(result)
    yield from _seeds(result)
    yield from _mistakes(mistakes)
    yield from (f'<p class="small">{escape(name)}: {escape(why)}</p>' for name, why in result.reasons.items())


def _slices(result: TextResult) -> Iterator[str]:
    for by, head in (("symbol", "By symbol"), ("length", "By length in tokens")):
        if some := [each for each in result.slices if each.by == by]:
            yield f"<h2>{head}</h2>"
            names = ("macro_f1", "accuracy", "mcc", "log_loss")
            rows = ((each.value, f"{each.rows:,}", *(_number(each.metrics[name]) for name in names)) for each in some)
            yield _table((by.capitalize(), "Rows", *map(label_of, names)), rows)


def _seeds(result: TextResult) -> Iterator[str]:
    if result.seeds:
        yield "<h2>By seed</h2>"
        rows = {f"seed {each.seed}": each.metrics for each in result.seeds}
        yield _table(("", *map(label_of, METRICS)), _metric_rows({**rows, "mean": result.seed_mean, "spread": result.seed_spread}))


def _mistakes(mistakes: Sequence[Mistake]) -> Iterator[str]:
    if mistakes:
        rows = (
            (
                each.text if len(each.text) <= LONGEST_TEXT else f"{each.text[:LONGEST_TEXT]}…",
                each.label,
                each.answered,
                f"{each.confidence:.0%}",
            )
            for each in mistakes
        )
        told = f"The {len(mistakes)} surest mistakes of the test, where labels may be wrong, too"
        table = _table(("Text", "Own label", "Answered", "Sure by"), rows)
        yield f"<details open><summary>{told}</summary>{table}</details>"


def _metric_rows(told: Mapping[str, TextMetrics]) -> Iterable[Sequence[str]]:
    return ((name, *(_number(metrics.get(each)) for each in METRICS)) for name, metrics in told.items())


def _table(heads: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    top = "".join(f"<th>{escape(head)}</th>" for head in heads)
    lines = "".join("<tr>" + "".join(f"<td>{escape(cell)}</td>" for cell in row) + "</tr>" for row in rows)
    return f'<div class="wide" tabindex="0"><table><tr>{top}</tr>{lines}</table></div>'


def _number(value: float | None) -> str:
    return "-" if value is None else f"{value:.3f}"
