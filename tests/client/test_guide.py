"""The guide's own words, run against a platform."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.client.command import PROGRAM, Command
from tests.client.people import Person
from tests.journeys.platform import ROOT

pytestmark = pytest.mark.journey
GUIDE = (ROOT / "docs" / "guides" / "client-and-cli.md").read_text()


def block(language: str) -> str:
    """Return the guide's first block of code in a language."""
    found = re.search(rf"```{language}\n(.*?)```", GUIDE, re.DOTALL)
    assert found is not None
    return found[1]


def test_the_guides_commands_do_what_it_says(command: Command, newcomer: Person) -> None:
    # The command of this checkout, and this newcomer in place of Ada.
    here = f'set -eu\nmodelbourse() {{ {" ".join(PROGRAM)} "$@"; }}\n'
    script = here + block("sh").partition("\n")[2].replace("--username ada", f"--username {newcomer.username}")
    environment = {"XDG_CONFIG_HOME": str(command.home), "MODELBOURSE_URL": command.url, "MODELBOURSE_PASSWORD": newcomer.password}

    done = subprocess.run(["bash", "-c", script], cwd=ROOT, env=os.environ | environment, capture_output=True, text=True, check=False)

    assert done.returncode == 0, done.stderr
    assert "majority class" in done.stdout
    assert "most because of" in done.stdout
    assert "share of mean |SHAP|" in done.stdout


def test_the_guides_python_does_what_it_says(types: Command, tmp_path: Path) -> None:
    file = tmp_path / "quant.py"
    file.write_text(block("python") + "    print(len(frame))\n")
    environment = {"XDG_CONFIG_HOME": str(types.home), "MODELBOURSE_URL": types.url, "PYTHONPATH": str(ROOT)}

    done = subprocess.run(
        [sys.executable, str(file)], cwd=tmp_path, env=os.environ | environment, capture_output=True, text=True, check=False
    )

    assert done.returncode == 0, done.stderr
    accuracy, aapl, msft, rows = done.stdout.splitlines()
    assert 0 < float(accuracy.split()[0]) < 1
    assert (aapl.split()[0], msft.split()[0], rows) == ("AAPL", "MSFT", "250")
