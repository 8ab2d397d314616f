"""Settings of a connection that do not fit each other are refused at the start, in one sentence that names the variable."""

from pathlib import Path

import pytest

from libs.chassis.settings import SharedSettings, read_settings
from libs.chassis.stores.cache import connect_redis
from libs.chassis.stores.mongo import mongo_security
from tests.certificates import Authority

PLACES = {"KAFKA_BOOTSTRAP": "k:9092", "MONGO_URL": "mongodb://m", "REDIS_URL": "redis://r", "ARTIFACTS_URL": "file:///a"}


@pytest.fixture
def files(tmp_path: Path) -> dict[str, str]:
    """An authority, a certificate with its key, another's key, and a file that holds none of it."""
    authority = Authority(tmp_path)
    one, other = authority.issue("one"), authority.issue("other")
    (tmp_path / "text").write_text("no certificate")
    named = {
        "ca": authority.file,
        "cert": one.cert,
        "key": one.key,
        "foreign": other.key,
        "text": tmp_path / "text",
        "gone": tmp_path / "gone",
    }
    return {name: str(path) for name, path in named.items()}


def wrong_files(files: dict[str, str]) -> dict[str, dict[str, str]]:
    """Return sentences with the certificates and keys that they are said of."""
    return {
        "KAFKA_CA_FILE: KAFKA_SECURITY_PROTOCOL=PLAINTEXT has no certificates: choose SSL or SASL_SSL": {"KAFKA_CA_FILE": files["ca"]},
        "KAFKA_CA_FILE: it holds no certificate (PEM)": {"KAFKA_SECURITY_PROTOCOL": "SSL", "KAFKA_CA_FILE": files["text"]},
        "KAFKA_KEY_FILE: it is not the key of that certificate": {
            "KAFKA_SECURITY_PROTOCOL": "SSL",
            "KAFKA_CERT_FILE": files["cert"],
            "KAFKA_KEY_FILE": files["foreign"],
        },
        "Cannot start: KAFKA_CERT_FILE: it holds no certificate (PEM) (given: ": {
            "KAFKA_SECURITY_PROTOCOL": "SSL",
            "KAFKA_CERT_FILE": files["text"],
            "KAFKA_KEY_FILE": files["key"],
        },
        "Cannot start: KAFKA_KEY_FILE: it holds no key without a password (PEM) (given: ": {
            "KAFKA_SECURITY_PROTOCOL": "SSL",
            "KAFKA_CERT_FILE": files["cert"],
            "KAFKA_KEY_FILE": files["text"],
        },
        "Cannot start: REDIS_KEY_FILE: it is missing, and REDIS_CERT_FILE holds no key without a password (PEM). See": {
            "REDIS_URL": "rediss://r",
            "REDIS_CERT_FILE": files["cert"],
        },
        "MONGO_CA_FILE: MONGO_URL does not encrypt: add `tls=true` to it": {"MONGO_CA_FILE": files["ca"]},
        "MONGO_CERT_FILE: it holds no certificate with a key that needs no password (PEM)": {
            "MONGO_URL": "mongodb://m/?tls=true",
            "MONGO_CERT_FILE": files["cert"],
        },
        "REDIS_CA_FILE: REDIS_URL does not encrypt: begin it with `rediss://`": {"REDIS_CA_FILE": files["ca"]},
        "REDIS_CA_FILE: it cannot be read: No such file or directory": {"REDIS_URL": "rediss://r", "REDIS_CA_FILE": files["gone"]},
        "REDIS_KEY_FILE: REDIS_CERT_FILE is missing, of which it is the key": {"REDIS_URL": "rediss://r", "REDIS_KEY_FILE": files["key"]},
        "OTEL_EXPORTER_OTLP_CERTIFICATE: OTEL_EXPORTER_OTLP_ENDPOINT does not encrypt: begin it with `https://`": {
            "OTEL_EXPORTER_OTLP_CERTIFICATE": files["ca"],
            "OTEL_EXPORTER_OTLP_ENDPOINT": "http://c:4317",
        },
    }


WRONG_BROKERS = ("k:port", "k:9092,", "k:0", "plaintext://k:9092")
WRONG_LOGINS = {
    "KAFKA_USERNAME: KAFKA_SECURITY_PROTOCOL=SASL_SSL logs in and needs it": {"KAFKA_SECURITY_PROTOCOL": "SASL_SSL"},
    "KAFKA_PASSWORD: KAFKA_SECURITY_PROTOCOL=PLAINTEXT logs nobody in: choose SASL_SSL, or leave it out": {"KAFKA_PASSWORD": "x"},
    "MONGO_PASSWORD: the user of MONGO_USERNAME logs in and needs it": {"MONGO_USERNAME": "ada"},
    "MONGO_PASSWORD: MONGO_USERNAME is missing, whose password it is. See": {"MONGO_PASSWORD": "bread"},
    "MONGO_PASSWORD: the user of MONGO_URL logs in and needs it": {"MONGO_URL": "mongodb://ada@m/"},
    "MONGO_URL: it begins with mongodb:// or mongodb+srv://. See": {"MONGO_URL": "http://m"},
    "MONGO_URL: it is no `mongodb://[user:password@]host[:port][,host[:port]]`; what": {"MONGO_URL": "mongodb://ada:p@ss:w@m/"},
    "REDIS_PASSWORD: the user of REDIS_USERNAME logs in and needs it": {"REDIS_USERNAME": "ada"},
    "REDIS_URL: it is no `rediss://host[:port][/number]`, with options": {"REDIS_URL": "rediss://r:port"},
}


def test_each_mistake_is_named(files: dict[str, str], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    brokers = [("KAFKA_BOOTSTRAP: it is no `host:port[,host:port]`; without", {"KAFKA_BOOTSTRAP": each}) for each in WRONG_BROKERS]
    for sentence, given in [*(WRONG_LOGINS | wrong_files(files)).items(), *brokers]:
        with monkeypatch.context() as environment:
            for name, value in (PLACES | {"PROFILE": "development"} | given).items():
                environment.setenv(name, value)
            with pytest.raises(SystemExit):
                read_settings(SharedSettings)

        told = capsys.readouterr().err
        assert sentence in told
        assert told.count("_FILE: ") <= 1  # One mistake is told once, and of the file that it is in.


def test_what_an_address_says_comes_before_settings(monkeypatch: pytest.MonkeyPatch, files: dict[str, str]) -> None:
    given = {"MONGO_USERNAME": "ada", "MONGO_PASSWORD": "bread", "REDIS_USERNAME": "ada", "REDIS_PASSWORD": "bread"}
    for name, value in (PLACES | given | {"MONGO_URL": "mongodb://m/?tls=true", "MONGO_CA_FILE": files["ca"]}).items():
        monkeypatch.setenv(name, value)

    def logins() -> tuple[dict[str, str], list[str]]:
        settings = SharedSettings()
        redis = connect_redis(settings, "bakery").connection_pool.connection_kwargs
        return mongo_security(settings), [redis["username"], redis["password"]]

    assert logins() == ({"username": "ada", "password": "bread", "tlsCAFile": files["ca"]}, ["ada", "bread"])
    monkeypatch.setenv("MONGO_URL", f"mongodb://bob:rye@m/?tls=true&tlscafile={files['ca']}")
    monkeypatch.setenv("REDIS_URL", "redis://bob:rye@r")
    # The driver puts what it is handed beside the address before the address.
    assert logins() == ({}, ["bob", "rye"])
