"""`python -m deploy.compose.smoke`: start docker-compose.yml under a name of its own, do the main job through its gateway, and end it.

Secrets, volumes and networks are its own and end with it; a platform that runs beside it is left alone. `COMPOSE_FILE` may name more files.
"""

import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Final

import httpx
from rich.console import Console

from deploy.compose.dot_env import given
from deploy.compose.write_secrets import write_secrets
from deploy.local.commands import RefusedError
from deploy.local.ports import free_ports
from deploy.local.servers import ROOT
from deploy.local.story import Story

SUBNET: Final = "172.31.251.0/26"
EDGE_SUBNET: Final = "172.31.251.64/26"
WITHIN_S: Final = 900
# What modelbourse.env says is for the operator's own platform: a key for payments has no business here. And whoever follows a job by five
# looks a second is no `free` account.
MORE: Final = """\
services:
  gateway: {env_file: !reset [], environment: {GATEWAY_NEW_ACCOUNT_TIER: elite}}
  training: {env_file: !reset []}
  inference: {env_file: !reset []}
  marketplace: {env_file: !reset []}
  monitoring: {env_file: !reset []}
"""
console = Console(highlight=False)


def main() -> int:
    """Run it; status 1 when a step does not hold, 0 also where there is no engine, after a line that says so."""
    if (compose := _compose()) is None:
        console.print("not run: no container engine answers: start Docker, or name podman's socket in DOCKER_HOST")
        return 0
    with tempfile.TemporaryDirectory(prefix="modelbourse-smoke-") as folder:
        try:
            with _platform(compose, folder=Path(folder)) as gateway:
                _check_metrics(gateway, token=(Path(folder) / "secrets" / "gateway-metrics-token").read_text())
                Story(gateway, console=console).run()
        except RefusedError as error:
            console.print(f"[red]✗[/] {error}")
            return 1
    return 0


def _compose() -> list[str] | None:
    """Return Docker Compose's command line, the operator's own or the one that development installs; None where no engine answers it."""
    installed = Path(sys.executable).with_name("docker-compose")
    for command in (["docker", "compose"], [str(installed)]):
        found = shutil.which(command[0]) and subprocess.run([*command, "ls"], check=False, capture_output=True).returncode == 0
        if found:
            return command
    return None


@contextmanager
def _platform(compose: list[str], *, folder: Path) -> Iterator[str]:
    """Start the platform and yield its gateway's address; raise RefusedError when it does not become healthy."""
    (port,) = free_ports(1)
    environment = smoke_environment(folder, port=port, root=ROOT)
    write_secrets(folder / "secrets", subnet=SUBNET)
    try:
        if _run([*compose, "up", "--wait", f"--wait-timeout={WITHIN_S}"], environment=environment):
            _run([*compose, "ps", "--all"], environment=environment)
            _run([*compose, "logs", "--tail=20"], environment=environment)
            msg = "the platform did not become healthy: what its services say stands above"
            raise RefusedError(msg)
        console.print("[green]✓[/] every service is healthy")
        yield f"http://127.0.0.1:{port}"
    finally:
        _run([*compose, "down", "--volumes", "--remove-orphans"], environment=environment)


def smoke_environment(folder: Path, *, port: int, root: Path) -> dict[str, str]:
    """Return Compose's environment for a platform whose secrets and further settings lie in the folder, apart from what `root/.env` says.

    Of that file the names of images are taken, which `make images` has built by it; the profiles and ports are its owner's platform's.
    """
    more = folder / "more.yaml"
    more.write_text(MORE)
    images = {name: value for name in ("MODELBOURSE_IMAGES", "MODELBOURSE_TAG") if (value := given(name, root=root))}
    return {
        **os.environ,
        **images,
        "COMPOSE_DISABLE_ENV_FILE": "1",
        "COMPOSE_PROFILES": "",
        "COMPOSE_FILE": os.pathsep.join([os.environ.get("COMPOSE_FILE") or "docker-compose.yml", str(more)]),
        "COMPOSE_PROJECT_NAME": "modelbourse-smoke",
        "MODELBOURSE_SECRETS": str(folder / "secrets"),
        "MODELBOURSE_SUBNET": SUBNET,
        "MODELBOURSE_EDGE_SUBNET": EDGE_SUBNET,
        "MODELBOURSE_PORT": str(port),
    }


def _check_metrics(gateway: str, *, token: str) -> None:
    """Look at what an operator sees, and that nobody else does."""
    anonymous = httpx.get(f"{gateway}/metrics", timeout=15).status_code
    known = httpx.get(f"{gateway}/metrics", headers={"Authorization": f"Bearer {token}"}, timeout=15)
    if (anonymous, known.status_code) != (httpx.codes.NOT_FOUND, httpx.codes.OK) or "modelbourse_" not in known.text:
        msg = f"/metrics answered {anonymous} without its token and {known.status_code} with it, not 404 and 200"
        raise RefusedError(msg)
    console.print("[green]✓[/] metrics are shown to whoever has the token")


def _run(command: list[str], *, environment: Mapping[str, str]) -> int:
    return subprocess.run(command, check=False, cwd=ROOT, env=environment).returncode


if __name__ == "__main__":
    sys.exit(main())
