"""Manifests held to the schemas of Kubernetes and of the operators' own kinds, as strictly as an API server is asked to be."""

import copy
import json
import logging
import re
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, Final

import celpy
import jsonschema
import kubernetes_validate
import yaml
from celpy.adapter import json_to_cel

from deploy.k8s.rendered import Body, Document

KUBERNETES: Final = "1.36"
KIND: Final = re.compile(r"^    kind: (\w+)$", re.MULTILINE)
INT32: Final = 2**31
TEXTS: Final = {"type": "object", "additionalProperties": {"type": "string"}}
# What a manifest says of itself; the rest of it is a server's to write. A definition leaves it out.
METADATA: Final[Body] = {
    "type": "object",
    "required": ["name"],
    "properties": {"name": {"type": "string"}, "namespace": {"type": "string"}, "labels": TEXTS, "annotations": TEXTS},
    "additionalProperties": False,
}
# Says at each evaluation what it does.
logging.getLogger("celpy").setLevel(logging.ERROR)


class Schemas:
    """The schemas of core kinds and of those CRDs in a folder that are asked for; others are not read, as some are a megabyte."""

    def __init__(self, crds: Path, *, kinds: Iterable[str]) -> None:
        """Read what is needed for these kinds."""
        self._crds: dict[tuple[str, str], Body] = {}
        self._validators: dict[tuple[str, str], Any] = {}
        self._rules: dict[str, Any] = {}
        wanted = set(kinds)
        for file in sorted(crds.glob("*.yaml")):
            text = file.read_text()
            if wanted & set(KIND.findall(text)):
                self._read(text)

    def problems(self, document: Document) -> Iterator[str]:
        """Yield a sentence for each thing that a server would refuse by schema; a kind without a schema is one."""
        kind = (document.api, document.kind)
        if kind in self._crds:
            yield from self._crd_problems(kind, document.body)
        else:
            yield from _core_problems(document.body)

    def _read(self, text: str) -> None:
        for definition in yaml.load_all(text, Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader)):
            names, group = definition["spec"]["names"], definition["spec"]["group"]
            for version in definition["spec"]["versions"]:
                if version["served"]:
                    self._crds[f"{group}/{version['name']}", names["kind"]] = version["schema"]["openAPIV3Schema"]

    def _crd_problems(self, kind: tuple[str, str], body: Body) -> Iterator[str]:
        schema = self._crds[kind]
        if kind not in self._validators:
            root = strict(schema)
            root["properties"] |= {"apiVersion": {}, "kind": {}, "metadata": METADATA}
            self._validators[kind] = jsonschema.Draft4Validator(root)
        filled = with_defaults(schema, copy.deepcopy(body))
        wrong = [f"{_path(error.absolute_path)}: {error.message[:200]}" for error in self._validators[kind].iter_errors(filled)]
        yield from wrong
        if not wrong:  # A rule is asked of what has the right shape alone.
            for part, value, path in walk(schema, filled):
                yield from _doubles(part, value, path)
                for rule in part.get("x-kubernetes-validations", ()):
                    yield from self._broken(rule, value, path)

    def _broken(self, rule: Body, value: Any, path: str) -> Iterator[str]:
        text = rule["rule"]
        if "oldSelf" in text:
            return  # About a change; there is nothing before.
        if text not in self._rules:
            environment = celpy.Environment()
            self._rules[text] = environment.program(environment.compile(text))
        if not self._rules[text].evaluate({"self": json_to_cel(value)}):
            yield f"{path}: {rule.get('message', text)}"


def _core_problems(body: Body) -> Iterator[str]:
    try:
        kubernetes_validate.validate(body, KUBERNETES, strict=True)
    except kubernetes_validate.ValidationError as error:
        yield f"{_path(error.path)}: {error.message[:200]}"
    except kubernetes_validate.SchemaNotFoundError:
        yield f"{body.get('apiVersion')} {body.get('kind')} is a kind without a schema: is it misspelt, or its CRD missing?"


def _doubles(schema: Body, value: Any, path: str) -> Iterator[str]:
    keys = schema.get("x-kubernetes-list-map-keys")
    if isinstance(value, list) and (keys or schema.get("x-kubernetes-list-type") == "set"):
        ids = [json.dumps([each.get(key) for key in keys] if keys else each) for each in value]
        if len(set(ids)) < len(ids):
            yield f"{path}: one entry is there twice, by {', '.join(keys or ['its value'])}"


def strict(schema: Body) -> Body:
    """Return a structural schema as a JSON schema in which an unknown field is an error."""
    made = dict(schema)
    if "properties" in made:
        made["properties"] = {name: strict(each) for name, each in made["properties"].items()}
    for name in ("items", "additionalProperties"):
        if isinstance(made.get(name), dict):
            made[name] = strict(made[name])
    if made.get("type") == "object" and not made.get("x-kubernetes-preserve-unknown-fields"):
        made.setdefault("additionalProperties", False)
    if made.get("x-kubernetes-int-or-string"):
        made.pop("type", None)
        made.setdefault("anyOf", [{"type": "integer"}, {"type": "string"}])
    if made.get("format") == "int32":
        made = {"minimum": -INT32, "maximum": INT32 - 1, **made}
    if made.get("nullable") and "type" in made:
        made["type"] = [made["type"], "null"]
    return made


def with_defaults(schema: Body, value: Any) -> Any:
    """Return the value as a server sees it before it judges: without nulls, with defaults."""
    if isinstance(value, dict):
        known = schema.get("properties", {})
        for name in [name for name, each in value.items() if each is None and not known.get(name, {}).get("nullable")]:
            del value[name]
        for name, part in known.items():
            if name not in value and "default" in part:
                value[name] = copy.deepcopy(part["default"])
            if name in value:
                with_defaults(part, value[name])
    elif isinstance(value, list):
        for each in value:
            with_defaults(schema.get("items", {}), each)
    return value


def walk(schema: Body, value: Any, path: str = "") -> Iterator[tuple[Body, Any, str]]:
    """Yield each part of a value with its schema and its path."""
    yield schema, value, path
    if isinstance(value, dict):
        for name, each in value.items():
            part = schema.get("properties", {}).get(name) or schema.get("additionalProperties")
            if isinstance(part, dict):
                yield from walk(part, each, f"{path}.{name}".lstrip("."))
    elif isinstance(value, list) and isinstance(schema.get("items"), dict):
        for number, each in enumerate(value):
            yield from walk(schema["items"], each, f"{path}[{number}]")


def _path(parts: Iterable[Any]) -> str:
    return ".".join(str(part) for part in parts) or "the manifest"
