"""The rows that a recipe's model was asked about in requests: current rows of its monitoring, where it names no file of them."""

import json
from typing import Final

from libs.chassis.errors import InvalidError
from libs.chassis.stores.parts import Part
from libs.contracts.recipe_predictions import known_columns
from libs.contracts.texts import NamedFile
from libs.contracts.training import JobState
from services.gateway.domain.files.ports import FileBytes
from services.gateway.domain.jobs.lists import JobFilter
from services.gateway.domain.jobs.ports import Jobs
from services.gateway.domain.models.model import Model
from services.gateway.domain.models.version import ModelVersion
from services.gateway.usecases.recipes.predict_rows import KIND

SENT: Final = "predictions"
"""What stands for these rows where a file or data set is named."""
PREDICTIONS_MOST: Final = 200
NO_ROWS: Final = "The model was asked about no rows that were sent: ask it about some, or name a file or data set of them."


async def find_sent_rows(model: Model, version: ModelVersion, *, jobs: Jobs, content: FileBytes, field: str) -> NamedFile:
    """Return the rows of its newest predictions, the oldest first, as a file of JSON lines. Raise InvalidError where there are none.

    What the version's data have, and the rows need not, is empty there.
    """
    wanted = JobFilter(KIND, states=(JobState.SUCCEEDED,), model_id=model.id)
    newest = await jobs.find(model.account_id, Part(PREDICTIONS_MOST), wanted)
    rows = [row for job in reversed(newest.items) for row in (job.spec or {}).get("rows", ())]
    if not rows:
        raise InvalidError(NO_ROWS, details={field: [NO_ROWS]})
    empty = dict.fromkeys(known_columns(version.recipe.manifest).values())
    lines = "".join(f"{json.dumps(empty | row, ensure_ascii=False)}\n" for row in rows)
    return NamedFile(path=f"{SENT}.jsonl", artifact=await content.put(lines.encode()))
