"""A model card: what a registered version is, was trained on, measures and must not be taken for; generated from facts alone.

Its parts are those of Mitchell et al., "Model Cards for Model Reporting" (2019), as far as the platform knows them.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from html import escape
from typing import Any, Final

from libs.contracts.model_specs import AnySpec
from libs.contracts.recipe_runs import RECIPE, RecipeModelSpec
from libs.contracts.texts import TEXT, TextSpec
from libs.contracts.training import TrainingResult, TrainingSpec
from services.gateway.domain.registry.metrics import HIGHER, LOWER
from services.gateway.domain.registry.name import RegisteredName
from services.gateway.domain.registry.version import RegisteredVersion

Row = Sequence[str]
STYLE: Final = (
    "body{font:15px/1.5 system-ui,sans-serif;max-width:52rem;margin:2rem auto;padding:0 1rem;color:#1b1f24}"
    "table{border-collapse:collapse;margin:.5rem 0 1.5rem}td,th{border-bottom:1px solid #d8dee4;padding:.3rem .8rem .3rem 0;"
    "text-align:left;vertical-align:top}h1{font-size:1.6rem}h2{font-size:1.15rem;margin-top:2rem}"
)
GONE: Final = "The model, or what this version measured, is gone: what is left is what was written down when it was registered."
SYNTHETIC: Final = "It was trained on generated candles: nothing here says anything about a market."
OF_TEXTS: Final = "On the test part of its texts, of which the model has not learned. Texts of other times and sources may read otherwise."
OF_RECIPES: Final = "On the rows that its recipe holds out, of which the model has not learned. Other times and places may be otherwise."
REPORTED_ALONE: Final = "The platform has measured nothing: the model rests on what an outside worker has reported."
READ_BY: Final[Mapping[str, str]] = {TEXT: "texts", RECIPE: "rows"}
OWN_WORD: Final = "The owner's own figures: the platform has not measured them."


@dataclass(frozen=True, slots=True)
class Facts:
    """A registered version, and of its model's version what it was trained with and measured; None where that is gone."""

    name: RegisteredName
    version: RegisteredVersion
    spec: AnySpec | None
    result: TrainingResult | None


@dataclass(frozen=True, slots=True)
class Section:
    """A heading, sentences, and a table: the first of its `rows` is its head."""

    title: str
    text: Sequence[str] = ()
    rows: Sequence[Row] = ()


def card_of(facts: Facts) -> Sequence[Section]:
    """Return the card's parts; its first title is that of the card."""
    version = facts.version
    parts = [
        _about(facts),
        _training(facts),
        Section("Measured out of sample", _caveats(facts), _metric_rows(facts)),
        _gate(facts),
        _lineage(facts),
    ]
    if version.reported:
        rows = [("metric", "value"), *((name, _number(value)) for name, value in version.reported.items())]
        parts.insert(3, Section("Reported", [OWN_WORD], rows))
    return [part for part in parts if part.text or part.rows]


def as_markdown(sections: Iterable[Section]) -> str:
    """Return the card as CommonMark with tables (GFM)."""
    blocks: list[str] = []
    for place, section in enumerate(sections):
        blocks.append(f"{'#' if place == 0 else '##'} {_plain(section.title)}")
        blocks += [_plain(text) for text in section.text]
        if section.rows:
            head, *rows = section.rows
            lines = [_line(head), _line(["---"] * len(head)), *(_line([_plain(cell) for cell in row]) for row in rows)]
            blocks.append("\n".join(lines))
    return "\n\n".join(blocks) + "\n"


