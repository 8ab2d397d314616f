"""`python -m deploy.compose.write_secrets [FOLDER]`: write what docker-compose.yml keeps secret, once: passwords, keys, certificates.

Containers read these files as users of their own, and Compose mounts them as they are. So the files can be read by everybody, and
lie in a folder that nobody but its owner may enter.
"""

import argparse
import hashlib
import ipaddress
import secrets
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Final

from deploy.compose.certificates import Authority
from deploy.compose.dot_env import given
from deploy.compose.place import place

ROOT: Final = Path(__file__).resolve().parents[2]
FOLDER: Final = ROOT / "deploy" / "compose" / "secrets"
SERVICES: Final = ("gateway", "training", "inference", "marketplace", "monitoring")
# The addresses of the inner network: Ray's nodes call each other by them, so they stand in its certificate.
SUBNET: Final = "172.31.250.0/26"
# What each service may do with the cache: all but what administers it. It asks how much memory is used.
CACHE_RIGHTS: Final = "~* &* +@all -@admin -@dangerous +info"
BYTES: Final = 48
# The address that alerts are sent to; nobody knows it but you.
WEBHOOK: Final = "alertmanager-webhook-url"


def secret() -> str:
    """Return a new secret of 48 random bytes."""
    return secrets.token_urlsafe(BYTES)


def write_secrets(folder: Path, *, subnet: str = SUBNET) -> list[str]:
    """Write what is not there yet into the folder, and certificates that end soon anew; return the names of the files written."""
    folder.mkdir(parents=True, exist_ok=True)
    folder.chmod(0o700)
    written: list[str] = []

    def keep(name: str, make: Callable[[], str]) -> str:
        """Return the text of a file, which is made where it is not there, or where there is nothing in it."""
        file = folder / name
        if not file.exists() or not (name == WEBHOOK or file.read_text().strip()):
            place(file, make())
            written.append(name)
        return file.read_text().strip()

    for service in SERVICES:
        for server in ("kafka", "mongodb", "valkey"):
            keep(f"{server}-{service}", secret)
    for name in ("kafka-admin", "mongodb-root", "valkey-admin", "minio-root", "ray-token", "gateway-metrics-token", "grafana-admin"):
        keep(name, secret)
    keep("gateway-jwt-keys", lambda: f"k{secrets.token_hex(4)}:{secret()}")
    own = keep("minio-artifacts", secret)
    keep(WEBHOOK, str)
    (folder / WEBHOOK).chmod(0o644)  # Yours to write.
    derived = {
        "aws-credentials": f"[default]\naws_access_key_id = artifacts\naws_secret_access_key = {own}\n",
        "valkey-users.acl": _cache_users({name: keep(f"valkey-{name}", secret) for name in ("admin", *SERVICES)}),
    }
    for name, text in derived.items():
        if not (folder / name).exists() or (folder / name).read_text() != text:
            place(folder / name, text)
            written.append(name)
    return written + _write_certificates(folder, subnet=subnet)


def _cache_users(passwords: dict[str, str]) -> str:
    """Return Valkey's list of users: it holds what passwords hash to, and nobody comes in without a name."""
    lines = ["user default off"]
    for name, password in passwords.items():
        rights = "~* &* +@all" if name == "admin" else CACHE_RIGHTS
        lines.append(f"user {name} on #{hashlib.sha256(password.encode()).hexdigest()} {rights}")
    return "\n".join(lines) + "\n"


def _write_certificates(folder: Path, *, subnet: str) -> list[str]:
    """Write the authority, and for each server its certificate and key: `<server>.crt`, `<server>.key`, and both as `<server>.pem`."""
    authority = Authority.in_folder(folder)
    addresses = [str(address) for address in ipaddress.ip_network(subnet).hosts()]
    names = {"kafka": [], "mongodb": [], "valkey": [], "minio": [], "otel-collector": [], "ray": ["ray-head", *addresses]}
    written = ["ca.crt"] if authority.is_new else []
    for server, more in names.items():
        certificate_file, key_file, both_file = (folder / f"{server}.{kind}" for kind in ("crt", "key", "pem"))
        whole = key_file.exists() and both_file.exists()
        if not whole or authority.has_to_renew(certificate_file, names=[server, *more]):
            certificate, key = authority.issue([server, "localhost", "127.0.0.1", *more])
            # The certificate comes last: whoever is interrupted before has the old one, which is renewed again.
            for file, text in ((key_file, key), (both_file, key + certificate), (certificate_file, certificate)):
                place(file, text)
                written.append(file.name)
    return written


def main(arguments: Sequence[str], *, root: Path = ROOT) -> None:
    """Write the secrets, and say which were new and how whatever runs comes to read them; `root` is where `.env` lies."""
    folder, subnet = given("MODELBOURSE_SECRETS", root=root), given("MODELBOURSE_SUBNET", root=root) or SUBNET
    parser = argparse.ArgumentParser(description="Write the secrets that docker-compose.yml reads.")
    parser.add_argument("folder", nargs="?", type=Path, default=root / folder if folder else FOLDER, help="default: MODELBOURSE_SECRETS")
    parser.add_argument("--subnet", default=subnet, help=f"the inner network's addresses; default: MODELBOURSE_SUBNET, or {SUBNET}")
    asked = parser.parse_args(arguments)
    is_first = not (asked.folder / "ca.crt").exists()
    written = write_secrets(asked.folder, subnet=asked.subnet)
    print(f"{asked.folder}: {', '.join(written) or 'nothing to do, all is there'}")
    if written and not is_first:
        print("Servers read such files when they start. Once no job runs: docker compose up --wait --force-recreate")


if __name__ == "__main__":
    main(sys.argv[1:])
