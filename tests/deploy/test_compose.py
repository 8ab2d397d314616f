"""docker-compose.yml, as Docker Compose itself resolves it: what it promises to an operator holds for every service of every profile."""

import ipaddress
import json
import os
import re
import shutil
import subprocess
import sys
import tomllib
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from deploy.compose.smoke import smoke_environment
from deploy.compose.write_secrets import write_secrets
from deploy.local.generate import SERVICES
from deploy.local.servers import KAFKA_PROPERTIES
from libs.chassis.bus import answerer, facts
from libs.chassis.settings import read_settings, variables_of
from libs.contracts.topics import every_topic

ROOT = Path(__file__).resolve().parents[2]
COMPOSE = Path(sys.executable).with_name("docker-compose")
ONE_SHOTS = {"mongodb-prepare", "minio-prepare"}
# What no settings class reads: Amazon's client and Ray have words of their own.
FOREIGN = re.compile(
    r"AWS_(ENDPOINT_URL|DEFAULT_REGION|SHARED_CREDENTIALS_FILE|CA_BUNDLE)|RAY_(AUTH_MODE|AUTH_TOKEN_PATH|USE_TLS|TLS_\w+|USAGE_STATS_ENABLED|raylet_start_wait_time_s)"
)


def resolved(profile: str = "*", **environment: str) -> dict[str, Any]:
    """Return the model that Docker Compose makes of the file."""
    command = [COMPOSE, "--project-directory", ROOT, "--profile", profile, "config", "--format", "json"]
    # Nothing of this machine's: what an operator has set there is not what is promised.
    given = {"PATH": os.environ["PATH"], "HOME": "/nonexistent", **environment}
    done = subprocess.run(command, capture_output=True, text=True, check=False, env=given)
    assert done.returncode == 0, done.stderr
    model: dict[str, Any] = json.loads(done.stdout)
    return model


