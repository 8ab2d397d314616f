"""What operators do to accounts, jobs and the ledger from the command line."""

import asyncio
import json
import stat
from collections.abc import Awaitable, Callable
from decimal import Decimal
from pathlib import Path

import pytest
import pytest_asyncio

from libs.chassis.stores.mongo import to_decimal128
from services.gateway.domain.accounts.account import Role
from tests.client.command import Command, Done
from tests.gateway.studio.test_erasing import long_ago
from tests.gateway.studio.test_operators import books_of
from tests.gateway.studio.world import User, World
from tests.waiting import until

pytestmark = pytest.mark.asyncio(loop_scope="session")
Admin = Callable[..., Awaitable[Done]]


@pytest_asyncio.fixture(loop_scope="session")
async def admin(studio: World, gateways: list[str], tmp_path: Path) -> Admin:
    """Return what runs `modelbourse admin …` for an operator."""
    token = (await studio.user(role=Role.ADMIN)).http.headers["Authorization"].partition(" ")[2]
    command = Command(gateways[0].replace("ws", "http", 1), tmp_path / "home")

    async def run(*words: str, stdin: str | None = None) -> Done:
        return await asyncio.to_thread(lambda: command("admin", *words, stdin=stdin, MODELBOURSE_TOKEN=token))

    return run


async def test_an_account_is_named_by_its_name_and_a_slip_is_told_the_nearest_one(studio: World, ada: User, admin: Admin) -> None:
    name = (await studio.gateway.stores.accounts.get(ada.account_id)).username

    shown = await admin("accounts", "show", name.upper(), "--json")
    keys = await admin("accounts", "keys", "revoke", name)
    slip = await admin("accounts", "show", f"{name}x")
    cut = [await admin("accounts", "suspend", beginning) for beginning in (ada.account_id[:16], ada.account_id[:-1])]

    assert (shown.status, shown.json["id"], shown.json["username"]) == (0, ada.account_id, name), shown.err
    assert keys.out == f"API keys of {ada.account_id} revoked: 0\n"
    assert (slip.status, f"Did you mean '{name}'?" in slip.err, "`modelbourse admin accounts list` shows all" in slip.err) == (
        1,
        True,
        True,
    )
    # Another account may begin so, too: the beginning of an id names nobody.
    assert [(each.status, "there is no account with the whole id" in each.err) for each in cut] == [(1, True)] * 2
    assert (await studio.gateway.stores.accounts.get(ada.account_id)).suspended_at is None


async def test_a_failed_job_is_found_and_run_again_and_one_that_runs_is_ended(
    studio: World, ada: User, admin: Admin, gateways: list[str], tmp_path: Path
) -> None:
    name = (await studio.gateway.stores.accounts.get(ada.account_id)).username
    failed = await ada.train(await ada.make_model())
    await studio.training.fail(failed)
    await ada.job_is(failed, "FAILED")

    listed = await admin("jobs", "list", "--account", name, "--status", "failed", "--json")
    again = await admin("jobs", "requeue", failed, "--json")
    ended = await admin("jobs", "stop", again.json["job"]["id"], "--reason", "Repairs.")
    refused = await admin("jobs", "requeue", again.json["job"]["id"])
    late = await admin("jobs", "requeue", failed)
    missing = await admin("jobs", "show", again.json["job"]["id"][:-1])
    owner = Command(gateways[0].replace("ws", "http", 1), tmp_path / "owner")
    token = ada.http.headers["Authorization"].partition(" ")[2]
    shown = await asyncio.to_thread(lambda: owner("jobs", "show", again.json["job"]["id"], MODELBOURSE_TOKEN=token))

    assert [job["id"] for job in listed.json["results"]] == [failed]
    assert ended.out.startswith(f"{again.json['job']['id']} is CANCELLED\ngiven back to {ada.account_id}: "), ended.err
    assert ended.out.endswith(" USD\n")
    assert (refused.status, "only a failed job runs again" in refused.err, "The job is CANCELLED." in refused.err) == (1, True, True)
    assert (late.status, "which is CANCELLED: nothing was started now" in late.out) == (0, True), late.err
    assert (missing.status, "`modelbourse admin jobs list` shows all" in missing.err) == (1, True)
    assert [line.split() for line in shown.out.splitlines() if "Repairs." in line] == [["cancelled", "for", "Repairs."]], shown.err


async def test_books_that_do_not_add_up_are_told_with_exit_status_1(studio: World, ada: User, admin: Admin) -> None:
    await ada.train(await ada.make_model())
    wallets = books_of(studio)["wallets"]
    # With its version, as all writers do: whoever writes it at the same moment reads it again.
    await wallets.update_one({"_id": ada.account_id}, {"$inc": {"available": to_decimal128(Decimal(1)), "version": 1}})

    checked = await admin("ledger", "check", "--json")
    await wallets.update_one({"_id": ada.account_id}, {"$inc": {"available": to_decimal128(Decimal(-1)), "version": 1}})

    found = [(each["code"], each["subject"]) for each in checked.json["faults"] if each["account_id"] == ada.account_id]
    assert (checked.status, found) == (1, [("BALANCE", "available")])


async def test_an_account_is_exported_and_erased_by_its_name(studio: World, ada: User, admin: Admin, tmp_path: Path) -> None:
    name, file = (await studio.gateway.stores.accounts.get(ada.account_id)).username, tmp_path / "all.jsonl"

    exported = await admin("export-account", name, "-o", str(file))
    again = await admin("export-account", name, "-o", str(file))
    nowhere = await admin("export-account", name, "-o", str(tmp_path / "none" / "all.jsonl"))
    slip = await admin("erase-account", name, stdin="somebody-else\n")
    begun = await admin("erase-account", name, stdin=f"{name}\n")
    shown = await admin("accounts", "show", ada.account_id)
    await long_ago(studio.database, ada.account_id)
    erased = await admin("erase-account", ada.account_id, stdin=f"erased-{ada.account_id.rpartition('_')[2]}\n")

    async def is_erased() -> bool:
        # The same command goes on with it, and says how far it has come.
        said = await admin("erase-account", ada.account_id, "--yes")
        return (said.status, f"{ada.account_id} is erased" in said.out) == (0, True)

    await until(is_erased, what="the erasure's end")
    twice = await admin("erase-account", ada.account_id, "--yes", "--json")

    lines = [json.loads(line) for line in file.read_text().splitlines()]
    assert [line["data"]["username"] for line in lines if line["kind"] == "gateway.accounts"] == [name]
    assert (exported.status, f"{len(lines)} documents" in exported.out) == (0, True), exported.err
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert (again.status, "--force" in again.err) == (1, True)
    assert (nowhere.status, f"no file can be made in the folder {tmp_path / 'none'}: No such file" in nowhere.err) == (1, True), nowhere.err
    assert ("erasure under way since" in shown.out, "erased at" in shown.out) == (True, False), shown.out
    assert (slip.status, "nothing was erased" in slip.err) == (1, True)
    assert (begun.status, "requests that were let in before it was asked for" in begun.out) == (0, True), begun.err
    assert (erased.status, f"{ada.account_id} is" in erased.out) == (0, True), erased.err
    assert (twice.status, twice.json["done"]) == (0, True)
