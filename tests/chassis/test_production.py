"""What production refuses to start with, in every service: one sentence each, all at once, and an explicit way around."""

import re
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import pytest
from pydantic_settings import BaseSettings

from libs.chassis.bus.rewind import settings_of
from libs.chassis.production import WAYS_AROUND
from libs.chassis.settings import SharedSettings, read_settings, variables_of
from libs.chassis.weak_secrets import weakness_in
from services.gateway.settings import Settings as GatewaySettings
from services.inference.settings import Settings as InferenceSettings
from services.marketplace.settings import Settings as MarketplaceSettings
from services.monitoring.settings import Settings as MonitoringSettings
from services.training.settings import Settings as TrainingSettings
from tests.certificates import Authority

SERVICES = (GatewaySettings, TrainingSettings, InferenceSettings, MarketplaceSettings, MonitoringSettings)
GOOD, BETTER = "k7Qw-9Zt_Lx2Bv8Rm4Yp6Hd3Ns5Jf0Gc", "Vt3kQz8nWm5pXr7sYc2dAe4fBg6hCj9kDl1mEn0oFp8"
ROOT = Path(__file__).resolve().parents[2]
# A platform whose every connection is encrypted and has a name.
SECURED = {
    "PROFILE": "production",
    "ARTIFACTS_URL": "/srv/artifacts",
    "KAFKA_BOOTSTRAP": "kafka-1.example:9093,kafka-2.example:9093",
    "KAFKA_SECURITY_PROTOCOL": "SASL_SSL",
    "KAFKA_USERNAME": "the-service",
    "KAFKA_PASSWORD": GOOD,
    "MONGO_URL": "mongodb://db-1.example:27017,db-2.example:27017/?replicaSet=rs0&tls=true",
    "MONGO_USERNAME": "the-service",
    "MONGO_PASSWORD": GOOD,
    "REDIS_URL": "rediss://cache.example:6379/0",
    "REDIS_PASSWORD": GOOD,
    "RAY_ADDRESS": "ray.example:6379",
    "RAY_AUTH_MODE": "token",
    "RAY_AUTH_TOKEN": GOOD,
    "RAY_USE_TLS": "1",
    "GATEWAY_JWT_KEYS": f"new:{GOOD},old:{BETTER}",
}
PLAIN = {"KAFKA_SECURITY_PROTOCOL": "PLAINTEXT", "KAFKA_USERNAME": "", "KAFKA_PASSWORD": ""}
OPEN = {
    **PLAIN,
    "MONGO_URL": "mongodb://db.example",
    "MONGO_USERNAME": "",
    "MONGO_PASSWORD": "",
    "REDIS_URL": "redis://cache.example",
    "REDIS_PASSWORD": "",
    "RAY_AUTH_MODE": "disabled",
    "RAY_USE_TLS": "0",
    "GATEWAY_JWT_KEYS": f"new:{'n' * 40}",
    "GATEWAY_CORS_ORIGINS": "*",
    "GATEWAY_TRUSTED_PROXIES": "10.0.0.1,*",
    "MARKETPLACE_PAYMENTS": "sandbox",
    "MARKETPLACE_AUTO_APPROVE": "true",
    "MARKET_DATA_SYNTHETIC": "allow",
    "MLFLOW_TRACKING_URI": "http://mlflow.example:5000",
}
Told = Callable[..., str]


