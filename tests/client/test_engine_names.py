"""AI Engine's commands: things are called by their names, and rows come as a list or with their moments."""

import json
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

import pytest

from modelbourse.answers.engine.agents import AGENT_ID, AgentRow
from modelbourse.answers.engine.environments import ENVIRONMENT_ID, EnvironmentRow
from modelbourse.answers.engine.experiments import EXPERIMENT_ID, ExperimentRow
from modelbourse.cli.engine_predictions import rows_of
from modelbourse.cli.errors import CommandError
from modelbourse.cli.finding import AGENT, ENGINE_MODEL, ENVIRONMENT, EXPERIMENT, Kind, find


def _example(row: Any) -> dict[str, Any]:
    return {name: field.examples[0] for name, field in row.model_fields.items() if field.examples}


ROWS = {
    "environments": _example(EnvironmentRow) | {"name": "apple"},
    "agents": _example(AgentRow) | {"name": "trader"},
    "experiments": _example(ExperimentRow) | {"name": "forests"},
}


class _Lists(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        noun = self.path.partition("?")[0].rsplit("/", 1)[-1]
        noun = {"rl-environments": "environments"}.get(noun, noun)
        found = (
            {noun: [ROWS[noun]], "total": 1, "limit": 100, "offset": 0}
            if noun in ROWS
            else {"results": [], "count": 0, "next": None, "previous": None}
        )
        body = json.dumps(found).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: Any) -> None:
        """Say nothing."""


@pytest.fixture(autouse=True)
def _gateway(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Lists)
    Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
    monkeypatch.setenv("MODELBOURSE_URL", f"http://127.0.0.1:{server.server_port}")
    monkeypatch.setenv("MODELBOURSE_TOKEN", "a-token")
    yield
    server.shutdown()
    server.server_close()


@pytest.mark.parametrize(
    ("kind", "word", "meant"),
    [(ENVIRONMENT, "apple", ENVIRONMENT_ID), (AGENT, "trader", AGENT_ID), (EXPERIMENT, "forests", EXPERIMENT_ID)],
    ids=lambda each: each.noun if isinstance(each, Kind) else "",
)
def test_a_name_and_the_beginning_of_an_id_mean_the_thing_itself(kind: Kind, word: str, meant: str) -> None:
    arguments = {"environment_id": ENVIRONMENT_ID}

    assert find(kind, word, arguments) == find(kind, meant[:15], arguments) == meant
    with pytest.raises(CommandError, match=f"there is no {kind.noun} .*Did you mean '{word}'") as nobody:
        find(kind, f"{word}s", arguments)
    assert "→ `modelbourse engine " in str(nobody.value)


def test_who_asks_ai_engine_for_a_model_that_is_not_there_is_shown_its_own_list() -> None:
    with pytest.raises(CommandError, match="`modelbourse engine models list` shows yours"):
        find(ENGINE_MODEL, "nope", {})


def test_rows_are_a_list_or_stand_beside_their_moments(tmp_path: Path) -> None:
    file, rows = tmp_path / "rows.json", [{"price_close": 150.2}]
    file.write_text(json.dumps(rows))
    assert rows_of(str(file)) == {"features": rows}
    file.write_text(json.dumps({"features": rows, "timestamps": ["2026-01-02"]}))
    assert rows_of(str(file))["timestamps"] == ["2026-01-02"]
    for wrong in ({"rows": rows}, 3):
        file.write_text(json.dumps(wrong))
        with pytest.raises(CommandError, match='"features"'):
            rows_of(str(file))
