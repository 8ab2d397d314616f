"""Distinguish a server that is away for a while from a mistake of ours, for MongoDB, Redis and Kafka alike."""

from typing import Final

from aiokafka.errors import KafkaConnectionError, KafkaError, KafkaTimeoutError, NoBrokersAvailable, NodeNotReadyError
from pymongo.errors import ConnectionFailure, ExecutionTimeout, OperationFailure, PyMongoError, WaitQueueTimeoutError, WTimeoutError
from redis.exceptions import BusyLoadingError, NoPermissionError, OutOfMemoryError, ReadOnlyError, ResponseError
from redis.exceptions import ConnectionError as RedisConnectionError
from redis.exceptions import TimeoutError as RedisTimeoutError

from libs.chassis.errors import PlatformError, UnavailableError, UnexpectedError
from libs.chassis.logs import log

MONGO: Final = (ConnectionFailure, ExecutionTimeout, WTimeoutError, WaitQueueTimeoutError)
REDIS: Final = (RedisConnectionError, RedisTimeoutError, BusyLoadingError, ReadOnlyError, OutOfMemoryError, NoPermissionError)
# What a Redis that answers says when it cannot write to its disk, or has lost its cluster; being full has a class of its own.
REFUSALS: Final = ("MISCONF", "CLUSTERDOWN", "MASTERDOWN")
# MongoDB's code for a disk that is full.
NO_ROOM: Final = frozenset({14031})
# Its codes for a user that it does not know, or does not allow something, until somebody sees to it.
REFUSES_US: Final = frozenset({13, 18})
KAFKA: Final = (KafkaConnectionError, KafkaTimeoutError, NodeNotReadyError, NoBrokersAvailable)


def as_platform_error(error: BaseException) -> UnavailableError | None:
    """Return what to answer the caller when `error` says that a server is away; None when it says something else."""
    if isinstance(error, UnavailableError):
        return error
    name = _away(error)
    return UnavailableError(f"{name} is not available right now; try again in a moment.") if name else None


def as_answer(error: Exception, *, ask: str) -> PlatformError:
    """Return what to answer one who asked: a refusal as it is, a server that is away, else a mistake of ours, which is logged."""
    if isinstance(error, PlatformError):
        return error
    if away := as_platform_error(error):
        return away
    log().error("an ask failed", ask=ask, exc_info=error)
    return UnexpectedError()


def is_passing(error: BaseException) -> bool:
    """Return whether the same attempt may succeed later: a server is away, or a refusal that says so itself."""
    if isinstance(error, PlatformError):
        return error.worth_retrying
    return _away(error) is not None


def _away(error: BaseException) -> str | None:
    """Return what is away, in a reader's words; a server that refuses whatever it is asked is as good as away."""
    if isinstance(error, ResponseError) and str(error).startswith(REFUSALS):
        return "The cache"
    if isinstance(error, OperationFailure) and error.code in NO_ROOM | REFUSES_US:
        return "The store"
    if isinstance(error, MONGO) or (isinstance(error, PyMongoError) and error.has_error_label("RetryableWriteError")):
        return "The store"
    if isinstance(error, REDIS):
        return "The cache"
    if isinstance(error, KAFKA) or (isinstance(error, KafkaError) and error.retriable):
        return "The message broker"
    # asyncio's TimeoutError is the built-in one, which is an OSError's child as ConnectionError is.
    return "A server" if isinstance(error, ConnectionError | TimeoutError) else None
