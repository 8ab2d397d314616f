"""What an operator sees: alerts that fire, dashboards of metrics that there are, and settings that their programs accept."""

import os
import re
import shutil
import subprocess
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import yaml

from deploy.observability.boards_of_services import DASHBOARDS
from deploy.observability.metrics import exported, samples
from deploy.observability.panels import Dashboard
from modelbourse.cli.commands import load

ROOT = Path(__file__).resolve().parents[2]
FOLDER = ROOT / "deploy" / "observability"
RUNBOOKS = ROOT / "docs" / "runbooks"
ALERT_FILES = sorted((FOLDER / "alerts").glob("*.yaml"))
# What Prometheus itself makes of our rules.
MADE_BY_RULES = {"ALERTS": frozenset({"alertname", "alertstate", "severity"})}
WORDS = {"and", "or", "by", "on", "unless", "sum", "max", "count", "rate", "increase", "absent", "topk", "histogram_quantile", "le"}


def program(name: str) -> str:
    """Return where a program is; without it a test is skipped, but not in CI."""
    found = shutil.which(name) or next((str(path) for path in (ROOT / "build" / "tools").rglob(name) if os.access(path, os.X_OK)), None)
    if found is None:
        missing = f"{name} is not here: `deploy/install-debian-packages.sh checks` fetches it, without root"
        (pytest.fail if os.environ.get("CI") == "true" else pytest.skip)(missing)
    return found


