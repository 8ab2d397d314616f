"""What outside workers say of runs, as documents: what they name themselves is kept as text.

MongoDB gives names such as `$ref`, `$id` or `a.b` a meaning of its own: a report that has them would not come back as it was sent.
"""

import json
from collections.abc import Mapping
from dataclasses import asdict
from typing import Any, Final

from services.gateway.domain.jobs.run_report import RunReport

NAMED_BY_WORKERS: Final = ("metrics", "artifacts")


def report_document(report: RunReport | None) -> dict[str, Any] | None:
    """Return a report as it is kept."""
    if report is None:
        return None
    document = asdict(report)
    return document | {name: json.dumps(document[name], ensure_ascii=False) for name in NAMED_BY_WORKERS}


def report_of(document: Mapping[str, Any] | None) -> RunReport | None:
    """Return the report of a document; what a list leaves out of it is empty, and one of before is read as it was kept."""
    if not document:
        return None
    told = {name: json.loads(value) for name in NAMED_BY_WORKERS if isinstance(value := document.get(name), str)}
    return RunReport(**{**document, **told})
