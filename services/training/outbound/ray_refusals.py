"""Why Ray's head does not take us: its token, its certificate. `ray.init` does not tell, and takes 20 seconds or more to give up."""

from importlib import import_module
from typing import Any, Final

from libs.chassis.refusals import why_tls

WITHIN_S: Final = 3.0
TOKEN: Final = "it does not know our token (RAY_AUTH_MODE, RAY_AUTH_TOKEN or the file RAY_AUTH_TOKEN_PATH)"  # noqa: S105 - a sentence about one
HANGS_UP: Final = "it hangs up at once: RAY_USE_TLS may not be what it speaks, or it does not take our certificate"


def why_refused(address: str) -> str | None:
    """Ask the head for its cluster's id and return in a sentence why it refuses; None when it answers, or does not answer at all.

    The connection is made by Ray's own words in the environment, its token and its certificates. Blocks for some seconds at most.
    """
    # Here: a service that is on no Ray loads neither.
    import grpc  # noqa: PLC0415 - see above
    from ray._private.grpc_utils import init_grpc_channel  # noqa: PLC0415 - the one place that knows how Ray secures a channel

    messages: Any = import_module("ray.core.generated.gcs_service_pb2")
    services: Any = import_module("ray.core.generated.gcs_service_pb2_grpc")
    try:
        channel = init_grpc_channel(address)
    except (OSError, RuntimeError) as error:
        return f"Ray's certificates (RAY_TLS_SERVER_CERT, RAY_TLS_SERVER_KEY, RAY_TLS_CA_CERT) cannot be read: {error}"
    try:
        services.NodeInfoGcsServiceStub(channel).GetClusterId(messages.GetClusterIdRequest(), timeout=WITHIN_S)
    except grpc.RpcError as error:
        why = _meaning(error, grpc.StatusCode)
        return f"Ray at {address} refuses us: {why}" if why else None
    finally:
        channel.close()
    return None


def _meaning(error: Any, codes: Any) -> str | None:
    if error.code() is codes.UNAUTHENTICATED:
        return TOKEN
    if error.code() is not codes.UNAVAILABLE:
        return None
    if why := why_tls(error, ca_file="RAY_TLS_CA_CERT", cert_file="RAY_TLS_SERVER_CERT"):
        return why
    return HANGS_UP if "socket closed" in str(error.details()).lower() else None