def as_html(sections: Iterable[Section]) -> str:
    """Return the card as one page that needs nothing else."""
    body: list[str] = []
    for place, section in enumerate(sections):
        level = 1 if place == 0 else 2
        body.append(f"<h{level}>{escape(section.title)}</h{level}>")
        body += [f"<p>{escape(text)}</p>" for text in section.text]
        if section.rows:
            head, *rows = section.rows
            cells = ["".join(f"<td>{escape(cell)}</td>" for cell in row) for row in rows]
            heads = "".join(f"<th>{escape(cell)}</th>" for cell in head)
            body.append(f"<table><tr>{heads}</tr>{''.join(f'<tr>{row}</tr>' for row in cells)}</table>")
    title = escape(title_of(sections))
    return f'<!doctype html><html lang="en"><meta charset="utf-8"><title>{title}</title><style>{STYLE}</style>{"".join(body)}</html>'


def title_of(sections: Iterable[Section]) -> str:
    """Return the title of a card."""
    return next(iter(sections)).title


def _about(facts: Facts) -> Section:
    name, version = facts.name, facts.version
    aliases = ", ".join(sorted(alias for alias, number in name.aliases.items() if number == version.number))
    rows = [
        ("what", "is"),
        ("status", version.status.value),
        ("model", f"{version.model_id}, version {version.model_version}"),
        ("registered", _moment(version.created_at)),
        ("aliases", aliases or "none"),
        ("tags", ", ".join(version.tags) or "none"),
    ]
    return Section(f"{name.name}, version {version.number}", [version.description] if version.description else [], rows)


def _training(facts: Facts) -> Section:
    spec, card = facts.spec, facts.result.run_card if facts.result else {}
    if isinstance(spec, TextSpec):
        return Section("Training", (), _text_rows(spec))
    if isinstance(spec, RecipeModelSpec):
        return Section("Training", (), _recipe_rows(spec))
    if not isinstance(spec, TrainingSpec):
        return Section("Training", [GONE] if spec is None else [f"A model of the kind {spec.kind}."])
    rows = [
        ("what", "is"),
        ("learner", spec.algorithm),
        ("predicts", f"{spec.target_variable} ({spec.model_type.value})"),
        ("features", ", ".join(spec.features)),
        ("symbols", ", ".join(spec.symbols)),
        ("timeframe", spec.timeframe),
        ("days", _span(card)),
        ("rows to train and to test on", f"{card.get('train_rows', 'unknown')} and {card.get('test_rows', 'unknown')}"),
        ("candles from", str(card.get("data_source", "unknown"))),
        ("hyperparameters", ", ".join(f"{key}={value}" for key, value in sorted(spec.hyperparameters.items())) or "the learner's own"),
        ("seed", str(card.get("seed", "unknown"))),
    ]
    return Section("Training", () if facts.result else [GONE], rows)


def _text_rows(spec: TextSpec) -> Sequence[Row]:
    training, parts = spec.config.training, spec.config.data
    return [
        ("what", "is"),
        ("backbone", training.backbone),
        ("what learned", training.method or "as the platform has chosen: its run's notes say it"),
        ("epochs at most", str(training.num_epochs)),
        ("seed", str(training.random_seed)),
        ("texts", f"{spec.data.path}, column {spec.config.preprocessing.text_column}"),
        ("labels", f"column {spec.config.preprocessing.label_column}"),
        ("tokens of a text at most", str(spec.config.preprocessing.max_length)),
        ("to train, to validate and to test on", f"{parts.train_split:g}, {parts.val_split:g} and {parts.test_split:g} of them"),
    ]


def _recipe_rows(spec: RecipeModelSpec) -> Sequence[Row]:
    parts = {name: dict(spec.manifest.get(name) or {}) for name in ("data", "split", "learner", "baseline")}
    settings = ", ".join(f"{name}={value}" for name, value in sorted(parts["learner"].get("hyperparameters", {}).items()))
    return [
        ("what", "is"),
        ("family", spec.family),
        ("recipe", f"{spec.recipe_id}, version {spec.recipe_version or spec.recipe_version_id}"),
        ("learner", str(parts["learner"].get("name", "unknown"))),
        ("hyperparameters", settings or "the learner's own"),
        ("rows from", str(parts["data"].get("source", "unknown"))),
        ("held out", f"{parts['split'].get('test_fraction', 'unknown')} of them, by {parts['split'].get('method', 'unknown')}"),
        ("features", ", ".join(spec.manifest.get("features") or ()) or "all that have no role"),
        ("measured against", str(parts["baseline"].get("name", "unknown"))),
        ("seed", str(spec.manifest.get("seed", "unknown"))),
    ]


