"""Where the servers are that all services share, and how each connection is secured."""

from pathlib import Path
from typing import Any, Literal

from pydantic import Field, ValidationInfo, field_validator
from pydantic_settings import BaseSettings

from libs.chassis.connection_checks import CHECKS


class ConnectionSettings(BaseSettings):
    """Addresses, users and certificates. A password is better kept in a file of `SECRETS_DIR` than in the environment."""

    profile: Literal["development", "production"] = Field(
        "production", validation_alias="PROFILE", description="`development` opens what a laptop needs; `production` denies by default."
    )
    kafka_bootstrap: str = Field(
        validation_alias="KAFKA_BOOTSTRAP", description="Kafka brokers, `host:port[,host:port]`; without a port 9092 is taken."
    )
    kafka_security: Literal["PLAINTEXT", "SSL", "SASL_PLAINTEXT", "SASL_SSL"] = Field(
        "PLAINTEXT",
        validation_alias="KAFKA_SECURITY_PROTOCOL",
        description="How Kafka is spoken to: `SSL` and `SASL_SSL` are encrypted, `SASL_…` log in with a name and a password.",
    )
    kafka_sasl_mechanism: Literal["SCRAM-SHA-512", "SCRAM-SHA-256", "PLAIN"] = Field(
        "SCRAM-SHA-512", validation_alias="KAFKA_SASL_MECHANISM", description="How the name and the password are told."
    )
    kafka_username: str | None = Field(
        None, validate_default=True, validation_alias="KAFKA_USERNAME", description="This service's own user of Kafka."
    )
    kafka_password: str | None = Field(
        None, validate_default=True, validation_alias="KAFKA_PASSWORD", repr=False, description="Its password."
    )
    kafka_ca_file: Path | None = Field(
        None,
        validation_alias="KAFKA_CA_FILE",
        description="Certificates (PEM) that the brokers' are checked by. Default: the machine's.",
    )
    kafka_cert_file: Path | None = Field(
        None, validation_alias="KAFKA_CERT_FILE", description="This service's certificate (PEM), where the brokers ask for one (mTLS)."
    )
    kafka_key_file: Path | None = Field(
        None, validate_default=True, validation_alias="KAFKA_KEY_FILE", description="The key of that certificate (PEM)."
    )
    mongo_url: str = Field(
        validation_alias="MONGO_URL", repr=False, description="MongoDB, a replica set: `mongodb://…`; `tls=true` in it encrypts."
    )
    mongo_username: str | None = Field(None, validation_alias="MONGO_USERNAME", description="User of MongoDB, where the URL names none.")
    mongo_password: str | None = Field(
        None, validate_default=True, validation_alias="MONGO_PASSWORD", repr=False, description="Its password."
    )
    mongo_ca_file: Path | None = Field(
        None, validation_alias="MONGO_CA_FILE", description="Certificates (PEM) that MongoDB's is checked by. Default: the machine's."
    )
    mongo_cert_file: Path | None = Field(
        None, validation_alias="MONGO_CERT_FILE", description="This service's certificate with its key (PEM), where MongoDB asks for one."
    )
    redis_url: str = Field(
        validation_alias="REDIS_URL", repr=False, description="Redis or Valkey: `redis://…`, or `rediss://…`, which is encrypted."
    )
    redis_username: str | None = Field(
        None, validation_alias="REDIS_USERNAME", description="User of Redis (ACL), where the URL names none. Default: `default`."
    )
    redis_password: str | None = Field(
        None, validate_default=True, validation_alias="REDIS_PASSWORD", repr=False, description="Its password."
    )
    redis_ca_file: Path | None = Field(
        None, validation_alias="REDIS_CA_FILE", description="Certificates (PEM) that Redis's is checked by. Default: the machine's."
    )
    redis_cert_file: Path | None = Field(
        None, validation_alias="REDIS_CERT_FILE", description="This service's certificate (PEM), where Redis asks for one."
    )
    redis_key_file: Path | None = Field(
        None, validate_default=True, validation_alias="REDIS_KEY_FILE", description="The key of that certificate (PEM)."
    )
    ray_address: str | None = Field(None, validation_alias="RAY_ADDRESS", description="The Ray cluster's head, `host:port`.")
    otel_endpoint: str | None = Field(
        None,
        validation_alias="OTEL_EXPORTER_OTLP_ENDPOINT",
        description="OTLP/gRPC collector for traces (`https://…` is encrypted); without it ids are passed on but nothing is recorded.",
    )
    otel_headers: str | None = Field(
        None,
        validation_alias="OTEL_EXPORTER_OTLP_HEADERS",
        repr=False,
        description="Headers that the collector asks for, `name=value[,name=value]`.",
    )
    otel_ca_file: Path | None = Field(
        None,
        validation_alias="OTEL_EXPORTER_OTLP_CERTIFICATE",
        description="Certificates (PEM) that the collector's is checked by. Default: the machine's.",
    )

    @field_validator(*CHECKS)
    @classmethod
    def _can_be_used(cls, given: Any, info: ValidationInfo) -> Any:
        """Refuse what would connect otherwise than it reads: a password that is not asked for, a certificate of a connection without."""
        if why := CHECKS[str(info.field_name)](given, info.data):
            raise ValueError(why)
        return given
