"""Things that paths name, each made when it is first asked for: of AI Engine, Model Builder and ML Development.

A thing is told by the path up to its name (`/v1/ai/models/{model_id}`), since a word like `job_id` means another thing in each place.
"""

import re
import secrets
from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Final

from tests.faces.endpoints_builder import BUILDER
from tests.faces.endpoints_engine import ENGINE
from tests.faces.made_ml import ML_MAKERS, RECIPE
from tests.gateway.agents.coach import Coach
from tests.gateway.datasets.desk import Clerk
from tests.gateway.datasets.test_downloading import a_canonical_file
from tests.gateway.engine import test_importance as importance
from tests.gateway.engine import test_prediction_batches as batches
from tests.gateway.engine.desk import Engineer
from tests.gateway.engine.searching import ROWS, Searcher
from tests.gateway.engine.searching import search as a_search
from tests.gateway.engine.test_predictions import body as a_prediction
from tests.gateway.studio import registering
from tests.gateway.studio.registered_texts import ask
from tests.gateway.studio.registered_texts import trained as trained_on_texts
from tests.gateway.studio.test_text_exports import complete as complete_export
from tests.gateway.studio.test_text_exports import export_is
from tests.gateway.studio.test_text_scores import scored
from tests.gateway.studio.text_models import text_model
from tests.gateway.studio.world import User, World
from tests.texts.small_models import keep_small_model
from tests.waiting import until

MODEL, DATASET, EXPERIMENT = f"{ENGINE}/models/{{model_id}}", f"{ENGINE}/datasets/{{dataset_id}}", f"{ENGINE}/experiments/{{experiment_id}}"
ENVIRONMENT: Final = f"{ENGINE}/rl-environments/{{environment_id}}"
AGENT: Final = f"{ENVIRONMENT}/agents/{{agent_id}}"
REGISTERED: Final = f"{ENGINE}/registry/{{model_name}}"
TEXTS, RUN = f"{BUILDER}/registry/models/{{name}}", f"{BUILDER}/training/{{job_id}}"
FILE: Final = f"{BUILDER}/files/{{path}}"
NEWS: Final = (
    b"when,ticker,headline,label\n2012-03-06T20:00:00Z,AAPL,profit surges,positive\n2012-03-07T15:00:00Z,AAPL,it plunges,negative\n"
)


def named_in(path: str) -> Iterator[tuple[str, str]]:
    """Yield each word of a path's template, and the path up to it."""
    for word in re.finditer(r"\{(\w+)\}", path):
        yield word[1], path[: word.end()]


@dataclass
class Things:
    """An account's things. A path that names a kind of thing which MAKERS lacks is a KeyError: whoever adds one makes it there."""

    world: World
    user: User
    made: dict[str, str] = field(default_factory=dict)

    async def of(self, path: str) -> dict[str, str]:
        """Return what stands for each word of a path, made where it is not yet."""
        return {word: await self.one(place) for word, place in named_in(path)}

    async def one(self, place: str) -> str:
        if place not in self.made:
            self.made[place] = await MAKERS[place](self)
        return self.made[place]

    async def data(self, method: str, path: str, body: Any, status: int = 201) -> Any:
        answer = await self.user.http.request(method, path, json=body)
        assert answer.status_code == status, answer.text
        return answer.json()

    async def there(self, path: str) -> None:
        """Wait until something is at a path."""

        async def is_there() -> bool:
            return (await self.user.http.get(path)).is_success

        await until(is_there, what=path)

    @property
    def coach(self) -> Coach:
        return Coach(self.world, self.user)


Maker = Callable[[Things], Awaitable[str]]


async def model(things: Things) -> str:
    engineer = Engineer(things.world, things.user)
    model_id = await engineer.made(target="price_close_next_day", features=["price_close", "volume"])
    things.made[f"{MODEL}/train/{{job_id}}"] = await engineer.trained(model_id)
    worth = f"{ENGINE}/models/{model_id}/feature-importance"
    job_id = (await things.data("POST", worth, {"method": "permutation", "dataset_id": "packaged_AAPL_1d"}, 202))["job_id"]
    await importance.spec_of(things.world, job_id)
    await importance.complete(things.world, job_id, importance.RESULT)
    await things.there(worth)
    return model_id


