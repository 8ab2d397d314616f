"""What a server or an operator refuses by rules that no schema carries: the few that our manifests could break."""

import re
from collections.abc import Iterator
from decimal import Decimal
from typing import Any, Final

from deploy.k8s.rendered import Body, Document

LABEL: Final = re.compile(r"([A-Za-z0-9]([A-Za-z0-9._-]{0,61}[A-Za-z0-9])?)?")
NAME: Final = re.compile(r"[a-z0-9]([-a-z0-9.]{0,251}[a-z0-9])?")
QUANTITY: Final = re.compile(r"(\d+(?:\.\d+)?)(m|k|M|G|T|Ki|Mi|Gi|Ti|)")
UNITS = {"m": Decimal("0.001"), "": Decimal(1)}
UNITS |= {unit: Decimal(1000**power) for power, unit in enumerate(("k", "M", "G", "T"), 1)}
UNITS |= {f"{unit}i": Decimal(1024**power) for power, unit in enumerate(("K", "M", "G", "T"), 1)}
PORTS: Final = range(1, 65536)


def rule_problems(document: Document) -> Iterator[str]:
    """Yield a sentence for each broken rule of one manifest."""
    if not NAME.fullmatch(document.name):
        yield f"{document.name!r} is no name: lower-case letters, digits, - and . are"
    for name, value in document.labels.items():
        if not LABEL.fullmatch(str(value)):
            yield f"{value!r} is no value of a label ({name})"
    claimed = {claim["metadata"]["name"] for claim in document.spec.get("volumeClaimTemplates", ())}
    for pod in document.pods:
        yield from _pod_problems(pod, claimed=claimed)
    match document.kind:
        case "PodDisruptionBudget" if ("minAvailable" in document.spec) == ("maxUnavailable" in document.spec):
            yield "it says either minAvailable or maxUnavailable"
        case "ScaledObject" | "HorizontalPodAutoscaler":
            spec = {"minReplicas": 1, "maxReplicas": 100, **document.spec}
            if spec.get("minReplicaCount", spec["minReplicas"]) > spec.get("maxReplicaCount", spec["maxReplicas"]):
                yield "it is to have more at least than at most"
        case "RayCluster":
            yield from _ray_problems(document.spec)
        case "NetworkPolicy":
            yield from _network_problems(document.spec)


def quantity(text: Any) -> Decimal:
    """Return how much `500m` or `2Gi` is. Raise ValueError for what is no quantity."""
    found = QUANTITY.fullmatch(str(text))
    if found is None:
        message = f"{text!r} is no quantity such as 500m or 2Gi"
        raise ValueError(message)
    return Decimal(found[1]) * UNITS[found[2]]


def _pod_problems(pod: Body, *, claimed: set[str]) -> Iterator[str]:
    spec = pod["spec"]
    containers = [*spec.get("initContainers", ()), *spec["containers"]]
    names = [container["name"] for container in containers]
    if len(set(names)) < len(names):
        yield f"two containers have one name: {', '.join(sorted(names))}"
    volumes = claimed | {volume["name"] for volume in spec.get("volumes", ())}
    for container in containers:
        where = f"container {container['name']}"
        if not container.get("image"):
            yield f"{where} has no image"
        if missing := {mount["name"] for mount in container.get("volumeMounts", ())} - volumes:
            yield f"{where} mounts what is no volume of its pod: {', '.join(sorted(missing))}"
        yield from (f"{where}: {problem}" for problem in _resource_problems(container.get("resources") or {}))
        ports = {port.get("name") for port in container.get("ports", ())}
        for probe in ("startupProbe", "readinessProbe", "livenessProbe"):
            for how in ("httpGet", "tcpSocket"):
                port = (container.get(probe) or {}).get(how, {}).get("port", 1)
                if (isinstance(port, str) and port not in ports) or (isinstance(port, int) and port not in PORTS):
                    yield f"{where}: {probe} asks port {port!r}, which it does not have"


def _resource_problems(resources: Body) -> Iterator[str]:
    try:
        asked = {name: quantity(value) for name, value in resources.get("requests", {}).items()}
        most = {name: quantity(value) for name, value in resources.get("limits", {}).items()}
    except ValueError as error:
        yield str(error)
        return
    yield from (f"it asks for more {name} than its limit" for name in asked.keys() & most.keys() if asked[name] > most[name])


def _ray_problems(spec: Body) -> Iterator[str]:
    for group in spec.get("workerGroupSpecs", ()):
        if group.get("minReplicas", 0) > group.get("maxReplicas", 0):
            yield f"group {group['groupName']} is to have more workers at least than at most"
    is_v2 = spec.get("autoscalerOptions", {}).get("version") == "v2"
    groups = [spec["headGroupSpec"], *spec.get("workerGroupSpecs", ())]
    if is_v2 and any(group["template"]["spec"].get("restartPolicy", "Never") != "Never" for group in groups):
        yield "pods of an autoscaler v2 are not restarted: restartPolicy is Never, or is not said"


def _network_problems(spec: Body) -> Iterator[str]:
    for rule in [*spec.get("ingress", ()), *spec.get("egress", ())]:
        for port in rule.get("ports", ()):
            if isinstance(port.get("port"), int) and port["port"] not in PORTS:
                yield f"there is no port {port['port']}"
    for kind in ("ingress", "egress"):
        if kind in spec and kind.title() not in spec.get("policyTypes", ()):
            yield f"it opens {kind}, but policyTypes does not name {kind.title()}"
