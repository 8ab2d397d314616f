"""The command in pipes: JSON alone on stdout, tables for readers, errors on stderr, statuses for scripts."""

import asyncio
import json
import os
import subprocess
from pathlib import Path

import pytest

from libs.contracts.ids import new_id
from modelbourse import Modelbourse, TrainingFailedError
from tests.client.command import PROGRAM, Command
from tests.client.people import hopeless_model
from tests.journeys.customer import FEATURES, small_model
from tests.journeys.platform import ROOT
from tests.waiting import until

pytestmark = pytest.mark.journey
DAYS = ("--start", "2012-12-03", "--end", "2012-12-14")


def test_a_model_is_made_from_options_or_from_a_file_that_they_change(types: Command, tmp_path: Path) -> None:
    features = [part for name in FEATURES for part in ("--feature", name)]
    by_options = types(
        "models", "create", "--name", "by options", "--type", "CLASSIFICATION", "--algorithm", "RANDOM_FOREST", *features, "--symbol", "AAPL",
        "--start", "2008-01-01", "--param", "n_estimators=20", "--param", "criterion=entropy", "--config", "cross_validation_folds=3", "--json",
    )  # fmt: skip
    file = tmp_path / "model.json"
    file.write_text(json.dumps(small_model("in the file")))
    by_file = types("models", "create", "--file", str(file), "--name", "renamed", "--param", "max_depth=7", "--json")

    shown = types("models", "show", by_options.json["id"], "--json").json
    assert shown["hyperparameters"] == {"n_estimators": 20, "criterion": "entropy"}
    assert (shown["training_config"]["symbols"], shown["training_config"]["cross_validation_folds"]) == (["AAPL"], 3)
    changed = types("models", "show", by_file.json["id"], "--json").json
    assert (changed["name"], changed["hyperparameters"]["max_depth"], changed["hyperparameters"]["n_estimators"]) == ("renamed", 7, 20)
    updated = types("models", "update", by_file.json["id"], "--file", "-", "--json", stdin='{"description": "better"}')
    assert updated.json["description"] == "better"
    assert types("models", "archive", "renamed", "--json").json["status"] == "ARCHIVED"
    assert [row["name"] for row in types("models", "list", "--status", "ARCHIVED", "--json").json["results"]] == ["renamed"]
    assert types("models", "restore", "renamed").out.endswith("(renamed): DRAFT\n")
    assert types("models", "delete", by_file.json["id"]).status == 0
    assert types("models", "list", "--json").json["count"] == 1


def test_how_a_model_is_retrained_is_set_shown_and_ended(types: Command) -> None:
    model = small_model("kept up")
    model["training_config"] = {name: value for name, value in model["training_config"].items() if name != "end_date"}
    made = types("models", "create", "--file", "-", "--json", stdin=json.dumps(model)).json

    set_ = types(
        "models", "update", made["id"], "--retrain-every", "7d", "--retrain-window", "rolling", "--retrain-window-days", "730",
        "--expire-after", "30d", "--gate-metric", "accuracy", "--gate-tolerance", "0.05", "--json",
    )  # fmt: skip
    shown = types("models", "show", made["id"])
    alone = types("models", "update", made["id"], "--expire-after", "30d")
    both = types("models", "update", made["id"], "--no-retrain", "--retrain-every", "7d")
    ended = types("models", "update", made["id"], "--no-retrain", "--json")

    assert set_.json["training_config"]["retrain"] == {
        "every": "7d", "window": "rolling", "window_days": 730, "expire_after": "30d", "gate": {"metric": "accuracy", "tolerance": 0.05}
    }  # fmt: skip
    assert "every 7d, on the last 730 days" in shown.out
    assert (alone.status, both.status) == (2, 2)
    assert "give --retrain-every, too" in alone.err.replace("\n", " ")
    assert "retrain" not in ended.json["training_config"]
    assert types("models", "delete", made["id"]).status == 0


