"""Change by which rules a model is watched."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any

from libs.chassis.errors import InvalidError
from libs.contracts.recipe_runs import RecipeModelSpec
from libs.contracts.training import TrainingSpec
from services.gateway.domain.models.model import Model
from services.gateway.domain.models.ports import Clock, Models
from services.gateway.domain.monitoring.ports import Watches
from services.gateway.domain.monitoring.rules import MonitoringRules, changed_rules
from services.gateway.domain.monitoring.watch import Watch, followed
from services.gateway.usecases.files.find_files import FindFiles
from services.gateway.usecases.models.try_again import try_again
from services.gateway.usecases.monitoring.ask_snapshot import NOT_OF_CANDLES
from services.gateway.usecases.monitoring.watch_models import is_in_production
from services.gateway.usecases.recipes.find_rows import FindRows
from services.gateway.usecases.recipes.sent_rows import SENT
from services.gateway.usecases.texts.find_texts import FindTexts


@dataclass(frozen=True, slots=True)
class ChangeRules:
    """The same change twice is one."""

    models: Models
    watches: Watches
    texts: FindTexts
    rows: FindRows
    files: FindFiles
    clock: Clock
    every: timedelta | None

    async def __call__(self, model_id: str, change: Mapping[str, Any], *, account_id: str) -> Watch:
        """Return how the model is watched now. Raise ModelNotFoundError, InvalidError that names the fields, ModelChangedError."""

        async def write() -> Watch:
            watch = await self.watches.get(model_id, account_id=account_id)
            # Read after it: a stage that is given meanwhile changes what was read first, and this is made again.
            model = await self.models.get(model_id, account_id=account_id, kind=None)
            rules = changed_rules(watch.rules, change)
            await self._check(model, rules, change)
            ruled, wanted = replace(watch, rules=rules), is_in_production(model)
            changed, told = followed(ruled, in_production=wanted, default=self.every, at=self.clock())
            await self.watches.save(changed, *told)
            return changed

        return await try_again(model_id, write)

    async def _check(self, model: Model, rules: MonitoringRules, change: Mapping[str, Any]) -> None:
        if change.get("data") is not None and rules.data is not None:
            if isinstance(model.spec, TrainingSpec):
                raise InvalidError(NOT_OF_CANDLES, details={"data": [NOT_OF_CANDLES]})
            if isinstance(model.spec, RecipeModelSpec) and rules.data == SENT:
                return
            find = self.rows.named if isinstance(model.spec, RecipeModelSpec) else self.texts
            await find(rules.data, account_id=model.account_id, field="data")
        if change.get("labels") is not None and rules.labels is not None:
            await self.files.file(rules.labels, field="labels", account_id=model.account_id)
