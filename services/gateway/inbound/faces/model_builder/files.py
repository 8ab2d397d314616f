"""Model Builder's files: the account's data root, from which trainings read and into which jobs write."""

import re
from collections.abc import AsyncIterator, Mapping
from contextlib import aclosing
from typing import Annotated, Any, Final

from fastapi import Path, Query, status
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse

from libs.chassis.errors import InvalidError
from libs.chassis.stores.parts import Part
from modelbourse.answers.builder.files import PATH, SHA256, BuilderFile, BuilderFilesDeleted
from modelbourse.answers.builder.said import BuilderPage, BuilderSaid
from services.gateway.domain.accounts.account import Tier
from services.gateway.domain.accounts.caller import Scope
from services.gateway.domain.accounts.tier_limits import DEFAULTS, Limit, TierLimits
from services.gateway.domain.errors import PayloadTooLargeError
from services.gateway.domain.files.errors import PathTakenError, StorageFullError, StoredFileNotFoundError
from services.gateway.domain.files.paths import RULE, check_path, plain_path
from services.gateway.domain.files.stored_file import StoredFile
from services.gateway.inbound.faces.model_builder.envelope import make_routes, page_of
from services.gateway.inbound.faces.model_builder.face import FACE, PAGES, Keeper, Reader
from services.gateway.inbound.http.errors import RangeNotSatisfiableError
from services.gateway.inbound.http.exchange import exchange_of
from services.gateway.inbound.http.refusals import refused
from services.gateway.inbound.http.representations import DRAWN_POLICY, HEADERS, PARAMETER, SAME, etag_of, has, kept_answer
from services.gateway.inbound.http.security import used
from services.gateway.inbound.http.uploads import CurrentUpload, UploadBound, UploadTerms, takes_upload
from services.gateway.usecases.nouns import FileUseCases

CHECKSUM: Final = "x-checksum-sha256"
RANGE: Final = re.compile(r"bytes=(\d{0,18})-(\d{0,18})")
# What a browser shows by itself, shut off from everything by DRAWN_POLICY; anything else it saves.
SHOWN: Final = ("text/html", "text/plain", "image/png", "application/json")
FULL: Final = StorageFullError(TierLimits(DEFAULTS).refusal(Limit.FILE_BYTES, tier=Tier.FREE).message)
TAKEN: Final = PathTakenError("'data' cannot be a file beside 'data/news.json': what is a file is no folder.")
TOO_LARGE: Final = PayloadTooLargeError(TierLimits(DEFAULTS).refusal(Limit.UPLOAD, tier=Tier.FREE).message)
NO_PATH: Final = InvalidError(f"The path cannot be used: '/data' is absolute. {RULE}", details={"path": [f"'/data' is absolute. {RULE}"]})
GONE: Final = StoredFileNotFoundError(PATH)
BYTES: Final[dict[str, Any]] = {"schema": {"type": "string", "format": "binary"}, "example": "the bytes of a file"}
BINARY: Final[Mapping[str, Any]] = {"application/octet-stream": BYTES}
# By the ending of the file's name.
ANY: Final[Mapping[str, Any]] = {"*/*": BYTES}
REPLACED: Final[dict[str, Any]] = {"model": BuilderSaid[BuilderFile], "description": "The file has replaced the one that was there."}
BODY: Final[dict[str, Any]] = {
    "requestBody": {"required": True, "content": {**BINARY}},
    "parameters": [
        {
            "name": "X-Checksum-SHA256",
            "in": "header",
            "required": False,
            "schema": {"type": "string", "pattern": "^[0-9a-f]{64}$"},
            "description": "The file's SHA-256 in hexadecimal digits: what comes otherwise is refused.",
        }
    ],
}
CHECKED: Final[dict[str, Any]] = HEADERS | {"X-Checksum-SHA256": {"schema": {"type": "string"}, "example": SHA256}}
FILE: Final[dict[int | str, dict[str, Any]]] = {
    200: {"description": "The file.", "content": {**ANY}, "headers": CHECKED},
    206: {
        "description": "The part that `Range` has asked for.",
        "content": {**ANY},
        "headers": CHECKED | {"Content-Range": {"schema": {"type": "string"}, "example": "bytes 0-499/48211"}},
    },
    304: SAME,
}
RANGED: Final[dict[str, Any]] = {
    "name": "Range",
    "in": "header",
    "required": False,
    "schema": {"type": "string"},
    "description": "`bytes=0-499`, `bytes=500-` or `bytes=-500`; several ranges are answered with the whole file.",
}
FilePath = Annotated[str, Path(description="The file's path, relative to your data root.", examples=[PATH])]
Use = Annotated[FileUseCases, used(FileUseCases)]
routes = make_routes("files", under="/files")