def test_a_detached_training_is_waited_for_listed_and_read_later(types: Command) -> None:
    model = types("models", "create", "--file", "-", "--json", stdin=json.dumps(small_model("later"))).json["id"]
    started = types("train", model, "--detach", "--json").json

    waited = types("jobs", "wait", started["job_id"])

    assert waited.status == 0, waited.err
    assert "accuracy" in waited.out
    assert "majority class" in waited.out
    assert types("jobs", "list", "--model", model, "--json").json["results"][0]["status"] == "COMPLETED"
    assert types("jobs", "logs", started["job_id"], "--follow").out.splitlines()[-1].endswith("Done")
    assert types("jobs", "logs", started["job_id"], "--json").json[-1]["message"] == "Done"


def test_a_training_that_fails_ends_the_command_with_1_and_says_why(types: Command, client: Modelbourse) -> None:
    model = types("models", "create", "--file", "-", "--json", stdin=json.dumps(hopeless_model("hopeless"))).json["id"]

    failed = types("train", model)
    (job,) = client.jobs.page(model_id=model).results
    with pytest.raises(TrainingFailedError) as told:
        client.jobs.wait(job.id)

    assert (failed.status, "modelbourse jobs logs" in failed.err) == (1, True)
    assert told.value.job.error is not None
    assert told.value.job.error.message in str(told.value)
    assert told.value.job.error.code == "MODEL_TRAINING_ERROR"


@pytest.mark.parametrize(
    "arguments",
    [
        ("whoami",), ("models", "list"), ("models", "list", "--status", "COMPLETED", "--page-size", "1"), ("models", "show", "MODEL"),
        ("models", "stage", "MODEL", "1.0", "staging"), ("models", "alias", "MODEL", "1.0", "champion"),
        ("models", "update", "MODEL", "--description", "Momentum"),
        ("models", "importance", "MODEL"), ("models", "trades", "MODEL"), ("models", "curve", "MODEL"), ("jobs", "list"), ("predict", "MODEL", "AAPL"), ("predict", "MODEL", "AAPL", *DAYS, "--shap"),
        ("explain", "MODEL", "AAPL", *DAYS), ("explain", "MODEL"), ("credits", "usage"), ("credits", "purchase", "1", "--yes"), ("payments", "list"), ("webhooks", "list"),
        ("keys", "list"), ("catalogue", "algorithms"), ("catalogue", "algorithms", "RANDOM_FOREST"), ("catalogue", "features"), ("catalogue", "symbols"),
        ("ml", "recipes", "list"), ("ml", "recipes", "show", "recipe_pricing_base"), ("ml", "versions", "list", "Pricing Baseline v1"),
        ("doctor",), ("data", "list"), ("data", "show", "packaged_AAPL_1d"),
    ],
    ids=" ".join,
)  # fmt: skip
def test_every_answer_is_json_for_pipes_and_a_table_for_readers(ada_types: Command, trained: str, arguments: tuple[str, ...]) -> None:
    told = [trained if word == "MODEL" else word for word in arguments]

    piped, read = ada_types(*told, "--json"), ada_types(*told)

    assert (piped.status, piped.err) == (0, "")
    assert isinstance(piped.json, dict | list)
    assert read.status == 0
    assert not read.err or read.err.startswith("→ ")  # an empty list says what comes first
    assert read.out.strip()
    assert "{" not in read.out.splitlines()[0]


def test_json_is_what_the_gateway_said(ada_types: Command, ada_client: Modelbourse, trained: str) -> None:
    said = ada_client.call("GET", f"/api/ai-studio/models/{trained}/")

    assert ada_types("models", "show", trained, "--json").json == said


def test_a_large_range_is_printed_line_by_line(ada_types: Command, trained: str) -> None:
    lines = [
        json.loads(line) for line in ada_types("predict", trained, "AAPL", "MSFT", "--start", "2001-01-01", "--lines").out.splitlines()
    ]
    explained = [json.loads(line) for line in ada_types("explain", trained, "AAPL", *DAYS, "--lines").out.splitlines()]

    assert lines[-1]["summary"]["count"] == len(lines) - 1 > 5000
    assert explained[-1]["summary"]["feature_importance_global"].keys() == set(FEATURES)
    assert len(explained) == 11


