"""Files that a job of ML Development has made, as answers."""

from collections.abc import AsyncIterator
from contextlib import aclosing
from typing import Any, Final

from starlette.requests import Request
from starlette.responses import Response, StreamingResponse

from services.gateway.domain.files.errors import StoredFileNotFoundError
from services.gateway.domain.files.ports import FileBytes
from services.gateway.domain.files.stored_file import StoredFile
from services.gateway.domain.jobs.job import Job
from services.gateway.inbound.faces.ml_development.run_answers import files_of
from services.gateway.inbound.http.representations import DRAWN_POLICY, HEADERS, SAME, has, kept_answer

FILE: Final[dict[int | str, dict[str, Any]]] = {
    200: {
        "description": "The file.",
        "content": {"*/*": {"schema": {"type": "string", "format": "binary"}, "example": "the bytes of a file"}},
        "headers": HEADERS,
    },
    304: SAME,
}


async def file_answer(job: Job, path: str, request: Request, *, bytes_of: FileBytes) -> Response:
    """Return a file of a job's result, by its path. Raise StoredFileNotFoundError, or UnavailableError."""
    artifact = files_of(job).get(path)
    if artifact is None:
        raise StoredFileNotFoundError(path)
    file = StoredFile(path, artifact, made_at=job.ended_at or job.created_at, made_by=job.id)
    if has(request, artifact.sha256):
        return kept_answer(None, sha256=artifact.sha256, media_type=file.content_type)
    pieces = bytes_of.read(file, start=0, end=artifact.size)
    first = await anext(aiter(pieces), b"")  # What is not there is an error before the answer begins.
    headers = dict(kept_answer(None, sha256=artifact.sha256, media_type="", policy=DRAWN_POLICY).headers)
    headers |= {"content-length": str(artifact.size)}
    return StreamingResponse(_with_first(first, pieces), media_type=file.content_type, headers=headers)


async def _with_first(first: bytes, pieces: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    async with aclosing(pieces) as others:  # type: ignore[type-var]  # an async generator, as all that read pieces are
        yield first
        async for piece in others:
            yield piece
