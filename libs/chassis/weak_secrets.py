"""What is no secret: samples from documents, placeholders, and patterns that anybody would try."""

import re
from collections.abc import Iterator
from typing import Any, Final

SAMPLES: Final = re.compile(
    r"change.?(me|this)|example|sample|placeholder|secret|password|passwd|insecure|development|default|dummy|modelbourse|your[-_ ]|"
    r"0123456789|123456|abcdef|qwerty|<|\.\.\.|…",
    re.IGNORECASE,
)
DIFFERENT_LEAST: Final = 10
BYTES_LEAST: Final = 32
REPEATED: Final = re.compile(r"(.{1,20}?)\1+.{0,19}", re.DOTALL)


def weakness(secret: str) -> str | None:
    """Return why a secret is none, such as `it is a sample`, or None."""
    if found := SAMPLES.search(secret):
        return f"it looks like a sample (it has '{found[0].lower()}' in it)"
    if len(secret.encode()) < BYTES_LEAST:
        return f"it has fewer than {BYTES_LEAST} bytes"
    if len(set(secret)) < DIFFERENT_LEAST:
        return f"it has fewer than {DIFFERENT_LEAST} different characters"
    if (repeated := REPEATED.fullmatch(secret)) and secret.startswith(repeated[1] * 2):
        return "it repeats itself"
    return None


def weakness_in(value: Any) -> str | None:
    """Return why a setting's value keeps no secret: a text, or pairs of a name and a secret."""
    return next((why for secret in _secrets_of(value) if (why := weakness(secret))), None)


def _secrets_of(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, tuple):
        for _, secret in value:
            yield secret
