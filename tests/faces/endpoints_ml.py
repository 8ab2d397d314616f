"""The endpoints of ML Development, as the OpenAPI document has to have them: those of its document, and what stands beside them."""

from typing import Final

ML: Final = "/api/ml-development"
_RECIPE: Final = "/recipes/{recipe_id}"
_MONITORING: Final = "/models/{model_id}/monitoring"
DOCUMENTED: Final = {
    "recipes": {
        ("GET", "/recipes"),
        ("POST", "/recipes"),
        ("GET", _RECIPE),
        ("PUT", _RECIPE),
        ("DELETE", _RECIPE),
        ("POST", f"{_RECIPE}/clone"),
        ("GET", f"{_RECIPE}/versions"),
        ("POST", f"{_RECIPE}/versions"),
        ("GET", f"{_RECIPE}/versions/{{version_id}}"),
        ("GET", f"{_RECIPE}/synthetic-example"),
        ("POST", f"{_RECIPE}/synthetic-example"),
    },
    "models": {
        ("GET", "/models"),
        ("POST", "/models"),
        ("GET", "/models/{model_id}"),
        ("PUT", "/models/{model_id}"),
        ("DELETE", "/models/{model_id}"),
        ("DELETE", "/models/{model_id}"),
    },
    "monitoring": {("GET", _MONITORING), ("POST", _MONITORING)},
    "chat": {("POST", "/chat")},
    "runs": {("GET", "/runs"), ("POST", "/runs"), ("GET", "/runs/{run_id}"), ("PUT", "/runs/{run_id}")},
}
_PREDICTIONS: Final = "/models/{model_id}/predictions"
BESIDE: Final = {
    "models": {
        ("POST", "/models/{model_id}/predict"),
        ("GET", _PREDICTIONS),
        ("GET", f"{_PREDICTIONS}/{{prediction_id}}"),
        ("GET", f"{_PREDICTIONS}/{{prediction_id}}/files/{{path}}"),
    },
    "monitoring": {
        ("GET", f"{_MONITORING}/{{snapshot_id}}"),
        ("GET", f"{_MONITORING}/{{snapshot_id}}/report"),
        ("GET", f"{_MONITORING}/alerts"),
        ("GET", f"{_MONITORING}/rules"),
        ("PUT", f"{_MONITORING}/rules"),
        ("POST", "/models/{model_id}/labels"),
        ("GET", "/alerts"),
    },
    "recipes": {("GET", "/schemas/{model_family}")},
    "runs": {("POST", "/runs/estimate"), ("DELETE", "/runs/{run_id}"), ("GET", "/runs/{run_id}/files/{path}")},
}
"""What the document leaves out, in its style."""


def of(noun: str) -> set[tuple[str, str]]:
    """Return the endpoints of a noun: method and path."""
    return {(method, f"{ML}{path}") for method, path in DOCUMENTED[noun] | BESIDE.get(noun, set())}
