"""What the validator of manifests finds: each mistake is one that kustomize renders without a word."""

import copy
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from deploy.k8s.references import reference_problems
from deploy.k8s.rendered import Document, RenderError, read, render
from deploy.k8s.validate import Validator, main
from tests.deploy.k8s import crds, of_kind, rendered

Change = Callable[[dict[str, Any]], object]


@pytest.fixture(scope="module")
def validator() -> Validator:
    return Validator(crds(), kinds=[document.kind for document in rendered("prod")])


def container_of(body: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = body["spec"]["template"]["spec"]["containers"][0]
    return found


def first_trigger(body: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = body["spec"]["triggers"][0]["metadata"]
    return found


MISTAKES: list[tuple[str, str, Change, str]] = [
    ("Deployment", "gateway", lambda b: b.update(kind="Deploymnet"), "a kind without a schema"),
    ("Deployment", "gateway", lambda b: container_of(b).update(imagePullPolcy="Always"), "imagePullPolcy"),
    ("Deployment", "gateway", lambda b: container_of(b)["resources"]["requests"].update(memory="9Gi"), "more memory than its limit"),
    ("Deployment", "gateway", lambda b: container_of(b)["volumeMounts"][0].update(name="temp"), "no volume of its pod: temp"),
    ("Deployment", "gateway", lambda b: container_of(b)["envFrom"][0]["configMapRef"].update(name="conections"), "no ConfigMap 'conections'"),
    ("Deployment", "gateway", lambda b: b["spec"]["selector"]["matchLabels"].update({"app.kubernetes.io/name": "gatway"}), "chooses no pods of its own"),
    ("Deployment", "gateway", lambda b: b["spec"].update(replicas=2), "to which each apply would set it back"),
    ("Deployment", "gateway", lambda b: b["spec"]["template"]["spec"].update(serviceAccountName="gatewy"), "no ServiceAccount 'gatewy'"),
    ("Service", "gateway", lambda b: b["spec"]["ports"][0].update(targetPort="web"), "no container has a port 'web'"),
    ("Ingress", "gateway", lambda b: b["spec"]["tls"][0].update(secretName="gatewy-tls"), "nobody makes a Secret 'gatewy-tls'"),
    ("PodDisruptionBudget", "gateway", lambda b: b["spec"].update(minAvailable=1), "either minAvailable or maxUnavailable"),
    ("NetworkPolicy", "webhooks", lambda b: b["spec"].update(policyTypes=["Ingress"]), "policyTypes does not name Egress"),
    ("NetworkPolicy", "webhooks", lambda b: b["spec"]["podSelector"]["matchLabels"].update({"app.kubernetes.io/name": "gatway"}), "chooses no pods"),
    ("ScaledObject", "training", lambda b: b["spec"].update(maxReplicas=3), "maxReplicas"),
    ("ScaledObject", "training", lambda b: first_trigger(b).update(lagTreshold="5"), "did you mean lagThreshold?"),
    ("ScaledObject", "training", lambda b: first_trigger(b).update(sasl="scram"), "'scram' is none of"),
    ("ScaledObject", "training", lambda b: first_trigger(b).update(topic="training.request"), "there is no topic 'training.request'"),
    ("ScaledObject", "training", lambda b: b["spec"].update(maxReplicaCount=9), "training.requested has 6 partitions"),
    ("ScaledObject", "training", lambda b: b["spec"]["scaleTargetRef"].update(name="trainer"), "no Deployment 'trainer' to scale"),
    ("ScaledObject", "training", lambda b: b["spec"]["scaleTargetRef"].update(name="inference"), "Deployment/inference has 2 autoscalers"),
    ("ServiceMonitor", "gateway", lambda b: b["spec"]["endpoints"][0].update(port="metrics"), "no Service that it chooses has a port 'metrics'"),
    ("RayCluster", "ray", lambda b: b["spec"]["workerGroupSpecs"][0].update(maxReplica=3), "maxReplica"),
    ("RayCluster", "ray", lambda b: b["spec"]["workerGroupSpecs"][0].update(minReplicas=30), "more workers at least than at most"),
    ("Kafka", "kafka", lambda b: b.update(apiVersion="kafka.strimzi.io/v1beta2"), "a kind without a schema"),
    ("Kafka", "kafka", lambda b: b["spec"]["kafka"]["listeners"][0].update(port=900), "900 is less than the minimum"),
    ("KafkaTopic", "training.requested", lambda b: b["metadata"]["labels"].update({"strimzi.io/cluster": "kafak"}), "no Kafka 'kafak'"),
    ("KafkaTopic", "training.requested", lambda b: b["metadata"].update(lables={}), "'lables' was unexpected"),
    ("KafkaUser", "kafka-gateway", lambda b: b["spec"]["authentication"].update(validityDays=3), "'type: tls'"),
]  # fmt: skip


@pytest.mark.parametrize(("kind", "name", "change", "said"), MISTAKES, ids=[f"{kind}: {said}" for kind, _, _, said in MISTAKES])
def test_a_mistake_is_found(kind: str, name: str, change: Change, said: str, validator: Validator) -> None:
    body = copy.deepcopy(of_kind("prod", kind)[name].body)
    change(body)
    # Topics aside, which are many: of these, what the other manifests name is enough.
    others = [
        each for each in rendered("prod") if (each.kind, each.name) != (kind, name) and each.kind not in {"PrometheusRule", "KafkaUser"}
    ]

    found = [*validator.problems_of(Document(body)), *reference_problems([*others, Document(body)])]

    assert any(said in problem for problem in found), found


def test_a_key_that_stands_twice_is_found() -> None:
    with pytest.raises(RenderError, match="the key 'memory' stands twice"):
        read("limits: {memory: 1Gi, cpu: 1, memory: 2Gi}")


def test_what_cannot_be_rendered_is_said_in_kustomizes_words(tmp_path: Path) -> None:
    (tmp_path / "kustomization.yaml").write_text("resource: [deployment.yaml]\n")

    with pytest.raises(RenderError, match='unknown field "resource"'):
        render(tmp_path)


def test_the_check_names_each_problem_and_fails(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    crds()
    (tmp_path / "kustomization.yaml").write_text("resources: [pods.yaml]\n")
    (tmp_path / "pods.yaml").write_text(
        "{apiVersion: policy/v1, kind: PodDisruptionBudget, metadata: {name: lonely}, spec: {selector: {matchLabels: {a: b}}}}"
    )

    status = main([str(tmp_path)])

    assert status == 1
    assert f"{tmp_path}: PodDisruptionBudget/lonely: it says either minAvailable or maxUnavailable\n" in capsys.readouterr().out
