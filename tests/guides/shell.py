"""A reader's shell on a machine where `make up` runs: what README and guides print is typed into it as it stands."""

import os
import shlex
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from tests.guides.pages import ROOT

# What the pages ask for with `read`, whoever it is for.
PASSWORD = "correct horse battery"
# curl says by its exit status that a request was refused; what one page sets, the next one finds.
BEGINNING = "set -eu -o pipefail; test ! -e {state} || source {state}\n"
END = "\ndeclare -p $(compgen -v | grep -E '^[a-z]+$') > {state}; declare -f >> {state}\n"


@dataclass(frozen=True)
class Shell:
    """One reader's shell; `port` takes the place of the 8000 that is printed."""

    home: Path
    port: int
    environment: Mapping[str, str]

    def run(self, script: str) -> str:
        """Type a page's commands; return what they print, and fail with it when one of them fails."""
        state = shlex.quote(str(self.home / "state"))
        whole = BEGINNING.format(state=state) + self.here(script) + END.format(state=state)
        done = subprocess.run(
            ["bash", "-c", whole], cwd=ROOT, env=self.env(), input=f"{PASSWORD}\n" * 9, capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-3000:]
        return done.stdout

    def here(self, script: str) -> str:
        """Return the script for this platform's address."""
        return script.replace("127.0.0.1:8000", f"127.0.0.1:{self.port}")

    def env(self) -> dict[str, str]:
        """Return the environment of the reader."""
        return {**os.environ, **self.environment}


def shell_in(home: Path, port: int) -> Shell:
    """Return the shell of a reader whose files lie in this folder."""
    (home / ".curlrc").write_text("fail-with-body\n")
    environment = {
        "HOME": str(home),
        "XDG_CONFIG_HOME": str(home),
        "PORT": str(port),
        "RUN_DIR": str(home / "run"),
        # Where a page has somebody type a password, the environment gives it to a command without a terminal.
        "PASSWORD": PASSWORD,
        "MODELBOURSE_PASSWORD": PASSWORD,
        "MODELBOURSE_URL": f"http://127.0.0.1:{port}",
    }
    return Shell(home, port, environment)
