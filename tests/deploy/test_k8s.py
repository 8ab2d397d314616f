"""What each overlay makes of the platform, read from what kustomize renders."""

import os
import re
import subprocess
from pathlib import Path
from typing import Any

import certifi
import pytest
import yaml

from deploy.k8s.rendered import ROOT, read, render
from deploy.k8s.validate import Validator
from deploy.local.generate import SERVICES as SETTINGS
from deploy.observability.metrics import samples
from libs.chassis.bus import answerer, facts
from libs.chassis.bus.topics import group_of
from libs.chassis.settings import OTHERS, read_settings, variables_of
from libs.contracts.access import SERVICES, access_of
from libs.contracts.topics import ASKS, EVENTS, every_topic
from services.gateway.domain.jobs.export_price import MODEL_MOST
from tests.deploy.k8s import crds, environment_of, of_kind, pods_of, rendered, secret_files_of

# Read by libraries, not by our settings.
OF_LIBRARIES = re.compile(r"SECRETS_DIR|AWS_.*|RAY_AUTH_.*|RAY_USE_TLS|RAY_TLS_.*|RAY_raylet_.*")
GOOD = "k8J2vQx7Zp4Lr9Tn3Wb6Yd1Hf5Gs0McAeUiOq"
OWN_SECRETS = {
    "gateway": {"GATEWAY_JWT_KEYS": f"one:{GOOD}", "GATEWAY_METRICS_TOKEN": GOOD[::-1]},
    "marketplace": {"MARKETPLACE_STRIPE_KEY": f"sk_live_{GOOD}"},
}
STORES = {"MONGO_USERNAME": "ours", "MONGO_PASSWORD": GOOD, "REDIS_USERNAME": "ours", "REDIS_PASSWORD": GOOD}


@pytest.mark.parametrize("overlay", ["dev", "prod"])
def test_what_is_rendered_is_what_kubernetes_and_the_operators_take(overlay: str) -> None:
    documents = rendered(overlay)

    assert [*Validator(crds(), kinds=[document.kind for document in documents]).problems(documents)] == []


@pytest.mark.parametrize("overlay", ["dev", "prod"])
def test_topics_and_what_each_service_may_do_with_them_are_those_of_the_contracts(overlay: str) -> None:
    topics = [each.spec for each in of_kind(overlay, "KafkaTopic").values()]
    users = {name: each.spec["authorization"]["acls"] for name, each in of_kind(overlay, "KafkaUser").items()}

    told = {(each["topicName"], each["partitions"], int(each["config"]["retention.ms"])) for each in topics}
    assert told == {(topic.name, topic.partitions, topic.retention_ms) for topic in every_topic()}
    assert users.keys() == {f"kafka-{service}" for service in SERVICES}
    for service in SERVICES:
        access = access_of(service)
        allowed = {(rule["resource"]["name"], right) for rule in users[f"kafka-{service}"] for right in rule["operations"]}
        reads = {(name, "Read") for name in (*access.reads, *access.groups)}
        writes = {(name, "Write") for name in (*access.writes, *access.replays)}
        assert allowed - {(name, "Describe") for name, _ in allowed} == reads | writes