def _caveats(facts: Facts) -> Sequence[str]:
    if facts.version.kind == RECIPE:
        return [OF_RECIPES if facts.version.metrics else REPORTED_ALONE]
    if facts.version.kind == TEXT:
        return [OF_TEXTS]
    if facts.result is None:
        return [GONE]
    card = facts.result.run_card
    said = ["On rows that the model has not learned from, after costs. Past results do not tell what is to come."]
    said += [SYNTHETIC] * bool(card.get("synthetic"))
    return [*said, *(str(each) for each in card.get("warnings", ()))]


def _metric_rows(facts: Facts) -> Sequence[Row]:
    reasons: Mapping[str, str] = facts.result.reasons if facts.result else {}
    metrics = facts.version.metrics
    known = [*(name for name in (*HIGHER, *LOWER) if name in metrics), *sorted(set(metrics) - {*HIGHER, *LOWER})]
    rows = [(name, _number(metrics[name]), reasons.get(name, "")) for name in known]
    return [("metric", "value", "why there is none"), *rows]


def _gate(facts: Facts) -> Section:
    gate = facts.name.gate
    if not gate.rules and gate.approval == "none":
        return Section("Gate", ["The name has no gate."])
    said = ["An admin has to agree to a promotion."] if gate.approval == "admin" else []
    found = facts.name.findings(facts.version.number)
    rows = [("rule", "passes"), *((each.sentence, "yes" if each.passed else "no") for each in found)]
    return Section("Gate", said, rows if found else ())


def _lineage(facts: Facts) -> Section:
    lineage, kind = facts.version.lineage, facts.version.kind
    datasets = ", ".join(f"{symbol}: {dataset} version {number}" for symbol, (dataset, number) in lineage.datasets.items())
    libraries = ", ".join(f"{name} {version}" for name, version in sorted(lineage.libraries.items()))
    rows = [
        ("what", "is"),
        ("training job", lineage.job_id or "none"),
        ("trained", _moment(lineage.trained_at)),
        ("SHA-256 of the configuration", lineage.config_hash or "not kept"),
        (f"SHA-256 of the {READ_BY.get(kind, 'candles')}", lineage.data_hash or "not kept"),
        ("SHA-256 of the files' manifest", lineage.artifact or "none: there are no files"),
        ("release", lineage.release or "not kept"),
        ("commit of the source", lineage.revision or "not kept"),
        ("libraries", libraries or "not kept"),
        ("parent", f"version {lineage.parent}" if lineage.parent else "none"),
    ]
    if kind not in READ_BY:
        rows.insert(3, ("own datasets", datasets or "none: candles that come with the platform"))
    return Section("Lineage", (), rows)


def _span(card: Mapping[str, Any]) -> str:
    return (
        f"{card['start']} to {card['end']}, tested from {card.get('test_start', 'unknown')}" if {"start", "end"} <= set(card) else "unknown"
    )


def _number(value: float | None) -> str:
    return "none" if value is None else f"{value:.6g}"


def _moment(at: datetime) -> str:
    return f"{at.astimezone(UTC):%Y-%m-%d %H:%M} UTC"


def _plain(text: str) -> str:
    """Return a text that Markdown takes as it is."""
    flat = " ".join(text.split())
    return "".join(f"\\{each}" if each in "\\`*[]<>|#~" else each for each in flat)


def _line(cells: Sequence[str]) -> str:
    return f"| {' | '.join(cells)} |"
