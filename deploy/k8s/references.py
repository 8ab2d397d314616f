"""What manifests say of each other: a name that is misspelt is valid everywhere, and found when nothing works."""

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from typing import Any

from deploy.k8s.rendered import Body, Document
from libs.contracts.access import SERVICES

# Made by operators, or by whoever installs the platform (docs/guides/kubernetes.md lists these).
MADE_BY_STRIMZI = ("kafka-cluster-ca-cert",)
GIVEN = (*SERVICES, "gateway-metrics", "artifacts", "stores-ca", "ray-ca", "gateway-tls", "alpaca")


def reference_problems(documents: Sequence[Document]) -> Iterator[str]:
    """Yield a sentence for each name that leads nowhere, and for each workload that two autoscalers would pull at."""
    place = _Place(documents)
    for document in documents:
        yield from (f"{document}: {problem}" for problem in place.problems(document))
    targets = Counter(place.target_of(document) for document in documents if "scaleTargetRef" in document.spec)
    yield from (f"{kind}/{name} has {count} autoscalers; one is obeyed" for (kind, name), count in targets.items() if count > 1)


class _Place:
    """All that is rendered, to look names up in."""

    def __init__(self, documents: Sequence[Document]) -> None:
        self._documents = documents
        self._names = {(document.kind, document.name) for document in documents}
        users = (document.name for document in documents if document.kind == "KafkaUser")
        rays = (document.name for document in documents if document.kind == "RayCluster")
        self._secrets = {*GIVEN, *MADE_BY_STRIMZI, *users, *rays} | {name for kind, name in self._names if kind == "Secret"}
        self._pods = [pod for document in documents for pod in document.pods]
        self._judges: dict[str, Callable[[Document], Iterator[str]]] = {
            "Deployment": self._workload_problems,
            "StatefulSet": self._workload_problems,
            "Service": self._service_problems,
            "PodDisruptionBudget": self._budget_problems,
            "NetworkPolicy": self._network_problems,
            "ServiceMonitor": self._monitor_problems,
            "Ingress": self._ingress_problems,
            "ScaledObject": self._scaling_problems,
            "HorizontalPodAutoscaler": self._scaling_problems,
            "TriggerAuthentication": self._authentication_problems,
            "KafkaNodePool": self._kafka_problems,
            "KafkaTopic": self._kafka_problems,
            "KafkaUser": self._kafka_problems,
        }
        self._topics = {each.spec["topicName"]: each.spec["partitions"] for each in documents if each.kind == "KafkaTopic"}

    def problems(self, document: Document) -> Iterator[str]:
        """Yield what is wrong with the names in one manifest."""
        for pod in document.pods:
            yield from self._pod_problems(pod["spec"])
        judge = self._judges.get(document.kind)
        if judge is not None:
            yield from judge(document)

    def target_of(self, document: Document) -> tuple[str, str]:
        """Return kind and name of what an autoscaler scales."""
        reference = document.spec["scaleTargetRef"]
        return reference.get("kind", "Deployment"), reference["name"]

    def _labels(self) -> list[Body]:
        return [pod["metadata"].get("labels", {}) for pod in self._pods]

    def _pod_problems(self, spec: Body) -> Iterator[str]:
        account = spec.get("serviceAccountName")
        if account and ("ServiceAccount", account) not in self._names:
            yield f"there is no ServiceAccount {account!r}"
        for container in [*spec.get("initContainers", ()), *spec["containers"]]:
            sources = [*container.get("envFrom", ()), *(each.get("valueFrom", {}) for each in container.get("env", ()))]
            for source in sources:
                yield from self._source_problems(source.get("configMapRef") or source.get("configMapKeyRef"), "ConfigMap")
                yield from self._source_problems(source.get("secretRef") or source.get("secretKeyRef"), "Secret")
        for volume in spec.get("volumes", ()):
            for part in (volume, *volume.get("projected", {}).get("sources", ())):
                yield from self._source_problems(part.get("configMap"), "ConfigMap")
                yield from self._source_problems(part.get("secret"), "Secret")

    def _source_problems(self, source: Body | None, kind: str) -> Iterator[str]:
        name = (source or {}).get("name") or (source or {}).get("secretName")
        if name and kind == "Secret":
            yield from self._secret_problems([name])
        elif name and (kind, name) not in self._names:
            yield f"there is no {kind} {name!r}"

    def _secret_problems(self, names: Any) -> Iterator[str]:
        yield from (f"nobody makes a Secret {name!r}" for name in names if name not in self._secrets)

    def _workload_problems(self, document: Document) -> Iterator[str]:
        own = [pod["metadata"]["labels"] for pod in document.pods]
        yield from _selected(document.spec["selector"]["matchLabels"], own, "pods of its own")

    def _budget_problems(self, document: Document) -> Iterator[str]:
        yield from _selected(document.spec["selector"]["matchLabels"], self._labels(), "pods")

    def _authentication_problems(self, document: Document) -> Iterator[str]:
        yield from self._secret_problems(each["name"] for each in document.spec.get("secretTargetRef", ()))

    def _kafka_problems(self, document: Document) -> Iterator[str]:
        cluster = document.labels.get("strimzi.io/cluster")
        if ("Kafka", cluster) not in self._names:
            yield f"there is no Kafka {cluster!r}"

    def _service_problems(self, document: Document) -> Iterator[str]:
        spec = document.spec
        yield from _selected(spec["selector"], self._labels(), "pods")
        chosen = [pod for pod in self._pods if spec["selector"].items() <= pod["metadata"].get("labels", {}).items()]
        ports = {port.get("name") for pod in chosen for each in pod["spec"]["containers"] for port in each.get("ports", ())}
        named = [port["targetPort"] for port in spec["ports"] if isinstance(port.get("targetPort"), str)]
        yield from (f"no container has a port {port!r}" for port in named if chosen and port not in ports)

    def _network_problems(self, document: Document) -> Iterator[str]:
        spec = document.spec
        # Pods of another namespace are not rendered here, nor those that Strimzi makes.
        rules = [*spec.get("ingress", ()), *spec.get("egress", ())]
        peers = [peer for rule in rules for peer in [*rule.get("from", ()), *rule.get("to", ())]]
        ours = [spec["podSelector"], *(peer["podSelector"] for peer in peers if "podSelector" in peer and "namespaceSelector" not in peer)]
        for selector in ours:
            labels = selector.get("matchLabels", {})
            if not any(name.startswith("strimzi.io/") for name in labels):
                yield from _selected(labels, self._labels(), "pods")
            for expression in selector.get("matchExpressions", ()):
                there = {each.get(expression["key"]) for each in self._labels()}
                yield from (f"no pod has {expression['key']}={value}" for value in expression["values"] if value not in there)

    def _monitor_problems(self, document: Document) -> Iterator[str]:
        spec = document.spec
        wanted = spec["selector"]["matchLabels"]
        services = [each for each in self._documents if each.kind == "Service" and wanted.items() <= each.labels.items()]
        ports = {port.get("name") for service in services for port in service.spec["ports"]}
        for endpoint in spec["endpoints"]:
            if endpoint["port"] not in ports:
                yield f"no Service that it chooses has a port {endpoint['port']!r}"
            yield from self._secret_problems([endpoint["authorization"]["credentials"]["name"]])

    def _ingress_problems(self, document: Document) -> Iterator[str]:
        spec = document.spec
        yield from self._secret_problems(each["secretName"] for each in spec.get("tls", ()))
        for rule in spec["rules"]:
            for backend in (path["backend"]["service"] for path in rule["http"]["paths"]):
                service = next((each for each in self._documents if (each.kind, each.name) == ("Service", backend["name"])), None)
                if service is None or backend["port"].get("name") not in {port.get("name") for port in service.spec["ports"]}:
                    yield f"there is no Service {backend['name']!r} with a port {backend['port'].get('name')!r}"

    def _scaling_problems(self, document: Document) -> Iterator[str]:
        kind, name = self.target_of(document)
        target = next((each for each in self._documents if (each.kind, each.name) == (kind, name)), None)
        if target is None:
            yield f"there is no {kind} {name!r} to scale"
        elif "replicas" in target.spec:
            yield f"{target} says how many replicas it has, to which each apply would set it back"
        for trigger in document.spec.get("triggers", ()):
            topic, most = trigger["metadata"].get("topic"), document.spec.get("maxReplicaCount", 100)
            if trigger["type"] == "kafka" and topic not in self._topics:
                yield f"there is no topic {topic!r}"
            elif trigger["type"] == "kafka" and most > self._topics[topic]:
                yield f"{topic} has {self._topics[topic]} partitions: of {most} replicas the rest would have nothing to do"
            reference = trigger.get("authenticationRef", {}).get("name")
            if reference and ("TriggerAuthentication", reference) not in self._names:
                yield f"there is no TriggerAuthentication {reference!r}"


def _selected(wanted: Body, labels: Sequence[Body], what: str) -> Iterator[str]:
    if not any(wanted.items() <= each.items() for each in labels):
        yield f"it chooses no {what}: {', '.join(f'{name}={value}' for name, value in wanted.items())}"
