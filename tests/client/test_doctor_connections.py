"""`modelbourse doctor` says how each server of the environment is connected to, and what is wrong with a certificate."""

import ssl
import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from socket import create_server

import pytest

from modelbourse.cli.connections import DEFAULT_WAITS, Waits, connections
from tests.certificates import Authority, Certificate


@contextmanager
def listening(certificate: Certificate, *, asks: Path | None = None) -> Iterator[str]:
    """A server that shakes hands by TLS and then waits; with `asks` it takes clients alone whose certificate that authority signed."""
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH, cafile=asks)
    context.load_cert_chain(certificate.cert, certificate.key)
    context.verify_mode = ssl.CERT_REQUIRED if asks else ssl.CERT_NONE
    with create_server(("127.0.0.1", 0)) as server, ExitStack() as taken:

        def serve() -> None:
            while True:
                try:
                    client, _ = server.accept()
                except OSError:
                    return
                try:
                    taken.enter_context(context.wrap_socket(client, server_side=True))
                except OSError:
                    client.close()

        threading.Thread(target=serve, daemon=True).start()
        yield f"127.0.0.1:{server.getsockname()[1]}"
        server.shutdown(2)


def said(environ: dict[str, str], *, waits: Waits = DEFAULT_WAITS) -> dict[str, tuple[bool, str]]:
    found = connections({"SECRETS_DIR": "/nowhere"} | environ, waits=waits)
    return {finding.name: (finding.found, finding.detail) for finding in found}


def test_connections_in_the_clear_are_told_as_such() -> None:
    with create_server(("127.0.0.1", 0)) as server:
        here = f"127.0.0.1:{server.getsockname()[1]}"
        found = said({"KAFKA_BOOTSTRAP": here, "MONGO_URL": f"mongodb://u:p@{here}/?replicaSet=rs0", "REDIS_URL": "unix:///run/redis.sock"})

    assert found == {
        "connection: kafka": (True, f"{here} in the clear, nobody logs in"),
        "connection: mongodb": (True, f"{here} in the clear, logs in as 'u'"),
        "connection: redis": (True, "in the clear, nobody logs in; its address names no port of a machine, so nobody was asked"),
    }


def test_a_server_that_is_away_is_needed_and_not_found_in_the_clear_too() -> None:
    (finding,) = connections({"SECRETS_DIR": "/nowhere", "KAFKA_BOOTSTRAP": "127.0.0.1:1"})

    assert (finding.found, finding.needed, finding.detail) == (False, True, "127.0.0.1:1: nothing listens there")


def test_a_good_certificate_is_told_with_its_end_and_the_login_from_a_secret_file(tmp_path: Path) -> None:
    authority = Authority(tmp_path)
    (tmp_path / "KAFKA_USERNAME").write_text("training\n")
    with listening(authority.issue("kafka")) as address:
        kafka = {"KAFKA_BOOTSTRAP": address, "KAFKA_SECURITY_PROTOCOL": "SASL_SSL", "KAFKA_CA_FILE": str(authority.file)}
        found, detail = said({**kafka, "SECRETS_DIR": str(tmp_path)})["connection: kafka"]

    assert found
    assert detail.startswith(f"{address} encrypted, logs in as 'training'; its certificate is good until ")


@pytest.mark.parametrize(
    ("days", "named", "of_stranger", "asks", "words"),
    [
        (-1, "127.0.0.1", False, False, "its certificate has expired"),
        (1, "127.0.0.9", False, False, "its certificate is for another name than the address"),
        (1, "127.0.0.1", True, False, "its certificate is signed by no authority that is known here: MONGO_CA_FILE names one"),
        (1, "127.0.0.1", False, True, "it asks for a certificate of ours, or does not take the one that it got: MONGO_CERT_FILE names it"),
    ],
)
def test_what_is_wrong_with_a_certificate_is_one_sentence(
    tmp_path: Path, *, days: int, named: str, of_stranger: bool, asks: bool, words: str
) -> None:
    authority, stranger = Authority(tmp_path / "own"), Authority(tmp_path / "other", name="stranger")
    shown = (stranger if of_stranger else authority).issue("server", address=named, days=days)
    with listening(shown, asks=authority.file if asks else None) as address:
        mongo = {"MONGO_URL": f"mongodb://{address}/?tls=true", "MONGO_CA_FILE": str(authority.file)}

        # The server says it in a thread of this process, which may be late on a machine that does other things.
        assert said(mongo, waits=Waits(answer_s=60, alert_s=60))["connection: mongodb"] == (False, f"{address}: {words}")


def test_files_that_cannot_be_used_and_servers_that_are_away_are_named(tmp_path: Path) -> None:
    missing = str(tmp_path / "missing.pem")
    found = said(
        {"REDIS_URL": "rediss://127.0.0.1:1", "MONGO_URL": "mongodb://x/?tls=true", "MONGO_CA_FILE": missing, "KAFKA_BOOTSTRAP": "k:x"}
    )

    assert found["connection: redis"] == (False, "127.0.0.1:1: nothing listens there")
    assert found["connection: mongodb"] == (False, f"MONGO_CA_FILE: {missing} cannot be read: No such file or directory")
    assert found["connection: kafka"][1].startswith("its address cannot be read:")


def test_a_file_that_holds_no_certificate_or_key_is_told_by_its_variable(tmp_path: Path) -> None:
    authority = Authority(tmp_path)
    one, other = authority.issue("one"), authority.issue("other")
    junk = tmp_path / "junk.pem"
    junk.write_text("no certificate")
    kafka = {"KAFKA_BOOTSTRAP": "127.0.0.1:1", "KAFKA_SECURITY_PROTOCOL": "SSL"}

    def told(**files: Path) -> str:
        return said(kafka | {f"KAFKA_{use.upper()}_FILE": str(file) for use, file in files.items()})["connection: kafka"][1]

    assert told(ca=junk) == f"KAFKA_CA_FILE: {junk} holds no certificate (PEM)"
    assert told(cert=junk, key=one.key) == f"KAFKA_CERT_FILE: {junk} holds no certificate (PEM)"
    assert told(cert=one.cert, key=junk) == f"KAFKA_KEY_FILE: {junk} holds no key without a password (PEM)"
    assert told(cert=one.cert, key=other.key) == f"KAFKA_KEY_FILE: {other.key} is not the key of that certificate"
    assert told(key=one.key) == "KAFKA_CERT_FILE is missing, of which KAFKA_KEY_FILE is the key"
