"""What the `sentiment-*` commands make of answers: by a gateway that answers as documented, so that no job has to run."""

import hashlib
import json
import re
import sys
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

import pytest

from modelbourse.answers.builder.data import TextCheck
from modelbourse.answers.builder.exports import BuilderExport
from modelbourse.answers.builder.files import BuilderFile
from modelbourse.answers.builder.scores import TextScores
from modelbourse.answers.builder.trainings import TextTraining, TextTrainingStarted
from modelbourse.answers.texts import LabelledTexts
from modelbourse.cli.sentiment.given import open_builder
from modelbourse.cli.sentiment.programs import app_of
from tests.client.shown import shown

JOB = "job_01kab8m7j3fm0rrc5q9y2w6n4t"
Types = Callable[..., int]


class Gateway(BaseHTTPRequestHandler):
    """Answers by method and path; `asked` keeps the bodies that came."""

    answers: dict[str, Any]
    files: dict[str, bytes]
    asked: list[tuple[str, Any]]

    def do_GET(self) -> None:
        path, _, query = self.path.partition("?")
        if path == "/api/v1/files":
            prefix = (re.search("prefix=([^&]*)", query) or [""])[1].replace("%2F", "/")
            rows = [_file(path, content) for path, content in self.files.items() if path.startswith(prefix)]
            return self._say({"items": rows, "pagination": _page(len(rows))})
        if path.startswith("/api/v1/files/"):
            return self._send(self.files[path.removeprefix("/api/v1/files/")])
        if path.endswith("/logs"):
            return self._say({"job_id": JOB, "items": [], "total": 0, "limit": 500, "offset": 0})
        answer = self.answers[f"GET {path}"]
        return self._say(answer.pop(0) if isinstance(answer, list) else answer)

    def do_PUT(self) -> None:
        self.rfile.read(int(self.headers["Content-Length"]))
        self._say(shown(BuilderFile))

    def do_POST(self) -> None:
        self.asked.append((self.path, json.loads(self.rfile.read(int(self.headers["Content-Length"])))))
        self._say(self.answers[f"POST {self.path}"])

    def log_message(self, *_: Any) -> None:
        """Say nothing."""

    def _say(self, data: Any) -> None:
        self._send(json.dumps({"success": True, "data": data, "message": "Well.", "correlation_id": None}).encode())

    def _send(self, body: bytes) -> None:
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


def _file(path: str, content: bytes) -> dict[str, Any]:
    sha256 = hashlib.sha256(content).hexdigest()
    return shown(BuilderFile) | {"path": path, "size": len(content), "sha256": sha256, "made_by": JOB}


def _page(total: int) -> dict[str, Any]:
    return {"page": 1, "per_page": 100, "total": total, "total_pages": 1, "has_next": False, "has_prev": False}