@pytest.fixture(scope="module")
def certificates(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a certificate of ours."""
    folder = tmp_path_factory.mktemp("certificates")
    Authority(folder).issue("our")
    return folder


@pytest.fixture
def told(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], certificates: Path) -> Told:
    """Return what is said on stderr when a service starts with a secured platform's settings but for these; empty when it starts."""

    monkeypatch.chdir(certificates)

    def start(service: type[SharedSettings], **changed: str) -> str:
        for name, value in (SECURED | changed).items():
            monkeypatch.setenv(name, value)
        with suppress(SystemExit):
            read_settings(service)
        return capsys.readouterr().err

    return start


@pytest.mark.parametrize("service", SERVICES)
def test_what_is_secured_starts(told: Told, service: type[SharedSettings]) -> None:
    assert told(service) == ""


@pytest.mark.parametrize(
    ("service", "names"),
    [
        (GatewaySettings, "kafka,mongodb,redis,keys,synthetic,cors,proxies"),
        (TrainingSettings, "kafka,mongodb,redis,synthetic,ray,mlflow"),
        (InferenceSettings, "kafka,mongodb,redis,synthetic"),
        (MarketplaceSettings, "kafka,mongodb,redis,synthetic,payments,auto_approve"),
        (MonitoringSettings, "kafka,mongodb,redis,synthetic"),
    ],
)
def test_each_service_tells_of_all_its_dangers_at_once_and_starts_with_those_that_are_named(
    told: Told, service: type[SharedSettings], names: str
) -> None:
    variable = variables_of(service)["allow_insecure"]

    refused, allowed = told(service, **OPEN), told(service, **OPEN, **{variable: names})

    assert refused.startswith("Cannot start: Kafka is plaintext and anonymous: set KAFKA_SECURITY_PROTOCOL=SASL_SSL, ")
    assert refused.endswith(f". See docs/guides/production.md; what cannot be otherwise is allowed by {variable}={names}.\n")
    assert refused.count("; ") == len(names.split(",")) + refused.count("; `openssl")
    assert allowed == ""


def test_a_rewind_is_held_to_kafka_alone_and_allowed_what_its_service_is(told: Told) -> None:
    # Its image has no library for where artifacts lie.
    rewind, elsewhere = settings_of("marketplace"), {"ARTIFACTS_URL": "gs://bucket"}

    refused = told(rewind, **OPEN, **elsewhere)
    allowed = told(rewind, **OPEN, **elsewhere, MARKETPLACE_ALLOW_INSECURE="kafka,redis")

    assert refused.startswith("Cannot start: Kafka is plaintext and anonymous: ")
    assert refused.endswith(" is allowed by MARKETPLACE_ALLOW_INSECURE=kafka.\n")
    assert allowed == ""


def test_development_starts_with_all_of_them(told: Told) -> None:
    assert [told(service, **OPEN, PROFILE="development") for service in SERVICES] == [""] * len(SERVICES)


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"KAFKA_SECURITY_PROTOCOL": "SASL_PLAINTEXT"}, "Kafka is plaintext: "),
        (PLAIN | {"KAFKA_SECURITY_PROTOCOL": "SSL"}, "Kafka is anonymous: "),
        (PLAIN | {"KAFKA_SECURITY_PROTOCOL": "SSL", "KAFKA_CERT_FILE": "our.cert.pem", "KAFKA_KEY_FILE": "our.key.pem"}, ""),
        (
            PLAIN | {"KAFKA_BOOTSTRAP": "127.0.0.1:9092,kafka.example:9092"},
            "Kafka is plaintext and anonymous: ",
        ),
        (PLAIN | {"KAFKA_BOOTSTRAP": "127.0.0.9:9092,[::1]:9092,localhost:9092"}, ""),
        ({"MONGO_URL": "mongodb://db.example/?tls=false"}, "MongoDB is plaintext: "),
        ({"MONGO_URL": "mongodb+srv://db.example", "MONGO_USERNAME": "", "MONGO_PASSWORD": ""}, "MongoDB is anonymous: "),
        ({"MONGO_URL": f"mongodb+srv://ada:{GOOD}@db.example/", "MONGO_USERNAME": "", "MONGO_PASSWORD": ""}, ""),
        (
            {"MONGO_URL": "mongodb://db.example/?ssl=true", "MONGO_USERNAME": "", "MONGO_PASSWORD": "", "MONGO_CERT_FILE": "our.both.pem"},
            "",
        ),
        ({"MONGO_URL": "mongodb://db.example/?tls=true&tlsInsecure=true"}, "MongoDB is taken on trust (its certificate is not checked): "),
        ({"MONGO_URL": "mongodb://db.example/?tls=true&tlsAllowInvalidHostnames=true"}, "MongoDB is taken on trust ("),
        ({"MONGO_URL": "mongodb+srv://db.example/?retryWrites=true;tlsInsecure=true"}, "MongoDB is taken on trust ("),
        ({"MONGO_URL": "mongodb://127.0.0.1,db.example/"}, "MongoDB is plaintext: "),
        ({"MONGO_URL": "mongodb://%2Frun%2Fmongodb-27017.sock/", "MONGO_USERNAME": "", "MONGO_PASSWORD": ""}, ""),
        ({"MONGO_URL": "mongodb://127.0.0.1.example/"}, "MongoDB is plaintext: "),
        (
            {"MONGO_URL": "mongodb://ada:bread@db.example/?tls=true"},
            "the password in MONGO_URL: it is not fit for production: it has fewer",
        ),
        ({"REDIS_URL": "redis://cache.example"}, "Redis is plaintext: "),
        ({"REDIS_PASSWORD": ""}, "Redis is anonymous: "),
        ({"REDIS_URL": f"rediss://:{GOOD}@cache.example", "REDIS_PASSWORD": ""}, ""),
        ({"REDIS_URL": "rediss://cache.example?ssl_cert_reqs=none"}, "Redis is taken on trust (its certificate is not checked): "),
        ({"REDIS_URL": "rediss://cache.example/0?ssl_check_hostname=false"}, "Redis is taken on trust ("),
        ({"REDIS_URL": "redis:///0?host=cache.example"}, "Redis is plaintext: "),
        ({"REDIS_URL": "redis://localhost", "REDIS_PASSWORD": ""}, ""),
        ({"RAY_USE_TLS": "0"}, "Ray is plaintext: "),
        ({"RAY_AUTH_MODE": ""}, "Ray is anonymous: "),
        ({"RAY_AUTH_TOKEN": "bread"}, "RAY_AUTH_TOKEN: it is not fit for production: it has fewer than 32 bytes"),
        ({"RAY_AUTH_TOKEN": "", "RAY_AUTH_TOKEN_PATH": "our.key.pem"}, ""),
        ({"RAY_AUTH_TOKEN": "", "RAY_AUTH_TOKEN_PATH": "gone"}, "Ray is without a token (none can be read from RAY_AUTH_TOKEN_PATH): "),
        ({"RAY_AUTH_MODE": "", "RAY_USE_TLS": "", "RAY_ADDRESS": "127.0.0.1:6379"}, ""),
        ({"KAFKA_PASSWORD": "bread"}, "KAFKA_PASSWORD: it is not fit for production: it has fewer than 32 bytes"),
    ],
)
def test_a_connection_that_leaves_this_machine_is_encrypted_and_has_a_name(told: Told, changed: dict[str, str], said: str) -> None:
    sentence = told(TrainingSettings, **changed)

    assert sentence.startswith(f"Cannot start: {said}") if said else sentence == ""
    assert "bread" not in sentence


