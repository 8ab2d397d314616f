"""What `.env` tells Docker Compose holds for `make secrets` and the smoke, too; the environment goes before it, as it does there."""

import os
from pathlib import Path

from dotenv import dotenv_values


def given(name: str, *, root: Path) -> str:
    """Return what the environment, or else the `.env` of the folder `root`, says of a variable; empty when neither does."""
    return os.environ.get(name) or dotenv_values(root / ".env").get(name) or ""
