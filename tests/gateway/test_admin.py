"""Stories of operators: accounts, tiers, the fleet, messages set aside. Nobody else gets in."""

import os
import subprocess
import sys
from datetime import UTC, datetime

import pytest
from prometheus_client import CollectorRegistry, Gauge

from libs.chassis.bus.dead_letters import DeadLetter
from libs.chassis.liveness.fleet import publish_metrics
from libs.contracts.envelope import now
from libs.contracts.example_fleet import PROCESS
from libs.contracts.monitoring import HealthChanged
from modelbourse.answers.accounts import ACCOUNT_ID
from tests.gateway.conftest import KEYS, PASSWORD, Desk, OpenDesk, bearer, dead_redis, fresh
from tests.waiting import until

pytestmark = pytest.mark.asyncio(loop_scope="module")
ROUTES = [
    ("GET", "/admin/accounts"),
    ("GET", "/admin/accounts/account_x"),
    ("PATCH", "/admin/accounts/account_x"),
    ("POST", "/admin/accounts/account_x/suspend"),
    ("POST", "/admin/accounts/account_x/resume"),
    ("GET", "/admin/accounts/account_x/export"),
    ("POST", "/admin/accounts/account_x/erase"),
    ("POST", "/admin/accounts/account_x/sessions/revoke"),
    ("POST", "/admin/accounts/account_x/keys/revoke"),
    ("GET", "/admin/jobs"),
    ("GET", "/admin/jobs/job_x"),
    ("POST", "/admin/jobs/job_x/stop"),
    ("POST", "/admin/jobs/job_x/requeue"),
    ("POST", "/admin/ledger/check"),
    ("GET", "/admin/fleet"),
    ("GET", "/admin/platform"),
    ("GET", "/admin/dead"),
    ("GET", "/admin/dead/x"),
    ("POST", "/admin/dead/x/replay"),
    ("DELETE", "/admin/dead/x"),
]


@pytest.mark.parametrize(("method", "path"), ROUTES)
async def test_only_admins_get_in(desk: Desk, method: str, path: str) -> None:
    headers = bearer(await desk.user())
    body = {} if method == "PATCH" else None

    stranger = await desk.client.request(method, path, json=body)
    user = await desk.client.request(method, path, json=body, headers=headers)

    assert (stranger.status_code, stranger.json()["error"]["code"]) == (401, "AUTHENTICATION_ERROR")
    assert (user.status_code, user.json()["error"]["code"]) == (403, "PERMISSION_DENIED")


async def test_an_admin_changes_a_tier_and_it_holds_at_once(desk: Desk) -> None:
    admin, headers = await desk.admin(), bearer(await desk.user())
    account = (await desk.client.get("/auth/me", headers=headers)).json()

    changed = await desk.client.patch(f"/admin/accounts/{account['id']}", headers=admin, json={"tier": "pro"})

    assert changed.json() == account | {"tier": "pro", "suspended_at": None, "erasing_at": None, "erased_at": None}
    assert (await desk.client.get("/auth/me", headers=headers)).json()["tier"] == "pro"


async def test_accounts_are_listed_by_role_and_tier(desk: Desk) -> None:
    admin = await desk.admin()
    me = (await desk.client.get("/auth/me", headers=admin)).json()

    admins = (await desk.client.get("/admin/accounts?role=admin", headers=admin)).json()
    free = (await desk.client.get("/admin/accounts?tier=free", headers=admin)).json()

    assert me | {"suspended_at": None, "erasing_at": None, "erased_at": None} in admins["results"]
    assert {row["role"] for row in admins["results"]} == {"admin"}
    assert free == {"count": 0, "next": None, "previous": None, "results": []}


async def test_an_account_is_found_by_the_beginning_of_its_name_and_shown_with_its_keys(desk: Desk) -> None:
    admin, name = await desk.admin(), fresh("Grace")
    tokens = await desk.user(name)
    key = (await desk.client.post("/auth/api-keys", headers=bearer(tokens), json={"name": "nightly"})).json()

    found = (await desk.client.get(f"/admin/accounts?username={name[:5].lower()}", headers=admin)).json()
    shown = (await desk.client.get(f"/admin/accounts/{found['results'][0]['id']}", headers=admin)).json()
    refused = await desk.client.get("/admin/accounts?username=g&role=user", headers=admin)
    missing = await desk.client.get("/admin/accounts/account_x", headers=admin)

    assert [row["username"] for row in found["results"]] == [name]
    assert (shown["sessions"], shown["jobs"]) == (1, 0)
    assert [(each["id"], each["prefix"], "key" in each) for each in shown["api_keys"]] == [(key["id"], key["prefix"], False)]
    assert (refused.status_code, refused.json()["error"]["details"]) == (400, {"username": ["Leave it out, or leave out role and tier."]})
    assert missing.status_code == 404


