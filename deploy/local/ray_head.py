"""Starts the local Ray's head: python -m deploy.local.ray_head FOLDER OPTIONS…, the options of `ray start --head`.

Ray itself puts a loopback address aside for one that others can reach, starts a server for remote clients, and makes its folders
writable by everybody. Whoever reaches a Ray cluster can run any program as its user, so here it listens on loopback alone
(`ON_LOOPBACK` in its environment), without that server, and in a folder that is its user's own.
"""

import importlib
import os
import sys
from pathlib import Path
from typing import Any

from deploy.local.servers import ON_LOOPBACK


def make_private(folder: Path) -> None:
    """Make a folder that nobody else may look into. Raise PermissionError when somebody else has made it already."""
    folder.mkdir(mode=0o700, parents=False, exist_ok=True)
    if folder.is_symlink() or folder.stat().st_uid != os.getuid():
        msg = f"{folder} belongs to somebody else"
        raise PermissionError(msg)
    folder.chmod(0o700)


def main(argv: list[str]) -> None:
    """Make the folder, and become `ray start --head --block` with its files in it."""
    folder = Path(argv[0])
    make_private(folder)
    if any(os.environ.get(name) != value for name, value in ON_LOOPBACK.items()):
        msg = f"the environment must have {ON_LOOPBACK}"
        raise SystemExit(msg)
    scripts: Any = importlib.import_module("ray.scripts.scripts")  # Reads the environment, so it comes after the look at it.

    # The one way to be asked for no server for clients: it is started wherever grpc is installed.
    scripts.get_ray_client_dependency_error = lambda: ImportError("no server for remote clients is wanted")
    # Without its dashboard Ray starts the process all the same, to have usage told, and waits for it.
    node: Any = importlib.import_module("ray._private.node").Node
    node.start_api_server = lambda head, **_: setattr(head, "_webui_url", "")
    # What is left out besides: the autoscaler, as there is one machine; copying of workers' output to drivers, which take none.
    fixed = ["start", "--head", "--block", "--no-monitor", "--include-log-monitor=false", f"--temp-dir={folder / 'ray'}"]
    sys.argv = ["ray", *fixed, *argv[1:]]
    scripts.main()


if __name__ == "__main__":
    main(sys.argv[1:])
