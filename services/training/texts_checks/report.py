"""The check of a file of texts as one HTML page that stands alone: no script, nothing from elsewhere, every word escaped."""

from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import datetime
from html import escape
from typing import Final

from libs.contracts.text_checks import CheckTextsResult, TextFinding
from libs.texts.personal import redacted
from services.training.reports.standalone import standalone_page
from services.training.texts_checks.charts import bars, histogram, over_time, shares
from services.training.texts_checks.check import Checked
from services.training.texts_checks.looked import rows_of, shortened

SYMBOLS_DRAWN: Final = 12
LABELS_DRAWN: Final = 20
STYLE: Final = """
:root{color-scheme:light}*{box-sizing:border-box}
body{font:15px/1.55 system-ui,sans-serif;color:#1f2933;background:#fff;max-width:62rem;margin:2rem auto;padding:0 1rem}
h1{font-size:1.5rem;margin:0;overflow-wrap:anywhere}h2{font-size:1.15rem;margin:2.2rem 0 .6rem}h3{font-size:1rem;margin:1.4rem 0 .2rem}
.small,.faint{color:#66717d}.small{font-size:.85rem;overflow-wrap:anywhere}
.verdict{border-left:4px solid #2e8b57;background:#f2f8f4;padding:.5rem .9rem;margin:1rem 0}
.verdict.error{border-color:#c0392b;background:#fbf3f2}
.facts{display:flex;flex-wrap:wrap;gap:.4rem 2rem;margin:1.2rem 0}.facts div{min-width:6.5rem}
.facts dt{color:#66717d;font-size:.8rem}.facts dd{margin:0;font-size:1.25rem}
.tag{display:inline-block;font-size:.75rem;padding:.05rem .5rem;border-radius:1rem;background:#eef1f4;margin-right:.5rem}
.tag.error{background:#c0392b;color:#fff}.tag.warning{background:#f5e3bd;color:#5f4300}
.wide,.drawn{overflow-x:auto}.wide td:nth-child(2){min-width:14rem}table{border-collapse:collapse;width:100%;font-size:.87rem}
th,td{text-align:left;padding:.3rem .6rem;border-bottom:1px solid #dde2e7;vertical-align:top;overflow-wrap:break-word;min-width:4.5rem}
th{font-weight:600}td.number{text-align:right;font-variant-numeric:tabular-nums;white-space:nowrap}
svg{width:100%;min-width:40rem;height:auto;display:block}svg text{font:13px system-ui,sans-serif;fill:#1f2933}svg .faint{fill:#66717d}
svg .axis{stroke:#9aa5b1}.legend span{margin-right:1.2rem;white-space:nowrap}
.legend i{display:inline-block;width:.8em;height:.8em;margin-right:.4em}
@media print{body{margin:0;max-width:none}svg,table,h3{break-inside:avoid}svg{min-width:0}}
"""


def write_report(checked: Checked, *, name: str, max_length: int) -> bytes:
    """Return the page as UTF-8; `name` is what its owner calls the file. Its policy lets a browser fetch and run nothing."""
    return standalone_page(_body(checked, name=name, max_length=max_length), title=f"Data report: {name}", style=STYLE)


def _body(checked: Checked, *, name: str, max_length: int) -> Iterator[str]:
    result = checked.result
    yield f"<main><h1>Data report: {escape(name)}</h1>"
    yield _verdict(result)
    yield _facts(result)
    yield from (f'<p class="small">{escape(note)}</p>' for note in result.notes)
    yield from _findings(result)
    yield from _pictures(checked, max_length=max_length)
    yield from _telling(checked)
    yield from _columns(result)
    yield "</main>"


def _verdict(result: CheckTextsResult) -> str:
    errors, warnings = len(result.errors), len(result.warnings)
    told = "A model can be trained on it." if result.valid else "No model can be trained on it as it is."
    counts = f"{errors} {'error' if errors == 1 else 'errors'}, {warnings} {'warning' if warnings == 1 else 'warnings'}."
    return f'<p class="verdict{"" if result.valid else " error"}"><strong>{told}</strong> {counts}</p>'


