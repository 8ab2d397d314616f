"""What several `sentiment-*` commands are given, and the client that they speak with."""

import os
from pathlib import Path
from typing import Annotated, Any, Final, Literal

import typer

from modelbourse.builder.config import ConfigError, read_config
from modelbourse.cli.errors import CommandError
from modelbourse.cli.opening import RETRIES
from modelbourse.modelbourse import Modelbourse
from modelbourse.session import DEFAULT_URL

URL: Final = "MODEL_BUILDER_URL"
KEY: Final = "MODEL_BUILDER_API_KEY"
Format = Literal["table", "json"]
FormatOption = Annotated[Format, typer.Option("--format", help="How it is printed: for people, or for programs.")]
ConfigOption = Annotated[
    Path | None, typer.Option("--config", "-c", metavar="PATH", help="Settings in YAML; `sentiment-config --template` writes one.")
]
LocalOption = Annotated[bool, typer.Option("--local", help="Do it on this machine, without a platform.")]


def open_builder() -> Modelbourse:
    """Return a client of MODEL_BUILDER_URL with MODEL_BUILDER_API_KEY; without either of what `modelbourse` speaks with.

    A key alone is sent to the default address, and to no other that the environment or a login has.
    """
    url, key = os.environ.get(URL) or None, os.environ.get(KEY) or None
    return Modelbourse(url or (DEFAULT_URL if key else None), key, retries=RETRIES)


def config_of(file: Path | None) -> dict[str, Any]:
    """Return the settings of a file; none where none is given. Raise CommandError with the line of each mistake."""
    if file is None:
        return {}
    try:
        text = file.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        msg = f"{file} cannot be read: {getattr(error, 'strerror', None) or 'it is no text in UTF-8'}"
        raise CommandError(msg) from error
    try:
        return read_config(text, name=str(file))
    except ConfigError as error:
        raise CommandError(str(error)) from error


def json_wanted(format_: str) -> bool:
    """Tell whether JSON is wanted."""
    return format_ == "json"
