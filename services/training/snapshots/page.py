"""Writes a snapshot as one HTML page that stands alone: pictures and numbers are in it, nothing is fetched."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from html import escape
from typing import Final

from libs.contracts.model_monitoring import FeatureDrift, Interval, MonitorSpec, SnapshotResult
from services.training.reports.page import STYLE
from services.training.reports.sheet import Picture
from services.training.reports.standalone import drawn, standalone_page

HEADINGS: Final = {"performance": "Estimated beside measured", "features": "What has moved, beside the reference"}
SHOWN_BY_DOMAIN: Final = 10


def write_page(result: SnapshotResult, *, spec: MonitorSpec, title: str, pictures: Mapping[str, Picture]) -> bytes:
    """Return the page as UTF-8; whatever words it is given are escaped, and its policy lets a browser fetch and run nothing."""
    return standalone_page(_body(result, spec=spec, title=title, pictures=pictures), title=title, style=STYLE)


def verdict_of(result: SnapshotResult) -> str:
    """Say in a sentence what was found."""
    if not result.enough:
        return f"There are {result.rows.current:,} rows of now: too few to decide by."
    drifted = [each.name for each in result.features if each.drifted]
    said = [f"{', '.join(result.performance.degraded)} worse than before"] if result.performance.degraded else []
    if drifted:
        said.append(f"{len(drifted)} of {result.rows.features} features drifted, {drifted[0]} with most harm")
    if result.predictions is not None and result.predictions.drifted:
        said.append("what is answered drifted")
    if result.domain.drifted:
        said.append("a classifier tells now from the reference")
    if result.calibration.is_worse:
        said.append("confidence holds less than it did")
    if result.adwin is not None and result.adwin.changes:
        said.append(f"the mean of its {result.adwin.stream} changed")
    if result.freshness.is_stale:
        said.append("the newest row is older than it may be")
    if not said:
        return "Nothing differs from the reference by more than the thresholds."
    told = "; ".join(said)
    return f"{told[:1].upper()}{told[1:]}."


def _body(result: SnapshotResult, *, spec: MonitorSpec, title: str, pictures: Mapping[str, Picture]) -> Iterator[str]:
    yield f"<h1>{escape(title)}</h1>"
    yield f'<p class="small">{escape(_about(result))}</p>'
    yield f"<p>{escape(verdict_of(result))}</p>"
    yield from (f'<p class="note">{escape(note)}</p>' for note in result.notes)
    yield _facts(result)
    yield from _performance(result)
    for name, picture in pictures.items():
        yield drawn(HEADINGS[name], picture.inline(prefix=name))
    yield from _features(result, spec=spec)
    yield from _domain(result)
    yield from _calibration(result)
    if result.reasons:
        yield "<h2>What is not told, and why</h2>"
        yield _table(("What", "Why"), ((name, why) for name, why in sorted(result.reasons.items())))


def _about(result: SnapshotResult) -> str:
    rows, fresh = result.rows, result.freshness
    told = f"{rows.reference:,} rows of the reference, {rows.current:,} of now, {rows.labelled:,} of them with a label"
    if rows.reference_start is not None and rows.reference_end is not None:
        told += f" · reference from {rows.reference_start:%Y-%m-%d} to {rows.reference_end:%Y-%m-%d}"
    if fresh.first is not None and fresh.last_update is not None:
        told += f" · now from {fresh.first:%Y-%m-%d} to {fresh.last_update:%Y-%m-%d}"
    return told + (" · some of the data were generated" if result.synthetic else "")


def _facts(result: SnapshotResult) -> str:
    facts = {
        "Features drifted": f"{sum(each.drifted for each in result.features):,} of {result.rows.features:,}",
        "PSI of the answers": _number(None if result.predictions is None else result.predictions.psi),
        "Told apart (AUC)": _number(result.domain.auc),
        "Calibration error": _number(result.calibration.ece),
    }
    return '<dl class="facts">' + "".join(f"<div><dt>{name}</dt><dd>{value}</dd></div>" for name, value in facts.items()) + "</dl>"


def _performance(result: SnapshotResult) -> Iterator[str]:
    told = result.performance
    names = tuple(dict.fromkeys((*told.reference, *told.measured, *told.estimated)))
    if names:
        yield "<h2>Performance</h2>"
        rows = (
            (
                name,
                _number(told.reference.get(name)),
                _interval(told.measured.get(name)),
                _interval(told.estimated.get(name)),
                "worse" if name in told.degraded else "",
            )
            for name in names
        )
        yield _table(("Metric", "Reference", "Measured", f"Estimated ({told.method or '-'})", ""), rows)


def _features(result: SnapshotResult, *, spec: MonitorSpec) -> Iterator[str]:
    every: Sequence[FeatureDrift] = (*result.features, *(() if result.predictions is None else (result.predictions,)))
    if not every:
        return
    yield "<h2>Column by column, the most harm first</h2>"
    yield (
        f'<p class="small">A column drifts from a population stability index of {spec.thresholds.psi:g} on, or from what '
        f"{spec.thresholds.noise:.1%} of the reference's own samples stay below, if that is more. Harm is the index by the importance.</p>"
    )
    heads = ("Column", "Harm", "PSI", "Threshold", "Own noise", "KS", "Wasserstein", "Chi-squared", "Cramér's V", "Missing", "")
    rows = (
        (
            each.name,
            *map(_number, (each.harm, each.psi, each.threshold, each.noise, each.ks, each.wasserstein, each.chi2, each.cramers_v)),
            f"{each.missing_reference or 0:.1%} → {each.missing_current or 0:.1%}",
            "drifted" if each.drifted else "missing" if each.is_missing_more else "",
        )
        for each in every
    )
    yield _table(heads, rows)


def _domain(result: SnapshotResult) -> Iterator[str]:
    told = result.domain
    if told.auc is not None:
        yield "<h2>All columns together</h2>"
        found = _interval(Interval(value=told.auc, lower=told.lower, upper=told.upper))
        yield f"<p>A classifier tells now from the reference with an area under the curve of {escape(found)}; 0.5 is not at all.</p>"
        shares = list(told.importance.items())[:SHOWN_BY_DOMAIN]
        yield _table(("Told apart by", "Share"), ((name, f"{share:.1%}") for name, share in shares))
    if result.adwin is not None and result.adwin.changes:
        change = result.adwin
        at = f" last at {change.at:%Y-%m-%d %H:%M} UTC" if change.at is not None else ""
        means = f"from {_number(change.before)} to {_number(change.after)}"
        yield f"<p>{escape(f'The mean of its {change.stream} changed {change.changes} times,{at} {means}')} (ADWIN).</p>"


def _calibration(result: SnapshotResult) -> Iterator[str]:
    if result.calibration.bins:
        yield "<h2>How sure, and how right</h2>"
        rows = ((f"{each.confidence:.1%}", f"{each.accuracy:.1%}", f"{each.rows:,}") for each in result.calibration.bins)
        yield _table(("Confidence", "Right", "Rows"), rows)


def _table(heads: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    top = "".join(f"<th>{escape(head)}</th>" for head in heads)
    lines = "".join("<tr>" + "".join(f"<td>{escape(cell)}</td>" for cell in row) + "</tr>" for row in rows)
    return f'<div class="wide" tabindex="0"><table><tr>{top}</tr>{lines}</table></div>'


def _interval(found: Interval | None) -> str:
    if found is None or found.value is None:
        return "-"
    return _number(found.value) + (f" ({_number(found.lower)} to {_number(found.upper)})" if found.lower is not None else "")


def _number(value: float | None) -> str:
    return "-" if value is None else f"{value:.4g}"
