"""The registry from the command line, and by the client: what a desk does from the first version to a rollback."""

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest

from modelbourse.cli.engine_registry import read_rule
from modelbourse.cli.errors import CommandError
from services.gateway.domain.accounts.account import Role
from tests.client.command import Command, Done
from tests.gateway.studio.test_registry import trained
from tests.gateway.studio.world import User, World

Run = Callable[..., Awaitable[Done]]


def by(user: User, gateway: str, home: Path) -> Run:
    """Return what runs `modelbourse …` for somebody."""
    token = user.http.headers["Authorization"].partition(" ")[2]
    command = Command(gateway.replace("ws", "http", 1), home)

    async def run(*words: str) -> Done:
        return await asyncio.to_thread(lambda: command(*words, MODELBOURSE_TOKEN=token))

    return run


@pytest.mark.asyncio(loop_scope="session")
async def test_a_desk_registers_gates_promotes_and_rolls_back(studio: World, ada: User, gateways: list[str], tmp_path: Path) -> None:
    ran, admin = by(ada, gateways[0], tmp_path / "ada"), by(await studio.user(role=Role.ADMIN), gateways[0], tmp_path / "root")
    one, other = await trained(studio, ada, sharpe=0.3), await trained(studio, ada, sharpe=0.4)

    def registry(*words: str) -> Awaitable[Done]:
        return ran("engine", "registry", *words)

    first = await registry("register", "desk-tft", one, "--tag", "new")
    await registry("register", "desk-tft", other)
    moved = await registry("promote", "desk-tft", "1")
    gate = await registry("gate", "desk-tft", "--rule", "sharpe_ratio>production+0.2")
    refused = await registry("promote", "desk-tft", "2")
    history = await registry("history", "desk-tft", "2")
    as_json = await registry("history", "desk-tft", "2", "--json")
    await registry("gate", "desk-tft", "--clear", "--approval", "admin")
    asked = await registry("promote", "desk-tft", "2")
    waiting = await admin("admin", "registry", "list", "--json")
    approved = await admin("admin", "registry", "approve", ada.account_id, "desk-tft", "2", "--note", "Go.")
    pointed = await registry("alias", "desk-tft", "champion", "2")
    compared = await registry("compare", "desk-tft", "1", "2")
    saved = await registry("card", "desk-tft", "2", "--html", "--to", str(tmp_path / "card.html"))
    back = await registry("rollback", "desk-tft")
    found = await registry("list", "--search", "TFT", "--json")
    both = await registry("list", "desk-tft", "--search", "TFT")
    listed = await registry("list", "desk-tft", "--json")
    shown = await registry("show", "desk-tft", "2")

    assert first.out == "version 1 of desk-tft is registered; promote it: modelbourse engine registry promote desk-tft 1\n", first.err
    assert moved.out == "version 1 of desk-tft is production\n"
    assert "sharpe_ratio > production, by 0.2" in gate.out
    assert (refused.status, "sharpe_ratio is 0.4: must be > 0.5" in refused.err) == (1, True)
    assert "refused promotions of desk-tft, version 2" in history.out, history.err
    assert history.out.count("registered") == 2  # A change, and a promotion that was refused.
    assert "must be > 0.5" in history.out
    assert (len(as_json.json["changes"]), [each["wanted"] for each in as_json.json["refused"]]) == (1, ["production"])
    assert asked.out == "version 2 of desk-tft is registered and waits for an admin (pending_approval)\n"
    assert (ada.account_id, 2) in [(each["account_id"], each["version"]["version"]) for each in waiting.json["versions"]]
    assert approved.out == "version 2 of desk-tft is production, approved\n", approved.err
    assert pointed.out == "aliases of desk-tft: champion=2\n"
    assert all(word in compared.out for word in ("sharpe_ratio", "0.3", "0.4"))
    assert (saved.status, "<h1>desk-tft, version 2</h1>" in (tmp_path / "card.html").read_text()) == (0, True)
    assert back.out == f"version 1 of desk-tft is in production: {one}\n"
    assert ([each["model_name"] for each in found.json["models"]], both.status) == (["desk-tft"], 1)
    assert [(each["version"], each["status"], each["aliases"]) for each in listed.json["versions"]] == [
        (2, "archived", ["champion"]),
        (1, "production", []),
    ]
    assert all(word in shown.out for word in ("archived", "approved Go.", "c" * 64))


def test_a_rule_is_written_as_one_reads_it() -> None:
    assert read_rule("log_loss <= 1.05") == {"metric": "log_loss", "op": "<=", "value": 1.05}
    assert read_rule("mae<production-0.5") == {"metric": "mae", "op": "<", "against": "production", "margin": 0.5}
    assert read_rule("mae<production") == {"metric": "mae", "op": "<", "against": "production", "margin": 0.0}
    for wrong in ("mae", "mae=3", "mae<", "mae<3-", ">3"):
        with pytest.raises(CommandError, match="is no rule"):
            read_rule(wrong)
