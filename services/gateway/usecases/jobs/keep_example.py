"""A generation of rows becomes the synthetic example of its recipe, unless a later one was kept meanwhile."""

from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime

from libs.contracts.job_kinds import Completed, shown_spec
from libs.contracts.jobs import JobCompleted
from libs.contracts.synthetic_rows import GenerateResult, GenerateSpec
from services.gateway.domain.accounts.ports import Accounts
from services.gateway.domain.errors import NotFoundError
from services.gateway.domain.jobs.ports import Jobs
from services.gateway.domain.recipes.example import Example, Examples
from services.gateway.usecases.jobs.effects import Effects
from services.gateway.usecases.recipes.show_recipes import ShowRecipes


@dataclass(frozen=True, slots=True)
class KeepExample(Effects):
    """Of a recipe that was deleted meanwhile, or whose account was erased, nothing is kept."""

    examples: Examples
    recipes: ShowRecipes
    accounts: Accounts
    jobs: Jobs

    async def completed(self, event: Completed) -> None:
        """Keep the rows; the second time nothing changes."""
        assert isinstance(event, JobCompleted)
        spec, result = shown_spec(GenerateSpec, event.spec), GenerateResult.model_validate(event.result, extra="ignore")
        with suppress(NotFoundError):
            await self.accounts.get(event.account_id)
            await self.recipes.get(spec.recipe_id, account_id=event.account_id)
            job = await self.jobs.get(event.job_id, account_id=event.account_id, kind=None)
            await self.examples.put(_example(spec, result, event, asked_at=job.created_at))


def _example(spec: GenerateSpec, result: GenerateResult, event: JobCompleted, *, asked_at: datetime) -> Example:
    told = result.model_dump(mode="json")
    names = [each.name for each in result.row_schema.columns]
    return Example(
        id=spec.example_id,
        account_id=event.account_id,
        recipe_id=spec.recipe_id,
        recipe_version_id=spec.recipe_version_id,
        asked_at=asked_at,
        created_at=event.ended_at,
        source="generated",
        row_schema=told["row_schema"],
        rows=[dict(zip(names, row, strict=True)) for row in result.rows],
        example_run=told["example_run"],
        job_id=event.job_id,
        about={name: told[name] for name in ("fidelity", "privacy", "fit", "notes")},
        reasons=told["reasons"],
    )
