"""Settings come from the environment, are frozen, and say in one sentence what is wrong."""

import secrets
import subprocess
import sys
from datetime import timedelta
from pathlib import Path

import pytest
from pydantic import BaseModel, Field, PositiveInt, ValidationError
from pydantic_settings import SettingsConfigDict

from libs.chassis.settings import SharedSettings, read_settings
from libs.chassis.settings_page import settings_page

ADDRESSES = {
    "KAFKA_BOOTSTRAP": "k:9092",
    "MONGO_URL": "mongodb://u:secret@m",
    "REDIS_URL": "redis://:secret@r",
    "ARTIFACTS_URL": "file:///a",
}
ON_THIS_MACHINE = {
    "KAFKA_BOOTSTRAP": "127.0.0.1:9092",
    "MONGO_URL": "mongodb://[::1]:27017,localhost",
    "REDIS_URL": "unix:///run/redis.sock",
}
WITHOUT_S3 = """
import sys
sys.modules |= dict.fromkeys(("s3fs", "aiobotocore", "botocore"))
from libs.chassis.settings import SharedSettings, read_settings
read_settings(SharedSettings)
"""


class Order(BaseModel):
    flour: str
    hours: PositiveInt


class Settings(SharedSettings):
    model_config = SettingsConfigDict(env_prefix="BAKERY_")

    ovens: PositiveInt = Field(2, description="Ovens that are lit.")
    rest: timedelta = Field(timedelta(minutes=20), description="How long dough rests.")
    orders: tuple[Order, ...] = Field((), description="What is baked every day.")
    recipe: str | None = Field(None, repr=False, description="What nobody else may know.")


@pytest.fixture
def environment(monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    for name, value in ADDRESSES.items():
        monkeypatch.setenv(name, value)
    for name in ("NAMESPACE", "INSTANCE", "MARKET_DATA_SYNTHETIC"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("PROFILE", "development")
    return monkeypatch


@pytest.fixture
def production(environment: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    """A platform on one machine, which is what production is unless it is said otherwise."""
    for name, value in ON_THIS_MACHINE.items():
        environment.setenv(name, value)
    environment.delenv("PROFILE")
    return environment


def test_own_fields_carry_the_prefix_and_shared_ones_do_not(environment: pytest.MonkeyPatch) -> None:
    environment.setenv("BAKERY_OVENS", "7")
    environment.setenv("BAKERY_REST", "90")

    settings = read_settings(Settings)

    assert (settings.ovens, settings.rest, settings.kafka_bootstrap) == (7, timedelta(seconds=90), "k:9092")


def test_an_empty_variable_counts_as_not_set(environment: pytest.MonkeyPatch) -> None:
    environment.setenv("RAY_ADDRESS", "")
    environment.setenv("BAKERY_OVENS", "")

    assert (read_settings(Settings).ray_address, read_settings(Settings).ovens) == (None, 2)


@pytest.mark.parametrize(("profile", "allowed"), [("development", True), ("production", False)])
def test_generated_candles_are_for_development_unless_said_otherwise(
    production: pytest.MonkeyPatch, *, profile: str, allowed: bool
) -> None:
    environment = production
    environment.setenv("PROFILE", profile)
    environment.setenv("BAKERY_ALLOW_INSECURE", "synthetic")
    assert read_settings(Settings).synthetic_allowed is allowed

    environment.setenv("MARKET_DATA_SYNTHETIC", "never" if allowed else "allow")

    assert read_settings(Settings).synthetic_allowed is not allowed


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        ("MONGO_URL", None, "MONGO_URL is missing"),
        ("BAKERY_ORDERS", "{rye", "BAKERY_ORDERS is no JSON: Expecting property name enclosed in double quotes at character 2"),
        ("BAKERY_ORDERS", '[{"flour": "rye"}]', "BAKERY_ORDERS.0.hours is missing"),
        ("BAKERY_OVENS", "0", "BAKERY_OVENS: input should be greater than 0 (given: '0')"),
        ("BAKERY_REST", "abc", "BAKERY_REST: it is a duration: seconds, such as 90, or ISO 8601, such as PT90S (given: 'abc')"),
        ("PROFILE", "test", "PROFILE: input should be 'development' or 'production' (given: 'test')"),
        ("BAKERY_OVNES", "3", "BAKERY_OVNES is not a setting (did you mean BAKERY_OVENS?)"),
        ("SECRETS_DIR", "/gone/secrets", "SECRETS_DIR: there is no folder /gone/secrets. See"),
        ("NAMESPACE", "Über Alles", "NAMESPACE: string should match pattern"),
        ("ARTIFACTS_URL", "s4://bucket/a", "ARTIFACTS_URL: 's4' is no kind of store; it is a folder, or begins with file://, s3://"),
        ("ARTIFACTS_URL", "simplecache::s3://bucket", "ARTIFACTS_URL: 'simplecache::s3' is no kind of store"),
        ("ARTIFACTS_URL", "s3:///prefix", "ARTIFACTS_URL: s3:// lacks a bucket; it is s3://bucket/prefix"),
        ("ARTIFACTS_URL", "gs://bucket", "ARTIFACTS_URL: gs:// needs a library that is not installed; install the package"),
    ],
)
def test_a_missing_wrong_or_misspelt_one_is_one_sentence(
    environment: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], name: str, value: str | None, said: str
) -> None:
    environment.delenv(name, raising=False)
    if value is not None:
        environment.setenv(name, value)

    with pytest.raises(SystemExit) as ended:
        read_settings(Settings)

    told = capsys.readouterr().err
    assert ended.value.code == 2
    assert told.startswith("Cannot start: ")
    assert said in told
    assert told.count("\n") == 1