@pytest.fixture
def gateway(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[type[Gateway]]:
    class Own(Gateway):
        answers, files, asked = {}, {}, []

    server = ThreadingHTTPServer(("127.0.0.1", 0), Own)
    Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
    monkeypatch.setenv("MODEL_BUILDER_URL", f"http://127.0.0.1:{server.server_port}")
    monkeypatch.setenv("MODEL_BUILDER_API_KEY", "a-key")
    monkeypatch.chdir(tmp_path)
    Path("news.csv").write_text("text,label\ngood,positive\n")
    yield Own
    server.shutdown()
    server.server_close()


@pytest.fixture
def types(monkeypatch: pytest.MonkeyPatch) -> Types:
    def run(program: str, *arguments: str) -> int:
        monkeypatch.setattr(sys, "argv", [program, *arguments])
        with pytest.raises(SystemExit) as end:
            app_of(f"sentiment-{program}")()
        return int(end.value.code or 0)

    return run


@pytest.fixture
def training(gateway: type[Gateway]) -> dict[str, Any]:
    """A training that the gateway knows, which may be changed."""
    gateway.answers["POST /api/v1/training/start"] = shown(TextTrainingStarted) | {"job_id": JOB, "output_dir": f"outputs/{JOB}"}
    found = shown(TextTraining) | {"job_id": JOB, "output_dir": f"outputs/{JOB}", "status": "completed", "result": None}
    found |= {"files": [f"outputs/{JOB}/report.html"]}
    gateway.answers[f"GET /api/v1/training/{JOB}"] = found
    gateway.files[f"outputs/{JOB}/report.html"] = b"<p>report</p>"
    return found


@pytest.mark.usefixtures("training")
def test_a_training_without_an_output_has_a_folder_of_its_own(gateway: type[Gateway], types: Types) -> None:
    assert types("train", "--data", "news.csv") == 0

    assert "output_dir" not in gateway.asked[0][1]
    assert Path("outputs", JOB, "report.html").read_bytes() == b"<p>report</p>"
    assert types("train", "--data", "news.csv") == 0
    assert len(gateway.asked) == 2


def test_the_same_command_watches_and_another_starts_one_of_its_own(
    gateway: type[Gateway], training: dict[str, Any], types: Types, capsys: pytest.CaptureFixture[str]
) -> None:
    training["status"] = "running"
    assert types("train", "--data", "news.csv", "--detach") == 0
    assert types("train", "--data", "news.csv", "--detach") == 0
    assert len(gateway.asked) == 1
    assert f"{JOB} is under way and writes to outputs/{JOB}; watching it" in capsys.readouterr().err

    assert types("train", "--data", "news.csv", "--detach", "--experiment", "other") == 0
    assert types("train", "--data", "news.csv", "--detach", "--output", f"outputs/{JOB}", "--experiment", "third") == 1
    assert len(gateway.asked) == 2
    assert "was asked for something else: name another --output" in capsys.readouterr().err


def test_a_training_that_failed_brings_its_checkpoint_home_and_is_gone_on_from(
    gateway: type[Gateway], training: dict[str, Any], types: Types, capsys: pytest.CaptureFixture[str]
) -> None:
    training |= {"status": "failed", "error": shown(TextTraining)["error"], "files": [], "resumable_from": f"outputs/{JOB}/checkpoint-1"}
    gateway.files[f"outputs/{JOB}/checkpoint-1/state.json"] = b"{}"

    assert types("train", "--data", "news.csv", "--output", "first") == 1

    assert Path("first/checkpoint-1/state.json").read_bytes() == b"{}"
    assert f"→ go on from there: --resume-from {JOB}" in capsys.readouterr().err
    training["status"] = "completed"
    for given in (JOB, "first/checkpoint-1", "first"):
        assert types("train", "--data", "news.csv", "--output", "second", "--resume-from", given) == 0
    assert [body["resume_from"] for _, body in gateway.asked[1:]] == [JOB, *[f"outputs/{JOB}/checkpoint-1"] * 2]


def test_texts_are_labelled_and_scored_from_the_command_line(
    gateway: type[Gateway], types: Types, capsys: pytest.CaptureFixture[str]
) -> None:
    gateway.answers["POST /api/v1/predict"] = shown(LabelledTexts)
    done = shown(TextScores) | {"job_id": JOB, "status": "completed", "output_dir": "outputs/scores"}
    gateway.answers |= {"POST /api/v1/score": done, f"GET /api/v1/score/{JOB}": done}
    gateway.files["outputs/scores/scores.parquet"] = b"PAR1"

    assert types("predict", "models:/news/Production", "ACME beats estimates", "--explain") == 0
    said = capsys.readouterr().out
    assert types("score", "news.csv", "--model", "models:/news/Production", "--name", "News", "--tz", "UTC", "-o", "s.parquet") == 0

    assert gateway.asked == [
        ("/api/v1/predict", {"model": "models:/news/Production", "texts": ["ACME beats estimates"], "explain": True}),
        ("/api/v1/score", {"model": "models:/news/Production", "data_path": "news.csv", "dataset_name": "News", "tz": "UTC"}),
    ]
    assert "ACME beats estimates" in said
    assert "NVDA-SENT" in capsys.readouterr().out
    assert Path("s.parquet").read_bytes() == b"PAR1"


def test_what_a_check_finds_is_told_in_sentences_with_rows_that_show_it(
    gateway: type[Gateway], types: Types, capsys: pytest.CaptureFixture[str]
) -> None:
    found = shown(TextCheck) | {"check_id": JOB, "status": "completed", "valid": True}
    gateway.answers |= {"POST /api/v1/data/validate": found, f"GET /api/v1/data/validate/{JOB}": found}

    assert types("validate-data", "news.csv", "--labels", "positive, negative", "--max-length", "64") == 0

    assert gateway.asked[0][1] == {"data_path": "news.csv", "labels": ["positive", "negative"], "max_length": 64}
    said = capsys.readouterr().out
    assert "warning: duplicate (12, 1.2%)" in said
    assert "Shares rise after strong earnings" in said
    assert max(map(len, said.splitlines())) <= 120
    assert types("validate-data", ".") == 1
    assert "DATA . is a folder: name the file of texts in it" in capsys.readouterr().err


def test_a_validation_tells_what_was_measured_on_the_test_data(
    gateway: type[Gateway], types: Types, capsys: pytest.CaptureFixture[str]
) -> None:
    test = {"rows": 24, "accuracy": 0.833, "macro_f1": 0.845, "model_accuracy": 0.875, "model_macro_f1": 0.88, "agreement": 0.958}
    check = {"path": "model.onnx", "passed": False, "problems": ["A label differs."], "test": test}
    done = shown(BuilderExport) | {"export_id": JOB, "status": "completed", "validation_passed": False, "report": {"checks": [check]}}
    gateway.answers |= {"POST /api/v1/export/validate": done, f"GET /api/v1/export/{JOB}": done}
    gateway.files["exported/model.onnx"] = b"model"

    assert types("validate", "exported/model.onnx") == 1

    said = capsys.readouterr()
    assert "0.833" in said.out
    assert "0.875" in said.out
    assert "model.onnx: A label differs." in said.err


@pytest.mark.parametrize(
    ("told", "meant"),
    [
        ({"MODEL_BUILDER_API_KEY": "k"}, ("http://127.0.0.1:8000", "k")),
        ({"MODEL_BUILDER_URL": "http://b"}, ("http://b", None)),
        ({"MODEL_BUILDER_URL": "http://b", "MODEL_BUILDER_API_KEY": "k"}, ("http://b", "k")),
        ({"MODEL_BUILDER_URL": "http://m/"}, ("http://m", "t")),
        ({}, ("http://m", "t")),
    ],
)
def test_a_key_and_a_token_are_shown_to_the_address_that_they_are_for_alone(
    told: dict[str, str], meant: tuple[str, str | None], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    environment = {"MODELBOURSE_URL": "http://m", "MODELBOURSE_TOKEN": "t", "XDG_CONFIG_HOME": str(tmp_path)}
    for name in ("MODEL_BUILDER_URL", "MODEL_BUILDER_API_KEY"):
        monkeypatch.delenv(name, raising=False)
    for name, value in (environment | told).items():
        monkeypatch.setenv(name, value)

    with open_builder() as client:
        assert (client._gateway.url, client._gateway.credential.token) == meant


def test_what_means_nothing_on_this_machine_is_refused(types: Types, capsys: pytest.CaptureFixture[str]) -> None:
    assert types("train", "--data", "news.csv", "--local", "--detach") == 2
    assert types("train", "--data", "news.csv", "--local", "--format", "json") == 2
    assert types("export", "model", "--local", "--json") == 2

    told = capsys.readouterr().err
    assert "--detach cannot be had with --local" in told
    assert "--format json cannot be had with --local: what was measured is in metrics.json" in told


def test_a_job_that_nobody_takes_up_is_told_of(
    gateway: type[Gateway], training: dict[str, Any], types: Types, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("modelbourse.cli.sentiment.bar.LONG_S", 0.0)
    gateway.answers[f"GET /api/v1/training/{JOB}"] = [training | {"status": "started"}, training | {"status": "started"}, training]

    assert types("train", "--data", "news.csv", "--output", "first") == 0

    assert capsys.readouterr().err.count("waits for a runner; `sentiment-health` says whether there is one") == 1
