"""The guided form of a training on texts: its settings in groups, with what the schema of `config` says of each."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from libs.contracts.text_config import TextConfig
from services.gateway.inbound.pages.page import Form, filled

SCHEMA: Final = TextConfig.model_json_schema()
# By section, the settings that it has.
SETTINGS: Final[Mapping[str, Mapping[str, Any]]] = {
    section: SCHEMA["$defs"][shape["$ref"].rpartition("/")[2]]["properties"] for section, shape in SCHEMA["properties"].items()
}
# What is asked first of each section; the others are folded.
FIRST: Final = ("training.backbone", "training.method", "training.num_epochs", "training.random_seed", "training.seeds")
COLUMNS: Final = ("preprocessing.text_column", "preprocessing.label_column")
REST: Final[Mapping[str, str]] = {
    "training": "More about how it learns",
    "preprocessing": "How texts become tokens",
    "data": "How the rows are split, and how the file is read",
}
ASKED: Final = ("data_path", "output_dir", "experiment_name", "resume_from", "log_level")
TYPES: Final = {"integer": "number", "number": "number"}


def setting(name: str) -> dict[str, Any]:
    """Return a setting as a field of the form: what stays empty has its default, which stands in it."""
    section, _, last = name.partition(".")
    schema = SETTINGS[section][last]
    shape = next(each for each in schema.get("anyOf", (schema,)) if each.get("type") != "null")
    default, choices = _in_words(schema.get("default")), [(each, each) for each in shape.get("enum", ())]
    if shape["type"] == "boolean":
        choices = [("true", "Yes"), ("false", "No")]
    return {
        "name": name,
        "label": last,
        "help": _help(schema["description"], shape),
        "type": TYPES.get(shape["type"], "text"),
        "default": default,
        "options": [("", f"Default: {default}" if default else "Default"), *choices] if choices else None,
    }


def _in_words(default: Any) -> str:
    """Return a default as the form shows it; empty where nothing is said by default."""
    if isinstance(default, bool):
        return "Yes" if default else "No"
    return "" if default is None or default == [] else str(default)


def _help(description: str, shape: Mapping[str, Any]) -> str:
    """Return what a setting's schema says of it, with its bounds."""
    least, most = shape.get("minimum"), shape.get("maximum")
    bounds = f" {least} to {most}." if least is not None and most is not None else ""
    several = " Several with commas." if shape["type"] == "array" else ""
    return description.replace("`", "") + bounds + several


def groups() -> Sequence[tuple[str, Sequence[Mapping[str, Any]]]]:
    """Return the folded groups of settings: all that are not asked first."""
    known = {section: [f"{section}.{name}" for name in names] for section, names in SETTINGS.items()}
    shown = {*FIRST, *COLUMNS}
    return [(title, [setting(name) for name in known[section] if name not in shown]) for section, title in REST.items()]


def new_training(form: Form) -> dict[str, Any]:
    """Return the body of a training; settings that are left empty are not sent, so that those of what it goes on from hold."""
    config: dict[str, dict[str, Any]] = {}
    for name, text in form.items():
        section, _, last = name.partition(".")
        schema = SETTINGS.get(section, {}).get(last)
        if schema is not None and text.strip():
            is_several = any(each.get("type") == "array" for each in schema.get("anyOf", (schema,)))
            value = [each.strip() for each in text.split(",") if each.strip()] if is_several else text.strip()
            config.setdefault(section, {})[last] = value
    return filled(form, *ASKED) | ({"config": config} if config else {})
