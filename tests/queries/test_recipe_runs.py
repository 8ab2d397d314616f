"""Runs of recipes and the models that they make: each list of theirs is one of an index."""

from dataclasses import replace
from itertools import product

from libs.chassis.stores.mongo import Database
from libs.contracts.envelope import now
from libs.contracts.examples import EXAMPLES
from libs.contracts.jobs import JobRequested
from libs.contracts.recipe_runs import RecipeModelSpec, RecipeRunSpec, RunType
from libs.contracts.recipes import FAMILIES
from libs.contracts.training import JobState
from services.gateway.domain.jobs.job import requested_job
from services.gateway.domain.jobs.lists import JobFilter
from services.gateway.domain.jobs.run_report import RunReport
from services.gateway.domain.models.model import Model
from services.gateway.domain.models.recipe_models import Standing
from services.gateway.domain.models.recipe_ports import RecipeModelFilter
from services.gateway.inbound.faces.ml_development.runs import KIND, STATES
from services.gateway.outbound.jobs.jobs_mongo import JobsMongo
from services.gateway.outbound.models.models_mongo import ModelsMongo
from services.gateway.outbound.models.recipe_models_mongo import RecipeModelsMongo
from tests.queries.profiled import SPARE, STEP, STEPS, earlier, multiply, numbered, one_of, profiled, walked

SPEC = RecipeModelSpec(family="pricing", recipe_id="recipe", recipe_version_id="ver", manifest={})


async def test_runs(database: Database, many: int) -> None:
    jobs, documents = JobsMongo(database["jobs"], on_write=int), database["jobs"]
    await jobs.prepare()
    example = EXAMPLES[JobRequested]
    assert isinstance(example, JobRequested)
    spec = RecipeRunSpec(**SPEC.model_dump(), run_type=RunType.TRAIN, model_id="model")
    said = {"job_id": "job", "account_id": "account", "kind": KIND.value, "model_id": "model", "spec": spec.model_dump(mode="json")}
    request = example.model_copy(update=said)
    await jobs.add(requested_job(request), request)
    job = await jobs.get("job", account_id="account", kind=KIND)
    assert await jobs.note_report(job, RunReport("succeeded", now(), takes_over=True))
    aged = {"created_at": earlier("created_at"), "state": one_of(JobState), "spec.recipe_id": numbered("recipe", of=3)}
    aged |= {"spec.run_type": one_of(RunType, each=5), "model_id": numbered("model", of=3)}
    mine = {"reported.takes_over": {"$eq": [{"$mod": ["$n", 2]}, 0]}}
    await multiply(documents, "job", by=many // 10, **aged, **mine)
    await multiply(documents, "job_1", by=many, account_id=numbered("a", of=many // 20), **aged, **mine)

    async with profiled(database) as took:
        for word, model, recipe, kind in product((None, *STATES), (None, "model1"), (None, "recipe1"), (None, "train")):
            wanted = JobFilter(KIND, model_id=model, spec={"recipe_id": recipe} if recipe else {} | ({"run_type": kind} if kind else {}))
            if word:
                wanted = replace(wanted, states=STATES[word], reported=(word,))
            await walked(lambda part, wanted=wanted: jobs.find("account", part, wanted), steps=2)

    # Of what is filtered besides, an account's own jobs are looked at.
    assert took.problems(reads=many // 10 + 1, counted=many // 10) == []


async def test_models_of_recipes(database: Database, many: int) -> None:
    models, lists = ModelsMongo(database["models"], on_write=int), RecipeModelsMongo(database["models"])
    documents, own = database["models"], many // 10
    await models.prepare()
    await lists.prepare()
    await models.add(Model("model", "account", "Prices", "", SPEC, created_at=now(), updated_at=now(), slug="prices"), most=10)
    axes = {"standing": one_of(Standing), "spec.family": one_of(FAMILIES, each=4), "spec.recipe_id": numbered("recipe", of=3)}
    axes |= {"created_at": earlier("created_at"), "slug": None, "place": "$n"}
    await multiply(documents, "model", by=own, **axes)
    await multiply(documents, "model_1", by=many, account_id=numbered("a"), **axes)

    async with profiled(database) as took:
        for family, standing in product((None, *FAMILIES), (None, *Standing)):
            wanted = RecipeModelFilter("account", family=family, standing=standing)
            rows = await walked(lambda part, wanted=wanted: lists.find(wanted, part), steps=2)
            assert rows >= min(2 * STEP, own // 16)
    async with profiled(database) as of_recipe:
        of = RecipeModelFilter("account", recipe_id="recipe1")
        assert await walked(lambda part: lists.find(of, part)) == min(STEP * STEPS, own // 3)

    assert took.problems(reads=SPARE, counted=own) == []
    assert of_recipe.problems(reads=SPARE, counted=own) == []
