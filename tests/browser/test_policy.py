"""What would get into a page all the same: the browser, told by the page's policy, neither runs nor sends anything of it."""

import pytest

from tests.browser.conftest import Screen
from tests.waiting import until

pytestmark = pytest.mark.asyncio(loop_scope="session")
ELSEWHERE = "http://127.0.0.1:9"
REFUSING = ("script-src", "style-src", "connect-src", "form-action", "base-uri", "default-src")
# What an attacker would write into a page, each by a way of its own; and what a script would ask of another host.
INJECTED = """async elsewhere => {
  const html = '<img src="data:," onerror="window.taken = 1"><a id="lure" href="javascript:window.taken = 1">x</a>'
    + `<form id="form" action="${elsewhere}/form"></form><iframe src="${elsewhere}/frame"></iframe><base href="${elsewhere}/">`
    + '<p id="styled" style="position: fixed">x</p>';
  document.body.insertAdjacentHTML("beforeend", html);
  const script = document.createElement("script");
  script.textContent = "window.taken = 1";
  document.body.append(script);
  document.getElementById("lure").click();
  document.getElementById("form").submit();
  const fetched = await fetch(`${elsewhere}/fetch`).then(() => "sent", () => "refused");
  await new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)));
  const styled = getComputedStyle(document.getElementById("styled")).position;
  return { taken: window.taken ?? null, fetched, styled, base: new URL(document.baseURI).pathname, at: location.pathname };
}"""


async def test_what_is_injected_into_a_page_neither_runs_nor_reaches_another_host(screen: Screen) -> None:
    await screen.signed_in()
    await screen.open("/app/models")
    asked: list[str] = []
    screen.page.on("request", lambda request: asked.append(request.url))

    found = await screen.page.evaluate(INJECTED, ELSEWHERE)

    async def all_were_refused() -> bool:
        return all(any(each in line for line in screen.wrong) for each in REFUSING)

    await until(all_were_refused, what=f"refusals by {REFUSING}")
    nothing = {"taken": None, "fetched": "refused", "styled": "static"}
    assert found == nothing | {"base": "/app/models", "at": "/app/models"}
    assert [url for url in asked if url.startswith(ELSEWHERE)] == []
    # Each of these was to be, and so is one that is told late.
    screen.wrong = []