@pytest.fixture(scope="module")
def secrets(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What `make secrets` writes."""
    folder = tmp_path_factory.mktemp("secrets")
    write_secrets(folder)
    return folder


@pytest.fixture(scope="module")
def model(secrets: Path) -> dict[str, Any]:
    """The resolved file, with every profile."""
    return resolved(MODELBOURSE_SECRETS=str(secrets))


def failing(model: dict[str, Any], promise: Any) -> list[str]:
    """Return the names of the services that do not keep it."""
    return [name for name, service in model["services"].items() if not promise(service)]


def test_every_image_is_pinned_and_ours_are_of_this_release(model: dict[str, Any]) -> None:
    release = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["version"]
    images = {name: service["image"] for name, service in model["services"].items()}

    ours = {image for image in images.values() if image.startswith("modelbourse/")}
    assert ours == {f"modelbourse/{name}:{release}" for name in (*SERVICES, "ray")}
    # A host, a name and a version with at least two numbers; `9` or `latest` is another image tomorrow.
    assert [image for image in set(images.values()) - ours if not re.fullmatch(r"[\w.-]+\.\w+/[\w./-]+:\D*\d+[.-]\d[\w.-]*", image)] == []


def test_every_service_is_contained_and_limited(model: dict[str, Any]) -> None:
    def contained(service: dict[str, Any]) -> bool:
        limits = service["deploy"]["resources"]["limits"]
        return (
            service["read_only"]
            and service["cap_drop"] == ["ALL"]
            and service["security_opt"] == ["no-new-privileges:true"]
            and not service.get("privileged")
            and {"cpus", "memory", "pids"} <= limits.keys()
            and service["logging"]["options"].keys() >= {"max-size", "max-file"}
        )

    assert failing(model, contained) == []


def test_every_service_tells_its_health_and_waits_for_that_of_what_it_needs(model: dict[str, Any]) -> None:
    silent = set(failing(model, lambda service: "healthcheck" in service))

    # What ends is known by its end; the collector's image holds nothing that could ask it.
    assert silent == ONE_SHOTS | {"otel-collector"}
    for name in SERVICES:
        waits_for = {needed: how["condition"] for needed, how in model["services"][name]["depends_on"].items()}
        assert (
            waits_for.items()
            >= {
                "kafka": "service_healthy",
                "valkey": "service_healthy",
                "mongodb-prepare": "service_completed_successfully",
                "minio-prepare": "service_completed_successfully",
            }.items()
        )


def test_ports_are_on_loopback_and_without_a_profile_only_the_gateways(model: dict[str, Any]) -> None:
    ports = {name: service.get("ports", []) for name, service in model["services"].items()}

    assert {port["host_ip"] for published in ports.values() for port in published} == {"127.0.0.1"}
    plain = resolved(profile="none-of-them")["services"]
    assert [name for name, service in plain.items() if service.get("ports")] == ["gateway"]
    assert [name for name, service in plain.items() if service.get("networks", {}).keys() - {"backend"}] == ["gateway"]
    assert model["networks"]["backend"]["internal"] is True


def test_what_is_stored_lies_in_named_volumes(model: dict[str, Any]) -> None:
    mounts = [mount for service in model["services"].values() for mount in service.get("volumes", [])]

    assert {mount["type"] for mount in mounts} == {"bind", "volume"}
    assert all(mount.get("read_only") for mount in mounts if mount["type"] == "bind")
    assert {mount["source"] for mount in mounts if mount["type"] == "volume"} == model["volumes"].keys()


def test_only_who_opens_artifacts_comes_into_their_store(model: dict[str, Any]) -> None:
    admitted = {name for name, service in model["services"].items() if "aws-credentials" in json.dumps(service)}

    assert admitted == {name for name, settings in SERVICES.items() if settings.opens_artifacts} | {"ray-head", "ray-worker"}


@pytest.mark.parametrize("name", SERVICES)
def test_a_service_has_the_time_to_finish_what_it_does(name: str, model: dict[str, Any]) -> None:
    assert model["services"][name]["stop_grace_period"] == "1m30s"
    assert facts.GRACE_S + 10 + answerer.GRACE_S + 10 < 90


def test_the_proxy_that_the_guide_trusts_is_the_address_from_which_the_published_port_is_reached(model: dict[str, Any]) -> None:
    # An inner network publishes nothing, so the port is that of the gateway's other one.
    (network,) = model["services"]["gateway"]["networks"].keys() - {"backend"}
    (addresses,) = model["networks"][network]["ipam"]["config"]

    trusted = re.findall(r"GATEWAY_TRUSTED_PROXIES=([\d.]+)", (ROOT / "docs" / "guides" / "compose.md").read_text())

    assert trusted == [str(next(ipaddress.ip_network(addresses["subnet"]).hosts()))]


def test_the_smoke_takes_nothing_from_the_operators_own_platform_but_its_images(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for folder in ("own", "smoke"):
        (tmp_path / folder).mkdir()
    own = Path(shutil.copy(ROOT / "docker-compose.yml", tmp_path / "own")).parent
    (own / ".env").write_text(
        "COMPOSE_PROFILES=observability\nMODELBOURSE_PUBLIC_URL=https://ours.example\nMODELBOURSE_IMAGES=ours.example/mb\n"
    )
    (own / "modelbourse.env").write_text("MARKETPLACE_PAYMENTS=stripe\nMARKETPLACE_STRIPE_KEY=sk_live_12345678\n")
    for variable in [name for name in os.environ if name.startswith(("COMPOSE_", "MODELBOURSE_"))]:
        monkeypatch.delenv(variable)

    environment = smoke_environment(tmp_path / "smoke", port=8765, root=own)

    done = subprocess.run([COMPOSE, "config", "--format", "json"], cwd=own, env=environment, capture_output=True, text=True, check=True)
    services = json.loads(done.stdout)["services"]
    assert [word for word in ("stripe", "ours.example/mb/ray:", "https://ours.example") if word in done.stdout] == ["ours.example/mb/ray:"]
    assert "prometheus" not in services
    assert services["gateway"]["ports"][0]["published"] == "8765"
    assert services["gateway"]["environment"]["GATEWAY_NEW_ACCOUNT_TIER"] == "elite"


def test_no_secret_is_in_the_file_or_in_an_environment(model: dict[str, Any], secrets: Path) -> None:
    shown = json.dumps(model)

    kept = {file.name: file.read_text().strip() for file in secrets.iterdir() if file.suffix != ".crt"}
    assert [name for name, text in kept.items() if text and text in shown] == []
    assert {Path(secret["file"]).name for secret in model["secrets"].values()} <= kept.keys() | {
        file.name for file in secrets.glob("*.crt")
    }
    for name, settings in SERVICES.items():
        hidden = {
            variable
            for field, variable in variables_of(settings).items()
            if not settings.model_fields[field].repr and not field.endswith("_url")
        }
        assert not hidden & {variable for variable, value in model["services"][name]["environment"].items() if value}


@pytest.mark.parametrize("name", SERVICES)
def test_a_service_starts_in_production_with_what_the_file_gives_it(
    name: str, model: dict[str, Any], secrets: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    start(model["services"][name], name=name, secrets=secrets, folder=tmp_path, patch=monkeypatch)


def test_a_service_starts_with_the_collector_of_traces(secrets: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    traced = resolved(MODELBOURSE_SECRETS=str(secrets), TRACES_ENDPOINT="traces.example:4317")["services"]

    start(traced["monitoring"], name="monitoring", secrets=secrets, folder=tmp_path, patch=monkeypatch)

    assert os.environ["OTEL_EXPORTER_OTLP_ENDPOINT"] == "https://otel-collector:4317"
    assert traced["otel-collector"]["environment"]["TRACES_ENDPOINT"] == "traces.example:4317"
    # Runners send their own spans, from Ray's nodes.
    for node in ("ray-head", "ray-worker"):
        assert traced[node]["environment"]["OTEL_EXPORTER_OTLP_CERTIFICATE"] == "/run/secrets/ca.crt"
    # Services and what it sends to are in different networks: it listens in both, and its ports are published in neither.
    assert "endpoint: 0.0.0.0:4317" in (ROOT / "deploy" / "compose" / "otel-tls.yml").read_text()
    assert "ports" not in traced["otel-collector"]


def start(service: dict[str, Any], *, name: str, secrets: Path, folder: Path, patch: pytest.MonkeyPatch) -> None:
    """Read a service's settings from what its container is given, and look at what came of them."""
    for mounted in service["secrets"]:
        (folder / Path(mounted["target"]).name).write_text((secrets / mounted["source"]).read_text())
    given = {variable: value.replace("/run/secrets", str(folder)) for variable, value in service["environment"].items()}
    for variable in list(os.environ):
        patch.delenv(variable)
    for variable, value in {**given, "SECRETS_DIR": str(folder)}.items():
        patch.setenv(variable, value)

    settings = read_settings(SERVICES[name])

    known = set(variables_of(SERVICES[name]).values())
    assert [variable for variable in given if variable not in known and not FOREIGN.fullmatch(variable)] == []
    assert [variable for variable, value in given.items() if value.startswith(str(folder)) and not Path(value).is_file()] == []
    assert settings.profile == "production"
    assert (settings.kafka_security, settings.kafka_username, settings.mongo_username, settings.redis_username) == (
        "SASL_SSL",
        name,
        name,
        name,
    )
    assert [settings.kafka_password, settings.mongo_password, settings.redis_password] == [
        (secrets / f"{server}-{name}").read_text().strip() for server in ("kafka", "mongodb", "valkey")
    ]


def test_the_guide_of_upgrades_rolls_every_container_of_the_release_and_names_no_other(model: dict[str, Any]) -> None:
    guide = (ROOT / "docs" / "guides" / "upgrades.md").read_text()
    rolled = re.findall(r"^docker compose up --detach --no-deps --wait ([^#\n]+)", guide, re.MULTILINE)
    ours = failing(model, lambda each: not each["image"].startswith("modelbourse/"))

    assert sorted(" ".join(rolled).split()) == sorted(set(ours) - ONE_SHOTS)


def test_kafka_keeps_the_places_of_consumers_longer_than_any_record() -> None:
    settings = [(ROOT / "deploy" / "compose" / "kafka" / "server.properties").read_text(), KAFKA_PROPERTIES]
    settings.append((ROOT / "deploy" / "k8s" / "base" / "kafka" / "kafka.yaml").read_text())
    kept = [re.findall(r"^\s*offsets\.retention\.minutes[=:]\s*(\d+)$", each, re.MULTILINE) for each in settings]

    assert [len(found) for found in kept] == [1, 1, 1]
    assert min(timedelta(minutes=int(found[0])) for found in kept) > max(topic.retention for topic in every_topic())
