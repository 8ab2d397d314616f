"""Errors say what, where and why; what may be repeated is repeated, and done once."""

import itertools
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from modelbourse import (
    AuthenticationError,
    ConflictError,
    CutOffError,
    InvalidRequestError,
    Modelbourse,
    NotConnectedError,
    NotFoundError,
    NotLoggedInError,
    PandasMissingError,
    PaymentError,
    PermissionDeniedError,
    RateLimitedError,
    Retries,
    TooLargeError,
    WebSocketsMissingError,
)
from modelbourse.gateway import new_key
from modelbourse.refusals import told_refusal
from tests.client.people import Person
from tests.journeys.customer import small_model
from tests.journeys.platform import ROOT, Platform
from tests.journeys.test_cli import ADMIN, make_admin

pytestmark = pytest.mark.journey


def test_a_refusal_has_code_message_details_status_and_request_id(client: Modelbourse) -> None:
    with pytest.raises(InvalidRequestError) as told:
        client.models.create(**small_model("misspelt") | {"features": ["rsi14"], "algorithm": "RANDOM_FORREST"})

    assert (told.value.status, told.value.code) == (400, "VALIDATION_ERROR")
    assert "Did you mean 'rsi_14'?" in told.value.details["features"][0]
    assert "RANDOM_FOREST" in told.value.details["algorithm"][0]
    assert told.value.request_id
    assert told.value.details["features"][0] in str(told.value)


def test_each_kind_of_trouble_has_an_error_of_its_own(client: Modelbourse, newcomer: Person, trained: str) -> None:
    with pytest.raises(NotFoundError):
        client.models.get(trained)  # Another account's.
    with pytest.raises(NotFoundError):
        client.models.get("../../admin/dead")
    with pytest.raises(PaymentError, match="card_declined") as declined:
        client.credits.purchase(1, payment_method="card_declined")
    assert declined.value.status == 402
    with pytest.raises(PermissionDeniedError):
        client.call("GET", "/admin/dead")
    with pytest.raises(TooLargeError):
        client.models.create(**small_model("large") | {"description": "x" * 2_000_000})
    with pytest.raises(AuthenticationError):
        Modelbourse(newcomer.url, "no-token").me()


