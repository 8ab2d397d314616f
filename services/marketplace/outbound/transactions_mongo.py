"""Transactions of the marketplace's books: written as a whole, or told that another writer was faster."""

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager, contextmanager
from contextvars import copy_context
from typing import Any, Final

from pymongo.errors import DuplicateKeyError, OperationFailure

from libs.chassis.stores.mongo import Database
from services.marketplace.domain.errors import BooksChangedError

WRITE_CONFLICT: Final = "TransientTransactionError"
NAMESPACE_EXISTS: Final = 48
# The books' own: in the event loop's, whose threads are few, the names of brokers and providers would be looked up behind a slow MongoDB.
THREADS: Final = ThreadPoolExecutor(8, thread_name_prefix="books")


@asynccontextmanager
async def transaction(database: Database, *, about: str) -> AsyncIterator[Any]:
    """Yield a session whose writes are one. Raise BooksChangedError when another writer was faster; `about` names whose books."""
    with _overtaken(about):
        async with await database.client.start_session() as session, session.start_transaction():
            yield session


async def transact(database: Database, write: Callable[[Any], None], *, about: str) -> None:
    """Have `write` do a transaction's writes by the driver's blocking session, in one thread. Raise BooksChangedError as above.

    Handing each of them to a thread of the driver's takes longer than the write. What has begun is written whole, or not at all,
    also when nobody waits for it any more: the session is the thread's alone.
    """

    def run() -> None:
        with database.client.delegate.start_session() as session, session.start_transaction():
            write(session)

    with _overtaken(about):
        await asyncio.get_running_loop().run_in_executor(THREADS, copy_context().run, run)


@contextmanager
def _overtaken(about: str) -> Iterator[None]:
    try:
        yield
    except DuplicateKeyError as error:
        msg = f"the books of {about} changed"
        raise BooksChangedError(msg) from error
    except OperationFailure as error:
        if not error.has_error_label(WRITE_CONFLICT):
            raise
        msg = f"the books of {about} are being changed"
        raise BooksChangedError(msg) from error


async def make_collections(database: Database, *names: str) -> None:
    """Make collections, which a transaction cannot."""
    known = set(await database.list_collection_names())
    for name in names:
        if name not in known:
            try:
                # Without the driver's own look, which tells of it by another error when another process is a moment faster.
                await database.create_collection(name, check_exists=False)
            except OperationFailure as error:
                if error.code != NAMESPACE_EXISTS:  # Another process of ours was faster.
                    raise
