"""What `make secrets` writes: fit for production, the same again, and servers start with it."""

import os
import shutil
import ssl
import stat
import subprocess
import sys
import uuid
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from pymongo import MongoClient
from pymongo.errors import OperationFailure

from deploy.compose.certificates import Authority
from deploy.compose.write_secrets import SERVICES, main, write_secrets
from deploy.local.ports import free_ports
from deploy.local.program import Program, running
from deploy.local.servers import mongod_path
from libs.chassis.settings import SharedSettings
from libs.chassis.stores.mongo import database_name
from libs.chassis.weak_secrets import weakness

ROOT = Path(__file__).resolve().parents[2]
NOBODY = 65534
PASSWORDS = ("kafka-", "mongodb-", "valkey-", "minio-", "ray-token", "grafana-", "gateway-")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder that `make secrets` has written."""
    folder = tmp_path_factory.mktemp("written") / "secrets"
    write_secrets(folder)
    return folder


def test_secrets_are_strong_and_each_is_another(folder: Path) -> None:
    texts = [
        file.read_text().strip().rpartition(":")[2] for file in folder.iterdir() if file.name.startswith(PASSWORDS) and not file.suffix
    ]

    assert len(texts) > 20
    assert len(set(texts)) == len(texts)
    assert [weakness(text) for text in texts if weakness(text)] == []


def test_nobody_else_comes_into_the_folder_and_containers_can_read_what_they_are_given(folder: Path) -> None:
    modes = {file.name: stat.S_IMODE(file.stat().st_mode) for file in folder.iterdir()}

    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert modes.pop("ca.key") == 0o600
    assert all(mode & 0o444 == 0o444 for mode in modes.values())


def test_written_again_nothing_changes_and_what_is_gone_comes_back_alone(folder: Path) -> None:
    before = {file.name: file.read_text() for file in folder.iterdir()}

    assert write_secrets(folder) == []
    (folder / "valkey-training").unlink()
    assert write_secrets(folder) == ["valkey-training", "valkey-users.acl"]
    assert {file.name for file in folder.iterdir() if file.read_text() != before[file.name]} == {"valkey-training", "valkey-users.acl"}


def test_what_dot_env_says_holds_for_secrets_and_images_and_what_is_renewed_is_said_to_need_a_start(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    # As Docker Compose reads it: quotes and remarks are not part of a value.
    ours = '"10.9.8.0/26" # ours'
    (tmp_path / ".env").write_text(f"MODELBOURSE_SUBNET={ours}\nMODELBOURSE_SECRETS=./kept\nMODELBOURSE_IMAGES='registry.example/ours'\n")
    kept = Path(shutil.copytree(folder, tmp_path / "kept"))
    for variable in ("MODELBOURSE_SUBNET", "MODELBOURSE_SECRETS", "MODELBOURSE_IMAGES", "MODELBOURSE_TAG"):
        monkeypatch.delenv(variable, raising=False)

    main([], root=tmp_path)

    assert not Authority.in_folder(kept).has_to_renew(kept / "ray.crt", names=["10.9.8.62"])
    assert "ray.key, ray.pem, ray.crt\nServers read such files when they start." in capsys.readouterr().out
    main([], root=tmp_path)
    assert capsys.readouterr().out.endswith("nothing to do, all is there\n")
    typed = subprocess.run(["make", "-n", "-f", ROOT / "Makefile", "images"], cwd=tmp_path, capture_output=True, text=True, check=True)
    assert "-t registry.example/ours/$service:0.1.0 ." in typed.stdout


def test_what_an_interrupted_run_has_left_is_made_whole(folder: Path, tmp_path: Path) -> None:
    copy = Path(shutil.copytree(folder, tmp_path / "secrets"))
    with (copy / "kafka-training").open("w"):
        pass
    (copy / "valkey.key").unlink()
    # A new authority stands there, and the certificates of the one before.
    for file in ("ca.crt", "ca.key"):
        (copy / file).unlink()
    authority = Authority.in_folder(copy)

    written = write_secrets(copy)

    assert {"kafka-training", "valkey.key", "kafka.pem", "ray.crt"} <= set(written)
    assert (copy / "kafka-training").read_text()
    for certificate in copy.glob("*.crt"):
        x509.load_pem_x509_certificate(certificate.read_bytes()).verify_directly_issued_by(authority.certificate)


@pytest.mark.skipif(os.getuid() != 0, reason="whoever is not root is tried by every test of this file")
def test_whoever_owns_the_folder_gives_passwords_and_certificates_anew_without_being_root(tmp_path: Path) -> None:
    # Written twice by root, which loads all modules: where they lie, another may have no business.
    as_its_owner = f"""
