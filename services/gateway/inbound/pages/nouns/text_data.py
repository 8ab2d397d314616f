"""Texts as data: files that are checked before a model learns from them, and files that a model has scored."""

from collections.abc import Mapping, Sequence
from typing import Any, Final, get_args

from modelbourse.answers.builder.data import CheckStatus, TextFindingName
from services.gateway.inbound.pages.page import PRICES, Action, Facts, Form, Page, Read, filled, several

API: Final = "/api/v1"
TEXTS: Final = "/app/texts"
# Where files of the data root are handed out.
CONTENT: Final = "/app/files/content"
SIZE: Final = 20
ENDINGS: Final = (".json", ".jsonl", ".csv", ".tsv", ".txt", ".parquet")
FORMATS: Final = ("json", "jsonl", "csv", "parquet", "phrasebank")
SCORE_STATUSES: Final = ("pending", "running", "completed", "failed", "cancelled")
CHECK_STATUSES: Final[tuple[str, ...]] = get_args(CheckStatus)
CHECKS: Final = f"{TEXTS}/checks"
SCORES: Final = f"{TEXTS}/scores"
READ: Final = ("data_path", "format", "encoding", "text_column", "label_column", "time_column", "symbol_column", "group_column")


def data_reads() -> dict[str, Read]:
    """Return what tells which texts there are: files of the data root, and datasets."""
    return {
        "files": Read(f"{API}/files", fixed={"limit": 100}, needed=False),
        "texts": Read("/v1/ai/datasets", fixed={"kind": "text", "status": "ready", "limit": 100}, needed=False),
        "tables": Read("/v1/ai/datasets", fixed={"kind": "table", "status": "ready", "limit": 100}, needed=False),
    }


def shape_data(facts: Facts) -> dict[str, Any]:
    """Return texts that can be read as suggestions, each a path and what it is."""
    files: Sequence[Mapping[str, Any]] = (facts["files"] or {"items": ()})["items"]
    datasets = [each for name in ("texts", "tables") for each in (facts[name] or {"datasets": ()})["datasets"]]
    found = [(each["path"], "") for each in files if each["made_by"] is None and each["path"].lower().endswith(ENDINGS)]
    return {"data": [*found, *((f"dataset:{each['id']}", each["name"]) for each in datasets)], "formats": FORMATS}


def model_reads() -> dict[str, Read]:
    """Return what tells which models of texts there are: registered versions, and trainings that have ended well."""
    return {
        "registered": Read(f"{API}/registry/models", fixed={"limit": 100}, needed=False),
        "trained": Read(f"{API}/training", fixed={"status": "completed", "limit": 100}, needed=False),
    }


def model_choices(facts: Facts) -> list[tuple[str, str]]:
    """Return models that can be asked as suggestions: what the API calls each, and in words."""
    registered: Sequence[Mapping[str, Any]] = (facts["registered"] or {"items": ()})["items"]
    trained: Sequence[Mapping[str, Any]] = (facts["trained"] or {"items": ()})["items"]
    stages = {"None": "registered", "Staging": "in staging", "Production": "in production", "Archived": "archived"}
    names = [(each["model_uri"], f"{each['name']} {each['version']}, {stages[each['stage']]}") for each in registered]
    return [*names, *((each["job_id"], f"{each['experiment_name']} {each['version']}, as trained") for each in trained)]


def _check(form: Form) -> dict[str, Any]:
    """Return what is checked, and how it is read."""
    labels = several(form, "labels")
    return filled(form, *READ, numbers=("max_length",)) | ({"labels": labels} if labels else {})


def _shape_check(facts: Facts) -> Mapping[str, Any]:
    """Return what a check has looked for and not found, and where its report is."""
    check, report = facts["check"], facts["report"]
    found = {each["code"] for each in check["findings"]}
    return {
        "ended": check["status"] != "pending",
        "content": CONTENT,
        "report": report if report and report["generated_at"] else None,
        "clean": [code for code in get_args(TextFindingName) if code not in found] if check["rows"] is not None else [],
        "most": max(check["label_distribution"].values(), default=1),
    }


def _score(form: Form) -> dict[str, Any]:
    """Return which texts are scored, and which candles they count for."""
    names = ("model", "version", "data_path", "text_column", "time_column", "symbol_column", "symbol", "dataset_name", "timeframe", "tz")
    return filled(form, *names, "symbol_suffix", "output_dir")


def _shape_scores(facts: Facts) -> Mapping[str, Any]:
    return shape_data(facts) | {"models": model_choices(facts), "statuses": SCORE_STATUSES, "size": SIZE}


PAGES: Final = (
    Page(
        path=CHECKS,
        template="text_checks.html",
        title="Checks of texts",
        crumbs=((TEXTS, "Text models"),),
        reads={"checks": Read(f"{API}/data/validate", query=("status",), size=SIZE), **data_reads()},
        shape=lambda facts: shape_data(facts) | {"size": SIZE, "statuses": CHECK_STATUSES},
        actions={
            "check": Action("POST", f"{API}/data/validate", _check, lambda answer, _: f"{CHECKS}/{answer['check_id']}"),
            "report": Action(
                "POST",
                f"{API}/data/report",
                lambda form: _check(form) | filled(form, "output_path"),
                lambda answer, _: f"{CHECKS}/{answer['report_id']}",
            ),
        },
    ),
    Page(
        path=f"{CHECKS}/{{check_id}}",
        template="text_check.html",
        title=lambda facts: f"Check of {facts['check']['data_path']}",
        crumbs=((TEXTS, "Text models"), (CHECKS, "Checks")),
        reads={
            "check": Read(f"{API}/data/validate/{{check_id}}"),
            "report": Read(f"{API}/data/report/{{check_id}}", needed=False),
        },
        shape=_shape_check,
        actions={"cancel": Action("DELETE", f"{API}/data/validate/{{check_id}}", done="The check is cancelled.")},
    ),
    Page(
        path=SCORES,
        template="text_scores.html",
        title="Scores of texts",
        crumbs=((TEXTS, "Text models"),),
        reads={"scored": Read(f"{API}/score", query=("status",), size=SIZE), **data_reads(), **model_reads()},
        shape=_shape_scores,
        actions={
            "score": Action("POST", f"{API}/score", _score, lambda answer, _: f"{SCORES}/{answer['job_id']}", "The scoring is accepted.")
        },
    ),
    Page(
        path=f"{SCORES}/{{job_id}}",
        template="text_score.html",
        title=lambda facts: f"Scores of {facts['scores']['data_path']}",
        crumbs=((TEXTS, "Text models"), (SCORES, "Scores")),
        reads={"prices": PRICES, "scores": Read(f"{API}/score/{{job_id}}")},
        shape=lambda facts: {
            "ended": facts["scores"]["status"] not in {"pending", "running"},
            "content": CONTENT,
            "most": max(facts["scores"]["labels"].values(), default=1),
        },
        actions={"cancel": Action("DELETE", f"{API}/score/{{job_id}}", done="The scoring is cancelled.")},
    ),
)
