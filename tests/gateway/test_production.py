"""What production shows to nobody, or to few: metrics and documents; and what it does not start with."""

import pytest

from libs.chassis.settings import read_settings
from services.gateway.settings import Settings
from tests.gateway.conftest import PASSWORD, OpenDesk, bearer, fresh

pytestmark = pytest.mark.asyncio(loop_scope="module")
PLACES = {
    "kafka_bootstrap": "127.0.0.1:1",
    "mongo_url": "mongodb://127.0.0.1",
    "redis_url": "redis://localhost",
    "artifacts_url": "x",
    "profile": "production",
}
GOOD = "k7Qw-9Zt_Lx2Bv8Rm4Yp6Hd3Ns5Jf0Gc"
DOCUMENTS = ("/docs", "/openapi.json", "/asyncapi", "/asyncapi.json")


async def test_metrics_are_for_who_brings_the_token_and_nothing_for_others(open_desk: OpenDesk) -> None:
    desk = await open_desk(metrics_token=GOOD)
    user = bearer(await desk.user())

    refused = [await desk.client.get("/metrics", headers=headers) for headers in ({}, bearer("wrong"), user, {"authorization": GOOD})]
    nothing = await desk.client.get("/no-such-page")
    shown = await desk.client.get("/metrics", headers=bearer(GOOD))

    assert [answer.status_code for answer in refused] == [404] * 4
    assert refused[0].json()["error"] | {"message": ""} == nothing.json()["error"] | {"message": ""}
    assert (shown.status_code, "# TYPE" in shown.text or shown.text == "") == (200, True)


async def test_production_without_a_token_has_no_metrics_unless_allowed_and_shows_documents_to_accounts(open_desk: OpenDesk) -> None:
    desk = await open_desk(profile="production", jwt_keys=f"live-1:{GOOD}")
    allowed = await open_desk(profile="production", jwt_keys=f"live-1:{GOOD}", allow_insecure="metrics")
    user = bearer(await desk.user())

    metrics = await desk.client.get("/metrics")
    strangers = [await desk.client.get(path) for path in DOCUMENTS]
    readers = [await desk.client.get(path, headers=user) for path in DOCUMENTS]

    assert metrics.status_code == 404
    assert (await allowed.client.get("/metrics")).status_code == 200
    assert [answer.status_code for answer in strangers] == [401] * 4
    assert [answer.status_code for answer in readers] == [200] * 4
    assert readers[1].headers["cache-control"] == "no-store"
    assert (await desk.client.get("/livez")).status_code == 200


async def test_a_browser_opens_the_documents_with_name_and_password_and_nothing_else(open_desk: OpenDesk) -> None:
    desk, name = await open_desk(docs="accounts", free_guesses=2), fresh("ada")
    await desk.register(name)

    stranger = await desk.client.get("/docs", headers={"accept": "text/html"})
    opened = [
        (await desk.client.get(path, auth=(login, PASSWORD))).status_code for login in (name, f"{name}@example.com") for path in DOCUMENTS
    ]
    elsewhere = await desk.client.get("/auth/me", auth=(name, PASSWORD))
    odd = [
        (await desk.client.get("/docs", headers={"authorization": f"Basic {text}"})).status_code
        for text in ("", "x", "%%%", "YQ==", "/////w==")
    ]
    wrong = [(await desk.client.get("/docs", auth=(name, "some-guess"))).status_code for _ in range(4)]

    assert stranger.status_code == 401
    assert 'Basic realm="Modelbourse documents"' in stranger.headers["www-authenticate"]
    assert opened == [200] * 8
    assert elsewhere.status_code == 401
    assert odd == [401] * 5
    assert wrong == [401, 401, 401, 429]


async def test_documents_can_be_for_everybody_or_nobody(open_desk: OpenDesk) -> None:
    public, off = await open_desk(docs="public"), await open_desk(docs="off")
    user = bearer(await off.user())

    assert [(await public.client.get(path)).status_code for path in DOCUMENTS] == [200] * 4
    hidden = (*DOCUMENTS, "/docs/swagger-ui.css", "/docs/oauth2-redirect")
    assert [(await off.client.get(path, headers=user)).status_code for path in hidden] == [404] * 6


async def test_the_gateways_refusal_to_start_names_the_setting_and_keeps_the_key(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    weak = "n" * 40
    for name, value in (PLACES | {"gateway_jwt_keys": f"live-1:{weak}"}).items():
        monkeypatch.setenv(name.upper(), value)

    with pytest.raises(SystemExit):
        read_settings(Settings)

    told = capsys.readouterr().err
    assert told.startswith("Cannot start: GATEWAY_JWT_KEYS: it is not fit for production: ")
    assert weak not in told
