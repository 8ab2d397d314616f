"""One rule for queries: what a route does not know, and what is there twice, is refused; what is empty is not given."""

import pytest

from tests.gateway.conftest import Desk

pytestmark = pytest.mark.asyncio(loop_scope="module")
NOBODY_S = "model_01kab8m5v8ezfvzcr0s2k2h7qd"
MODELS = "/api/ai-studio/models/"

# A route, a query, and what is said of it.
REFUSED = [
    ("GET", f"{MODELS}?statu=DRAFT", "There is no such parameter; there are cursor, model_type, page, page_size, status. Did you mean 'status'?"),
    ("GET", f"{MODELS}?status=DRAFT&status=DRAFT", "It is there more than once: send it once."),
    ("GET", f"{MODELS}?page=1&page=2", "It is there more than once: send it once."),
    ("GET", f"{MODELS}?status=DRAFT&status=", "It is there more than once: send it once."),
    ("GET", "/api/backtests?stratgy_name=rsi", "Did you mean 'strategy_name'?"),
    ("GET", "/api/backtests?status=FAILED&status=RUNNING", "It is there more than once: send it once."),
    ("GET", "/admin/accounts?rol=admin", "Did you mean 'role'?"),
    ("GET", "/admin/accounts?role=admin&role=user", "It is there more than once: send it once."),
]  # fmt: skip
# A list, and queries whose values are empty.
EMPTY = [
    (MODELS, "?status=&model_type=&page=&page_size=&cursor="),
    ("/api/ai-studio/training-jobs/", "?status=&model_id="),
    ("/api/ai-studio/marketplace/", "?category=&asset_classes=&min_sharpe_ratio=&max_price=&search=&ordering=&seller=&status="),
    ("/api/backtests", "?strategy_name=&symbol=&status=&limit=&offset=&sort_by=&sort_order="),
    ("/admin/accounts", "?role=&tier=&username=&page="),
    ("/admin/jobs", "?account=&kind=&status=&page="),
    ("/admin/dead", "?topic="),
]


async def test_a_parameter_that_nobody_reads_or_that_is_there_twice_is_refused(desk: Desk) -> None:
    admin = await desk.admin()
    for method, path, words in REFUSED:
        answer = await desk.client.request(method, path, headers=admin)

        assert (answer.status_code, words in answer.text.replace('\\"', '"')) == (400, True), (path, answer.text)


async def test_a_route_that_takes_no_parameters_passes_over_them(desk: Desk) -> None:
    admin = await desk.admin()

    answers = [await desk.client.get(f"{path}?page=1&page=2", headers=admin) for path in ("/api/ai-studio/symbols/", "/auth/me", "/livez")]

    assert [answer.status_code for answer in answers] == [200] * 3


async def test_a_parameter_without_a_value_is_none(desk: Desk) -> None:
    admin = await desk.admin()
    for path, query in EMPTY:
        plain, empty = [await desk.client.get(f"{path}{each}", headers=admin) for each in ("", query)]

        assert (empty.status_code, empty.text) == (200, plain.text), path


async def test_very_many_strange_parameters_are_told_of_by_some(desk: Desk) -> None:
    answer = await desk.client.get(f"/admin/accounts?{'&'.join(f'p{number}=1' for number in range(500))}", headers=await desk.admin())

    assert answer.status_code == 400
    assert len(answer.json()["error"]["details"]) == 20
