"""The command in a terminal: a bar while one waits, tables in its width, and Ctrl-C that ends the waiting alone."""

import json
import re
from pathlib import Path

import pytest

from modelbourse import Modelbourse
from tests.client.command import COLUMNS, CTRL_C, Command
from tests.client.people import Person, slow_model
from tests.journeys.customer import small_model

pytestmark = pytest.mark.journey


def test_a_training_shows_a_bar_and_ends_with_its_metrics(types: Command, client: Modelbourse) -> None:
    model = client.models.create(**small_model("watched"))

    with types.in_terminal("train", model.id) as terminal:
        terminal.until("100 %")
        terminal.until("out of sample")
        assert terminal.end() == 0

    assert "━" in terminal.seen
    assert "epoch" in terminal.seen
    assert "loss" in terminal.seen
    assert "majority class" in terminal.seen
    assert f"of {model.id}" in terminal.seen


def test_in_a_terminal_too_json_is_all_there_is_on_stdout(
    ada_types: Command, ada_client: Modelbourse, trained: str, tmp_path: Path
) -> None:
    job = ada_client.jobs.page(model_id=trained).results[0]

    with ada_types.in_terminal("jobs", "wait", job.id, "--json", stdout=tmp_path / "out.json") as terminal:
        terminal.until("100 %")
        assert terminal.end() == 0

    assert json.loads((tmp_path / "out.json").read_text())["status"] == "COMPLETED"
    assert "━" in terminal.seen
    assert '"status"' not in terminal.seen


def test_before_money_is_spent_its_price_is_shown_and_asked_for(types: Command, client: Modelbourse) -> None:
    before = client.credits.usage().current_period.hours_limit

    with types.in_terminal("credits", "purchase", "2.5") as terminal:
        terminal.until("2.5 compute hours cost 12.50 USD (5.00 USD an hour), paid with credit_card.")
        terminal.until("Pay? [y/N]")
        terminal.press(b"n\n")
        refused = terminal.end()
    unspent = client.credits.usage().current_period.hours_limit
    with types.in_terminal("credits", "purchase", "2.5") as agreed:
        agreed.until("Pay? [y/N]")
        agreed.press(b"y\n")
        bought = agreed.end()

    assert (refused, "nothing was paid" in terminal.seen, unspent) == (1, True, before)
    assert (bought, "bought 2.5 hours for 12.50 USD" in agreed.seen) == (0, True)


def test_ctrl_c_ends_the_waiting_and_leaves_the_training_until_it_is_cancelled(types: Command, client: Modelbourse) -> None:
    model = client.models.create(**slow_model("slow"))

    with types.in_terminal("train", model.id) as terminal:
        terminal.until("epoch")
        terminal.press(CTRL_C)
        assert terminal.end() == 130

    job = client.jobs.page(model_id=model.id).results[0]
    assert job.status == "RUNNING"
    assert "the training goes on" in terminal.seen
    assert f"modelbourse jobs wait {job.id}" in terminal.seen
    assert "Traceback" not in terminal.seen
    with types.in_terminal("jobs", "logs", job.id, "--follow") as follower:
        follower.until("Loading candles")
        follower.press(CTRL_C)
        assert follower.end() == 130

    late = types("jobs", "wait", job.id, "--timeout", "0.5")
    cancelled = types("jobs", "cancel", job.id)
    ended = types("jobs", "wait", job.id, "--json")

    assert (late.status, cancelled.status, ended.status) == (1, 0, 1)
    assert f"modelbourse jobs wait {job.id}" in late.err
    assert "came back" in cancelled.out
    assert (ended.out, "was cancelled" in ended.err) == ("", True)


def test_a_login_asks_for_what_it_is_not_told_and_shows_no_password(command: Command, newcomer: Person) -> None:
    with command.in_terminal("login") as terminal:
        terminal.until("Username")
        terminal.press(f"{newcomer.username}\n".encode())
        terminal.until("Password: ")  # Its last blank comes when what was typed before has been thrown away.
        terminal.press(f"{newcomer.password}\n".encode())
        assert terminal.end() == 0

    assert newcomer.password not in terminal.seen
    assert command("whoami", "--json").json["username"] == newcomer.username


@pytest.mark.parametrize("columns", [COLUMNS, 80, 40])
def test_a_table_keeps_to_the_terminals_width_and_cuts_nothing(types: Command, client: Modelbourse, columns: int) -> None:
    model = client.models.create(**small_model("a name that goes on and on " * 6))

    with types.in_terminal("models", "list", columns=columns) as terminal:
        assert terminal.end() == 0

    shown = re.sub(r"\x1b\[[0-9;]*m", "", terminal.seen)
    assert max(len(line) for line in shown.splitlines()) <= columns
    assert "1 model" in shown
    assert model.id in shown.split()
    assert "…" not in shown
