"""What Trading AI's document says of how often each of its routes may be called: `METHOD path` to how many in which window.

The document's table (`Endpoint Rate Limits`), with the limits that stand only beside an endpoint: `/ai/storage/stats`,
`/ai/config-analysis/trigger` and the chat. What is added in the document's style has that of other endpoints.
"""

from typing import Final

from services.gateway.inbound.http.face import Window

M, H, D = Window.MINUTE, Window.HOUR, Window.DAY
OTHERS: Final = (60, M)
LIMITS: Final[dict[str, tuple[int, Window]]] = {
    "GET /": OTHERS,
    "GET /health": OTHERS,
    "GET /debug/gpt4": (5, M),
    "POST /ai/analyze": (10, M),
    "GET /ai/info": OTHERS,
    "GET /ai/strategies": OTHERS,
    "GET /ai/performance": OTHERS,
    "POST /ai/strategy-recommendations": (5, M),
    "POST /ai/market-condition": (5, M),
    "POST /ai/feedback": (20, M),
    "GET /ai/storage/stats": (10, M),
    "POST /ai/storage/clear": (1, M),
    "POST /api/tasks/train": (10, D),
    "GET /api/tasks/{task_id}": OTHERS,
    "DELETE /api/tasks/{task_id}": (20, M),
    "GET /api/tasks": OTHERS,
    "POST /api/tasks/retry/{task_id}": (10, M),
    "GET /api/tasks/stats": OTHERS,
    "GET /api/training/jobs": OTHERS,
    "GET /api/training/jobs/{job_id}": OTHERS,
    "POST /api/training/jobs/{job_id}/deploy": (5, M),
    "POST /api/backtests": (20, D),
    "GET /api/backtests/{backtest_id}": OTHERS,
    "GET /api/backtests": OTHERS,
    "GET /api/monitoring/health": OTHERS,
    "GET /api/monitoring/alerts": OTHERS,
    "POST /predict-trend": OTHERS,
    "GET /ai/cost/statistics": OTHERS,
    "POST /ai/config-analysis/trigger": (5, H),
    "GET /ai/config-suggestions": OTHERS,
    "GET /ai/gpt4-analysis-history": OTHERS,
    "POST /api/chat/project": (20, M),
    "GET /api/chat/project/suggestions": OTHERS,
    "POST /api/chat/project/clear": (5, M),
}
# Counted in the handler, so that what cannot be done is no task (`exchange.count_for_now`): by a test of the route itself.
COUNTED_WHEN_STARTED: Final = frozenset({"POST /api/tasks/train", "POST /api/backtests"})
