"""A form that brings a file: its fields are read before the file, which is handed on as it comes and never whole in memory."""

from collections.abc import AsyncIterator, Collection, Mapping
from typing import Final

from starlette.requests import ClientDisconnect, Request

from libs.chassis.errors import InvalidError
from services.gateway.inbound.http.exchange import exchange_of
from services.gateway.inbound.http.multipart import FormReader

# The API bounds the file itself, by the sender's tier.
NO_BOUND: Final = 1 << 62
# What is read of a file that the API has refused, so that a browser sees the refusal and not a broken connection.
REST_MOST: Final = 256 << 20


class SentFile:
    """See the module. `fields` are those that stand before the file in the form; `is_broken_off` says that its sender has gone."""

    def __init__(self, request: Request, known: Collection[str]) -> None:
        exchange_of(request.scope).body_most = NO_BOUND
        self.is_broken_off = False
        self._stream = request.stream()
        self._form = FormReader(request.headers["content-type"], known=known, given={})

    @property
    def fields(self) -> Mapping[str, str]:
        """The fields that have come."""
        return self._form.fields

    @property
    def name(self) -> str:
        """The file's name without folders, which some browsers send; empty where none was chosen."""
        return (self._form.filename or "").replace("\\", "/").rpartition("/")[2]

    async def begin(self) -> None:
        """Read until the file begins. Raise InvalidError for a form without one, and for what FormReader refuses."""
        async for data in self._stream:
            self._form.write(data)
            if self._form.has_file:
                return
        self._form.end()

    async def pieces(self) -> AsyncIterator[bytes]:
        """Yield the file as it comes. Raise InvalidError for a form that ends too early, so that the API keeps nothing of it."""
        yield self._form.take_file()
        try:
            async for data in self._stream:
                self._form.write(data)
                if piece := self._form.take_file():
                    yield piece
        except ClientDisconnect as error:
            self.is_broken_off = True
            message = "The file has not come to its end."
            raise InvalidError(message) from error
        self._form.end()

    async def pass_over(self) -> None:
        """Read what is left of the body, within a bound."""
        left = REST_MOST
        async for data in self._stream:
            left -= len(data)
            if left < 0:
                return