async def training(things: Things) -> str:
    return await Engineer(things.world, things.user).trained(await things.one(MODEL))


async def tuning(things: Things) -> str:
    searcher = Searcher(things.world, things.user)
    path = f"{ENGINE}/models/{await things.one(MODEL)}/hyperparameter-tuning"
    space = {"max_depth": {"type": "int", "min": 2, "max": 8}}
    job_id = str((await things.data("POST", path, a_search(hyperparameter_space=space), 202))["job_id"])
    await searcher.spec(job_id)
    await searcher.complete(job_id, *ROWS)
    await searcher.is_in("completed", f"{path}/{job_id}")
    return job_id


async def prediction(things: Things) -> str:
    asked = a_prediction(await things.one(MODEL))
    return str((await things.data("POST", f"{ENGINE}/predictions", asked))["prediction_id"])


async def batch(things: Things) -> str:
    asked = {"model_id": await things.one(MODEL), "dataset_id": "packaged_AAPL_1d"}
    queued = await things.data("POST", batches.PATH, asked, 202)
    await batches.spec_of(things.world, queued["job_id"])
    await batches.complete(things.world, queued["job_id"])
    await Searcher(things.world, things.user).is_in("completed", f"{batches.PATH}/{queued['batch_id']}")
    return str(queued["batch_id"])


async def environment(things: Things) -> str:
    return await things.coach.make()


async def agent(things: Things) -> str:
    ready = await things.coach.trained(await things.one(ENVIRONMENT))
    things.made[f"{ENVIRONMENT}/train/{{job_id}}"] = ready["job_id"]
    return str(ready["id"])


async def agent_training(things: Things) -> str:
    await things.one(AGENT)
    return things.made[f"{ENVIRONMENT}/train/{{job_id}}"]


async def agent_run(things: Things) -> str:
    coach, named = things.coach, await things.of(AGENT)
    path = f"/{named['environment_id']}/agents/{named['agent_id']}"
    run = (await coach.call("POST", f"{path}/run", {"episodes": 2, "render": True})).json()
    await coach.complete(run["run_id"].replace("run_", "job_"), coach.played())
    await coach.becomes(f"{path}/runs/{run['run_id']}", "completed")
    return str(run["run_id"])


async def experiment(things: Things) -> str:
    searcher = Searcher(things.world, things.user)
    experiment_id = await searcher.made()
    await searcher.complete(await searcher.started(experiment_id), *ROWS)
    await searcher.is_in("completed", f"/{experiment_id}")
    return experiment_id


async def registered(things: Things) -> str:
    await registering.registered(things.user, "owners-desk", await things.one(MODEL))
    assert (await registering.promote(things.user, "owners-desk", 1, "production")).is_success
    return "owners-desk"


async def alias(things: Things) -> str:
    name = await things.one(REGISTERED)
    await things.data("PUT", f"{ENGINE}/registry/{name}/aliases/champion", {"version": 1}, 200)
    return "champion"


async def dataset(things: Things) -> str:
    clerk = Clerk(things.world, things.user)
    sent = await clerk.sent(symbol="OWNERS")
    with TemporaryDirectory() as folder:
        await clerk.complete(sent, content=a_canonical_file(Path(folder)))
    return str(sent["dataset_id"])


async def file(things: Things) -> str:
    path = f"{secrets.token_hex(8)}.csv"  # Like no other account's, which would be told as the nearest one.
    sent = await things.user.http.put(f"{BUILDER}/files/{path}", content=NEWS)
    assert sent.is_success, sent.text
    return path


async def run(things: Things) -> str:
    return await trained_on_texts(things.world, things.user, experiment="owners-run")