@pytest.mark.parametrize(
    ("secret", "why"),
    [
        ("changeme-changeme-changeme-changeme", "it looks like a sample (it has 'changeme' in it)"),
        ("your-secret-key-goes-here-32-characters", "it looks like a sample"),
        ("0123456789abcdef0123456789abcdef", "it looks like a sample"),
        ("nnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnn", "it has fewer than 10 different characters"),
        ("k7Qw-9Zt_Lx2k7Qw-9Zt_Lx2k7Qw-9Zt", "it repeats itself"),
        ("k7Qw-9Zt_Lx2Bv8Rm4Yp6Hd3Ns5Jf0G", "it has fewer than 32 bytes"),
    ],
)
def test_production_refuses_samples_and_weak_secrets_and_does_not_show_them(
    production: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], secret: str, why: str
) -> None:
    environment = production
    environment.setenv("BAKERY_RECIPE", secret)
    environment.setenv("PROFILE", "development")
    assert read_settings(Settings).recipe == secret
    environment.setenv("PROFILE", "production")

    with pytest.raises(SystemExit):
        read_settings(Settings)

    told = capsys.readouterr().err
    assert told.startswith("Cannot start: BAKERY_RECIPE: it is not fit for production: ")
    assert why in told
    assert secret not in told


def test_production_takes_random_secrets(production: pytest.MonkeyPatch) -> None:
    for _ in range(200):
        production.setenv("BAKERY_RECIPE", secret := secrets.token_urlsafe(32))
        assert read_settings(Settings).recipe == secret


def test_a_service_whose_artifacts_lie_in_s3_says_at_its_start_what_to_install(environment: pytest.MonkeyPatch) -> None:
    environment.setenv("ARTIFACTS_URL", "s3://bucket/prefix?key=secret")

    # A process in which the extra's packages cannot be imported, as where they are not installed.
    ended = subprocess.run([sys.executable, "-c", WITHOUT_S3], capture_output=True, text=True, check=False)

    wanted = 'ARTIFACTS_URL: s3:// needs a library that is not installed; run pip install "modelbourse-platform[s3]"'
    assert (ended.returncode, ended.stderr) == (2, f"Cannot start: {wanted}. See docs/configuration.md.\n")


def test_a_service_that_opens_no_artifacts_needs_no_library_for_where_they_lie(environment: pytest.MonkeyPatch) -> None:
    environment.setenv("ARTIFACTS_URL", "gs://bucket")

    class OpensNone(Settings):
        opens_artifacts = False

    assert read_settings(OpensNone).artifacts_url == "gs://bucket"