import os, pathlib, sys
from deploy.compose.write_secrets import write_secrets
os.chdir(sys.argv[1])
here = pathlib.Path('.')
write_secrets(here), write_secrets(here)
for file in (here, *here.iterdir()):
    os.chown(file, {NOBODY}, {NOBODY})
os.setgroups([]), os.setgid({NOBODY}), os.setuid({NOBODY})
for gone in ('minio-artifacts', 'ray.key'):
    (here / gone).unlink()
print(*write_secrets(here))
"""

    done = subprocess.run([sys.executable, "-c", as_its_owner, tmp_path], capture_output=True, text=True, check=False)

    assert (done.stderr, done.stdout.split()) == ("", ["minio-artifacts", "aws-credentials", "ray.key", "ray.pem", "ray.crt"])


def test_certificates_are_the_authoritys_name_their_server_and_are_renewed_in_time(folder: Path) -> None:
    authority = Authority.in_folder(folder)
    trusted = ssl.create_default_context(cafile=str(folder / "ca.crt"))

    for server in ("kafka", "mongodb", "valkey", "minio", "ray", "otel-collector"):
        certificate = x509.load_pem_x509_certificate((folder / f"{server}.crt").read_bytes())
        certificate.verify_directly_issued_by(authority.certificate)
        assert certificate.not_valid_after_utc - datetime.now(UTC) > timedelta(days=800)
        # Certificate and key belong together, or this raises.
        trusted.load_cert_chain(folder / f"{server}.pem")
        assert not authority.has_to_renew(folder / f"{server}.crt", names=[server, "localhost"])
    assert authority.has_to_renew(folder / "ray.crt", names=["10.0.0.9"])
    assert not authority.has_to_renew(folder / "ray.crt", names=["ray-head", "172.31.250.62"])


def test_mongodb_is_prepared_once_and_each_service_keeps_to_its_own_database(folder: Path, tmp_path: Path) -> None:
    (port,) = free_ports(1)
    argv = [
        str(mongod_path()),
        "--dbpath",
        str(tmp_path),
        "--port",
        str(port),
        "--replSet=rs0",
        "--auth",
        "--clusterAuthMode=x509",
        "--quiet",
    ]
    argv += ["--tlsMode=requireTLS", f"--tlsCertificateKeyFile={folder / 'mongodb.pem'}", f"--tlsCAFile={folder / 'ca.crt'}"]
    argv += ["--tlsAllowConnectionsWithoutCertificates", "--nounixsocket", "--wiredTigerCacheSizeGB=0.25"]
    unnamed = SharedSettings(kafka_bootstrap="unused", mongo_url="mongodb://unused", redis_url="redis://unused", artifacts_url="unused")
    given = {"SECRETS_DIR": str(folder), "MONGODB_SERVER": f"127.0.0.1:{port}", "MONGODB_MEMBER": f"localhost:{port}"}

    def prepare() -> None:
        program = ROOT / "deploy" / "compose" / "mongodb" / "prepare.py"
        subprocess.run([sys.executable, program], env={**os.environ, **given}, check=True)

    def connect(user: str) -> MongoClient[dict[str, object]]:
        password = (folder / f"mongodb-{user}").read_text()
        where = f"mongodb://localhost:{port}/?replicaSet=rs0&tls=true"
        return MongoClient(where, username=user, password=password, tlsCAFile=str(folder / "ca.crt"))

    server = Program(
        name="mongodb", kind="server", argv=argv, log=tmp_path / "log", mark=f"tests-{uuid.uuid4().hex}:mongodb", kill_after=15
    )
    with running(server):
        prepare()
        for service in SERVICES:
            with connect(service) as client:
                client[database_name(unnamed, service)]["things"].create_index("name")
                client[database_name(unnamed, service)]["things"].insert_one({"name": "own"})
                with pytest.raises(OperationFailure, match="not authorized"):
                    client[database_name(unnamed, "gateway" if service != "gateway" else "training")]["things"].insert_one(
                        {"name": "another's"}
                    )

        # A password is made anew, and given at the next start.
        (folder / "mongodb-gateway").unlink()
        write_secrets(folder)
        prepare()
        with connect("gateway") as client:
            assert client[database_name(unnamed, "gateway")]["things"].count_documents({}) == 1
