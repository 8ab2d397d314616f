"""`sentiment-config`: what is set, a template, and whether a configuration can be used."""

import os
from pathlib import Path
from typing import Annotated, Final

import typer

from modelbourse.builder.config import defaults, template
from modelbourse.cli.sentiment.given import KEY, URL, ConfigOption, FormatOption, config_of, json_wanted
from modelbourse.cli.showing import print_facts, print_json, say

# Where a configuration is looked for when none is named.
USUAL: Final = Path("configs/training_config.yaml")


def config(
    *,
    config_: ConfigOption = None,
    validate: Annotated[bool, typer.Option("--validate", help="Only say whether it can be used; exit status 1 when not.")] = False,
    template_: Annotated[bool, typer.Option("--template", help="Print a configuration with all settings and what they mean.")] = False,
    format_: FormatOption = "table",
) -> None:
    """Show how trainings are configured: the defaults, and what --config changes.

    Without --config, configs/training_config.yaml is read where it is there.

    sentiment-config --template > training_config.yaml

    sentiment-config --validate --config training_config.yaml
    """
    if template_:
        return say(template().rstrip("\n"))
    file = config_ or (USUAL if USUAL.exists() else None)
    given = config_of(file)
    if validate:
        name = str(file) if file else None
        told = f"{file} can be used" if file else f"the defaults are used, as no --config is given and there is no {USUAL}"
        return print_json({"file": name, "valid": True, "settings": given}) if json_wanted(format_) else say(told)
    settings = {section: values | given.get(section, {}) for section, values in defaults().items()}
    if json_wanted(format_):
        return print_json(settings)
    for section, values in settings.items():
        changed = given.get(section, {})
        lines = [(key, f"{_shown(value)}{'  (of the file)' if key in changed else ''}") for key, value in values.items()]
        print_facts(lines, title=section)
        say("")
    key = "is set" if os.environ.get(KEY) else "is not set"
    return print_facts([("configuration", str(file) if file else "defaults"), (URL, os.environ.get(URL) or "is not set"), (KEY, key)])


def _shown(value: object) -> str:
    return "null" if value is None else str(value).lower() if isinstance(value, bool) else str(value)
