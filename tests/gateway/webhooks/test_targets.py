"""Where deliveries may go: public https addresses, looked at when a webhook is made and again for each attempt, TLS for the name."""

import ssl
from collections.abc import AsyncIterator
from dataclasses import dataclass

import pytest
import pytest_asyncio

from services.gateway.domain.webhooks.errors import TargetRefusedError, UnreachableError
from services.gateway.domain.webhooks.urls import Target, check_addresses, read_url
from services.gateway.outbound.webhooks.deliverer_httpx import DelivererHttpx
from services.gateway.outbound.webhooks.names_dns import NamesDns
from services.gateway.usecases.webhooks.find_target import FindTarget
from tests.gateway.webhooks.certificates import Authority
from tests.gateway.webhooks.receiver import Receiver, receiving

NOT_PUBLIC = [
    "127.0.0.1",
    "10.0.0.1",
    "172.16.9.9",
    "192.168.1.1",
    "169.254.169.254",
    "100.64.0.1",
    "0.0.0.0",
    "224.0.0.1",
    "239.255.255.250",
    "240.0.0.1",
    "255.255.255.255",
    "192.0.2.1",
    "168.63.129.16",
    "::1",
    "::",
    "fe80::1",
    "fe80::1%eth0",
    "fc00::1",
    "fec0::1",
    "ff02::1",
    "::ffff:10.0.0.1",
    "::ffff:8.8.8.8",
    "64:ff9b::a00:1",
    "2002:a00:1::1",
    "2001:0:a00:1::1",
    "2001:db8::1",
]


class Book:
    """Names and addresses as the story wants them."""

    def __init__(self, **addresses: str) -> None:
        self.addresses = {name.replace("_", "."): address for name, address in addresses.items()}

    async def addresses_of(self, host: str, port: int) -> tuple[str, ...]:
        assert port in {80, 443, 8443}
        return tuple(self.addresses.get(host, "").split())


@pytest.mark.parametrize("address", NOT_PUBLIC)
async def test_an_address_that_is_not_public_is_refused_whatever_name_leads_there(address: str) -> None:
    find = FindTarget(Book(example_com=f"93.184.215.14 {address}"), development=False)

    with pytest.raises(TargetRefusedError) as refused:
        await find("https://example.com/hook")

    assert refused.value.problem.startswith("'example.com' has an address that cannot be used: private")
    assert refused.value.details == {"url": [refused.value.problem]}


@pytest.mark.parametrize("address", ["93.184.215.14", "8.8.8.8", "2606:4700::1111"])
async def test_public_addresses_are_good(address: str) -> None:
    target = await FindTarget(Book(example_com=address), development=False)("https://example.com:8443/hook?a=1")

    assert target == Target("https", "example.com", 8443, "/hook?a=1", (address,))


async def test_in_development_this_machine_is_good_and_its_network_is_not() -> None:
    find = FindTarget(Book(localhost="127.0.0.1 ::1", intranet="10.0.0.7", example_com="93.184.215.14"), development=True)

    assert (await find("http://localhost:80")).addresses == ("127.0.0.1", "::1")
    for url, problem in (("https://intranet/", "private"), ("http://example.com/", "https://"), ("https://nowhere/", "resolved")):
        with pytest.raises(TargetRefusedError) as refused:
            await find(url)
        assert problem in refused.value.problem


@pytest.mark.parametrize(
    "host", ["127.0.0.1", "2130706433", "0x7f000001", "0177.0.0.1", "127.1", "[::1]", "[::ffff:127.0.0.1]", "localhost", "LOCALHOST"]
)
async def test_however_it_is_written_this_machine_is_not_public(host: str) -> None:
    with pytest.raises(TargetRefusedError) as refused:
        await FindTarget(NamesDns(), development=False)(f"https://{host}/")

    assert "has an address that cannot be used" in refused.value.problem