@pytest.mark.parametrize(
    ("service", "changed", "said"),
    [
        (
            GatewaySettings,
            {"GATEWAY_METRICS_TOKEN": "metrics"},
            "GATEWAY_METRICS_TOKEN: it is not fit for production: it has fewer than 32",
        ),
        (
            GatewaySettings,
            {"GATEWAY_JWT_KEYS": f"live-1:{GOOD},live-0:change-me-change-me-change-me-now"},
            "GATEWAY_JWT_KEYS: it is not fit for production: it looks like a sample (it has 'change-me' in it)",
        ),
        (
            MarketplaceSettings,
            {"MARKETPLACE_PAYMENTS": "stripe", "MARKETPLACE_STRIPE_KEY": "sk_test_123"},
            "MARKETPLACE_STRIPE_KEY is of Stripe's test mode, which takes no real money: set a live one. See",
        ),
        (
            MarketplaceSettings,
            {"MARKETPLACE_PAYMENTS": "stripe", "MARKETPLACE_STRIPE_KEY": "sk_live_4eC39HqLyj"},
            "MARKETPLACE_STRIPE_KEY is no key of Stripe: it has fewer than 32 bytes; copy the whole live one from Stripe's dashboard. See",
        ),
        *(
            (GatewaySettings, {"GATEWAY_TRUSTED_PROXIES": f"10.0.0.0/8, {wide},fc00::/7"}, f"GATEWAY_TRUSTED_PROXIES={wide} lets callers ")
            for wide in ("::0/0", "128.0.0.0/1", "::ffff:0.0.0.0/96")
        ),
        (
            GatewaySettings,
            {"GATEWAY_ALLOW_INSECURE": "kafak"},
            "GATEWAY_ALLOW_INSECURE: 'kafak' is not a name that is known here; did you mean 'kafka'? the",
        ),
        (
            GatewaySettings,
            {"GATEWAY_ALLOW_INSECURE": "KAFKA,,redis"},
            "GATEWAY_ALLOW_INSECURE: 'KAFKA' is not a name that is known here; did you mean 'kafka'",
        ),
        (
            GatewaySettings,
            {"GATEWAY_ALLOW_INSECURE": "all"},
            "GATEWAY_ALLOW_INSECURE: 'all' is not a name that is known here; the names are kafka, mongodb, ",
        ),
    ],
)
def test_a_weak_key_a_test_key_everybody_as_a_proxy_and_a_name_that_there_is_not_are_refused(
    told: Told, service: type[SharedSettings], changed: dict[str, str], said: str
) -> None:
    assert told(service, **changed).startswith(f"Cannot start: {said}")


def secrets_in(text: str, settings: type[BaseSettings]) -> list[str]:
    """Return what a text sets the secret settings of a service to, but for what a shell puts there."""
    secret = "|".join(variable for name, variable in variables_of(settings).items() if not settings.model_fields[name].repr)
    given = re.findall(rf"\b(?:{secret})[=:]\s*[\"']?([^\s\"'`]+)", text)
    return [value for value in given if "://" not in value and not value.startswith(("$", "/", "…"))]


def test_no_key_that_a_page_or_the_compose_file_shows_is_good_for_production() -> None:
    pages = [*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md"), *ROOT.glob("docker-compose*.yml")]

    shown = {value for page in pages for settings in SERVICES for value in secrets_in(page.read_text(), settings)}

    assert [value for value in shown if not weakness_in(value) and not weakness_in(value.partition(":")[2])] == []


def test_the_guide_has_every_refusal_with_its_name_and_its_sentence(told: Told) -> None:
    guide = re.sub(r"\s+", " ", (ROOT / "docs" / "guides" / "production.md").read_text())
    sentences = {
        sentence.partition(": it is not fit")[0]
        for service in SERVICES
        for sentence in told(service, **OPEN).removeprefix("Cannot start: ").partition(". See docs")[0].split("; ")
        if not sentence.startswith("`openssl")
    }

    assert [name for name in WAYS_AROUND if f"`{name}`" not in guide] == []
    assert [sentence for sentence in sentences if sentence not in guide] == []