async def test_the_last_admin_stays_one(desk: Desk) -> None:
    admin = await desk.admin()
    me = (await desk.client.get("/auth/me", headers=admin)).json()
    others = [
        row for row in (await desk.client.get("/admin/accounts?role=admin", headers=admin)).json()["results"] if row["id"] != me["id"]
    ]

    demoted = [await desk.client.patch(f"/admin/accounts/{row['id']}", headers=admin, json={"role": "user"}) for row in others]
    refused = await desk.client.patch(f"/admin/accounts/{me['id']}", headers=admin, json={"role": "user"})

    assert {answer.status_code for answer in demoted} <= {200}
    assert refused.status_code == 409
    assert "last admin" in refused.json()["error"]["message"]
    assert (await desk.client.get("/auth/me", headers=admin)).json()["role"] == "admin"


@pytest.mark.parametrize(
    ("body", "field"), [({"tier": "gold"}, "tier"), ({"role": "god"}, "role"), ({"teir": "pro"}, "teir"), ([], "body")]
)
async def test_a_change_that_will_not_do_names_its_field(desk: Desk, body: object, field: str) -> None:
    refused = await desk.client.patch(f"/admin/accounts/{ACCOUNT_ID}", headers=await desk.admin(), json=body)

    assert refused.status_code == 400
    assert list(refused.json()["error"]["details"]) == [field]


@pytest.mark.parametrize("nobody", [ACCOUNT_ID, "account_x"])
async def test_a_change_of_nobody_is_404(desk: Desk, nobody: str) -> None:
    refused = await desk.client.patch(f"/admin/accounts/{nobody}", headers=await desk.admin(), json={"tier": "pro"})

    assert (refused.status_code, refused.json()["error"]["message"]) == (404, "There is no such account.")


async def test_the_fleet_is_as_monitoring_told_last(desk: Desk) -> None:
    admin, name = await desk.admin(), fresh("training")
    silent = HealthChanged(sequence=2, service="training", instance=name, health="silent", reason="no beat for 10 s")
    late = HealthChanged(sequence=1, service="training", instance=name, health="healthy", reason="it beats")

    await desk.chassis.bus.publish(silent)
    await desk.chassis.bus.publish(late)

    async def told() -> bool:
        rows = (await desk.client.get("/admin/fleet", headers=admin)).json()["results"]
        return [row["health"] for row in rows if row["instance"] == name] == ["silent"]

    await until(told)


async def test_the_platforms_page_shows_processes_what_waits_and_what_was_allowed(desk: Desk) -> None:
    admin, name = await desk.admin(), fresh("training")
    here = HealthChanged(sequence=1, service="training", instance=name, health="healthy", reason="all checks pass", process=PROCESS)
    older = HealthChanged(sequence=1, service="inference", instance=f"{name}-old", health="degraded", reason="redis: away")
    gone = HealthChanged(sequence=1, service="training", instance=f"{name}-gone", health="gone", reason="stopped", process=PROCESS)
    for event in (gone, older, here):
        await desk.chassis.bus.publish(event)

    async def told() -> bool:
        # Instances are told of in no order among each other.
        rows = (await desk.client.get("/admin/fleet", headers=admin)).json()["results"]
        return {name, f"{name}-old"} <= {row["instance"] for row in rows}

    await until(told, what="both instances")
    for number in (1, 2):
        # Replicas have their own partitions, and see the same outbox and the same cluster.
        place = {"namespace": desk.settings.namespace, "service": "training", "instance": f"{name}-{number}"}
        await publish_metrics(desk.chassis.redis, registry=measuring(lag=number), **place)
    page = (await desk.client.get("/admin/platform", headers=admin)).json()

    found = {row["instance"]: row for row in page["replicas"] if row["instance"].startswith(name)}
    assert {row: (each["host"], each["version"], each["health"]) for row, each in found.items()} == {
        name: ("host-2", "0.1.0", "healthy"),
        f"{name}-old": (None, None, "degraded"),
    }
    assert page["ways_around"] == {"ray": [name]}
    assert page["consumer_groups"] == [{"group": "training", "lag": 3, "topics": {"job.requested": 3}}]
    assert page["outboxes"] == [{"service": "training", "depth": 4, "oldest_seconds": 2.5}]
    assert page["ray"] == {"nodes": 3, "cpus": 24, "gpus": 1, "runners": {"busy": 4}}
    assert page["reasons"] == {"cache_memory_ratio": "Monitoring has not reported Redis's memory within the last 30 s."}
    assert (page["profile"], page["versions"]["libraries"].keys() >= {"fastapi", "pydantic"}) == ("development", True)


