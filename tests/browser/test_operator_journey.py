"""An operator in a real browser: an alert, processes, a message set aside, somebody's job, and somebody who is kept out."""

from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import replace
from datetime import timedelta

import pytest
import pytest_asyncio
from playwright.async_api import Browser, Page, expect

from libs.chassis.bus.memory import MemoryBus
from libs.chassis.process import open_chassis
from libs.contracts.example_fleet import PROCESS
from libs.contracts.ids import new_id
from libs.contracts.monitoring import HealthChanged
from services.gateway.domain.accounts.account import Role
from services.monitoring.app import running as monitoring_running
from services.monitoring.settings import Settings
from tests.browser.conftest import Screen, row_of
from tests.gateway.studio.reader import PASSWORD
from tests.gateway.studio.world import World
from tests.gateway.test_admin import letter
from tests.gateway.test_alerts import raised

pytestmark = pytest.mark.asyncio(loop_scope="session")
HOSTILE = "Nightly <img src=x onerror=\"document.title='taken'\">"
SUSPENDED = "This account is suspended; ask whoever runs this platform."
WHY = "The cluster is taken down for repairs."


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def monitoring(browsed: tuple[Browser, str, World]) -> AsyncIterator[MemoryBus]:
    """Monitoring beside the platform, as it answers the gateway; what is published here it has told."""
    world = browsed[2]
    places = ("kafka_bootstrap", "mongo_url", "redis_url", "artifacts_url", "namespace")
    given = Settings(**{name: getattr(world.settings, name) for name in places}, profile="development", look_every=timedelta(hours=1))
    bus = MemoryBus(world.broker, service="monitoring", instance="monitoring")
    async with open_chassis("monitoring", settings=given, bus=bus) as chassis, monitoring_running(given, chassis):
        yield bus


async def registered(screen: Screen) -> str:
    """Let somebody make an account in their browser; return their name."""
    name = new_id("event").replace("event_", "somebody-")
    await screen.open("/app/register")
    await screen.page.get_by_label("Username").fill(name)
    await screen.page.get_by_label("Email").fill(f"{name}@example.com")
    await screen.page.get_by_label("Password").fill(PASSWORD)
    await screen.page.get_by_role("button", name="Create").click()
    await expect(screen.page.get_by_role("button", name="Sign out")).to_be_visible()
    return name


async def signs_in(page: Page, name: str) -> None:
    await page.get_by_label("Username").fill(name)
    await page.get_by_label("Password").fill(PASSWORD)
    await page.get_by_role("button", name="Sign in").click()


async def test_an_operator_looks_after_alerts_processes_and_messages(screen: Screen, monitoring: MemoryBus) -> None:
    # given an alert, a process, and a message that no handler took
    page, world, alert = screen.page, screen.world, raised("a_disk", title="Disk nearly full", message=HOSTILE)
    await monitoring.publish(alert)
    await monitoring.publish(
        HealthChanged(sequence=1, service="training", instance="training-7", health="healthy", reason="", process=PROCESS)
    )
    await world.gateway.stores.letters.keep(replace(letter("training-7:a"), topic="a.topic", error_message=HOSTILE))
    await world.broker.all_heard()
    await screen.signed_in(Role.ADMIN)

    # when the operator takes care of the alert
    await screen.open("/app")
    await page.get_by_role("link", name="Health", exact=True).click()
    await expect(row_of(page, "Kafka")).to_be_visible()
    await page.get_by_label("Status", exact=True).select_option("Open")
    await expect(row_of(page, "Disk nearly full")).to_contain_text(HOSTILE)
    await row_of(page, "Disk nearly full").get_by_role("button", name="Acknowledge").click()
    await expect(page.get_by_role("status")).to_have_text("The alert is acknowledged.")
    await expect(row_of(page, "Disk nearly full")).to_have_count(0)
    await page.get_by_label("Status", exact=True).select_option("Acknowledged")
    await page.get_by_label("What was done about Disk nearly full").fill("Old logs were removed.")
    await row_of(page, "Disk nearly full").get_by_role("button", name="Resolve").click()
    await expect(page.get_by_role("status")).to_have_text("The alert is resolved.")
    await page.get_by_label("Status", exact=True).select_option("Resolved")

    # then what was done stands beside it
    await expect(row_of(page, "Disk nearly full")).to_contain_text("Old logs were removed.")

    # and processes are seen, and the message is dropped
    await page.get_by_role("link", name="Platform", exact=True).click()
    await expect(row_of(page, "training-7")).to_contain_text("Healthy")
    await expect(row_of(page, "a.topic")).to_contain_text(HOSTILE)
    await page.get_by_role("button", name="Drop a.topic").click()
    await expect(page.get_by_role("status")).to_have_text("The message is dropped.")
    await expect(row_of(page, "a.topic")).to_have_count(0)
    await expect(page.locator("img[src=x]")).to_have_count(0)


async def test_an_operator_ends_a_job_and_keeps_its_owner_out(new_screen: Callable[[], Awaitable[Screen]]) -> None:
    # given somebody with a training, and an operator
    theirs, screen = await new_screen(), await new_screen()
    name, page = await registered(theirs), screen.page
    await screen.signed_in(Role.ADMIN)
    somebody = await theirs.whoever_is_here()
    job_id = await somebody.train(await somebody.make_model(name=HOSTILE))
    await screen.world.training.heard(job_id)

    # when the operator finds the account, and ends its job
    await screen.open("/app/admin")
    await page.get_by_role("link", name="Accounts").click()
    await page.get_by_label("Name begins with").fill(name)
    await page.get_by_label("Name begins with").press("Enter")
    await page.get_by_role("link", name=name).click()
    await expect(page.get_by_text(HOSTILE)).to_be_visible()
    await page.get_by_label("Reason to end").fill(WHY)
    await page.get_by_role("button", name="End").click()
    await expect(page.get_by_role("status")).to_have_text("The job is ended.")
    await expect(page.get_by_role("row").filter(has_text=HOSTILE)).to_contain_text("Cancelled")

    # then its owner reads why
    await theirs.open(f"/app/jobs/{job_id}")
    await expect(theirs.page.get_by_text(WHY)).to_be_visible()

    # when the account is kept out
    await screen.open(f"/app/admin/accounts?username={name}")
    await page.get_by_role("button", name=f"Keep out {name}").click()
    await expect(page.get_by_role("status")).to_have_text("The account is kept out.")

    # then it sees nothing and cannot sign in, which is said, until it is let in again
    await theirs.page.reload()
    await expect(theirs.page.get_by_text(SUSPENDED)).to_be_visible()
    await theirs.page.get_by_role("button", name="Sign out").click()
    await signs_in(theirs.page, name)
    await expect(theirs.page.get_by_role("alert")).to_have_text(SUSPENDED)
    await page.get_by_role("button", name=f"Let in again {name}").click()
    await expect(page.get_by_role("status")).to_have_text("The account is let in again.")
    await signs_in(theirs.page, name)
    await expect(theirs.page.get_by_role("heading", level=1)).to_have_text("Dashboard")
