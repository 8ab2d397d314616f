"""Deliveries over HTTP/1.1, to the address that was checked, with TLS verified for the name."""

import ssl
from collections.abc import Mapping
from functools import cache
from typing import Final

import httpx

from services.gateway.domain.webhooks.errors import UnreachableError
from services.gateway.domain.webhooks.ports import Answered
from services.gateway.domain.webhooks.urls import Target

# What is read and kept of an answer, in bytes.
SNIPPET: Final = 1024
ADDRESSES_MOST: Final = 3


class DelivererHttpx:
    """Implements the port Deliverer. How long all of it may take is the caller's to say; one address gets `connect_s`.

    Authorities are those of `tls`; by default certifi's, or those in the file that SSL_CERT_FILE names.
    """

    def __init__(self, *, tls: ssl.SSLContext | None = None, connect_s: float = 4.0) -> None:
        self._tls = tls or _authorities()
        self._timeout = httpx.Timeout(None, connect=connect_s)

    async def __call__(self, target: Target, *, headers: Mapping[str, str], body: bytes) -> Answered:
        """Send the body to the target, at one of its addresses and no other; redirects are answers. Raise UnreachableError."""
        failed: httpx.HTTPError | None = None
        for address in target.addresses[:ADDRESSES_MOST]:
            try:
                return await self._post(target, address, headers=headers, body=body)
            except (httpx.ConnectError, httpx.ConnectTimeout) as error:
                failed = error  # Nothing was sent yet: another address may do.
            except httpx.HTTPError as error:
                failed = error
                break
        raise UnreachableError(_words(failed, host=target.host)) from failed

    async def _post(self, target: Target, address: str, *, headers: Mapping[str, str], body: bytes) -> Answered:
        # The connection goes to the address that was checked, while Host, SNI and the certificate are those of the name. A client
        # for each attempt: a pool that tells connections apart by address would give one host's connection to another host there.
        url = httpx.URL(scheme=target.scheme, host=address, port=target.port, raw_path=target.path.encode())
        named = {**headers, "Host": target.authority, "Accept": "*/*", "Accept-Encoding": "identity", "Connection": "close"}
        client = httpx.AsyncClient(verify=self._tls, timeout=self._timeout, trust_env=False, follow_redirects=False)
        async with client, client.stream("POST", url, headers=named, content=body, extensions={"sni_hostname": target.host}) as answer:
            return Answered(answer.status_code, await _beginning(answer))


@cache
def _authorities() -> ssl.SSLContext:
    # Reading them takes some 20 ms of a core: a process does so once.
    return httpx.create_ssl_context()


async def _beginning(answer: httpx.Response) -> str:
    """Return an answer's first bytes as text that can be shown."""
    read = bytearray()
    async for part in answer.aiter_raw():
        read += part
        if len(read) >= SNIPPET:
            break
    text = bytes(read[:SNIPPET]).decode(errors="replace")
    return "".join(character if character.isprintable() or character in "\n\t" else "\ufffd" for character in text)


def _words(error: BaseException | None, *, host: str) -> str:
    cause = error
    while cause is not None and not isinstance(cause, ssl.SSLError):
        cause = cause.__cause__ or cause.__context__
    if isinstance(cause, ssl.SSLCertVerificationError):
        return f"The TLS certificate is not good for '{host[:100]}': {cause.verify_message}."
    if cause is not None:
        return f"TLS failed: {getattr(cause, 'reason', None) or type(cause).__name__}."
    match error:
        case httpx.ConnectTimeout():
            return "No connection: it takes too long."
        case httpx.ConnectError():
            return "No connection: the receiver does not listen there."
        case _:
            return "The receiver broke the connection off before it answered."
