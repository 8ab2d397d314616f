"""A model has the results of the version that serves, whichever that is."""

from dataclasses import dataclass, replace

from libs.contracts.training import TrainingSpec
from services.gateway.domain.models.model import Model
from services.gateway.domain.models.ports import Results


@dataclass(frozen=True, slots=True)
class ServeResults:
    """Whatever makes another version serve does this before the model is written."""

    results: Results

    async def __call__(self, before: Model, after: Model) -> Model:
        """Return the model as it is after a change, with the results of the version that serves then. Raise ResultNotKeptError."""
        if not isinstance(after.spec, TrainingSpec):
            return after  # What another kind's version has measured is its job's result.
        served, serves = before.in_service, after.serving
        if served is not None and served.name == serves.name:
            return after
        if served is not None and before.result is not None:  # It may be from before results were kept one by one.
            await self.results.keep(before.id, served, before.result)
        return replace(after, result=await self.results.get(after.id, serves))
