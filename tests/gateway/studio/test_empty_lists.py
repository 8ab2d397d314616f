"""An empty list of the command says how the first of its things is made."""

import asyncio
from pathlib import Path
from typing import Any

import pytest

from modelbourse.cli.commands import load
from modelbourse.cli.empty_lists import FIRST_STEPS
from services.gateway.serving import serving
from tests.client.command import Command
from tests.gateway.studio.sockets import listening, token
from tests.gateway.studio.world import World


@pytest.mark.asyncio(loop_scope="session")
async def test_an_empty_list_names_the_next_command_unless_it_was_narrowed(studio: World, tmp_path: Path) -> None:
    newcomer = await studio.user()
    async with serving(studio.gateway.app, listening()) as address:
        command = Command(address, tmp_path, {"MODELBOURSE_TOKEN": token(newcomer)})
        empty = await asyncio.to_thread(command, "models", "list")
        narrowed = await asyncio.to_thread(command, "models", "list", "--status", "DRAFT")
        nested = await asyncio.to_thread(command, "engine", "envs", "list")
        as_json = await asyncio.to_thread(command, "models", "list", "--json")

    assert "0 models" in empty.out
    assert empty.err == f"→ {FIRST_STEPS['models list']}\n"
    assert nested.err == f"→ {FIRST_STEPS['engine envs list']}\n"
    assert (narrowed.err, as_json.err, as_json.json["results"]) == ("", "", [])


@pytest.mark.parametrize(("lists", "step"), FIRST_STEPS.items())
def test_the_next_command_is_one_that_there_is(lists: str, step: str) -> None:
    words = step.partition(": modelbourse ")[2].split()

    assert _is_a_command(lists.split())
    assert _is_a_command([word for word in words if word.islower() and not word.startswith("-")])


def _is_a_command(words: list[str]) -> bool:
    found: Any = load(words[0])
    for word in words[1:]:
        found = getattr(found, "commands", {}).get(word)
    return found is not None and not hasattr(found, "commands")
