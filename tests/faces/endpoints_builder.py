"""The endpoints of Model Builder: those of its document noun by noun, and those that stand beside them in its style."""

from typing import Final

BUILDER: Final = "/api/v1"
_RUN, _EXPORT, _NAME = "/training/{job_id}", "/export/{export_id}", "/registry/models/{name}"
_VERSION: Final = f"{_NAME}/versions/{{version}}"

DOCUMENTED: Final = {
    "keys": {("POST", "/auth/generate-key"), ("GET", "/auth/keys"), ("DELETE", "/auth/keys/{key_id}")},
    "health": {("GET", "/health"), ("GET", "/status")},
    "training": {("POST", "/training/start"), ("GET", _RUN), ("GET", f"{_RUN}/logs"), ("DELETE", _RUN)},
    "export": {("POST", "/export"), ("GET", _EXPORT)},
    "registry": {
        ("POST", "/registry/register"),
        ("GET", "/registry/models"),
        ("PUT", f"{_VERSION}/stage"),
        ("DELETE", _VERSION),
    },
    "data": {("POST", "/data/validate"), ("POST", "/data/report")},
}
"""The 17 of the document, by the noun of its section."""

BESIDE: Final = {
    "files": {("GET", "/files"), ("PUT", "/files/{path}"), ("GET", "/files/{path}"), ("DELETE", "/files/{path}")},
    "training": {("GET", "/training")},
    "export": {("GET", "/export"), ("POST", "/export/validate"), ("DELETE", _EXPORT)},
    "registry": {("GET", _NAME), ("GET", _VERSION), ("GET", f"{_VERSION}/history"), ("GET", f"{_VERSION}/download")},
    "data": {
        ("GET", "/data/validate"),
        ("GET", "/data/validate/{check_id}"),
        ("DELETE", "/data/validate/{check_id}"),
        ("GET", "/data/report/{report_id}"),
    },
    "predictions": {
        ("POST", "/predict"),
        ("POST", "/score"),
        ("GET", "/score"),
        ("GET", "/score/{job_id}"),
        ("DELETE", "/score/{job_id}"),
    },
}
"""What the document leaves out, in its style."""
ENDPOINTS: Final = {
    (method, f"{BUILDER}{path}") for part in (DOCUMENTED, BESIDE) for endpoints in part.values() for method, path in endpoints
}
