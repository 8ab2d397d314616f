"""Exports of models of texts: formats, parity with the original, and the files."""

from collections.abc import Mapping
from typing import Any, Final

from services.gateway.inbound.pages.nouns.text_data import API, CONTENT, TEXTS, data_reads, shape_data
from services.gateway.inbound.pages.page import Action, Facts, Form, Page, Read, filled

EXPORTS: Final = f"{TEXTS}/exports"
SIZE: Final = 20
STATUSES: Final = ("pending", "completed", "failed", "cancelled")
FORMATS: Final[Mapping[str, str]] = {
    "onnx": "ONNX",
    "torchscript": "TorchScript",
    "triton": "A repository for Triton",
    "both": "ONNX and TorchScript",
}
MANIFEST: Final = "/manifest.json"
EXPORTED: Final = (".onnx", ".pt")


def _shape_exports(facts: Facts) -> Mapping[str, Any]:
    """Return the models that can be exported, and the exported files that can be validated."""
    files = [each["path"] for each in (facts["files"] or {"items": ()})["items"]]
    registered = [(each["model_uri"], f"{each['name']} {each['version']}") for each in (facts["registered"] or {"items": ()})["items"]]
    folders = [(path.removesuffix(MANIFEST), "") for path in files if path.endswith(MANIFEST)]
    return {
        "models": [*registered, *folders],
        "exported": [(path, "") for path in files if path.endswith(EXPORTED)],
        "data": shape_data(facts)["data"],
        "formats": list(FORMATS.items()),
        "statuses": STATUSES,
        "size": SIZE,
    }


def _new(form: Form) -> dict[str, Any]:
    names = ("model_path", "format", "output_dir", "test_data", "text_column", "label_column", "name")
    return filled(form, *names) | {"optimize": form.get("optimize") == "yes", "validate": form.get("validate") == "yes"}


def _compared(form: Form) -> dict[str, Any]:
    sent = filled(form, "exported", "compared_on")
    return {name: sent[field] for name, field in (("model_path", "exported"), ("test_data", "compared_on")) if field in sent}


def _to_export(answer: Any, _: Mapping[str, str]) -> str:
    return f"{EXPORTS}/{answer['export_id']}"


def _shape_export(facts: Facts) -> Mapping[str, Any]:
    export = facts["export"]
    report = export["report"] or {}
    return {
        "ended": export["status"] != "pending",
        "content": CONTENT,
        "checks": report.get("checks", []),
        "measures": report.get("measures", []),
    }


PAGES: Final = (
    Page(
        path=EXPORTS,
        template="text_exports.html",
        title="Exports",
        crumbs=((TEXTS, "Text models"),),
        reads={
            "exports": Read(f"{API}/export", query=("status",), size=SIZE),
            **data_reads(),
            "registered": Read(f"{API}/registry/models", fixed={"limit": 100}, needed=False),
        },
        shape=_shape_exports,
        actions={
            "export": Action("POST", f"{API}/export", _new, _to_export, "The export is accepted."),
            "validate": Action("POST", f"{API}/export/validate", _compared, _to_export, "The file is compared."),
        },
    ),
    Page(
        path=f"{EXPORTS}/{{export_id}}",
        template="text_export.html",
        title=lambda facts: f"{'Export' if facts['export']['task'] == 'export' else 'Validation'} of {facts['export']['model_path']}",
        crumbs=((TEXTS, "Text models"), (EXPORTS, "Exports")),
        reads={"export": Read(f"{API}/export/{{export_id}}")},
        shape=_shape_export,
        actions={"cancel": Action("DELETE", f"{API}/export/{{export_id}}", done="The export is cancelled.")},
    ),
)
FILES: Final[Mapping[str, str]] = {}