def _facts(result: CheckTextsResult) -> str:
    lengths = result.token_lengths
    facts = {
        "Rows": f"{result.rows:,}",
        "Labels": f"{result.labels_count:,}" if result.label_column is not None else "none",
        "Format": str(result.format),
        "Encoding": None if result.encoding is None else result.encoding + (" (guessed)" if result.encoding_assumed else ""),
        "Language": result.language,
        "Tokens, median": f"{lengths.median:,}" if lengths is not None else None,
        "Told by words": f"{result.out_of_fold_accuracy:.0%}" if result.out_of_fold_accuracy is not None else None,
        "From": _day(result.start),
        "To": _day(result.end),
    }
    cells = (f"<div><dt>{name}</dt><dd>{escape(value)}</dd></div>" for name, value in facts.items() if value is not None)
    return f'<dl class="facts">{"".join(cells)}</dl>'


def _day(moment: datetime | None) -> str | None:
    return None if moment is None else f"{moment:%Y-%m-%d}"


def _findings(result: CheckTextsResult) -> Iterator[str]:
    yield "<h2>Findings</h2>"
    if not result.findings:
        yield "<p>Nothing was found.</p>"
    for finding in result.findings:
        yield from _finding(finding, unit="Line" if result.format in {"csv", "jsonl", "phrasebank"} else "Row")
    yield from (f'<p class="small">{escape(name)}: {escape(reason)}</p>' for name, reason in result.reasons.items())


def _finding(finding: TextFinding, *, unit: str) -> Iterator[str]:
    told = f"{finding.count:,} · {finding.share:.1%}"
    yield f'<h3><span class="tag {finding.severity}">{finding.severity}</span>{finding.code} <span class="small">{told}</span></h3>'
    yield f"<p>{escape(finding.message)} <span class='faint'>{escape(finding.suggestion)}</span></p>"
    if finding.examples:
        rows = [(f"{each.place:,}", each.text, each.label or "", each.why) for each in finding.examples]
        yield _table((unit, "Text", "Label", "What about it"), rows)


def _pictures(checked: Checked, *, max_length: int) -> Iterator[str]:
    result, tokens = checked.result, checked.lengths.tokens
    if result.label_distribution:
        shown = dict(list(result.label_distribution.items())[:LABELS_DRAWN])
        yield f"<h2>Rows by label</h2>{bars(shown, title='Rows by label')}"
    if tokens is not None:
        picture = histogram(
            tokens.tolist(), title="Tokens of a text", unit="tokens", mark=max_length, mark_name=f"max_length {max_length:,}"
        )
        longer = rows_of(int((tokens > max_length).sum()))
        told = f"A model reads {max_length:,} tokens (max_length); {longer} with more. Counted by the tokenizer of all-minilm-l6-v2."
        yield f'<h2>Tokens of a text</h2>{picture}<p class="small">{told}</p>'
    if len(checked.moments) > 1:
        yield f"<h2>Rows over time</h2>{over_time(checked.moments, title='Rows over time')}"
    if result.symbols:
        yield f"<h2>Labels by symbol</h2>{shares(_by_symbol(checked), title='Labels by symbol')}"


def _by_symbol(checked: Checked) -> dict[str, dict[str, int]]:
    """Return rows by label for the most frequent symbols; labels in the order of the whole file's counts."""
    texts, order = checked.looked.texts, checked.result.label_distribution
    labels = [shortened(label) for label in texts.labels] if texts.labels is not None else ["rows"] * len(texts)
    pairs = Counter(zip((shortened(symbol) for symbol in texts.symbols or ()), labels, strict=False))
    names = list(order)[:LABELS_DRAWN] or ["rows"]
    symbols = list(checked.result.symbols)[:SYMBOLS_DRAWN]
    return {symbol: {label: pairs[symbol, label] for label in names if pairs[symbol, label]} for symbol in symbols}


def _telling(checked: Checked) -> Iterator[str]:
    if checked.noise.telling:
        yield "<h2>Words that tell the labels</h2>"
        yield '<p class="small">By a logistic regression over TF-IDF. A name or a source among them is a hint that a label leaks.</p>'
        rows = [(shortened(label), ", ".join(redacted(word) for word in words)) for label, words in checked.noise.telling.items()]
        yield _table(("Label", "Words"), rows)


def _columns(result: CheckTextsResult) -> Iterator[str]:
    roles = {result.text_column: "text", result.label_column: "label"}
    yield "<h2>Columns</h2>"
    yield _table(("In the file", "Read as"), [(name, roles.get(name, "")) for name in result.columns[:100]])


def _table(heads: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    top = "".join(f'<th scope="col">{escape(head)}</th>' for head in heads)
    lines = ("".join(f"<td>{escape(cell)}</td>" for cell in row) for row in rows)
    return f'<div class="wide" tabindex="0"><table><tr>{top}</tr>{"".join(f"<tr>{line}</tr>" for line in lines)}</table></div>'
