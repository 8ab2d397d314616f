"""What answers of other nouns have in common, and feature importance, as the OpenAPI document has them."""

from typing import Any, Final

from pydantic import ConfigDict

REASONS: Final = "Why a value is null, by its name."


def shown(example: Any) -> ConfigDict:
    """Return the configuration of a model that is shown by this example."""
    return ConfigDict(json_schema_extra={"examples": [example]})