async def export(things: Things) -> str:
    folder = f"outputs/{await things.one(RUN)}/model"
    data = await ask(things.user, "POST", "/export", {"model_path": folder, "format": "onnx"}, 201)
    await complete_export(things.world, data["export_id"])
    await export_is(things.user, data["export_id"], "completed")
    return str(data["export_id"])


async def texts_name(things: Things) -> str:
    run_id = await things.one(RUN)
    body = {"model_path": f"outputs/{run_id}/model", "run_id": run_id, "name": "owners-news"}
    await ask(things.user, "POST", "/registry/register", body, 201)
    return "owners-news"


async def check(things: Things) -> str:
    return str((await ask(things.user, "POST", "/data/validate", {"data_path": await things.one(FILE)}))["check_id"])


async def report(things: Things) -> str:
    return str((await ask(things.user, "POST", "/data/report", {"data_path": await things.one(FILE)}))["report_id"])


async def key(things: Things) -> str:
    return str((await ask(things.user, "POST", "/auth/generate-key", {"name": "a", "permissions": ["train"]}, 201))["id"])


async def score(things: Things) -> str:
    await text_model(things.world, things.user, artifact=keep_small_model(things.world.training.artifacts).sha256)
    sent = await things.user.http.put(f"{BUILDER}/files/data/news.csv", content=NEWS)
    assert sent.is_success, sent.text
    return (await scored(things.world, things.user))[0]


def always(value: str, *, of: str) -> Maker:
    """Return what makes a part of a thing, which is there when the thing is."""

    async def make(things: Things) -> str:
        await things.one(of)
        return value

    return make


MAKERS: Final[Mapping[str, Maker]] = {
    MODEL: model,
    f"{MODEL}/train/{{job_id}}": training,
    f"{MODEL}/hyperparameter-tuning/{{job_id}}": tuning,
    f"{ENGINE}/jobs/{{job_id}}": training,
    f"{ENGINE}/predictions/{{prediction_id}}": prediction,
    f"{ENGINE}/predictions/batch/{{batch_id}}": batch,
    ENVIRONMENT: environment,
    f"{ENVIRONMENT}/train/{{job_id}}": agent_training,
    AGENT: agent,
    f"{AGENT}/plots/{{plot}}": always("learning.png", of=AGENT),
    f"{AGENT}/runs/{{run_id}}": agent_run,
    f"{AGENT}/runs/{{run_id}}/plots/{{plot}}": always("equity.png", of=f"{AGENT}/runs/{{run_id}}"),
    EXPERIMENT: experiment,
    f"{EXPERIMENT}/plots/{{plot}}": always("history.png", of=EXPERIMENT),
    REGISTERED: registered,
    f"{REGISTERED}/versions/{{version}}": always("1", of=REGISTERED),
    f"{REGISTERED}/aliases/{{alias}}": alias,
    DATASET: dataset,
    f"{DATASET}/versions/{{version}}": always("1", of=DATASET),
    FILE: file,
    RUN: run,
    f"{BUILDER}/export/{{export_id}}": export,
    TEXTS: texts_name,
    f"{TEXTS}/versions/{{version}}": always("1", of=TEXTS),
    f"{BUILDER}/data/validate/{{check_id}}": check,
    f"{BUILDER}/data/report/{{report_id}}": report,
    f"{BUILDER}/auth/keys/{{key_id}}": key,
    f"{BUILDER}/score/{{job_id}}": score,
    **ML_MAKERS,
}
QUERIES: Final[Mapping[str, Mapping[str, Any]]] = {
    f"{ENGINE}/candles": {"symbol": "AAPL"},
    f"{REGISTERED}/compare": {"a": 1, "b": 1},
    f"{RECIPE}/clone": {"name": "Copy"},
}
"""What is asked beside a path, where something must be."""


def names_of(paths: Sequence[str]) -> set[str]:
    """Return the words of some paths."""
    return {word for path in paths for word, _ in named_in(path)}