def _bound(request: Request) -> UploadBound:
    exchange = exchange_of(request.scope)
    limits: TierLimits = exchange.use_cases[FileUseCases].limits
    tier = exchange.require().tier
    return UploadBound(limits.most(Limit.UPLOAD, tier), limits.refusal(Limit.UPLOAD, tier=tier).message)


async def _check(request: Request, _: Mapping[str, str]) -> None:
    """Refuse before the file is read what can be refused by then."""
    exchange = exchange_of(request.scope)
    path, size = check_path(request.path_params["path"], "path"), int(request.headers.get("content-length", 0))
    await exchange.use_cases[FileUseCases].keep.check(path, caller=exchange.require(), size=size)


SENT: Final = UploadTerms(needs=Scope.WRITE, or_needs=(Scope.TRAIN,), fields=(), bound=_bound, check=_check, any_format=True)


@routes.put(
    "/{path:path}",
    status_code=status.HTTP_201_CREATED,
    summary="Send a file",
    response_description="The file is in your data root.",
    responses={200: REPLACED, **refused(FACE, FULL, TAKEN, TOO_LARGE, NO_PATH)},
    openapi_extra=BODY,
)
@takes_upload(SENT)
async def put_file(  # noqa: PLR0917 - FastAPI gives them by name
    path: FilePath, request: Request, response: Response, caller: Keeper, upload: CurrentUpload, use: Use
) -> BuilderFile:
    """Put the request's body there; what is there already is replaced, and the status is 200 then."""
    plain, sent = check_path(path, "path"), upload.staged
    said = request.headers.get(CHECKSUM)
    if said is not None and said.lower() != sent.sha256:
        message = f"What has come has the SHA-256 {sent.sha256}, not the one that was said: send it again."
        raise InvalidError(message, details={"X-Checksum-SHA256": [message]})
    file, is_new = await use.keep(plain, staged=sent.path, sha256=sent.sha256, size=sent.size, caller=caller)
    if not is_new:
        response.status_code = status.HTTP_200_OK
    return file_of(file)


@routes.get("", summary="List your files", response_description="Your files.", openapi_extra={"parameters": PAGES.parameters})
async def list_files(
    request: Request,
    caller: Reader,
    use: Use,
    prefix: Annotated[str, Query(max_length=255, description="How their paths begin, such as `outputs/`.", examples=["data/"])] = "",
) -> BuilderPage[BuilderFile]:
    """In the order of their paths."""
    part = PAGES.read(request)
    page = await use.files.find(prefix.removeprefix("./"), part, account_id=caller.account_id)
    return page_of(BuilderPage[BuilderFile], [file_of(file) for file in page.items], part=part, total=page.count)