async def test_without_redis_the_platforms_page_says_what_is_not_known_and_why(open_desk: OpenDesk) -> None:
    desk = await open_desk(redis_url=dead_redis())

    page = (await desk.client.get("/admin/platform", headers=await desk.admin())).json()

    unknown = {"consumer_groups", "outboxes", "cache_memory_ratio", "ray"}
    assert {name for name in page if page[name] is None} == unknown
    assert page["reasons"].keys() == unknown
    assert len(set(page["reasons"].values())) == 1


def measuring(*, lag: float) -> CollectorRegistry:
    """Return a registry with what a process of training measures, by the names that the platform's page reads."""
    registry = CollectorRegistry()
    waiting = Gauge("modelbourse_consumer_lag", "Waiting.", ["group", "topic"], registry=registry)
    waiting.labels("training", "job.requested").set(lag)
    waiting.labels("training", "job.cancel_requested").set(0)
    Gauge("modelbourse_outbox_depth", "Waiting.", ["collection"], registry=registry).labels("jobs").set(4)
    Gauge("modelbourse_outbox_oldest_seconds", "Waiting.", ["collection"], registry=registry).labels("jobs").set(2.5)
    cluster = Gauge("modelbourse_ray_resources", "There.", ["resource"], registry=registry)
    for resource, count in (("nodes", 3), ("cpus", 24), ("gpus", 1)):
        cluster.labels(resource).set(count)
    Gauge("modelbourse_runners", "There.", ["state"], registry=registry).labels("busy").set(4)
    Gauge("modelbourse_cache_memory_ratio", "Not measured.", registry=registry).set(float("nan"))
    return registry


def letter(name: str) -> DeadLetter:
    return DeadLetter(
        id=name,
        topic="training.completed",
        key="job_1",
        body='{"job_id": "job_1"}',
        value=b'{"job_id": "job_1"}',
        headers={"ce_type": "training.completed"},
        error_type="ValueError",
        error_message="no such job",
        error_code="",
        attempts=5,
        service="marketplace",
        failed_at=now().isoformat(),
    )


async def test_a_message_set_aside_is_listed_shown_and_dropped(desk: Desk) -> None:
    admin, name = await desk.admin(), fresh("marketplace")
    await desk.gateway.stores.letters.keep(letter(name))
    await desk.gateway.stores.letters.keep(letter(name))

    listed = (await desk.client.get("/admin/dead?topic=training.completed", headers=admin)).json()
    shown = (await desk.client.get(f"/admin/dead/{name}", headers=admin)).json()
    dropped = await desk.client.delete(f"/admin/dead/{name}", headers=admin)
    again = await desk.client.delete(f"/admin/dead/{name}", headers=admin)

    assert [row["id"] for row in listed["results"]] == [name]
    assert (shown["body"], shown["headers"]) == ('{"job_id": "job_1"}', {"ce_type": "training.completed"})
    assert (dropped.status_code, again.status_code) == (204, 404)


async def test_a_message_is_not_replayed_while_the_broker_is_away(desk: Desk) -> None:
    admin, name = await desk.admin(), fresh("marketplace")
    await desk.gateway.stores.letters.keep(letter(name))

    refused = await desk.client.post(f"/admin/dead/{name}/replay", headers=admin)

    assert refused.status_code == 503
    assert (await desk.client.get(f"/admin/dead/{name}", headers=admin)).status_code == 200


async def test_the_first_admin_is_made_from_the_command_line(open_desk: OpenDesk, mongo_url: str, redis_url: str) -> None:
    desk, name = await open_desk(), fresh("boss")
    environment = os.environ | {
        "PROFILE": "development",
        "KAFKA_BOOTSTRAP": "127.0.0.1:1",
        "MONGO_URL": mongo_url,
        "REDIS_URL": redis_url,
        "ARTIFACTS_URL": "memory://",
        "NAMESPACE": desk.settings.namespace,
        "GATEWAY_JWT_KEYS": KEYS,
        "ADMIN_PASSWORD": PASSWORD,
    }

    command = [sys.executable, "-m", "services.gateway", "admin", "--username", name, "--email", f"{name}@example.com"]
    made = subprocess.run(command, env=environment, capture_output=True, text=True, check=False, timeout=120)  # noqa: ASYNC221  # nothing else runs here

    assert made.returncode == 0, made.stderr
    admin = bearer((await desk.log_in(name)).json())
    me = (await desk.client.get("/auth/me", headers=admin)).json()
    assert me["role"] == "admin"
    assert datetime.fromisoformat(me["created_at"]) <= datetime.now(UTC)
