"""Ids in the paths of routes: a type for each noun, so that a handler is given only what may be somebody's id.

ModelId = Annotated[str, id_of("model", ModelNotFoundError), Path(description="The model's id.", examples=[MODEL_ID])]
"""

from collections.abc import Callable

from pydantic import AfterValidator

from libs.chassis.errors import PlatformError
from libs.contracts.ids import is_id


def id_of(prefix: str, missing: Callable[[str], PlatformError]) -> AfterValidator:
    """Return what makes a text in a path an id: what cannot be one is answered as an id that nobody has, before a handler runs."""
    return AfterValidator(id_check(prefix, missing))


def id_check(prefix: str, missing: Callable[[str], PlatformError]) -> Callable[[str], str]:
    """Return the check alone, for a route that reads its path by hand; it raises `missing`."""

    def check(text: str) -> str:
        if not is_id(text, prefix=prefix):
            raise missing(text)
        return text

    return check
