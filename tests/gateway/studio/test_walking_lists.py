"""Walking through a list while things are created and deleted: each thing that stays is seen once, and the walk ends."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from libs.chassis.bus.dead_letters import DeadLetter
from libs.contracts.envelope import now
from libs.contracts.ids import new_id
from modelbourse.answers.models import ModelRow
from modelbourse.asking import get_all
from modelbourse.async_steps import AsyncPerformer
from modelbourse.gateway import Credential, Gateway, Retries
from modelbourse.models import MODELS
from tests.gateway.studio.selling import a_reviewer, listed
from tests.gateway.studio.subscribers import subscribed
from tests.gateway.studio.world import STUDIO, User, World

pytestmark = pytest.mark.asyncio(loop_scope="session")
Make = Callable[[], Awaitable[str]]
Remove = Callable[[str], Awaitable[Any]]


@dataclass(frozen=True)
class Walked:
    """A list: who walks through it, where it is, how a thing gets into it and, where that can be, out of it; and how its rows are called."""

    reader: User
    path: str
    make: Make
    remove: Remove | None = None
    called: str = "id"
    newest_first: bool = True

    async def page(self, address: str) -> dict[str, Any]:
        answer = await self.reader.http.get(address)
        assert answer.status_code == 200, answer.text
        page: dict[str, Any] = answer.json()
        return page

    async def walk(self, *, size: int, between: Callable[[int], Awaitable[Any]]) -> list[str]:
        """Follow `next` to the end; `between` is awaited before each step."""
        seen: list[str] = []
        address: str | None = f"{self.path}{'&' if '?' in self.path else '?'}page_size={size}"
        while address is not None:
            page = await self.page(address)
            seen += [row[self.called] for row in page["results"]]
            await between(len(seen))
            address = page["next"]
        return seen


async def models(_: World, ada: User) -> Walked:
    return Walked(ada, f"{STUDIO}/models/?status=DRAFT", ada.make_model, lambda each: ada.call("DELETE", f"/models/{each}/"))


async def jobs(_: World, ada: User) -> Walked:
    async def make() -> str:
        return await ada.train(await ada.make_model())

    return Walked(ada, f"{STUDIO}/training-jobs/?status=PENDING", make, lambda each: ada.call("POST", f"/training-jobs/{each}/cancel/"))


async def webhooks(_: World, ada: User) -> Walked:
    async def make() -> str:
        answer = await ada.call("POST", "/webhooks/", {"url": "http://127.0.0.1:9/hook", "events": ["training_job.completed"]})
        return str(answer.json()["id"])

    return Walked(ada, f"{STUDIO}/webhooks/", make, lambda each: ada.call("DELETE", f"/webhooks/{each}/"))


async def deliveries(studio: World, ada: User) -> Walked:
    hook = await (await webhooks(studio, ada)).make()

    async def make() -> str:
        return str((await ada.call("POST", f"/webhooks/{hook}/test/")).json()["id"])

    return Walked(ada, f"{STUDIO}/webhooks/{hook}/deliveries/", make)


async def listings(studio: World, ada: User) -> Walked:
    reviewer, models_of = await a_reviewer(studio), {}

    async def make() -> str:
        model_id, listing_id = await listed(studio, ada, reviewer)
        models_of[listing_id] = model_id
        return listing_id

    return Walked(
        await studio.user(),
        f"{STUDIO}/marketplace/?seller={ada.account_id}&ordering=-sharpe_ratio",
        make,
        lambda each: ada.call("POST", f"/models/{models_of[each]}/unpublish/"),
    )


async def subscriptions(studio: World, ada: User) -> Walked:
    market, eve = await listings(studio, ada), await studio.user()

    async def make() -> str:
        return str((await subscribed(eve, await market.make()))["subscription_id"])

    return Walked(eve, f"{STUDIO}/subscriptions/", make, called="subscription_id")


async def ratings(studio: World, ada: User) -> Walked:
    listing_id = await (await listings(studio, ada)).make()

    async def make() -> str:
        user = await studio.user()
        await subscribed(user, listing_id)
        word = f"I am {user.account_id}"
        await user.call("POST", f"/marketplace/{listing_id}/rate/", {"rating": 4, "comment": word})
        return word

    return Walked(ada, f"{STUDIO}/marketplace/{listing_id}/ratings/", make, called="comment")


async def accounts(studio: World, _: User) -> Walked:
    # The other stories' accounts are older: the walk begins with them.
    async def make() -> str:
        return (await studio.user()).account_id

    return Walked(await a_reviewer(studio), "/admin/accounts?tier=elite", make, newest_first=False)


async def dead_letters(studio: World, _: User) -> Walked:
    admin, topic = await a_reviewer(studio), new_id("topic")

    async def make() -> str:
        letter = DeadLetter(new_id("letter"), topic, None, "{}", b"{}", {}, "ValueError", "no", "", 1, "training", now().isoformat())
        await studio.gateway.stores.letters.keep(letter)
        return letter.id

    return Walked(admin, f"/admin/dead?topic={topic}", make, lambda each: admin.http.delete(f"/admin/dead/{each}"))


async def made_in_turn(make: Make, count: int) -> list[str]:
    """Make things, each in a millisecond of its own: ids and moments tell no shorter time, so that two of one sort by chance."""
    made = []
    for _ in range(count):
        made.append(await make())
        at = now()
        while now() == at:
            pass
    return made


LISTS = [models, jobs, webhooks, deliveries, listings, subscriptions, ratings, accounts, dead_letters]


@pytest.mark.parametrize("kind", LISTS, ids=lambda each: each.__name__)
async def test_whoever_walks_through_a_list_sees_each_thing_once_whatever_comes_and_goes(studio: World, ada: User, kind: Any) -> None:
    walked = await kind(studio, ada)
    made = await made_in_turn(walked.make, 6)
    there = [*reversed(made)] if walked.newest_first else made
    gone: list[str] = []

    async def change(seen: int) -> None:
        """After two rows: a newcomer, and the last row that was seen is deleted, with one that is still to come."""
        if seen == 2:
            await walked.make()
            for each in (there[1], there[4]) if walked.remove else ():
                await walked.remove(each)
                gone.append(each)

    seen = await walked.walk(size=2, between=change)

    assert [each for each in seen if each in made] == [each for each in there if each not in gone or there.index(each) < 2]
    assert len(seen) == len(set(seen))


@pytest.mark.parametrize("kind", [models, dead_letters], ids=lambda each: each.__name__)
async def test_past_the_end_a_walker_finds_an_empty_page(studio: World, ada: User, kind: Any) -> None:
    walked = await kind(studio, ada)
    made = await made_in_turn(walked.make, 3)
    first = await walked.page(f"{walked.path}&page_size=2")

    await walked.remove(made[0])
    last = await walked.page(first["next"])

    assert (last["results"], last["next"], last["count"]) == ([], None, 2)
    assert last["previous"].endswith("page=1")


async def test_a_cursor_is_good_for_its_list_alone(ada: User, eve: User) -> None:
    for _ in range(3):
        await ada.make_model()
    page = await ada.get("/models/?status=DRAFT&page_size=1")
    cursor = parse_qs(urlsplit(page["next"]).query)["cursor"][0]
    changed = cursor[:-1] + ("A" if cursor[-1] != "A" else "B")
    wrong = [
        (ada, f"/models/?cursor={cursor}"), (ada, f"/models/?status=COMPLETED&cursor={cursor}"), (ada, f"/training-jobs/?status=DRAFT&cursor={cursor}"),
        (eve, f"/models/?status=DRAFT&cursor={cursor}"), (ada, f"/models/?status=DRAFT&cursor={changed}"), (ada, "/models/?cursor=x"),
        (ada, f"/models/?cursor={'A' * 5000}"), (ada, "/models/?cursor=%F0%9F%8D%8E"), (ada, f"/marketplace/?cursor={cursor}"),
        (ada, "/webhooks/?cursor=AAAA"),
    ]  # fmt: skip

    answers = [await user.call("GET", path) for user, path in wrong]
    larger = await ada.get(f"/models/?status=DRAFT&page_size=100&cursor={cursor}")

    told = [(answer.status_code, list(answer.json()["error"]["details"])) for answer in answers]
    assert told == [(400, ["cursor"])] * len(wrong)
    assert len(larger["results"]) == 2


async def test_the_client_walks_by_cursor(ada: User) -> None:
    made = await made_in_turn(ada.make_model, 5)
    token = ada.http.headers["Authorization"].removeprefix("Bearer ")
    gateway, seen, ended = Gateway("http://studio.test", Credential(token), Retries(attempts=1), 30.0), [], []

    async for row in AsyncPerformer(ada.http).items(get_all(gateway, ModelRow, MODELS, page_size=2, status="DRAFT"), ended):
        seen.append(row.id)
        if len(seen) == 2:
            await ada.make_model()
            await ada.call("DELETE", f"/models/{seen[0]}/")

    assert seen == [*reversed(made)]
