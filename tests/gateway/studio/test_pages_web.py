"""Pages as a reader without scripts meets them: what they show is the API's, and so is what they refuse."""

import asyncio
import re
import shlex
from dataclasses import replace
from html import unescape
from urllib.parse import quote

import httpx
import pytest

from services.gateway.app import Gateway
from services.gateway.inbound.pages.assets import assets
from services.gateway.inbound.pages.face import LIBRARY
from services.gateway.inbound.pages.session import COOKIE
from tests.gateway.studio.reader import BASE, PASSWORD, SEALS, as_user, reader, registered_reader, stranger, text_of
from tests.gateway.studio.recipe_runs import registered
from tests.gateway.studio.world import World
from tests.waiting import until

pytestmark = pytest.mark.asyncio(loop_scope="session")
FORM: dict[str, str | list[str]] = {
    "name": "<script>alert(1)</script>",
    "model_type": "CLASSIFICATION",
    "algorithm": "RANDOM_FOREST",
    "target_variable": "signal_type",
    "features": ["rsi_14", "macd_signal"],
    "symbols": ["AAPL", "MSFT"],
    "start_date": "2008-01-01",
    "end_date": "2012-12-31",
    "cross_validation_folds": "3",
}


async def test_a_model_is_made_trained_and_read_without_scripts(studio: World) -> None:
    # given
    somebody = await reader(studio)

    # when
    refused = await somebody.send("/app/models/new", action="create", name="Nothing else")
    made = await somebody.send("/app/models/new", action="create", **FORM)
    untrained = await somebody.open(made.headers["location"])
    started = await somebody.send(made.headers["location"], action="train")
    waiting = await somebody.open(started.headers["location"])
    job_id = started.headers["location"].rpartition("/")[2]
    live = await somebody.open("/app/live")
    await studio.training.complete(job_id)

    async def is_completed() -> bool:
        return "Succeeded" in text_of(await somebody.open(f"/app/jobs/{job_id}"))

    await until(is_completed, what="the page of a completed job")
    staged = await somebody.send(made.headers["location"], action="stage", version="1.0", stage="production")
    trained = await somebody.open(made.headers["location"])

    # then
    assert refused.status_code == 400
    assert 'id="algorithm" name="algorithm" aria-invalid="true"' in refused.text
    assert 'value="Nothing else"' in refused.text
    assert made.status_code == started.status_code == 303
    assert "It has not been trained" in text_of(untrained)
    assert re.search(r"at most \d+\.\d\d USD", text_of(untrained))
    assert "<noscript><meta http-equiv" in waiting
    assert f'href="/app/jobs/{job_id}"' in live
    assert staged.status_code == 303
    assert '<option value="production" selected>' in trained
    assert "Measured on days it has not seen" in text_of(trained)
    assert "Majority class" in text_of(trained)
    assert "<mb-chart" in trained
    for path in ("/app", "/app/models", "/app/jobs", made.headers["location"]):
        page = await somebody.open(path)
        assert "<script>alert" not in page
        assert "&lt;script&gt;alert(1)&lt;/script&gt;" in page


async def test_a_page_needs_a_sign_in_where_the_api_does_and_leads_back_afterwards(studio: World) -> None:
    somebody, other = await registered_reader(studio), stranger(studio)

    led = await other.http.get("/app/models?status=DRAFT")
    wrong = await other.send(led.headers["location"], username=somebody.username, password="not it at all")
    right = await other.send(led.headers["location"], username=somebody.username, password=PASSWORD)
    elsewhere = await other.http.get(f"/app/sign-in?next={quote('//evil.example', safe='')}")
    await other.http.post("/app/sign-out", data={"csrf": token_of(await other.open("/app"))})
    after = await other.http.get("/app/models")

    assert led.headers["location"] == "/app/sign-in?next=%2Fapp%2Fmodels%3Fstatus%3DDRAFT"
    assert wrong.status_code == 400
    assert "The username or password is wrong." in text_of(wrong.text)
    assert PASSWORD not in wrong.text
    assert right.headers["location"] == "/app/models?status=DRAFT"
    assert elsewhere.headers["location"] == "/app"
    assert after.headers["location"].startswith("/app/sign-in")