def run(*command: str, folder: Path) -> str:
    # Go's collector takes a fifth of promtool's time where memory is short of nothing.
    env = {"GOGC": "400", **os.environ}
    done = subprocess.run(command, cwd=folder, env=env, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def loaded(path: Path) -> Any:
    return yaml.safe_load(path.read_text())


def rules() -> Iterator[Mapping[str, Any]]:
    for path in ALERT_FILES:
        for group in loaded(path)["groups"]:
            yield from group["rules"]


def alerts() -> dict[str, Mapping[str, Any]]:
    return {rule["alert"]: rule for rule in rules() if "alert" in rule}


@cache
def known() -> dict[str, frozenset[str]]:
    """Return the labels of every series that a query may name."""
    recorded = {rule["record"]: frozenset(rule.get("labels", {})) for rule in rules() if "record" in rule}
    return {**samples(), **recorded, **MADE_BY_RULES}


def problems_of(query: str) -> list[str]:
    """Say what a query names that nobody exports: metrics, labels of metrics, and labels that it sums by."""
    plain, there, found = re.sub(r'"[^"]*"', '""', query), known(), []
    names = re.findall(r"\b[a-zA-Z_][\w:]*(?=\s*[{\[)]|$|\s*[-/*>]|\s+and|\s+or)", re.sub(r"\{[^}]*\}|by \([^)]*\)", "", plain))
    metrics = [name for name in names if name not in WORDS]
    found += [f"{name} is not exported" for name in metrics if name not in there]
    for name, matchers in re.findall(r"([\w:]+)\{([^}]*)\}", plain):
        found += [f"{name} has no label {label}" for label in re.findall(r"(\w+)\s*[=!]", matchers) if label not in there.get(name, ())]
    labels = frozenset[str]().union(*(there.get(name, frozenset()) for name in metrics))
    for by in re.findall(r"by \(([^)]*)\)", plain):
        found += [f"nothing in it has the label {label}" for label in re.split(r",\s*", by) if label not in labels]
    return found if metrics else [*found, "it names no metric"]


def test_a_query_of_what_is_not_there_is_noticed() -> None:
    assert problems_of('sum by (face) (rate(modelbourse_requests_total{status=~"5.."}[5m]))') == []
    assert problems_of("max(modelbourse_jobs_queud)") == ["modelbourse_jobs_queud is not exported"]
    assert problems_of('modelbourse_jobs_queued{teir="free"} > 1') == ["modelbourse_jobs_queued has no label teir"]
    assert problems_of("sum by (face) (modelbourse_jobs_queued)") == ["nothing in it has the label face"]


@pytest.mark.parametrize(
    "rule", [pytest.param(rule, id=rule.get("alert") or f"{rule['record']} {rule['labels']['slo']}") for rule in rules()]
)
def test_every_rule_asks_for_what_is_exported(rule: Mapping[str, Any]) -> None:
    assert problems_of(rule["expr"]) == []


def test_every_alert_says_how_urgent_it_is_and_what_to_do() -> None:
    found = alerts()

    assert len(found) == 28
    assert {rule["labels"]["severity"] for rule in found.values()} == {"page", "ticket"}
    assert {name: rule["annotations"]["runbook"] for name, rule in found.items()} == {name: f"docs/runbooks/{name}.md" for name in found}
    assert {path.stem for path in RUNBOOKS.glob("*.md")} - {"README"} == set(found)


def test_every_runbook_says_what_to_look_at_and_names_commands_that_there_are() -> None:
    headings = ["What it means", "What users notice", "What to look at", "What to do"]
    for name in alerts():
        text = (RUNBOOKS / f"{name}.md").read_text()
        assert re.findall(r"^## (.*)$", text, re.MULTILINE) == headings, name
        assert [each for each in re.findall(r"`modelbourse ([^`]*)`", text) if not is_command(each)] == [], name


def is_command(line: str) -> bool:
    """Return whether `modelbourse` has this command, whatever it is given."""
    first, *rest = line.split()
    command = load(first)
    for word in rest:
        if not getattr(command, "commands", None):
            break
        command = command.commands.get(word)
    return command is not None and not getattr(command, "commands", None)


def test_every_alert_is_seen_to_fire_and_to_be_quiet() -> None:
    seen: dict[str, set[bool]] = {}
    for path in ALERT_FILES:
        for case in loaded(path.parent / "tests" / path.name)["tests"]:
            for expected in case["alert_rule_test"]:
                seen.setdefault(expected["alertname"], set()).add(bool(expected["exp_alerts"]))

    assert {name: seen.get(name) for name in alerts() if seen.get(name) != {True, False}} == {}


def test_alerts_fire_when_they_should_and_only_then() -> None:
    promtool = program("promtool")

    run(promtool, "check", "rules", "--lint=all", "--lint-fatal", *(path.name for path in ALERT_FILES), folder=FOLDER / "alerts")
    run(promtool, "test", "rules", *(path.name for path in ALERT_FILES), folder=FOLDER / "alerts" / "tests")


@pytest.mark.parametrize("board", DASHBOARDS, ids=lambda board: board.uid)
def test_a_dashboard_shows_what_is_exported(board: Dashboard) -> None:
    panels = [panel for row in board.rows for panel in row.panels]

    assert {query: problems_of(query) for query in board.queries if problems_of(query)} == {}
    # A legend's label that the query sums away would be empty.
    for legend, query in (pair for panel in panels for pair in panel.queries.items()):
        wanted = set(re.findall(r"\{\{(\w+)\}\}", legend))
        given = {label for by in re.findall(r"by \(([^)]*)\)", query) for label in re.split(r",\s*", by)}
        assert wanted <= given | (set() if given else {"instance", "slo"}), (legend, query)


def test_the_dashboards_queries_are_promql(tmp_path: Path) -> None:
    queries = [query.replace("$__rate_interval", "5m") for board in DASHBOARDS for query in board.queries]
    made = [{"record": f"panel:{number}", "expr": query} for number, query in enumerate(queries)]
    (tmp_path / "panels.yaml").write_text(yaml.safe_dump({"groups": [{"name": "panels", "rules": made}]}))

    run(program("promtool"), "check", "rules", "panels.yaml", folder=tmp_path)


def test_every_metric_of_ours_is_on_a_dashboard_or_in_an_alert() -> None:
    asked = " ".join([*(query for board in DASHBOARDS for query in board.queries), *(rule["expr"] for rule in rules())])

    assert [each.name for each in exported() if each.name not in asked] == []


def test_a_cluster_gets_every_dashboard() -> None:
    made = loaded(FOLDER / "kustomization.yaml")["configMapGenerator"]

    assert [each["files"] for each in made] == [[f"dashboards/{board.uid}.json"] for board in DASHBOARDS]


def test_prometheus_takes_its_settings(tmp_path: Path) -> None:
    promtool, settings = program("promtool"), loaded(FOLDER / "prometheus.yml")
    (tmp_path / "token").write_text("a token")
    settings["scrape_configs"][0]["authorization"]["credentials_file"] = "token"
    (tmp_path / "prometheus.yml").write_text(yaml.safe_dump(settings))
    shutil.copytree(FOLDER / "alerts", tmp_path / "alerts")

    said = run(promtool, "check", "config", "--lint=all", "--lint-fatal", "prometheus.yml", folder=tmp_path)

    assert said.count("rules found") == len(ALERT_FILES)


def test_alertmanager_takes_its_settings_and_knows_whom_to_tell(tmp_path: Path) -> None:
    amtool = program("amtool")
    # Debian's 0.25 does not know `url_file`, which 0.26 brought: the address stands in its place for this look.
    text = (FOLDER / "alertmanager.yml").read_text()
    (tmp_path / "alertmanager.yml").write_text(re.sub(r"url_file: .*", "url: http://127.0.0.1:9/", text))

    run(amtool, "check-config", "alertmanager.yml", folder=tmp_path)
    told = run(amtool, "config", "routes", "test", "--config.file=alertmanager.yml", "severity=page", "slo=availability", folder=tmp_path)

    assert told.strip() == "operators"
    assert re.findall(r"url(?:_file)?: (\S+)", text) == ["/run/secrets/ALERTMANAGER_WEBHOOK_URL"]


def test_the_collectors_parts_are_all_declared_and_all_used() -> None:
    settings = loaded(FOLDER / "otel-collector.yml")
    pipelines = settings["service"]["pipelines"].values()

    for kind in ("receivers", "processors", "exporters"):
        assert {name for pipeline in pipelines for name in pipeline[kind]} == set(settings[kind])
    assert set(settings["service"]["extensions"]) == set(settings["extensions"])
    assert [(pipeline["processors"][0], pipeline["processors"][-1]) for pipeline in pipelines] == [("memory_limiter", "batch")]
    assert "0.0.0.0" not in (FOLDER / "otel-collector.yml").read_text()


def test_grafana_finds_its_source_and_its_dashboards() -> None:
    provisioned = FOLDER / "grafana" / "provisioning"
    (source,) = loaded(provisioned / "datasources" / "prometheus.yaml")["datasources"]
    (provider,) = loaded(provisioned / "dashboards" / "modelbourse.yaml")["providers"]

    assert (source["type"], source["isDefault"]) == ("prometheus", True)
    assert provider["options"]["path"] == "/etc/grafana/dashboards"
