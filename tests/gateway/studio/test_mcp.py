"""Stories of an assistant that uses the platform by `modelbourse mcp`, over stdin and stdout, against a gateway that listens."""

import json
import os
import sys
from typing import Any, Final

import pytest

from modelbourse import Modelbourse
from modelbourse.mcp_server.serving import make_server, tools_of
from modelbourse.mcp_server.writing import WritingTools
from services.gateway.serving import serving
from tests.gateway.studio.recipe_runs import RECIPE, VERSION
from tests.gateway.studio.sockets import listening, token
from tests.gateway.studio.world import User, World
from tests.journeys.platform import ROOT

pytestmark = pytest.mark.asyncio(loop_scope="session")
RUN: Final[dict[str, Any]] = {"recipe_id": RECIPE, "version_id": VERSION, "run_type": "backtest"}


async def test_without_write_every_tool_reads_and_says_so_with_typed_inputs_and_answers() -> None:
    from mcp import Client  # noqa: PLC0415 - each worker collects this file, one runs it

    client = Modelbourse("http://127.0.0.1:9", "none")
    async with Client(make_server(client, write=False)) as reader:
        reads = {each.name: each for each in (await reader.list_tools()).tools}
        refused = await reader.call_tool("start_run", RUN)
        away = await reader.call_tool("list_models", {})

    assert all(each.annotations and each.annotations.read_only_hint for each in reads.values())
    assert all(each.description and each.output_schema for each in reads.values())
    assert not reads.keys() & tools_of(WritingTools(client)).keys()
    assert reads["predict"].input_schema["properties"]["symbols"]["maxItems"] == 50
    assert refused.is_error
    assert "no gateway answers at http://127.0.0.1:9" in str(away.content)


async def test_an_assistant_looks_predicts_runs_and_is_told_in_words_what_cannot_be(studio: World, ada: User) -> None:
    from mcp import Client, StdioServerParameters  # noqa: PLC0415 - each worker collects this file, one runs it

    model_id, key = await studio.trained(ada), token(ada)
    said: list[str] = []
    async with serving(studio.gateway.app, listening()) as address:
        environment = {**os.environ, "MODELBOURSE_URL": address, "MODELBOURSE_TOKEN": key}
        command = StdioServerParameters(command=sys.executable, args=["-m", "modelbourse", "mcp", "--write"], env=environment, cwd=ROOT)
        async with Client(command) as client:

            async def use(tool: str, *, fails: bool = False, **given: Any) -> Any:
                answer = await client.call_tool(tool, given)
                said.append(answer.model_dump_json())
                assert answer.is_error == fails, said[-1]
                return said[-1] if fails else answer.structured_content

            models = await use("list_models")
            predicted = await use("predict", model_id=model_id, symbols=["AAPL"])
            run = await use("start_run", **RUN)
            listed = await use("list_runs", recipe_id=RECIPE)
            asked = await use("ask_about_recipes", question="Hold out 30 %", recipe_id=RECIPE)
            candles = await use("get_candles", symbol="AAPL", limit=3)
            no_texts = await use("predict_texts", fails=True, model="no-such-model", texts=["Up"])
            no_rows = await use("ask_recipe_model", fails=True, model_id=model_id, rows=[{"price": 1.0}])
            missing = await use("get_model", fails=True, model_id="model_01kab8m7j3fm0rrc5q9y2w6n4t")
            wrong = await use("add_recipe_version", fails=True, recipe_id=RECIPE, manifest={"sed": 1})
            untyped = await use("list_models", fails=True, size=1_000)

    assert [each["id"] for each in models["results"]] == [model_id]
    assert predicted["predictions"][0]["symbol"] == "AAPL"
    assert [each["id"] for each in listed["runs"]] == [run["id"]]
    assert asked["proposal"]["diff"][0]["path"] == "/split/test_fraction"
    assert (candles["symbol"], len(candles["candles"])) == ("AAPL", 3)
    assert all("HTTP 404" in each for each in (missing, no_texts, no_rows))
    assert "clone it" in wrong
    assert "less than or equal to 100" in untyped
    assert not any(key in each for each in said)
    assert json.loads(said[0])["structured_content"] == models