def test_without_a_login_or_a_gateway_nothing_is_tried_in_vain(platform: Platform, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    monkeypatch.delenv("MODELBOURSE_TOKEN", raising=False)

    with pytest.raises(NotLoggedInError, match="modelbourse login"):
        Modelbourse(platform.gateway).me()
    with pytest.raises(NotConnectedError, match=r"127\.0\.0\.1:9"):
        Modelbourse("http://127.0.0.1:9", "token", retries=Retries(attempts=2, first=0.01)).me()


def test_an_api_key_is_good_for_what_it_was_made_for(client: Modelbourse, newcomer: Person) -> None:
    made = client.call("POST", "/auth/api-keys", body={"name": "reader", "scopes": ["read"]})

    with Modelbourse(newcomer.url, made["key"]) as reader:
        assert reader.models.page().count == 0
        with pytest.raises(PermissionDeniedError):
            reader.models.create(**small_model("not mine to make"))


def test_the_same_key_gives_the_same_answer_and_does_the_work_once(client: Modelbourse) -> None:
    key = new_key()

    first, second = (client.models.create(**small_model("once"), idempotency_key=key) for _ in range(2))

    assert (first, client.models.page().count) == (second, 1)
    with pytest.raises(ConflictError):
        client.models.create(**small_model("another"), idempotency_key=key)


@pytest.mark.timeout(600)
def test_what_is_made_while_the_gateway_dies_is_made_once(platform: Platform, client: Modelbourse) -> None:
    names = [f"model {number}" for number in range(12)]
    killed = platform.pid("gateway")
    assert killed is not None

    with ThreadPoolExecutor(4) as threads:
        making = [threads.submit(client.models.create, **small_model(name)) for name in names]
        making[2].result()
        platform.kill("gateway")
        made = [each.result().id for each in making]

    assert sorted(made) == sorted(row.id for row in client.models.list())
    assert sorted(row.name for row in client.models.list()) == sorted(names)
    platform.until_back("gateway", other_than=killed)


@pytest.mark.timeout(600)
def test_a_gateway_that_dies_ends_no_waiting_and_no_reading_but_a_prediction_and_a_stream_which_is_no_whole_answer(
    platform: Platform, ada_client: Modelbourse, trained: str, client: Modelbourse
) -> None:
    # Given a training that is waited for, and a stream of which something has come
    symbols = [row.symbol for row in ada_client.catalogue.symbols().results if row.source.startswith("bokeh")][:5]
    job = client.models.train(client.models.create(**small_model("survivor", trees=200)).id)
    rows = ada_client.models.batch_predict(trained, symbols, start_date="2001-01-01", include_shap=True)
    got = [next(rows)]

    with ThreadPoolExecutor(1) as beside:
        waiting = beside.submit(job.wait)
        killed = platform.kill("gateway")

        # Then what nobody waits for is told at once, and what can be read is waited for
        with pytest.raises(NotConnectedError):
            ada_client.models.predict(trained, ["AAPL"])
        with pytest.raises(CutOffError):
            got.extend(rows)
        assert ada_client.models.get(trained).id == trained
        assert waiting.result().status == "COMPLETED"

    assert (got[0].symbol, rows.summary) == (symbols[0], None)
    platform.until_back("gateway", other_than=killed)


@pytest.mark.timeout(600)
def test_a_store_that_is_away_is_waited_for_by_reading(platform: Platform, ada_client: Modelbourse) -> None:
    mongod = platform.kill("mongodb")

    assert ada_client.models.page().count > 0
    platform.until_back("mongodb", other_than=mongod)


def test_a_used_up_limit_is_told_at_once_when_it_lasts_too_long(platform: Platform, newcomer: Person) -> None:
    make_admin(platform)  # Another story may have made it already.
    with newcomer.client() as client, Modelbourse.login(ADMIN["USERNAME"], ADMIN["PASSWORD"], url=platform.gateway) as admin:
        admin.call("PATCH", f"/admin/accounts/{client.me().id}", body={"tier": "free"})

        # Checked credentials are remembered for a while: the new tier comes some requests later.
        many = itertools.count(1)
        with pytest.raises(RateLimitedError) as told:
            all(client.models.page().count == 0 for _ in many)

    assert told.value.code == "RATE_LIMIT_EXCEEDED"
    assert told.value.retry_after is not None
    assert told.value.retry_after > Retries().patience


def test_without_pandas_a_frame_says_what_to_install(ada_client: Modelbourse, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pandas", None)

    with pytest.raises(PandasMissingError, match="pip install pandas") as told:
        ada_client.models.page().to_frame()

    assert isinstance(told.value, ImportError)


def test_without_websockets_watching_says_what_to_install(ada_client: Modelbourse, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "websockets.sync.client", None)

    with pytest.raises(WebSocketsMissingError, match=r"pip install 'modelbourse\[live\]'"):
        next(ada_client.jobs.watch())


def test_the_client_does_not_import_pandas_before_it_is_asked_for() -> None:
    asked = "import sys; from modelbourse.cli.commands import COMMANDS, load; [*map(load, COMMANDS)]; print('pandas' in sys.modules)"

    assert subprocess.run([sys.executable, "-c", asked], cwd=ROOT, capture_output=True, text=True, check=True).stdout == "False\n"


@pytest.mark.parametrize(("attempt", "after", "least", "most"), [(1, None, 0.25, 0.5), (4, None, 2, 4), (2, 7.0, 7, 7)])
def test_pauses_grow_and_heed_what_the_gateway_says(attempt: int, after: float | None, least: float, most: float) -> None:
    problem = RateLimitedError("Too many.", status=429, code="RATE_LIMIT_EXCEEDED", retry_after=after)

    pause = Retries().pause(attempt, problem)

    assert pause is not None
    assert least <= pause <= most
    assert Retries().pause(6, problem) is None
    assert Retries().pause(1, ConflictError("No.", status=409, code="CONFLICT")) is None


def test_a_refused_promotion_has_what_fails_in_numbers() -> None:
    rule = {"metric": "accuracy", "op": ">=", "wanted": 0.75, "got": 0.6}
    told = {"code": "CONFLICT", "message": "It does not pass.", "details": {"failing": ["accuracy is 0.6."]}, "failing": [rule]}

    error = told_refusal(told, status=409, headers={})

    assert isinstance(error, ConflictError)
    assert (error.details, error.failing) == ({"failing": ["accuracy is 0.6."]}, [rule])
