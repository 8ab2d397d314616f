"""Every page as a scan sees it: there, without serious faults, and no wider than a phone or a wide screen."""

import json
from collections.abc import Awaitable, Callable

import pytest

from services.gateway.domain.accounts.account import Role
from services.gateway.inbound.pages.served import PAGES
from tests.browser.conftest import Screen
from tests.browser.everything import NOUNS, NOWHERE, STRANGERS, declared, everything

NARROW, WIDE = 360, 1600
TAKEN = "document.documentElement.scrollWidth"


def test_each_declared_page_is_one_that_is_looked_at() -> None:
    looked_at = {path for noun in NOUNS for path in declared(noun)}

    never = {page.path for page in PAGES} - looked_at
    assert not never, f"no noun of tests/browser/everything.py leads to {sorted(never)}"


# Of pages that are alike, one is looked at in the suite, as it comes, and all in soak, with all that is folded away.
@pytest.mark.asyncio(loop_scope="session")
@pytest.mark.parametrize("whole", [False, pytest.param(True, marks=[pytest.mark.soak, pytest.mark.timeout(1_800)])])
async def test_pages_are_accessible_and_fit_from_a_phone_to_a_wide_screen(
    new_screen: Callable[[], Awaitable[Screen]], *, whole: bool
) -> None:
    # given somebody with something of everything, and somebody whom nobody knows
    screen = await new_screen()
    async with everything(screen.world, await screen.signed_in(Role.ADMIN), whole=whole) as paths:
        # when each page is looked at, every other one in the dark
        wrong = {path: found for number, path in enumerate(paths) if (found := await _faults(screen, path, number, unfold=whole))}
    for number, path in enumerate(STRANGERS if whole else ()):
        if found := await _faults(await new_screen(), path, number, unfold=True):
            wrong[path] = found

    # then none has a serious fault
    assert not wrong, json.dumps(wrong, indent=1)


async def _faults(screen: Screen, path: str, number: int, *, unfold: bool) -> list[str]:
    """Return what is wrong with the page that is looked at as this number."""
    await screen.page.emulate_media(color_scheme="dark" if number % 2 else "light")
    await screen.page.set_viewport_size({"width": NARROW, "height": 740})
    status = await screen.open(path)
    if unfold:
        # What is folded away has no width, and axe passes over it.
        await screen.page.evaluate("document.querySelectorAll('details').forEach(each => { each.open = true })")
    narrow = await screen.page.evaluate(TAKEN)
    await screen.page.set_viewport_size({"width": WIDE, "height": 900})
    wide = await screen.page.evaluate(TAKEN)
    faults = [] if status == (404 if path == NOWHERE else 200) else [f"answers {status}"]
    faults += [f"{taken} pixels wide on a screen of {width}" for taken, width in ((narrow, NARROW), (wide, WIDE)) if taken > width]
    return faults + await screen.is_accessible()