@routes.get(
    "/{path:path}",
    summary="Get a file",
    response_class=StreamingResponse,
    responses={**FILE, **refused(FACE, GONE, NO_PATH, RangeNotSatisfiableError(48211), 503)},
    openapi_extra={"parameters": [PARAMETER, RANGED]},
)
async def get_file(path: FilePath, request: Request, caller: Reader, use: Use) -> Response:
    """Its bytes, or a part of them; `X-Checksum-SHA256` is of the whole file."""
    file = await use.files.get(check_path(path, "path"), account_id=caller.account_id)
    sha256, size = file.artifact.sha256, file.artifact.size
    if has(request, sha256):
        return kept_answer(None, sha256=sha256, media_type=file.content_type)
    wanted = range_of(request, sha256=sha256, size=size)
    start, end = wanted or (0, size)
    pieces = use.bytes.read(file, start=start, end=end)
    first = await anext(aiter(pieces), b"")  # What is not there is an error before the answer begins.
    headers = _headers(file) | {"content-length": str(end - start)}
    if wanted:
        headers["content-range"] = f"bytes {start}-{end - 1}/{size}"
    code = status.HTTP_206_PARTIAL_CONTENT if wanted else status.HTTP_200_OK
    return StreamingResponse(_with_first(first, pieces), status_code=code, media_type=file.content_type, headers=headers)


@routes.delete(
    "/{path:path}",
    summary="Delete a file, or a folder",
    response_description="It is deleted.",
    responses=refused(FACE, GONE, NO_PATH),
)
async def delete_file(
    path: FilePath,
    caller: Keeper,
    use: Use,
    recursive: Annotated[bool, Query(description="Whether the path is a folder, which goes with all that is in it.")] = False,  # noqa: FBT002 - FastAPI reads it by its name
) -> BuilderFilesDeleted:
    """Take it out of your data root. A running job has what it reads all the same, and so has a registered model."""
    plain = check_path(path, "path")
    if recursive:
        count = await use.files.delete_under(plain, account_id=caller.account_id)
        if not count:
            raise StoredFileNotFoundError(plain)
        return BuilderFilesDeleted(path=plain, deleted=count)
    try:
        await use.files.delete(plain, account_id=caller.account_id)
    except StoredFileNotFoundError as error:
        below = await use.files.find(f"{plain}/", Part(1), account_id=caller.account_id)
        raise StoredFileNotFoundError(plain, is_folder=bool(below.items)) from error
    return BuilderFilesDeleted(path=plain, deleted=1)


def file_of(file: StoredFile) -> BuilderFile:
    """Return a file as an answer."""
    return BuilderFile(
        path=file.path,
        size=file.artifact.size,
        sha256=file.artifact.sha256,
        content_type=file.content_type,
        made_at=file.made_at,
        made_by=file.made_by,
    )


def range_of(request: Request, *, sha256: str, size: int) -> tuple[int, int] | None:
    """Return the bytes that a request wants, from and up to, exclusive; None for all of them (RFC 9110, section 14).

    Raise RangeNotSatisfiableError for a part that a file of this size does not have.
    """
    found = RANGE.fullmatch(request.headers.get("range", "").replace(" ", ""))
    if found is None or not any(found.groups()) or request.headers.get("if-range", etag_of(sha256)) != etag_of(sha256):
        return None
    first, last = found.groups()
    start, end = (int(first), int(last or size - 1) + 1) if first else (max(0, size - int(last)), size)
    if start >= min(end, size):
        raise RangeNotSatisfiableError(size)
    return start, min(end, size)


def _headers(file: StoredFile) -> dict[str, str]:
    name = re.sub(r"[^A-Za-z0-9._-]", "_", plain_path(file.path).rpartition("/")[2])
    manner = "inline" if file.content_type.startswith(SHOWN) else "attachment"
    return dict(kept_answer(None, sha256=file.artifact.sha256, media_type="", policy=DRAWN_POLICY).headers) | {
        "content-disposition": f'{manner}; filename="{name}"',
        "accept-ranges": "bytes",
        CHECKSUM: file.artifact.sha256,
    }


async def _with_first(first: bytes, pieces: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    async with aclosing(pieces) as others:  # type: ignore[type-var]  # an async generator, as all that read pieces are
        yield first
        async for piece in others:
            yield piece
