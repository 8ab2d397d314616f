"""Makes the replica set of one and its users, once; later starts give users the passwords that the secrets hold now.

It runs in the network namespace of the server, where MongoDB lets in who comes by loopback as long as there is no user. Then it knows the
administrator. It ends when the server can be written to.
"""

import os
import time
from pathlib import Path
from typing import Any, Final

from pymongo import MongoClient
from pymongo.errors import OperationFailure, PyMongoError

SECRETS: Final = Path(os.environ.get("SECRETS_DIR", "/run/secrets"))
SERVER: Final = os.environ.get("MONGODB_SERVER", "127.0.0.1:27017")
# What members, here the one, and clients call the server by.
MEMBER: Final = os.environ.get("MONGODB_MEMBER", "mongodb:27017")
SERVICES: Final = ("gateway", "training", "inference", "marketplace", "monitoring")
ALREADY_INITIALIZED: Final = 23
AUTHENTICATION_FAILED: Final = 18
PATIENCE_S: Final = 60.0


def connect(**login: Any) -> MongoClient[dict[str, Any]]:
    """Return a client of this one server, whatever set it belongs to."""
    return MongoClient(SERVER, directConnection=True, tls=True, tlsCAFile=str(SECRETS / "ca.crt"), serverSelectionTimeoutMS=5000, **login)


def password_of(user: str) -> str:
    """Return the password that the secrets hold for a user."""
    return (SECRETS / f"mongodb-{user}").read_text().strip()


def make_set_and_root() -> None:
    """Make the set and the administrator, as somebody whom loopback lets in."""
    with connect() as client:
        try:
            client.admin.command("replSetInitiate", {"_id": "rs0", "members": [{"_id": 0, "host": MEMBER}]})
        except OperationFailure as error:
            if error.code != ALREADY_INITIALIZED:
                raise
        until_primary(client)
        client.admin.command("createUser", "root", pwd=password_of("root"), roles=["root"])


def until_primary(client: MongoClient[dict[str, Any]]) -> None:
    """Return when the server takes writes; raise TimeoutError when it does not in a minute."""
    deadline = time.monotonic() + PATIENCE_S
    while not client.admin.command("hello")["isWritablePrimary"]:
        if time.monotonic() > deadline:
            message = "MongoDB has not become the primary of its set"
            raise TimeoutError(message)
        time.sleep(0.2)


def has_root() -> bool:
    """Return whether the administrator is let in. False where there is no set yet, and so nobody."""
    with connect(username="root", password=password_of("root")) as client:
        try:
            client.admin.command("ping")
        except OperationFailure as error:
            if error.code != AUTHENTICATION_FAILED:
                raise
            return False
        until_primary(client)
        return True


def give_users_their_passwords() -> None:
    """Let each service into its own database, and nowhere else."""
    with connect(username="root", password=password_of("root")) as client:
        known = {user["user"] for user in client.admin.command("usersInfo")["users"]}
        for service in SERVICES:
            rights = [{"role": role, "db": f"modelbourse_{service}"} for role in ("readWrite", "dbAdmin")]
            command = "updateUser" if service in known else "createUser"
            client.admin.command(command, service, pwd=password_of(service), roles=rights)


def main() -> None:
    """Prepare the server; one sentence and exit status 1 when it cannot be."""
    try:
        if not has_root():
            make_set_and_root()
        give_users_their_passwords()
    except (PyMongoError, OSError) as error:
        message = f"MongoDB could not be prepared: {error}"
        raise SystemExit(message) from error


if __name__ == "__main__":
    main()
