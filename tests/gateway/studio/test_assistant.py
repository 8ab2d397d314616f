"""Stories of ML Development's assistant: what it answers from facts, what it proposes and never applies, and an LLM that phrases it."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Final

import pytest
import pytest_asyncio

from libs.chassis.bus.memory import MemoryBus
from libs.contracts.envelope import now
from libs.contracts.jobs import JobFailed
from libs.contracts.llm import QuestionAnswered
from libs.contracts.training import JobError
from tests.gateway.studio.doubles import STARTED
from tests.gateway.studio.other_jobs import heard
from tests.gateway.studio.recipe_runs import answered, call, complete, registered, run_is, started
from tests.gateway.studio.world import User, World
from tests.gateway.test_chat import LlmDouble

pytestmark = [pytest.mark.asyncio(loop_scope="session"), pytest.mark.usefixtures("llm")]

BOOSTED: Final = {"learner": {"name": "gradient_boosting", "hyperparameters": {"learning_rate": 0.1}}}
WHY: Final = JobError(type="InvalidError", message="The column 'price' has no positive value.")
# What is asked, what it is about, and what the answer has to say.
QUESTIONS: Final[list[tuple[str, dict[str, Any], str, list[str]]]] = [
    ("What does this recipe do?", {"recipe_id": "{recipe}"}, "recipe", ["Price elasticities".lower(), "gradient_boosting", "ta_feng"]),
    ("Explain recipe_forecasting_base", {}, "recipe", ["forecasting", "the platform's own", "us_electricity", "lightgbm"]),
    ("What are the settings?", {"context": {"page": {"recipe": "{recipe}"}}}, "recipe", ["learning_rate 0.1"]),
    (
        "How did {run} do beside its baseline, and why?",
        {},
        "result",
        ["revenue_lift (0.042 against 0)", "constant_price", "No cost is known"],
    ),
    ("How did this run do?", {"context": {"run_id": "{run}"}}, "result", ["revenue_lift 0.042", "300 of them", "0.01 to 0.07"]),
    ("Is it better than doing nothing?", {"context": {"model_id": "{model}"}}, "result", ["version 1.0 serves", "Beside constant_price"]),
    ("How good is my model?", {"context": {"model_id": "{model}"}}, "result", ["as the platform has measured it"]),
    ("How well did my last run perform?", {}, "result", ["No run is named", "revenue_lift"]),
    (
        "What changed between the versions?",
        {"recipe_id": "{recipe}"},
        "changes",
        ["/learner/hyperparameters/learning_rate from 0.05 to 0.1"],
    ),
    (
        "What is the difference between {first} and {second}?",
        {"recipe_id": "{recipe}"},
        "changes",
        ["1.0.0 to 1.2.0", "How much each tree"],
    ),
    ("What changed in recipe_pricing_base?", {}, "changes", ["the only version"]),
    ("Is this model drifting?", {"context": {"model_id": "{model}"}}, "drift", ["PSI 0.41", "was reported"]),
    ("Is my model still good?", {}, "drift", ["No model is named", "{model}"]),
    ("Why did my run fail?", {}, "failure", ["{failed}", "InvalidError", "no positive value"]),
    ("Why did {failed} crash?", {}, "failure", ["InvalidError", "mends it"]),
    ("What went wrong with {run}?", {}, "failure", ["has not failed"]),
    ("How do I promote this model?", {"context": {"model_id": "{model}"}}, "promotion", ["production by one call", "version 1.0"]),
    ("Can it go live?", {"context": {"id": "{model}"}}, "promotion", ["draft", "not registered yet"]),
    ("Which recipe is for demand forecasts?", {}, "choice", ["recipe_forecasting_base", "us_electricity"]),
    ("Which recipe tells me whom to send a coupon?", {}, "choice", ["next_best_action"]),
    ("What recipe for setting prices?", {}, "choice", ["recipe_pricing_base", "Of your own you have Prices"]),
    ("Which recipe should I take?", {}, "choice", ["location_scoring", "without a recipe"]),
    ("How far is {run}?", {}, "status", ["succeeded", "were set aside"]),
    ("What did {run} cost?", {}, "status", ["it was charged"]),
    ("How is a database restored from a backup?", {}, "pages", ["docs/guides/backup.md"]),
    ("Quantum cheese banana?", {}, "pages", ["Neither your recipes"]),
]
PROPOSALS: Final = [
    ("Propose a lower learning rate", [("/learner/hyperparameters/learning_rate", 0.1, 0.05)]),
    ("Set the learning rate to 0.02 and use 500 trees", [
        ("/learner/hyperparameters/learning_rate", 0.1, 0.02), ("/learner/hyperparameters/n_estimators", 300, 500)]),
    ("Hold out 30%, please", [("/split/test_fraction", 0.25, 0.3)]),
    ("Drop feature subclass", [("/features", [], [])]),
    ("Raise the highest price by 10 %", [("/objective/highest", 1.1, 1.21)]),
]  # fmt: skip


@dataclass(frozen=True)
class Scene:
    """What questions are asked about."""

    user: User
    ids: dict[str, str]

    async def ask(self, message: str, **asked: Any) -> dict[str, Any]:
        """Return what the assistant answers."""
        told: dict[str, Any] = await answered(self.user, "POST", "/chat", self.filled({"message": message} | asked))
        return told

    def filled(self, value: Any) -> Any:
        """Return a value with the scene's ids in its texts."""
        if isinstance(value, str):
            return value.format(**self.ids)
        return {name: self.filled(each) for name, each in value.items()} if isinstance(value, dict) else value


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def llm(studio: World) -> AsyncIterator[LlmDouble]:
    double = LlmDouble(MemoryBus(studio.inference.bus._broker, service="inference", instance="assistant"))
    async with double.bus.running(answers=double.answers()):
        yield double


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def scene(studio: World) -> Scene:
    user = await studio.user()
    recipe = await answered(user, "POST", "/recipes/recipe_pricing_base/clone?name=Prices")
    path = f"/recipes/{recipe['id']}/versions"
    first = await answered(user, "POST", path, {"manifest_json": {"learner": {"name": "gradient_boosting"}}, "change_note": "Trees"})
    second = await answered(user, "POST", path, {"manifest_json": BOOSTED, "change_note": "Faster"})
    of = {"recipe_id": recipe["id"], "recipe_version_id": second["version_id"]}
    model = await registered(user, **of)
    run = await complete(studio, user, await started(user, model_id=model, **of))
    broken = await started(user, **of)
    await heard(studio, broken["job_id"])
    about = studio.training.of_job(broken["job_id"])
    await studio.training.bus.publish(
        JobFailed(**about, started_at=STARTED, ended_at=now(), compute_hours=Decimal(0), attempts=1, error=WHY, logs=())
    )
    await run_is(user, broken["id"], "failed")
    await answered(user, "POST", f"/models/{model}/monitoring", {"drift_metrics_json": {"PSI": 0.41}})
    ids = {"recipe": recipe["id"], "first": recipe["version_id"], "second": second["version_id"], "between": first["version_id"]}
    return Scene(user, ids | {"model": model, "run": run["id"], "failed": broken["id"]})


