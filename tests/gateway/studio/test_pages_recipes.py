"""The five pages of ML Development's document, as a reader without scripts meets them."""

import pytest

from tests.gateway.studio import predicting
from tests.gateway.studio.other_jobs import heard
from tests.gateway.studio.reader import as_user, reader, stranger, text_of
from tests.gateway.studio.recipe_runs import RECIPE, VERSION, complete, registered, started
from tests.gateway.studio.world import World

pytestmark = pytest.mark.asyncio(loop_scope="session")
LIBRARY = "/model-development"


async def test_a_recipe_is_found_cloned_changed_approved_and_run(studio: World) -> None:
    # given
    somebody = await reader(studio)
    ada = as_user(studio, somebody)
    page = f"{LIBRARY}/recipes/{RECIPE}"

    # when its library is read, a baseline cloned, changed and approved
    library = text_of(await somebody.open(f"{LIBRARY}?model_family=pricing"))
    cloned = await somebody.send(page, action="clone", name="Corner shop")
    own = cloned.headers["location"]
    wrong = await somebody.send(own, action="version", manifest_json='{"splitt": {}}', change_note="A slip")
    changed = await somebody.send(own, action="version", manifest_json='{"split": {"test_fraction": 0.2}}', change_note="Less is held out")
    approved = await somebody.send(own, action="status", status="approved")
    shown = text_of(await somebody.open(own))
    generated = await somebody.send(own, action="generate", rows="50", seed="3")

    # then
    assert generated.status_code == 303
    assert "Pricing" in library
    assert cloned.status_code == changed.status_code == approved.status_code == 303
    assert wrong.status_code in {400, 422}
    assert "splitt" in text_of(wrong.text)
    assert "/split/test_fraction 0.25 0.2" in shown
    assert "Less is held out" in shown

    # when a model of it is registered, estimated, trained and promoted
    registered = await somebody.send(page, action="model", name="Shelf prices", recipe_id=RECIPE, recipe_version_id=VERSION, owner="team")
    model = registered.headers["location"]
    asked = {"recipe_id": RECIPE, "recipe_version_id": VERSION, "run_type": "train", "model_id": model.rpartition("/")[2]}
    estimated = await somebody.send(model, action="estimate", **asked)
    started = await somebody.send(model, action="run", **asked)
    run = started.headers["location"]
    queued = await somebody.open(run)
    answer = await ada.http.get(f"/api/ml-development/runs/{run.rpartition('/')[2]}")
    await complete(studio, ada, answer.json())
    done = await somebody.open(run)
    report = await somebody.http.get(f"{run}/files/report.html")
    promoted = await somebody.send(model, action="status", status="production")
    model_page = text_of(await somebody.open(model))

    # then
    assert estimated.status_code == 200
    assert "At most" in text_of(estimated.text)
    assert "mb-live" in queued
    assert "Revenue lift 0.0420" in text_of(done)
    assert "Constant price" in text_of(done)
    assert report.headers["content-security-policy"].endswith("sandbox")
    assert promoted.status_code == 303
    assert "Production" in model_page
    assert "Measured" in model_page


async def test_a_model_is_asked_about_rows_and_its_answer_is_a_table(studio: World) -> None:
    # given
    somebody = await reader(studio)
    ada = as_user(studio, somebody)
    model = await registered(ada)
    page = f"{LIBRARY}/models/{model}"
    before = text_of(await somebody.open(page))
    await complete(studio, ada, await started(ada, model_id=model))

    # when rows are pasted, first without a column that is needed
    wrong = await somebody.send(page, action="predict", rows="produkt_id,date\n4710011401128,2001-03-01")
    asked = await somebody.send(page, action="predict", rows="product_id, date, price\n4710011401128, 2001-03-01, 35.5\n007, 2001-03-02,\n")
    answer = asked.headers["location"]
    waiting = await somebody.open(answer)
    prediction = await predicting.newest(ada, model)
    spec = (await heard(studio, prediction["job_id"])).spec
    await predicting.answered_as(studio, ada, prediction, predicting.an_answer(studio))
    shown = await somebody.open(answer)
    file = await somebody.http.get(f"{answer}/files/predictions.csv")
    listed = text_of(await somebody.open(page))

    # then
    assert "Ask it No run has made a version of it yet." in before
    assert wrong.status_code == 422
    assert "Did you mean 'produkt_id'?" in text_of(wrong.text)
    assert "produkt_id,date" in wrong.text
    assert spec["rows"] == [
        {"product_id": 4710011401128, "date": "2001-03-01", "price": 35.5},
        {"product_id": "007", "date": "2001-03-02", "price": None},
    ]
    assert "mb-live" in waiting
    assert "Expected demand" in text_of(shown)
    assert "4.5000" in shown
    assert file.text.startswith("row,mark")
    assert "Succeeded 1.0 1 0" in listed


async def test_the_library_is_open_to_strangers_where_its_document_leaves_it_open(studio: World) -> None:
    somebody = stranger(studio)

    library = await somebody.open(LIBRARY)
    recipe = await somebody.open(f"{LIBRARY}/recipes/{RECIPE}")
    schema = await somebody.open(f"{LIBRARY}/schemas/pricing")
    others = [await somebody.open(f"{LIBRARY}/{path}") for path in ("models", "runs", "recipes/new", "chat")]
    missing = await somebody.open(f"{LIBRARY}/runs/run_01kab8m7j3fm0rrc5q9y2w6n4t", status=404)

    assert "Sign in" in text_of(library)
    assert "Manifest, resolved" in text_of(recipe)
    assert "test_fraction" in schema
    assert all("<h1>" in each for each in others)
    assert "Run not found" in text_of(missing)


async def test_the_assistant_answers_with_sources_and_proposes_what_only_the_reader_makes(studio: World) -> None:
    somebody = await reader(studio)
    cloned = await somebody.send(f"{LIBRARY}/recipes/{RECIPE}", action="clone", name="Asked about")
    recipe_id = cloned.headers["location"].rpartition("/")[2]
    boosted = '{"learner": {"name": "gradient_boosting", "hyperparameters": {"learning_rate": 0.1}}}'
    await somebody.send(cloned.headers["location"], action="version", manifest_json=boosted)
    chat = f"{LIBRARY}/chat"

    told = await somebody.send(chat, action="ask", recipe_id=recipe_id, message="What does this recipe do?")
    proposed = await somebody.send(chat, action="ask", recipe_id=recipe_id, message="Propose a lower learning rate")
    empty = await somebody.send(chat, action="ask", message="")
    before = text_of(await somebody.open(cloned.headers["location"]))

    assert told.status_code == 200
    assert "Sources" in text_of(told.text)
    assert f'href="{LIBRARY}/recipes/{recipe_id}"' in told.text
    assert "Proposed" in text_of(proposed.text)
    assert 'name="manifest_json"' in proposed.text
    assert "1.1.0" in before
    assert "1.2.0" not in before
    assert empty.status_code in {400, 422}