def test_a_plot_is_saved_as_a_picture(ada_types: Command, trained: str, tmp_path: Path) -> None:
    file, vector, page = (tmp_path / name for name in ("plot.png", "trades.svg", "report.html"))

    done = ada_types("models", "plot", trained, "--which", "shap-summary", "--output", str(file))
    drawn = ada_types("models", "plot", trained, "--which", "trades", "--output", str(vector))
    told = ada_types("models", "report", trained, "--output", str(page))

    assert (done.status, drawn.status, told.status) == (0, 0, 0), done.err + drawn.err + told.err
    assert file.read_bytes().startswith(b"\x89PNG\r\n\x1a\n")
    assert (vector.read_text().count("<svg"), page.read_text().count("<svg")) == (1, 5)


def test_a_webhook_is_kept_from_the_shell(types: Command) -> None:
    made = types("webhooks", "create", "http://127.0.0.1:9/hook", "--event", "training_job.completed", "--json").json
    tried = types("webhooks", "test", made["id"], "--json").json

    assert made["secret"].startswith("whsec_")
    assert types("webhooks", "delivery", made["id"], tried["id"], "--json").json["event"] == "webhook.test"
    assert types("webhooks", "deliveries", made["id"], "--json").json["count"] == 1
    assert types("webhooks", "disable", made["id"], "--json").json["enabled"] is False
    assert types("webhooks", "enable", made["id"]).out == f"{made['id']} is enabled\n"
    assert types("webhooks", "show", made["id"]).status == types("webhooks", "delete", made["id"]).status == 0
    assert types("webhooks", "list", "--json").json["count"] == 0


def test_things_are_named_by_their_names_and_by_the_beginning_of_their_ids(types: Command, client: Modelbourse) -> None:
    first, second = (client.models.create(**small_model(name)).id for name in ("one", "other"))
    client.models.create(**small_model("other"))
    hook = client.webhooks.create("http://127.0.0.1:9/named", ["training_job.completed"]).id
    delivery = client.webhooks.test(hook).id

    ambiguous = types("models", "delete", "other")

    assert types("models", "show", "one", "--json").json["id"] == first
    assert types("models", "show", second[:-1], "--json").json["id"] == second
    assert types("jobs", "list", "--model", "one", "--json").json["count"] == 0
    assert types("webhooks", "delivery", "http://127.0.0.1:9/named", delivery[:-1], "--json").json["id"] == delivery
    assert ambiguous.status == 1
    assert "'other' can be 2 models" in ambiguous.err
    assert second in ambiguous.err
    assert client.models.page().count == 3


def test_a_key_for_a_program_is_made_used_and_revoked(types: Command, command: Command) -> None:
    made = types("keys", "create", "nightly", "--scope", "read", "--expires", "2099-01-01T00:00:00Z", "--json").json

    def program(*arguments: str) -> int:
        return command(*arguments, MODELBOURSE_TOKEN=made["key"]).status

    assert (program("models", "list"), program("keys", "list")) == (0, 1)
    (listed,) = types("keys", "list", "--json").json
    assert (listed["id"], listed["scopes"], listed["expires_at"], listed["key"]) == (made["id"], ["read"], made["expires_at"], None)
    assert made["key"] not in types("keys", "list").out
    assert types("keys", "create", "daily").out.count("mbk_") == 1
    assert types("keys", "revoke", made["id"]).out == f"revoked {made['id']}\n"
    assert program("models", "list") == 1