def token_of(page: str) -> str:
    found = re.search(r'name="csrf" value="([0-9a-f]+)"', page)
    assert found
    return found[1]


async def test_a_form_that_another_site_or_another_session_made_is_refused(studio: World) -> None:
    ada, eve = await reader(studio), await reader(studio)
    hers = token_of(await ada.open("/app"))

    foreign = await ada.http.post("/app/sign-out", data={"csrf": hers}, headers={"sec-fetch-site": "cross-site"})
    old_browser = await ada.http.post("/app/sign-out", data={"csrf": hers}, headers={"origin": "https://evil.example"})
    without = await ada.http.post("/app/sign-out", data={})
    anothers = await eve.http.post("/app/sign-out", data={"csrf": hers})
    own = await ada.http.post("/app/sign-out", data={"csrf": hers}, headers={"sec-fetch-site": "same-origin", "origin": BASE})

    assert [each.status_code for each in (foreign, old_browser, without, anothers, own)] == [403, 403, 403, 403, 303]
    assert "text/html" in foreign.headers["content-type"]


async def test_an_access_token_that_ends_is_renewed_once_by_whichever_gateway_meets_it(studio: World) -> None:
    # given a session whose access token is about to end
    somebody = await reader(studio)
    session = SEALS.open(somebody.http.cookies[COOKIE])
    assert session
    cookie = {COOKIE: SEALS.seal(replace(session, ends=0.0))}

    # when several requests of its browser come at once, at two gateways
    async def ask(gateway: Gateway) -> httpx.Response:
        transport = httpx.ASGITransport(gateway.app)
        async with httpx.AsyncClient(transport=transport, base_url=BASE, cookies=cookie) as client:
            return await client.get("/app/models")

    answers = await asyncio.gather(*(ask(gateway) for gateway in (studio.gateway, studio.other) * 3))

    # then all are answered, and go on with the same fresh tokens
    assert [each.status_code for each in answers] == [200] * 6
    renewed = {SEALS.open(each.cookies[COOKIE]) for each in answers}
    assert len(renewed) == 1
    assert session not in renewed


async def test_a_page_carries_a_strict_policy_and_is_small(studio: World) -> None:
    somebody = await reader(studio)

    page = await somebody.http.get("/app", headers={"accept-encoding": "gzip"})
    loaded = [assets()[name] for name in ("app.css", "app.js", "htmx.min.js", "icon.svg")]
    one = await somebody.http.get(f"/app/static/{loaded[0].digest}/app.css", headers={"accept-encoding": "gzip"})
    again = await somebody.http.get(f"/app/static/{loaded[0].digest}/app.css", headers={"if-none-match": one.headers["etag"]})
    of_another_release = await somebody.http.get("/app/static/0123456789ab/app.css")

    policy = page.headers["content-security-policy"]
    assert "'unsafe-inline'" not in policy
    assert "frame-ancestors 'none'" in policy
    assert page.headers["x-content-type-options"] == "nosniff"
    assert not re.search(r"<script(?![^>]*(src=|application/json))|\sstyle=|\son\w+=", page.text)
    assert page.headers["content-encoding"] == "gzip"
    assert int(page.headers["content-length"]) + sum(len(each.compressed) for each in loaded) < 200_000
    assert "immutable" in one.headers["cache-control"]
    assert again.status_code == 304
    assert of_another_release.headers["cache-control"] == "no-cache"


async def test_what_is_not_there_is_said_on_a_page(studio: World) -> None:
    somebody, other = await reader(studio), await reader(studio)
    made = await somebody.send("/app/models/new", action="create", **FORM)

    nothing = await somebody.open("/app/nothing/here", status=404)
    anothers = await other.open(made.headers["location"], status=404)
    no_job = await somebody.open("/app/jobs/job_01m8p8dpnvf8wbq4k89f3qfmz8", status=404)

    assert "Not Found" in text_of(nothing)
    assert "Model not found" in text_of(anothers) or "not found" in text_of(anothers).lower()
    assert "not found" in text_of(no_job).lower()