async def test_questions_are_answered_from_facts_with_their_sources(scene: Scene) -> None:
    wrong: dict[str, Any] = {}
    for question, asked, topic, words in QUESTIONS:
        told = await scene.ask(question, **asked)
        missing = [word for word in words if scene.filled(word) not in told["response"]]
        cites = [f"[{each['number']}]" for each in told["sources"] if f"[{each['number']}]" not in told["response"]]
        if told["topic"] != topic or missing or cites:
            wrong[question] = (told["topic"], missing, cites, told["response"])

    assert wrong == {}


async def test_calls_that_it_suggests_can_be_sent_as_they_stand(scene: Scene) -> None:
    told = [await scene.ask(question, **asked) for question, asked, _, _ in QUESTIONS[:20:3]]
    calls = {(each["method"], each["path"]): each["body"] for answer in told for each in answer["suggestions"] if "{" not in each["path"]}

    statuses = {key: (await scene.user.http.request(*key, json=body)).status_code for key, body in calls.items() if key[0] == "GET"}
    estimate = calls["POST", "/api/ml-development/runs/estimate"]

    assert set(statuses.values()) == {200}
    assert (await call(scene.user, "POST", "/runs/estimate", estimate)).status_code == 200


async def test_a_proposal_is_a_valid_difference_that_can_be_added_and_is_not(scene: Scene) -> None:
    before = await answered(scene.user, "GET", "/recipes/{recipe}/versions".format(**scene.ids))
    told = {message: await scene.ask(message, recipe_id="{recipe}") for message, _ in PROPOSALS}
    after = await answered(scene.user, "GET", "/recipes/{recipe}/versions".format(**scene.ids))

    diffs = {m: [(d["path"], d["from"], d["to"]) for d in told[m]["proposal"]["diff"]] for m, _ in PROPOSALS if told[m]["proposal"]}
    assert before == after
    assert diffs == {message: diff for message, diff in PROPOSALS if message != "Drop feature subclass"}
    assert told["Drop feature subclass"]["reasons"]["proposal"].startswith("subclass cannot")
    proposal, (add, *_) = told["Propose a lower learning rate"]["proposal"], told["Propose a lower learning rate"]["suggestions"]
    made = await scene.user.http.request(add["method"], add["path"], json=add["body"])
    assert (made.status_code, made.json()["resolved_manifest"]) == (201, proposal["resolved_manifest"])
    assert made.json()["diff_from_prev"] == proposal["diff"]