@pytest.mark.parametrize(
    ("url", "problem"),
    [
        ("http://example.com/", "Must begin with https://"),
        ("ftp://example.com/", "Must begin with https://"),
        ("file:///etc/passwd", "Must begin with https://"),
        ("example.com/hook", "Must begin with https://"),
        ("https://", "Must name a host"),
        ("https:///hook", "Must name a host"),
        ("https://ada:pw@example.com/", "Must not have a user"),
        ("https://example.com@10.0.0.1/", "Must not have a user"),
        ("https://example.com/#x", "Must not have a fragment"),
        ("https://example.com:0/", "port from 1"),
        ("https://example.com:99999/", "port from 1"),
        ("https://example.com:x/", "port from 1"),
        ("https://exa mple.com/", "visible ASCII"),
        ("https://example.com\\@10.0.0.1/", "visible ASCII"),
        ("https://example.com/\r\nX-Evil: 1", "visible ASCII"),
        ("https://bücher.example/", "visible ASCII"),
        ("https://exa$mple.com/", "Must name a host"),
        ("https://-example.com/", "Must name a host"),
        ("https://[::1/", "Must be a URL"),
        ("https://[fe80::1%25eth0]/", "Must name a host"),
        (f"https://example.com/{'x' * 2000}", "visible ASCII"),
        ("", "visible ASCII"),
    ],
)
def test_a_url_that_is_none_is_refused_with_the_reason(url: str, problem: str) -> None:
    with pytest.raises(TargetRefusedError) as refused:
        read_url(url, development=False)

    assert problem in refused.value.problem


def test_a_name_without_addresses_is_refused() -> None:
    with pytest.raises(TargetRefusedError) as refused:
        check_addresses(read_url("https://example.com", development=False), [], development=False)

    assert refused.value.problem == "The name 'example.com' cannot be resolved."


@dataclass(frozen=True)
class Tls:
    """A receiver whose certificate is for `localhost`, and deliverers that trust its authority or do not."""

    receiver: Receiver
    trusting: DelivererHttpx
    usual: DelivererHttpx

    def target(self, host: str, *addresses: str) -> Target:
        port = int(self.receiver.url.rpartition(":")[2])
        return Target("https", host, port, "/hook?a=1", addresses or ("127.0.0.1",))


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return Authority(tmp_path_factory.mktemp("certificates"))


def deliverer(authority: Authority) -> DelivererHttpx:
    return DelivererHttpx(tls=ssl.create_default_context(cafile=str(authority.file)))


@pytest_asyncio.fixture
async def tls(authority: Authority) -> AsyncIterator[Tls]:
    async with receiving(host="localhost", certificate=authority.certificate_for("localhost")) as receiver:
        yield Tls(receiver, deliverer(authority), DelivererHttpx())


async def test_over_tls_the_checked_address_is_called_by_its_name(tls: Tls) -> None:
    answer = await tls.trusting(tls.target("localhost"), headers={"X-Sharewise-Event": "x"}, body=b"{}")

    assert (answer.status, answer.body) == (200, "thanks")
    (call,) = tls.receiver.calls
    assert call.headers["host"] == tls.receiver.url.removeprefix("https://")
    assert (call.path, call.body, call.headers["x-sharewise-event"]) == ("/hook", b"{}", "x")


async def test_an_address_that_does_not_answer_leaves_the_next_one(tls: Tls) -> None:
    answer = await tls.trusting(tls.target("localhost", "127.0.0.2", "127.0.0.1"), headers={}, body=b"{}")

    assert answer.status == 200


async def test_a_certificate_of_nobody_known_is_refused(tls: Tls) -> None:
    with pytest.raises(UnreachableError) as refused:
        await tls.usual(tls.target("localhost"), headers={}, body=b"{}")

    assert refused.value.message.startswith("The TLS certificate is not good for 'localhost': ")
    assert tls.receiver.calls == []


async def test_a_certificate_for_another_name_is_refused(tls: Tls) -> None:
    with pytest.raises(UnreachableError, match=r"not good for 'example\.com': .*[Hh]ostname mismatch"):
        await tls.trusting(tls.target("example.com"), headers={}, body=b"{}")

    assert tls.receiver.calls == []


async def test_an_expired_certificate_is_refused(authority: Authority) -> None:
    async with receiving(host="localhost", certificate=authority.certificate_for("localhost", expired=True)) as receiver:
        target = Tls(receiver, deliverer(authority), DelivererHttpx()).target("localhost")
        with pytest.raises(UnreachableError, match="certificate has expired"):
            await deliverer(authority)(target, headers={}, body=b"{}")


async def test_what_speaks_no_tls_is_refused(authority: Authority) -> None:
    async with receiving(host="localhost") as receiver:
        target = Tls(receiver, deliverer(authority), DelivererHttpx()).target("localhost")
        with pytest.raises(UnreachableError, match="TLS failed"):
            await deliverer(authority)(target, headers={}, body=b"{}")


async def test_no_proxy_of_the_environment_is_in_between(tls: Tls, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("HTTPS_PROXY", "HTTP_PROXY", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:1")

    answer = await tls.trusting(tls.target("localhost"), headers={}, body=b"{}")

    assert answer.status == 200