async def test_light_or_dark_is_the_readers_choice(studio: World) -> None:
    somebody = await reader(studio)

    chosen = await somebody.http.post("/app/theme?next=/app/models", data={"csrf": token_of(await somebody.open("/app")), "theme": "dark"})

    assert chosen.headers["location"] == "/app/models"
    assert 'data-theme="dark"' in await somebody.open("/app/models")


async def test_what_pages_read_uses_up_no_requests_to_an_api(studio: World) -> None:
    somebody = await reader(studio)
    session = SEALS.open(somebody.http.cookies[COOKIE])
    assert session
    headers = {"authorization": f"Bearer {session.access_token}"}

    before = await somebody.http.get("/api/ai-studio/algorithms/", headers=headers)
    await somebody.open("/app/models")
    after = await somebody.http.get("/api/ai-studio/algorithms/", headers=headers)

    left = [int(each.headers["x-ratelimit-remaining"]) for each in (before, after)]
    assert left[0] - left[1] == 1


async def test_what_a_page_gives_to_copy_asks_for_what_it_shows(studio: World) -> None:
    # given pages of a trained model, and of a recipe's model
    somebody = await reader(studio)
    user = as_user(studio, somebody)
    shelf = await registered(user)
    pages = [f"/app/models/{await studio.trained(user, name='One')}", f"{LIBRARY}/models/{shelf}"]

    # when what they give is sent as it stands there
    texts = [await somebody.open(page) for page in pages]
    copied = [
        {name: unescape(code) for name, code in re.findall(r'<pre id="as-(\w+)"[^>]*>(.*?)</pre>', text, re.DOTALL)} for text in texts
    ]
    asked = [shlex.split(each["curl"].replace("\\\n", " ")) for each in copied]
    answers = [
        await user.http.request(
            "POST" if "-d" in words else "GET",
            words[2].removeprefix("$MODELBOURSE_URL"),
            content=words[words.index("-d") + 1] if "-d" in words else None,
            headers={"content-type": "application/json"},
        )
        for words in asked
    ]

    # then
    assert [each.status_code for each in answers] == [200, 200]
    assert answers[0].json()["predictions"][0]["symbol"] == "AAPL"
    assert answers[1].json()["id"] == shelf
    assert all("Authorization: Bearer $MODELBOURSE_TOKEN" in words for words in asked)
    assert all(compile(each["python"], "copied", "exec") for each in copied)


async def test_models_are_compared_asked_and_searched_for(studio: World) -> None:
    # given two trained models
    somebody = await reader(studio)
    user = as_user(studio, somebody)
    one, other = await studio.trained(user, name="One"), await studio.trained(user, name="Other")

    # when
    compared = await somebody.open(f"/app/models/compare?ids={one}&ids={other}")
    asked = await somebody.send(f"/app/models/{one}", action="predict", symbols="AAPL, MSFT")
    wrong = await somebody.send(f"/app/models/{one}", action="predict", symbols="APPL")
    watched = await somebody.open(f"/app/monitoring/{one}")
    ruled = await somebody.send(f"/app/monitoring/{one}", action="rules", schedule="7d", min_rows="50")
    space = '{"n_estimators": {"type": "int", "min": 10, "max": 50}}'
    search = {
        "name": "Trees",
        "model_type": "random_forest",
        "dataset_id": "packaged_AAPL_1d",
        "target": "signal_type",
        "features": "rsi_14",
    }
    refused = await somebody.send("/app/experiments/new", action="create", **search, hyperparameter_space="{")
    made = await somebody.send("/app/experiments/new", action="create", **search, hyperparameter_space=space, max_trials="5")
    experiment = text_of(await somebody.open(made.headers["location"]))
    listed = text_of(await somebody.open("/app/experiments"))

    # then
    assert "Metric One Other" in text_of(compared)
    assert "AAPL:" in text_of(asked.text)
    assert "base value" in asked.text
    assert wrong.status_code >= 400
    assert "No alert is open." in text_of(watched)
    assert ruled.status_code == 303
    assert refused.status_code >= 400
    assert "0 of 5 trials" in experiment
    assert "Trees Created" in listed