@pytest.mark.parametrize("overlay", ["dev", "prod"])
@pytest.mark.parametrize("service", SERVICES)
def test_a_service_starts_with_what_its_overlay_tells_it(
    overlay: str, service: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    given = environment_of(overlay, service)
    own = OWN_SECRETS.get(service, {}) | (STORES if overlay == "prod" else {})
    for name in secret_files_of(overlay, service):
        (tmp_path / name).write_text(Path(certifi.where()).read_text() if name.endswith(".crt") else GOOD)
    for name, value in own.items():
        (tmp_path / name).write_text(value)
    for name, value in given.items():
        monkeypatch.setenv(name, value.replace("/etc/modelbourse", str(tmp_path)))

    settings = read_settings(SETTINGS[service])

    assert settings.profile == ("production" if overlay == "prod" else "development")
    assert settings.kafka_username == f"kafka-{service}"
    assert settings.kafka_password == GOOD
    variables, fields = variables_of(SETTINGS[service]), SETTINGS[service].model_fields
    unknown = given.keys() - set(variables.values())
    assert [name for name in unknown if not OF_LIBRARIES.fullmatch(name)] == []
    assert [name for field, name in variables.items() if name in given and not fields[field].repr and field not in OTHERS] == []


@pytest.mark.parametrize("overlay", ["dev", "prod"])
def test_every_pod_is_held_to_the_restricted_standard_and_has_bounds(overlay: str) -> None:
    for name, pod in pods_of(overlay).items():
        spec = pod["spec"]
        assert spec["securityContext"]["runAsNonRoot"] is True, name
        assert spec["securityContext"]["seccompProfile"] == {"type": "RuntimeDefault"}, name
        # The head's autoscaler asks Kubernetes for workers; nobody else speaks to it.
        assert spec.get("automountServiceAccountToken", True) is (name == "ray-head"), name
        for container in [*spec.get("initContainers", ()), *spec["containers"]]:
            closed = {"allowPrivilegeEscalation": False, "readOnlyRootFilesystem": True, "capabilities": {"drop": ["ALL"]}}
            assert container["securityContext"] == closed, (name, container["name"])
            assert {"cpu", "memory"} <= container["resources"]["requests"].keys(), (name, container["name"])
            assert "memory" in container["resources"]["limits"], (name, container["name"])
            assert re.fullmatch(r".+:(?!latest$)[^:/]+", container["image"]), container["image"]


def test_inference_has_room_for_all_models_that_it_may_keep_and_one_that_is_being_loaded() -> None:
    fields, [container] = SETTINGS["inference"].model_fields, pods_of("prod")["inference"]["spec"]["containers"]
    assert not {"INFERENCE_MODELS_BYTES", "INFERENCE_TEXT_MODELS_BYTES"} & environment_of("prod", "inference").keys()

    allowed = int(container["resources"]["limits"]["memory"].removesuffix("Gi")) * 2**30

    assert allowed > fields["models_bytes"].default + fields["text_models_bytes"].default + 2 * MODEL_MOST


@pytest.mark.parametrize("service", SERVICES)
def test_a_service_is_probed_spread_and_given_time_to_end(service: str) -> None:
    pod = pods_of("prod")[service]["spec"]
    container = pod["containers"][0]

    asked = {probe: container[f"{probe}Probe"]["exec"]["command"][-2:] for probe in ("startup", "liveness", "readiness")}
    assert asked == {"startup": ["live", service], "liveness": ["live", service], "readiness": ["ready", service]}
    assert [each["topologyKey"] for each in pod["topologySpreadConstraints"]] == ["topology.kubernetes.io/zone", "kubernetes.io/hostname"]
    assert of_kind("prod", "PodDisruptionBudget")[service].spec["maxUnavailable"] == 1
    before = container.get("lifecycle", {}).get("preStop", {}).get("sleep", {}).get("seconds", 0)
    assert pod["terminationGracePeriodSeconds"] > before + facts.GRACE_S + 10 + answerer.GRACE_S + 10


def test_production_is_scaled_by_its_work_and_takes_its_images_from_a_registry() -> None:
    deployments = of_kind("prod", "Deployment")

    assert [name for name, each in deployments.items() if "replicas" in each.spec] == []
    assert {
        each.spec["scaleTargetRef"]["name"]
        for kind in ("ScaledObject", "HorizontalPodAutoscaler")
        for each in of_kind("prod", kind).values()
    } == set(SERVICES)
    assert {container["image"] for pod in pods_of("prod").values() for container in pod["spec"]["containers"]} == {
        f"registry.example.com/modelbourse/{name}:0.1.0" for name in (*SERVICES, "ray")
    }
    assert [name for name, value in environment_of("prod", "gateway").items() if value.startswith(("http://", "redis://"))] == []
    assert of_kind("prod", "Ingress")["gateway"].spec["tls"] == [{"hosts": ["modelbourse.example.com"], "secretName": "gateway-tls"}]
    assert {name: each.spec["replicas"] for name, each in of_kind("prod", "KafkaNodePool").items()} == {"brokers": 3, "controllers": 3}


def test_a_try_out_is_one_of_each_without_further_operators() -> None:
    kinds = {document.kind for document in rendered("dev")}

    assert {name: each.spec["replicas"] for name, each in of_kind("dev", "Deployment").items()} == dict.fromkeys(SERVICES, 1)
    assert of_kind("dev", "KafkaNodePool").keys() == {"brokers"}
    assert of_kind("dev", "KafkaNodePool")["brokers"].spec["roles"] == ["controller", "broker"]
    assert of_kind("dev", "Kafka")["kafka"].spec["kafka"]["config"]["default.replication.factor"] == 1
    assert of_kind("dev", "StatefulSet").keys() == {"mongodb", "valkey", "minio"}
    assert kinds & {"Ingress", "ScaledObject", "HorizontalPodAutoscaler", "ServiceMonitor", "PrometheusRule"} == set()


def openings_of(overlay: str, labels: dict[str, str]) -> set[str]:
    """The policies that open something for pods with these labels."""
    return {
        name
        for name, policy in of_kind(overlay, "NetworkPolicy").items()
        if policy.spec.keys() & {"ingress", "egress"}
        and policy.spec["podSelector"].get("matchLabels", {}).items() <= labels.items()
        and all(labels.get(each["key"]) in each["values"] for each in policy.spec["podSelector"].get("matchExpressions", ()))
    }


def test_each_pod_reaches_what_it_needs_and_nothing_else() -> None:
    shut = of_kind("prod", "NetworkPolicy")["default-deny"].spec
    reaches = {name: openings_of("prod", pod["metadata"]["labels"]) - {"dns"} for name, pod in pods_of("prod").items()}

    assert shut == {"podSelector": {}, "policyTypes": ["Ingress", "Egress"]}
    everybody = {"kafka", "databases", "traces"}
    assert reaches == {
        "gateway": {*everybody, "artifacts", "callers", "webhooks"},
        "training": {*everybody, "artifacts", "ray"},
        "inference": {*everybody, "artifacts", "llm"},
        "marketplace": {*everybody, "payments"},
        "monitoring": everybody,
        "ray-head": {"ray", "ray-autoscaler"},
        "ray-worker": {"ray", "artifacts", "traces", "exchanges"},
    }


def group_topics(service: str) -> dict[str, set[str]]:
    heard = {topic.name for topic in EVENTS.values() if service in topic.consumers}
    answered = {topic.name for topic in ASKS.values() if service in topic.consumers}
    return {group_of(service, namespace=""): heard, group_of(service, namespace="", traffic="asks"): answered}


@pytest.mark.parametrize("service", ["training", "inference", "marketplace", "monitoring"])
def test_autoscaling_looks_at_the_lag_of_each_of_a_services_groups(service: str) -> None:
    triggers = [each["metadata"] for each in of_kind("prod", "ScaledObject")[service].spec["triggers"] if each["type"] == "kafka"]
    groups = {group: topics for group, topics in group_topics(service).items() if topics}

    assert {each["consumerGroup"] for each in triggers} == groups.keys()
    assert [each["topic"] for each in triggers if each["topic"] not in groups[each["consumerGroup"]]] == []
    assert {(each["offsetResetPolicy"], each["sasl"], each["tls"]) for each in triggers} == {("earliest", "scram_sha512", "enable")}


def metric_names(query: str) -> set[str]:
    return set(re.findall(r"modelbourse_\w+", query))


def test_what_scales_and_alerts_names_metrics_that_there_are() -> None:
    triggers = [each for scaled in of_kind("prod", "ScaledObject").values() for each in scaled.spec["triggers"]]
    rules = [rule for each in of_kind("prod", "PrometheusRule").values() for group in each.spec["groups"] for rule in group["rules"]]
    page = (ROOT / "docs/guides/kubernetes.md").read_text()
    adapter: dict[str, Any] = yaml.safe_load(re.findall(r"```yaml\n(rules:.*?)```", page, re.DOTALL)[0])["rules"][0]

    asked = [each["metadata"]["query"] for each in triggers if each["type"] == "prometheus"]
    named = {name for query in (*asked, *(rule["expr"] for rule in rules), adapter["seriesQuery"]) for name in metric_names(query)}
    assert named - samples().keys() == set()
    scaler = of_kind("prod", "HorizontalPodAutoscaler")["gateway"].spec["metrics"][0]["object"]
    assert scaler["metric"]["name"] == adapter["name"]["as"]
    assert scaler["describedObject"]["name"] == "gateway"
    assert len([rule for rule in rules if "alert" in rule]) >= 25


def test_ray_is_of_the_version_that_is_installed_asks_for_a_token_and_grows_as_far_as_runners_may() -> None:
    cluster = of_kind("prod", "RayCluster")["ray"].spec
    groups = {group["groupName"]: group for group in cluster["workerGroupSpecs"]}

    assert f"ray=={cluster['rayVersion']}" in (ROOT / "constraints.txt").read_text()
    assert cluster["authOptions"] == {"mode": "token"}
    assert cluster["enableInTreeAutoscaling"] is True
    limits = {name: group["template"]["spec"]["containers"][0]["resources"]["limits"] for name, group in groups.items()}
    room = groups["cpu"]["maxReplicas"] * int(limits["cpu"]["cpu"])
    assert environment_of("prod", "training")["TRAINING_MAX_RUNNERS"] == str(room)
    assert (groups["gpu"]["minReplicas"], limits["gpu"]["nvidia.com/gpu"]) == (0, "1")
    for group in (cluster["headGroupSpec"], *groups.values()):
        named = {each["name"] for each in group["template"]["spec"]["containers"][0]["env"]}
        assert {"RAY_USE_TLS", "RAY_TLS_SERVER_CERT", "RAY_TLS_SERVER_KEY", "RAY_TLS_CA_CERT"} <= named


def test_all_workers_read_backbones_from_a_claim_where_the_overlay_takes_them(tmp_path: Path) -> None:
    base, component = (
        os.path.relpath(ROOT / "deploy/k8s" / place, tmp_path.resolve()) for place in ("overlays/prod", "components/backbones")
    )
    (tmp_path / "kustomization.yaml").write_text(f"resources: [{base}]\ncomponents: [{component}]\n")

    found = read(render(tmp_path))

    [cluster] = [each for each in found if each.kind == "RayCluster"]
    [told] = [each.body["data"] for each in found if each.kind == "ConfigMap" and "TRAINING_MAX_RUNNERS" in each.body["data"]]
    place = {"name": "backbones", "mountPath": told["TRAINING_BACKBONES"], "readOnly": True}
    for group in cluster.spec["workerGroupSpecs"]:
        assert place in group["template"]["spec"]["containers"][0]["volumeMounts"]
        claim = next(volume for volume in group["template"]["spec"]["volumes"] if volume["name"] == "backbones")["persistentVolumeClaim"]
        assert claim == {"claimName": "backbones", "readOnly": True}
    assert "backbones" in [each.name for each in found if each.kind == "PersistentVolumeClaim"]


@pytest.mark.parametrize("overlay", ["dev", "prod"])
def test_a_runner_is_told_of_the_artifacts_store_whatever_the_service_is_told(overlay: str) -> None:
    told = {name: value for name, value in environment_of(overlay, "training").items() if name.startswith("AWS_")}
    own_authority = {"secret": {"name": "stores-ca", "optional": True, "items": [{"key": "ca.crt", "path": "stores-ca.crt"}]}}

    for group in of_kind(overlay, "RayCluster")["ray"].spec["workerGroupSpecs"]:
        pod = group["template"]["spec"]
        [named] = [source["configMapRef"]["name"] for source in pod["containers"][0]["envFrom"]]
        given = of_kind(overlay, "ConfigMap")[named].body["data"]
        assert {name: value for name, value in given.items() if name.startswith("AWS_")} == told
        assert own_authority in next(volume["projected"]["sources"] for volume in pod["volumes"] if volume["name"] == "secrets")


def test_the_whole_fleet_is_scraped_once_with_a_token_that_lies_apart_from_the_keys_that_sign() -> None:
    endpoint = of_kind("prod", "ServiceMonitor")["gateway"].spec["endpoints"][0]
    volumes = pods_of("prod")["gateway"]["spec"]["volumes"]

    assert endpoint["authorization"]["credentials"] == {"name": "gateway-metrics", "key": "GATEWAY_METRICS_TOKEN"}
    assert {"secret": {"name": "gateway-metrics"}} in next(each["projected"]["sources"] for each in volumes if each["name"] == "secrets")
    assert of_kind("dev", "Secret")["gateway-metrics"].body["data"].keys() == {"GATEWAY_METRICS_TOKEN"}
    assert of_kind("dev", "Secret")["gateway"].body["data"].keys() == {"GATEWAY_JWT_KEYS"}
    assert endpoint["honorLabels"] is True
    assert {
        "action": "replace",
        "sourceLabels": ["__meta_kubernetes_namespace"],
        "targetLabel": "__address__",
        "replacement": "gateway.$1.svc:8000",
    } in endpoint["relabelings"]


def test_a_pod_of_ray_certifies_its_own_address(tmp_path: Path) -> None:
    ca, tls = tmp_path / "ca", tmp_path / "tls"
    ca.mkdir(), tls.mkdir()
    curve = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"]
    made = ["openssl", "req", "-x509", *curve, "-keyout", ca / "tls.key", "-out", ca / "tls.crt", "-subj", "/CN=ray-ca"]
    subprocess.run(made, check=True, capture_output=True)
    pod = {"POD_IP": "10.1.2.3", "POD_NAMESPACE": "modelbourse", "TLS_FOLDER": str(tls), "CA_FOLDER": str(ca)}

    script = of_kind("prod", "ConfigMap")["ray-certificate"].body["data"]["certificate.sh"]
    subprocess.run(["sh", "-c", script], env=os.environ | pod, check=True, capture_output=True)

    assert {file.name for file in tls.iterdir()} == {"tls.crt", "tls.key", "ca.crt"}
    verify = ["openssl", "verify", "-CAfile", tls / "ca.crt", "-purpose", "sslserver", "-verify_ip", "10.1.2.3", tls / "tls.crt"]
    assert subprocess.run(verify, check=False, capture_output=True).returncode == 0
    assert (tls / "tls.key").stat().st_mode & 0o077 == 0
