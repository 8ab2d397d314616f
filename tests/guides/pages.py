"""The commands that README and guides print."""

import re
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
README = ROOT / "README.md"
GUIDES = ROOT / "docs" / "guides"
BLOCK = re.compile(r"^```(\w+)\n(.*?)^```", re.DOTALL | re.MULTILINE)


@dataclass(frozen=True)
class Page:
    """A page of documentation."""

    path: Path

    @property
    def text(self) -> str:
        """Return the whole page."""
        return self.path.read_text()

    def section(self, title: str) -> "str":
        """Return the text below a heading of the second level, up to the next one."""
        return self.text.partition(f"\n## {title}\n")[2].partition("\n## ")[0]

    def commands(self) -> str:
        """Return the shell blocks of the page as one script."""
        return blocks(self.text, "sh")


def blocks(text: str, language: str) -> str:
    """Return all blocks in a language, one after the other."""
    return "\n".join(body for tag, body in BLOCK.findall(text) if tag == language)
