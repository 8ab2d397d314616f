"""The five pages of ML Development's document, as a reader without scripts meets them."""

import pytest

from libs.contracts.jobs import JobRequested
from tests.gateway.studio import predicting
from tests.gateway.studio.other_jobs import heard
from tests.gateway.studio.reader import Reader, as_user, reader, stranger, text_of
from tests.gateway.studio.recipe_runs import RECIPE, VERSION, complete, registered, started
from tests.gateway.studio.synthetic_examples import FILE, do, fail, with_data
from tests.gateway.studio.world import User, World
from tests.waiting import until

pytestmark = pytest.mark.asyncio(loop_scope="session")
LIBRARY = "/model-development"
# How a page shows what there is not.
NONE = "\N{EN DASH}"


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

    # then
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


async def test_a_recipe_says_which_version_was_approved_and_is_renamed(studio: World) -> None:
    # given
    somebody = await reader(studio)
    cloned = await somebody.send(f"{LIBRARY}/recipes/{RECIPE}", action="clone", name="Corner shop")
    own = cloned.headers["location"]
    await somebody.send(own, action="status", status="approved")

    # when
    await somebody.send(own, action="version", manifest_json='{"split": {"test_fraction": 0.3}}', change_note="More is held out")
    waits = text_of(await somebody.open(own))
    listed = text_of(await somebody.open(f"{LIBRARY}?search=corner"))
    await somebody.send(own, action="status", status="approved")
    renamed = await somebody.send(own, action="describe", recipe_name="Shop on the corner", tags="shop, corner")
    then = text_of(await somebody.open(own))

    # then
    assert "Approve 1.1.0" in waits
    assert "Its newest version, 1.1.0, has not been approved: version 1.0.0 was." in waits
    assert "1.1.0 not approved" in listed
    assert ("Approved version 1.1.0" in then, "has not been approved" in then, renamed.status_code) == (True, False, 303)
    assert "Shop on the corner" in then


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


async def test_runs_are_ticked_and_put_side_by_side_with_their_intervals_and_baselines(studio: World) -> None:
    # given
    somebody = await reader(studio)
    ada = as_user(studio, somebody)
    runs = [await complete(studio, ada, await started(ada)) for _ in range(2)]
    waiting = await started(ada, "eval")
    ids = [each["id"] for each in (*runs, waiting)]

    # when
    listed = await somebody.open(f"{LIBRARY}/runs")
    page = await somebody.open(f"{LIBRARY}/runs/compare?{'&'.join(f'ids={each}' for each in ids)}&ids=run_of_nobody")
    both = text_of(await somebody.open(f"{LIBRARY}/runs/compare?ids={','.join(ids[:2])}"))
    chooses = await somebody.open(f"{LIBRARY}/runs/compare")

    # then
    shown = text_of(page)
    assert f'action="{LIBRARY}/runs/compare"' in listed
    assert all(f'name="ids" value="{each}"' in listed for each in ids)
    measured = "0.0420 0.0100 to 0.0700 (95 %)"
    assert f"Revenue lift {measured} {measured} {NONE} beside constant price 0.0000 0.0000 {NONE}" in shown
    assert 'title="Nothing is measured yet."' in page
    assert "They are of different types" in shown
    assert "run_of_nobody : Run not found" in shown
    assert "They are of different" not in both
    assert (ids[0] in chooses, ids[2] in chooses) == (True, False)


async def test_a_model_of_a_recipe_is_measured_labelled_renamed_and_deleted(studio: World) -> None:
    # given
    somebody = await reader(studio)
    ada = as_user(studio, somebody)
    model = await registered(ada)
    page = f"{LIBRARY}/models/{model}"
    await complete(studio, ada, await started(ada, model_id=model))

    # when
    of_it = {"recipe_id": RECIPE, "recipe_version_id": VERSION, "run_type": "eval", "model_id": model, "model_version": "1.0"}
    measured = await somebody.send(page, action="run", **of_it)
    labelled = await somebody.send(
        page, action="labels", label_rows="timestamp,symbol,value\n2026-01-15T00:00:00Z,42,3.5\n2026-01-16T00:00:00Z,42,4"
    )
    wrong = await somebody.send(page, action="labels", label_rows="timestamp,valeu\n2026-01-15T00:00:00Z,3.5")
    nameless = await somebody.send(page, action="tend", name="", owner="")
    changed = await somebody.send(page, action="tend", name="Prices of shelves", owner="")
    shown = text_of(await somebody.open(page))
    deleted = await somebody.send(page, action="delete")

    # then
    run = (await ada.http.get(f"/api/ml-development/runs/{measured.headers['location'].rpartition('/')[2]}")).json()
    assert (run["run_type"], run["model_version"]) == ("eval", "1.0")
    assert "2 new, 0 in place of others, 2 in all" in text_of(labelled.text)
    assert (wrong.status_code, nameless.status_code, changed.status_code) == (422, 422, 303)
    assert "valeu" in text_of(wrong.text)
    assert "Prices of shelves" in shown
    assert deleted.headers["location"] == f"{LIBRARY}/models"
    assert (await somebody.http.get(page)).status_code == 404


async def test_rows_are_generated_in_sight_and_judged_or_it_is_said_why_there_are_none(studio: World) -> None:
    # given
    somebody = await reader(studio)
    ada = as_user(studio, somebody)
    recipe = await with_data(ada)
    page = f"{LIBRARY}/recipes/{recipe}"

    # when
    elsewhere = await somebody.send(page, action="generate", rows="20", seed="3", fit_to="airfare", dataset="")
    await somebody.send(page, action="generate", rows="20", seed="3", fit_to=f"file:{FILE}")
    waiting = await somebody.open(page)
    await do(studio, await _asked_for(studio, ada, recipe))
    done = await _when_it_says(somebody, page, "How private")
    await somebody.send(page, action="generate", rows="40", seed="3")
    await fail(studio, await _asked_for(studio, ada, recipe), "80.0% of the generated rows are rows of the data.")
    refused = await _when_it_says(somebody, page, "80.0% of the generated rows are rows of the data.")

    # then
    assert elsewhere.status_code in {400, 422}
    assert "airfare" in text_of(elsewhere.text)
    assert "mb-live" in waiting
    assert "data-ended" not in waiting
    assert "How faithful" in done
    assert "Copies of a fitted row" in done
    assert f"of file:{FILE}, seed 3" in done
    assert "The rows below are older." in refused


async def _asked_for(studio: World, user: User, recipe_id: str) -> JobRequested:
    """Return the newest generation that was asked for, when it is heard."""
    told = (await user.http.get(f"/api/ml-development/recipes/{recipe_id}/synthetic-example")).json()
    return await heard(studio, told["generation"]["job_id"])


async def _when_it_says(somebody: Reader, page: str, words: str) -> str:
    """Return what a page says once it says this."""
    said = ""

    async def there() -> bool:
        nonlocal said
        said = text_of(await somebody.open(page))
        return words in said

    await until(there, what=words)
    return said
