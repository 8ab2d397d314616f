"""Prompts, each version a file beside this one: what stands under `# System` and under `# User`, with `$names` to be filled in."""

import hashlib
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from string import Template
from typing import Any, Final

import orjson

from services.inference.domain.llm import LlmMessage

FENCE: Final = "DATA-"


@dataclass(frozen=True, slots=True)
class Prompt:
    """A version of a prompt."""

    name: str
    system: str
    user: Template

    def messages(self, **values: str) -> tuple[LlmMessage, ...]:
        """Return what is sent. Raise KeyError for a name that is not given."""
        return LlmMessage("system", self.system), LlmMessage("user", self.user.substitute(values))


@cache
def prompt(name: str) -> Prompt:
    """Read a prompt, such as `analysis_v1`. Raise FileNotFoundError for one that there is not."""
    text = files(__package__).joinpath("prompts", f"{name}.md").read_text(encoding="utf-8")
    _, _, sections = text.partition("# System\n")
    system, _, user = sections.partition("# User\n")
    return Prompt(name, system.strip(), Template(user.strip()))


def fenced(data: Any) -> str:
    """Return data as JSON between two lines that it cannot hold: its own hash is in them, so whoever wrote the data cannot close the fence.

    JSON escapes line breaks: no line of a text can look like one of ours.
    """
    text = orjson.dumps(data, option=orjson.OPT_SORT_KEYS).decode()
    mark = f"{FENCE}{hashlib.sha256(text.encode()).hexdigest()[:16]}"
    return f"<<<{mark}\n{text}\n{mark}>>>"