async def test_what_the_family_refuses_or_the_platform_owns_is_said_so(scene: Scene) -> None:
    refused = await scene.ask("Set the learning rate to 7", recipe_id="{recipe}")
    lacking = await scene.ask("Propose a lower learning rate", recipe_id="recipe_pricing_base")
    owned = await scene.ask("Propose gradient boosting with a learning rate of 0.02", recipe_id="recipe_pricing_base")
    unknown = await scene.ask("Add feature weather", recipe_id="{recipe}")

    assert refused["proposal"] is None
    assert "/learner/hyperparameters/learning_rate" in refused["response"]
    assert "log_log has no learning_rate; gradient_boosting has" in lacking["response"]
    assert owned["proposal"]["manifest_json"] == {"learner": {"name": "gradient_boosting", "hyperparameters": {"learning_rate": 0.02}}}
    assert [each["title"] for each in owned["suggestions"]] == ["Clone it", "Add the version to the clone"]
    assert "The data have no column 'weather'" in unknown["response"]


async def test_another_tenants_ids_are_unknown(scene: Scene, eve: User) -> None:
    other = Scene(eve, scene.ids)

    refused = await call(eve, "POST", "/chat", {"message": "What does it do?", "recipe_id": scene.ids["recipe"]})
    told = [(await other.ask(question))["response"] for question in ("Why did {failed} fail?", "Is {model} drifting?", "Explain {recipe}")]

    assert (refused.status_code, refused.json()) == (404, {"detail": "Recipe not found"})
    assert all("There is no" in each for each in told)
    assert not any("price" in each for each in told[:2])


async def test_an_llm_phrases_the_facts_and_may_name_no_number_that_they_lack(scene: Scene, llm: LlmDouble) -> None:
    llm.asked.clear()
    llm.says = QuestionAnswered(answer="It lifted revenue by 0.042 [1].", citations=(1,), dropped=("Buy now!",), model="gpt-4o-mini")
    phrased = await scene.ask("How did {run} do?")
    llm.says = QuestionAnswered(answer="It lifted revenue by 99.7 % [1].", citations=(1,), model="gpt-4o-mini")
    invented = await scene.ask("How did {run} do?")
    llm.says = None

    assert (phrased["response"], phrased["answered_by"], phrased["model"]) == ("It lifted revenue by 0.042 [1].", "llm", "gpt-4o-mini")
    assert phrased["dropped"] == ["Buy now!"]
    assert "revenue_lift (0.042 against 0)" in llm.asked[0].passages[0].text
    assert invented["answered_by"] == "facts"
    assert "99.7" not in invented["response"]
    assert "99.7" in invented["reasons"]["model"]