LISTING, SUBSCRIPTION = new_id("listing"), new_id("subscription")
WRONG = [
    (("models", "show", "model_x"), 1, ["model_x", "RESOURCE_NOT_FOUND", "modelbourse models list"]),
    (("models", "create", "--name", "x", "--feature", "rsi14"), 1, ["features: There is no feature 'rsi14'. Did you mean 'rsi_14'?"]),
    (("models", "show", "Momentun"), 1, ["Momentun", "Did you mean 'Momentum'?", "modelbourse models list"]),
    (("models", "list", "--status", "COMPLETE"), 1, ["Did you mean 'COMPLETED'?"]),
    (("models", "create", "--file", "/no/such/file"), 1, ["/no/such/file cannot be read"]),
    (("models", "create", "--file", "-"), 1, ["holds no JSON"]),
    (("catalogue", "algorithms", "RANDOM_FORREST"), 1, ["Did you mean 'RANDOM_FOREST'?"]),
    (("credits", "purchase", "1", "--payment-method", "card_declined", "--yes"), 1, ["card_declined", "another --payment-method"]),
    (("keys", "create", "x", "--scope", "reed"), 1, ["Did you mean 'read'?"]),
    (("keys", "revoke", "key_x"), 1, ["NOT_FOUND"]),
    (("dead", "list"), 1, ["PERMISSION_DENIED"]),
    (("accounts", "list"), 1, ["PERMISSION_DENIED"]),
    (("payments", "list", "--kind", "CREDIT"), 1, ["Did you mean 'CREDITS'?"]),
    (("payments", "show", "none"), 1, ["There is no payment 'none'"]),
    (("credits", "purchase", "1"), 2, ["no terminal to ask in", "nothing was paid", "--yes"]),
    (("market", "subscribe", LISTING), 2, ["no terminal to ask in", "nothing was paid", "--yes"]),
    (("market", "change", SUBSCRIPTION, "--card-on-file"), 2, ["no terminal to ask in", "nothing was paid", "--yes"]),
    (("models", "create", "--param", "n_estimators"), 2, ["name=value"]),
    (("models", "update", "model_01kab8m5v8ezfvzcr0s2k2h7qd"), 2, ["--name", "--description", "--file"]),
    (("login", "--username", "ada", "--password", "x"), 2, ["seen by everyone on the machine", "MODELBOURSE_PASSWORD"]),
    (("models", "list", "--page", "0"), 2, ["--page"]),
    (("predict", "model_x"), 2, ["SYMBOL"]),
    (("modles",), 2, ["models"]),
]


@pytest.mark.parametrize(("arguments", "status", "said"), WRONG, ids=[" ".join(row[0]).partition("_01")[0] for row in WRONG])
def test_what_is_wrong_is_told_on_stderr_with_what_to_do(
    ada_types: Command, arguments: tuple[str, ...], status: int, said: list[str]
) -> None:
    done = ada_types(*arguments)

    assert (done.status, done.out) == (status, "")
    assert [words for words in said if words not in done.err] == []


def test_without_a_gateway_the_command_says_how_to_get_one(types: Command) -> None:
    done = types("models", "list", "--json", MODELBOURSE_URL="http://127.0.0.1:9", MODELBOURSE_TOKEN="token")

    assert (done.status, done.out) == (1, "")
    assert "make up" in done.err


async def test_the_shell_is_offered_ones_own_models_and_trainings(ada_types: Command, trained: str, ada_client: Modelbourse) -> None:
    job = ada_client.jobs.page(model_id=trained).results[0].id

    def offered(line: str, **environment: str) -> list[str]:
        words = str(len(line.split()) if line.endswith(" ") else len(line.split()) - 1)
        done = ada_types(_MODELBOURSE_COMPLETE="complete_bash", COMP_WORDS=line, COMP_CWORD=words, **environment)
        assert done.err == ""
        return done.out.split()

    async def offered_in_time(line: str) -> list[str]:
        # A shell waits for two seconds: on a machine that does other things it may be offered nothing, and one presses the key again.
        found: list[str] = []

        async def some() -> bool:
            found[:] = await asyncio.to_thread(offered, line)
            return bool(found)

        await until(some, what=f"words after {line!r}")
        return found

    assert trained in await offered_in_time("modelbourse train ")
    assert await offered_in_time(f"modelbourse models show {trained[:-1]}") == [trained]
    assert job in await offered_in_time("modelbourse jobs wait ")
    assert "AAPL" in await offered_in_time(f"modelbourse predict {trained} AA")
    assert offered("modelbourse webh") == ["webhooks"]
    assert offered("modelbourse train ", MODELBOURSE_URL="http://127.0.0.1:9") == []


def test_the_completion_can_be_installed(tmp_path: Path) -> None:
    install = f'{" ".join(PROGRAM)} --install-completion; cat "$HOME/.bashrc" "$HOME"/.bash_completions/*'

    done = subprocess.run(
        ["bash", "-c", install], cwd=ROOT, env=os.environ | {"HOME": str(tmp_path)}, capture_output=True, text=True, check=False
    )

    assert done.returncode == 0, done.stderr
    assert "_MODELBOURSE_COMPLETE" in done.stdout
