"""The three walks of ML Development's document, command by command as they stand there, by somebody without a credential."""

from pathlib import Path
from typing import Any, Final

import pytest

from tests.faces.documented_curls import Curl, read
from tests.gateway.studio.world import World

pytestmark = pytest.mark.asyncio(loop_scope="session")
WALKS: Final = Path(__file__).resolve().parents[2] / "fixtures/ml_development/walks.txt"
# What the document leaves open.
LEFT_OPEN: Final = {'"manifest_json": {...}': '"manifest_json": {"split": {"test_fraction": 0.3}}', ", ...}": "}"}


def walks() -> list[list[tuple[str, str]]]:
    """Return each walk's commands with what is said before them."""
    found = []
    for walk in WALKS.read_text().split("### ")[1:]:
        steps = [step.partition("\n") for step in walk.partition("\n")[2].strip().split("\n\n")]
        found.append([(said.lstrip("# "), command) for said, _, command in steps])
    return found


class Walker:
    """Who walks: what answers have told goes into the placeholders of later commands."""

    def __init__(self, studio: World) -> None:
        self.http, self.known = studio.client(), dict[str, str]()

    def curl(self, command: str) -> Curl:
        """Return a command with what is known in its placeholders."""
        for left_open, filled in (LEFT_OPEN | {f"{{{name}}}": value for name, value in self.known.items()}).items():
            command = command.replace(left_open, filled)
        return read(command)

    async def do(self, command: str) -> tuple[int, Any]:
        """Run a command, and return what it is answered."""
        curl = self.curl(command)
        answer = await self.http.request(curl.method, curl.path, json=curl.body)
        return answer.status_code, answer.json()


async def test_the_documents_walks_go_through_as_they_stand(alone: World) -> None:
    # Strangers share an account: what others of them have made is not in a world of this file.
    walker, (make, query, watch) = Walker(alone), walks()
    told: list[tuple[int, Any]] = []
    # What each step answers is what later ones name.
    names = {2: ("new_recipe_id", "id"), 3: ("version_id", "version_id"), 5: ("model_id", "id"), 6: ("run_id", "id")}

    for number, (said, command) in enumerate(make, start=1):
        assert said.startswith(f"{number}. ")
        told.append(await walker.do(command))
        if number in names:
            placeholder, field = names[number]
            walker.known[placeholder] = told[-1][1][field]
    queried = [await walker.do(command) for _, command in query]
    watched = [await walker.do(command) for _, command in watch]

    assert [status for status, _ in told] == [200, 201, 201, 200, 201, 201, 200, 200, 201]
    recipes, clone, version, approved, model, run, reported, production, snapshot = (body for _, body in told)
    assert [each["id"] for each in recipes["recipes"]] == ["recipe_pricing_base"]
    assert (clone["name"], clone["status"], clone["parent_id"]) == ("Retail Pricing v1", "draft", "recipe_pricing_base")
    assert (version["version_number"], version["change_note"]) == ("1.1.0", "Added retail features")
    assert approved["status"] == "approved"
    assert (model["name"], model["model_family"], model["status"], model["owner"]) == (
        "Production Retail Pricing",
        "pricing",
        "draft",
        "team",
    )
    assert (run["status"], run["run_type"], run["started_at"]) == ("queued", "train", None)
    assert (reported["status"], reported["metrics_json"], reported["metrics_source"]) == ("succeeded", {"revenue_lift": 0.045}, "reported")
    assert (production["status"], production["metrics_source"]) == ("production", "reported")
    assert snapshot["performance_metrics_json"] == {"revenue_lift": 0.042}
    assert [status for status, _ in (*queried, *watched)] == [200] * 4
    assert [each["id"] for each in queried[0][1]["runs"]] == [run["id"]]
    assert queried[1][1]["artifacts_json"] == {}
    assert [each["id"] for each in watched[0][1]["snapshots"]] == [snapshot["id"]]
    assert watched[1][1]["status"] == "production"