@pytest.mark.parametrize("url", ["s3://bucket", "s3://bucket/prefix", "memory://", "/a/folder", "a/folder"])
def test_artifacts_may_lie_in_s3_or_a_folder(environment: pytest.MonkeyPatch, url: str) -> None:
    environment.setenv("ARTIFACTS_URL", url)

    assert read_settings(Settings).artifacts_url == url


def test_a_secrets_file_that_cannot_be_read_or_is_misspelt_is_named(
    environment: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    folder = tmp_path / "secrets"
    folder.mkdir()
    environment.setenv("SECRETS_DIR", str(folder))
    (folder / "BAKERY_RECIPE").write_text("rye")
    # Neither is taken for a setting: a certificate's file, and a password of before.
    (folder / "ca.crt").write_bytes(b"\xff")
    (folder / "MONGO_PASSWORD_OLD").write_text("rye")
    assert read_settings(Settings).recipe == "rye"
    (folder / "REDIS_PASWORD").write_text("rye")
    (folder / "MONGO_PASWORD").write_text("rye")
    (folder / "KAFKA_PASSWORD").write_bytes(b"\xff\xfe")
    (folder / "BAKERY_OVENS").mkdir()
    (tmp_path / "elsewhere").write_text("rye")
    (folder / "RAY_ADDRESS").symlink_to(tmp_path / "elsewhere")

    with pytest.raises(SystemExit):
        read_settings(Settings)

    sentences = (
        f"BAKERY_OVENS: its file {folder}/BAKERY_OVENS cannot be read: Is a directory",
        f"KAFKA_PASSWORD: its file {folder}/KAFKA_PASSWORD holds no text",
        f"{folder}/MONGO_PASWORD is called like no setting (did you mean MONGO_PASSWORD?)",
        f"RAY_ADDRESS: its file {folder}/RAY_ADDRESS leads out of that folder",
        f"{folder}/REDIS_PASWORD is called like no setting (did you mean REDIS_PASSWORD?)",
    )
    assert capsys.readouterr().err == f"Cannot start: {'; '.join(sentences)}. See docs/configuration.md.\n"


def test_what_kubernetes_sets_for_a_service_is_not_taken_for_a_typo(environment: pytest.MonkeyPatch) -> None:
    environment.setenv("BAKERY_SERVICE_HOST", "10.0.0.1")
    environment.setenv("BAKERY_PORT_8000_TCP_ADDR", "10.0.0.1")

    assert read_settings(Settings).ovens == 2


@pytest.mark.usefixtures("environment")
def test_settings_are_frozen_and_keep_secrets_out_of_their_text() -> None:
    settings = read_settings(Settings)

    with pytest.raises(ValidationError):
        settings.ovens = 3
    assert "secret" not in repr(settings)


def test_the_page_lists_every_variable_with_its_default() -> None:
    page = settings_page({"bakery": Settings})

    assert "| `KAFKA_BOOTSTRAP` | string | **required** | Kafka brokers" in page
    assert "## bakery\n" in page
    assert "| `BAKERY_OVENS` | integer | `2` | Ovens that are lit. |" in page
    assert "| `BAKERY_REST` | duration | `PT20M` | How long dough rests. |" in page
    assert page.count("`MONGO_URL`") == 1


def test_the_page_says_which_service_takes_a_shared_variable_otherwise() -> None:
    class Oven(SharedSettings):
        model_config = SettingsConfigDict(env_prefix="OVEN_")

        ray_address: str = Field(validation_alias="RAY_ADDRESS", description="Where it is hot.")

    shared, _, own = settings_page({"oven": Oven}).partition("## oven\n")

    assert "| `RAY_ADDRESS` | string |  |" in shared
    assert "| `RAY_ADDRESS` | string | **required** | Where it is hot. |" in own
    rows = [line.split("`")[1] for line in own.splitlines() if line.startswith("| `")]
    assert rows == ["RAY_ADDRESS", "OVEN_ALLOW_INSECURE"]
