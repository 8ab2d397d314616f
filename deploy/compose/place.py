"""Files of secrets come whole or not at all: whoever is interrupted leaves what was there before."""

from pathlib import Path
from typing import Final

# Containers read them as users of their own; nobody writes in them, who owns the folder puts another in their place.
READABLE: Final = 0o444


def place(file: Path, text: str, *, mode: int = READABLE) -> None:
    """Put a file with this text and mode where another may lie; needs the right to write in the folder alone, not in the file."""
    fresh = file.with_name(f"{file.name}.new")
    # What an interrupted run has left may not be written in.
    fresh.unlink(missing_ok=True)
    fresh.touch(mode=0o600)
    fresh.write_text(text)
    fresh.chmod(mode)
    fresh.replace(file)
