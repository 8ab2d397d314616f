"""Make an experiment, or the tuning of a model, which is one that has a model and begins at once; delete one."""

from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from libs.chassis.errors import PlatformError, UnavailableError
from libs.contracts.training import ModelType, TrainingSpec
from services.gateway.domain.accounts.caller import Caller
from services.gateway.domain.accounts.tier_limits import Limit, TierLimits
from services.gateway.domain.experiments.errors import (
    ExperimentNotFoundError,
    ExperimentStateError,
    TooManyExperimentsError,
    UnsearchableError,
)
from services.gateway.domain.experiments.experiment import Experiment
from services.gateway.domain.experiments.ports import Experiments
from services.gateway.domain.experiments.space import SPACE
from services.gateway.domain.jobs.job import Job
from services.gateway.domain.models.drafts import check_draft
from services.gateway.domain.models.engine_types import own_name
from services.gateway.domain.models.model import Model
from services.gateway.domain.models.ports import Clock, Models
from services.gateway.domain.problems import Problems
from services.gateway.domain.work import Work
from services.gateway.usecases.experiments.plan_search import PlanSearch, SearchWish
from services.gateway.usecases.experiments.run_experiment import RunExperiment


@dataclass(frozen=True, slots=True, kw_only=True)
class ExperimentDraft:
    """A new experiment: what it is called, the model that is searched for, and how. `parameters` are those that are not searched."""

    name: str
    description: str
    model_type: str
    features: Sequence[str]
    target: str
    parameters: Mapping[str, Any]
    wish: SearchWish


@dataclass(frozen=True, slots=True)
class MakeExperiment:
    """The same work twice makes one."""

    experiments: Experiments
    models: Models
    plan: PlanSearch
    run: RunExperiment
    limits: TierLimits
    clock: Clock

    async def __call__(self, draft: ExperimentDraft, *, caller: Caller, work: Work) -> Experiment:
        """Return the experiment that was made, which is started next.

        Raise UnsearchableError with all that is wrong, by the fields of the draft; SubscriptionRequiredError or LimitReachedError for more
        than the tier may have; what PlanSearch raises of datasets.
        """
        spec, found = check_draft(draft.model_type, target=draft.target, features=draft.features, parameters=draft.parameters)
        problems: Problems = {("model_type" if field == "type" else field): texts for field, texts in found.items()}
        if spec is None:
            raise UnsearchableError(problems)
        about: Any = {"name": draft.name, "description": draft.description, "problems": _twice(spec, draft.wish)}
        return await self._keep(self._model(spec, caller), draft.wish, caller=caller, work=work, **about)

    async def tune(self, model_id: str, wish: SearchWish, *, caller: Caller, work: Work) -> tuple[Experiment, Job]:
        """Return the tuning of a model, and the job that has begun it. Raise the same, ModelNotFoundError, and what StartJob raises."""
        model = await self.models.get(model_id, account_id=caller.account_id)
        made = await self._keep(model, wish, caller=caller, work=work, name=model.name, description="", model_id=model_id)
        try:
            return made, await self.run.begin(made, made.spec, caller=caller, work=work)
        except PlatformError:
            # Nobody could ask for it. Where its job may be there after all it is running, and stays.
            with suppress(ExperimentStateError, ExperimentNotFoundError, UnavailableError):
                await self.experiments.remove(made.id, account_id=caller.account_id, model_id=model_id)
            raise

    async def _keep(
        self,
        model: Model,
        wish: SearchWish,
        *,
        caller: Caller,
        work: Work,
        name: str,
        description: str,
        model_id: str | None = None,
        problems: Problems | None = None,
    ) -> Experiment:
        self.limits.check(Limit.TRIALS, wish.max_trials, tier=caller.tier)
        self.limits.check(Limit.PARALLEL_TRIALS, wish.parallel_trials, tier=caller.tier)
        experiment_id, at = work.new_id("exp"), self.clock()
        spec, asked = await self.plan(model, wish, experiment_id=experiment_id, account_id=caller.account_id, problems=problems or {})
        made = Experiment(
            id=experiment_id,
            account_id=caller.account_id,
            name=name,
            description=description,
            asked=asked,
            spec=spec,
            model_id=model_id,
            created_at=at,
            updated_at=at,
        )
        try:
            return await self.experiments.add(made, most=self.limits.most(Limit.EXPERIMENTS, caller.tier))
        except TooManyExperimentsError as error:
            raise self.limits.refusal(Limit.EXPERIMENTS, tier=caller.tier) from error

    def _model(self, spec: TrainingSpec, caller: Caller) -> Model:
        """Return a model that nobody keeps: a search makes one of its best trial when it is asked to."""
        assert spec.model_type in ModelType
        at = self.clock()
        return Model("", caller.account_id, "", "", spec, created_at=at, updated_at=at)


def _twice(spec: TrainingSpec, wish: SearchWish) -> Problems:
    """Return which hyperparameters are both given and searched: nobody knows which of the two is meant."""
    both = [name for name in wish.space if own_name(spec.algorithm, name) in spec.hyperparameters]
    return {f"{SPACE}.{name}": ["Is in parameters too: leave it out there to search it, or here to keep it as it is."] for name in both}
