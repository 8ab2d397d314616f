"""Keep a new model configuration as a draft."""

from dataclasses import dataclass

from libs.contracts.gateway import ModelCreated
from services.gateway.domain.model import Model
from services.gateway.domain.model_errors import ModelChangedError
from services.gateway.domain.studio_ports import Clock, Models
from services.gateway.domain.work import Work
from services.gateway.usecases.model_draft import ModelDraft


@dataclass(frozen=True, slots=True)
class CreateModel:
    """The same work twice makes one model."""

    models: Models
    clock: Clock

    async def __call__(self, draft: ModelDraft, *, account_id: str, work: Work) -> Model:
        """Return the model that was made."""
        at = self.clock()
        model = Model(work.new_id("model"), account_id, draft.name, draft.description, draft.spec, created_at=at, updated_at=at)
        event = ModelCreated(
            sequence=model.sequence,
            model_id=model.id,
            account_id=account_id,
            name=model.name,
            description=model.description,
            spec=model.spec,
        )
        try:
            await self.models.save(model, event)
        except ModelChangedError:
            if work.seed is None:
                raise
            # The same request came before and was cut off after it had made the model.
            return await self.models.get(model.id, account_id=account_id)
        return model
