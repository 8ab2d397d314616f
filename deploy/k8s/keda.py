"""What KEDA's triggers are told: its CRD takes any text for any name, and the operator passes over what it does not know."""

import json
from collections.abc import Iterator, Mapping
from difflib import get_close_matches
from pathlib import Path
from typing import Any, Self

from deploy.k8s.rendered import Document

LONGEST_NAME = 54


class Scalers:
    """The parameters of each type of trigger, from the list that KEDA makes of its own source."""

    def __init__(self, parameters: Mapping[str, Mapping[str, Mapping[str, Any]]]) -> None:
        """`parameters`: by type and name."""
        self._parameters = parameters

    @classmethod
    def read(cls, file: Path) -> Self:
        """Read `scalers-schema.json` of a release of KEDA."""
        listed = json.loads(file.read_text())["scalers"]
        return cls({each["type"]: {parameter["name"]: parameter for parameter in each["parameters"]} for each in listed})

    def problems(self, document: Document) -> Iterator[str]:
        """Yield a sentence for each parameter of a trigger that there is not, that is missing or that has no such value."""
        if document.kind != "ScaledObject":
            return
        if len(document.name) > LONGEST_NAME:
            yield f"its name is longer than {LONGEST_NAME} characters, which the name of the autoscaler that KEDA makes has no room for"
        for number, trigger in enumerate(document.spec["triggers"]):
            known = self._parameters.get(trigger["type"])
            if known is None:
                yield f"triggers[{number}]: KEDA has no trigger {trigger['type']!r}{_near(trigger['type'], self._parameters)}"
            else:
                yield from (f"triggers[{number}].{problem}" for problem in _problems(trigger.get("metadata") or {}, known))


def _problems(given: Mapping[str, str], known: Mapping[str, Mapping[str, Any]]) -> Iterator[str]:
    for name, value in given.items():
        parameter = known.get(name) or known.get(name.removesuffix("FromEnv"))
        if parameter is None:
            yield f"metadata.{name}: there is no such parameter{_near(name, known)}"
        elif (allowed := parameter.get("allowedValue")) and value not in allowed:
            yield f"metadata.{name}: {value!r} is none of {', '.join(allowed)}"
    for name, parameter in known.items():
        is_optional = parameter.get("optional") or "default" in parameter or parameter.get("triggerAuthenticationVariableReadable")
        if not is_optional and name not in given and f"{name}FromEnv" not in given:
            yield f"metadata.{name} is missing"


def _near(name: str, known: Mapping[str, Any]) -> str:
    near = get_close_matches(name, known, n=1)
    return f" (did you mean {near[0]}?)" if near else ""
