"""The driver's errors in the platform's words."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from pymongo.errors import PyMongoError

from libs.chassis.stores.mongo import as_platform_error


@asynccontextmanager
async def translated() -> AsyncIterator[None]:
    """Turn the driver's word for a store that is away into ours."""
    try:
        yield
    except PyMongoError as error:
        if away := as_platform_error(error):
            raise away from error
        raise
