"""Files that requests bring: streamed into the artifact store as they come, within the caller's bound, and gone if they are refused."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Annotated, Any, Final, TypeVar

from fastapi import Depends
from fastapi.exceptions import RequestValidationError
from starlette.requests import Request

from libs.chassis.errors import ErrorKind, InvalidError, PlatformError, UnavailableError
from libs.chassis.logs import log
from libs.contracts.ids import new_id
from services.gateway.domain.accounts.caller import Scope
from services.gateway.domain.at_once import AtOnce
from services.gateway.domain.errors import PayloadTooLargeError, UnreadableRequestError
from services.gateway.inbound.http.described import Schema
from services.gateway.inbound.http.exchange import exchange_of
from services.gateway.inbound.http.multipart import FILE, VALUE_MOST, FormReader
from services.gateway.inbound.http.received import ReceivedUpload
from services.gateway.inbound.http.staged import StagedFile, UploadStore
from services.gateway.inbound.http.upload_formats import BY_TYPE, RAW_TYPES, format_of, plain_type, refuse_file

F = TypeVar("F", bound=Callable[..., Any])
T = TypeVar("T")

MARK: Final = "__takes_upload__"
FOLDER: Final = "uploads"
MULTIPART: Final = "multipart/form-data"
# What is written at once: the memory that an upload takes is this and what one read of the connection brings.
PIECE: Final = 1 << 20
WRITERS: Final = 8
FILES_AT_ONCE: Final = 2
SENDING: Final = f"{FILES_AT_ONCE} files of this account are being sent already; try again when one has come."
# What of a form is not the file: boundaries and the heads of its parts; its fields are counted besides.
FORM_BYTES: Final = 65_536


@dataclass(frozen=True, slots=True)
class UploadBound:
    """How many bytes a file may have, and the sentence that refuses more."""

    most: int
    refusal: str


@dataclass(frozen=True, slots=True)
class UploadTerms:
    """On which terms an endpoint takes a file.

    `fields` are what may come beside it: a form's fields, or the query's parameters. `bound` is the caller's. `check` may refuse before
    the file is read: it is given the fields that have come before it, which of a form are those before its `file`. A caller with a scope of
    `or_needs` is as good. With `any_format` the body is the file, whatever it is said to be.
    """

    needs: Scope
    fields: tuple[str, ...]
    bound: Callable[[Request], UploadBound]
    check: Callable[[Request, Mapping[str, str]], Awaitable[None]] | None = None
    or_needs: tuple[Scope, ...] = ()
    any_format: bool = False


def takes_upload(terms: UploadTerms) -> Callable[[F], F]:
    """Mark an endpoint that takes a file, which may be larger than GATEWAY_MAX_BODY_BYTES. Stands below the route's decorator.

    The file has come when the endpoint is called (`CurrentUpload`). With `@starts_work` an Idempotency-Key stands for the fields and the
    file's SHA-256. What the endpoint refuses is removed from the store.
    """

    def mark(endpoint: F) -> F:
        setattr(endpoint, MARK, terms)
        return endpoint

    return mark


def body_described(fields: Mapping[str, Schema], *, describes: str) -> Schema:
    """Return the `requestBody` of such an endpoint for the OpenAPI document: a form with these fields, or the file itself."""
    file = {"type": "string", "format": "binary", "description": describes}
    form = {"type": "object", "required": [FILE], "properties": {**fields, FILE: file}}
    raw = ("text/csv", "application/vnd.apache.parquet", "application/octet-stream")
    return {"required": True, "content": {MULTIPART: {"schema": form}, **{each: {"schema": file} for each in raw}}}


def upload_terms_of(endpoint: Callable[..., Any]) -> UploadTerms | None:
    """Return on which terms an endpoint takes a file; None for one that takes none."""
    terms: UploadTerms | None = getattr(endpoint, MARK, None)
    return terms


def current_upload(request: Request) -> ReceivedUpload:
    """Return the file that a request brought."""
    received = exchange_of(request.scope).upload
    if received is None:
        message = "this endpoint is not marked with @takes_upload"
        raise TypeError(message)
    return received


CurrentUpload = Annotated[ReceivedUpload, Depends(current_upload)]


@dataclass(frozen=True, slots=True)
class Uploads:
    """Takes files in, of an account so many `at_once` at each gateway."""

    store: UploadStore
    at_once: AtOnce = field(default_factory=lambda: AtOnce(FILES_AT_ONCE, SENDING))
    # Of its own: a slow store must not hold up what else is done in threads.
    _threads: ThreadPoolExecutor = field(default_factory=lambda: ThreadPoolExecutor(WRITERS, thread_name_prefix="uploads"))

    @asynccontextmanager
    async def receiving(self, request: Request, *, terms: UploadTerms) -> AsyncIterator[ReceivedUpload]:
        """Read a request's file; it is removed when what follows refuses it, or answers what a request before it was answered.

        Raise PermissionDeniedError, PayloadTooLargeError, TooManyRequestsError and InvalidError, where it can be before the body is read,
        UnavailableError while the store is away, and ClientDisconnect.
        """
        exchange = exchange_of(request.scope)
        caller = exchange.require(terms.needs, *terms.or_needs)
        with self.at_once.one_more(caller.account_id):
            received = await self._receive(request, terms)
        exchange.upload = received
        try:
            yield received
        except (PlatformError, RequestValidationError) as error:
            # After an outage or a mistake of ours nobody knows whether the file is used: one that is not is removed when it is old.
            if not isinstance(error, PlatformError) or not (error.worth_retrying or error.kind is ErrorKind.INTERNAL):
                await self._remove(received)
            raise
        if exchange.repeated:
            await self._remove(received)

    async def _receive(self, request: Request, terms: UploadTerms) -> ReceivedUpload:
        bound = terms.bound(request)
        given = {name: value for name, value in request.query_params.items() if name in terms.fields}
        kind = plain_type(request.headers.get("content-type"))
        _refuse_other_types(kind, any_format=terms.any_format)
        besides = FORM_BYTES + len(terms.fields) * VALUE_MOST if kind == MULTIPART else 0
        if int(request.headers.get("content-length", 0)) > bound.most + besides:
            raise PayloadTooLargeError(bound.refusal, details={FILE: [bound.refusal]})
        # The file is counted to the byte here; the gate's count is for what comes beside and behind it.
        exchange_of(request.scope).body_most = bound.most + besides + PIECE
        incoming = Incoming(request, terms, StagedFile(self.store, f"{FOLDER}/{new_id('upload')}"), bound, self._in_thread)
        try:
            return await (incoming.read_form(given) if kind == MULTIPART else incoming.read_raw(given))
        except BaseException as error:
            # Also when the request is cancelled while a piece is written.
            await asyncio.shield(self._in_thread(incoming.staged.drop, error))
            raise

    async def _remove(self, received: ReceivedUpload) -> None:
        try:
            await self._in_thread(self.store.delete_named, received.staged.path)
        except UnavailableError:
            log().warning("an upload that was refused is removed later: the store is away", path=received.staged.path)

    async def _in_thread(self, call: Callable[..., T], *given: Any) -> T:
        return await asyncio.get_running_loop().run_in_executor(self._threads, call, *given)


@dataclass(slots=True)
class Incoming:
    """One file while it comes."""

    request: Request
    terms: UploadTerms
    staged: StagedFile
    bound: UploadBound
    in_thread: Callable[..., Awaitable[Any]]
    waiting: bytearray = field(default_factory=bytearray)
    taken: int = 0

    async def read_raw(self, given: Mapping[str, str]) -> ReceivedUpload:
        """Read a body that is the file itself, described by the query."""
        content_type = self.request.headers.get("content-type")
        await self._check(given)
        async for data in self.request.stream():
            await self._take(data, content_type=content_type, filename=None)
        return await self._end(given, content_type=content_type, filename=None)

    async def read_form(self, given: Mapping[str, str]) -> ReceivedUpload:
        """Read a form."""
        form = FormReader(self.request.headers["content-type"], known=self.terms.fields, given=given)
        is_checked = False
        async for data in self.request.stream():
            form.write(data)
            if form.has_file and not is_checked:
                is_checked = True
                await self._check(form.fields)
            await self._take(form.take_file(), content_type=form.file_type, filename=form.filename)
        form.end()
        return await self._end(form.fields, content_type=form.file_type, filename=form.filename)

    async def _check(self, fields: Mapping[str, str]) -> None:
        if self.terms.check is not None:
            await self.terms.check(self.request, fields)

    async def _take(self, data: bytes, *, content_type: str | None, filename: str | None) -> None:
        self.taken += len(data)
        if self.taken > self.bound.most:
            raise PayloadTooLargeError(self.bound.refusal, details={FILE: [self.bound.refusal]})
        self.waiting += data
        if len(self.waiting) >= PIECE:
            await self._write(content_type=content_type, filename=filename)

    async def _write(self, *, content_type: str | None, filename: str | None) -> None:
        """Write what waits; nothing more is read of the connection meanwhile, so that a slow store slows the sender."""
        piece, self.waiting = bytes(self.waiting), bytearray()
        if not self.staged.size and not self.terms.any_format:
            format_of(piece, content_type=content_type, filename=filename)
        await self.in_thread(self.staged.add, piece)

    async def _end(self, fields: Mapping[str, str], *, content_type: str | None, filename: str | None) -> ReceivedUpload:
        if not self.taken:
            refuse_file("It is empty.")
        if self.waiting:
            await self._write(content_type=content_type, filename=filename)
        head = self.staged.head
        file_format = None if self.terms.any_format else format_of(head, content_type=content_type, filename=filename)
        return ReceivedUpload(dict(fields), await self.in_thread(self.staged.keep), head, file_format)


def _refuse_other_types(kind: str, *, any_format: bool) -> None:
    if any_format:
        if kind == MULTIPART:
            message = "The request's body is a form; send the file itself as the body."
            raise UnreadableRequestError(message, details={"Content-Type": [message]})
        return
    if kind != MULTIPART and kind not in BY_TYPE:
        what = f"'{kind[:60]}' is not understood; send {MULTIPART} with the part 'file', or the file itself as {RAW_TYPES}."
        message = "The request's body cannot be read."
        raise InvalidError(message, details={"Content-Type": [what]})
