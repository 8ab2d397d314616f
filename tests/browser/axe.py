"""axe-core over a page (the copy that axe-playwright-python ships), as a page with a strict policy allows it."""

from pathlib import Path
from typing import Any

import axe_playwright_python
from playwright.async_api import Page

SOURCE = (Path(axe_playwright_python.__file__).parent / "axe.min.js").read_text()
# Without what is not read (passes), and without fetching style sheets again.
RULES = {
    "resultTypes": ["violations"],
    "preload": False,
    "runOnly": {"type": "tag", "values": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]},
}
GRAVE = {"serious", "critical"}


async def violations(page: Page) -> list[str]:
    """Return what is serious or critical: rule, how often, and the first place."""
    # Evaluated by the debugger, not by the page: no policy stands before it.
    await page.evaluate(SOURCE)
    found: dict[str, Any] = await page.evaluate("rules => axe.run(document, rules)", RULES)
    return [
        f"{each['id']} ({len(each['nodes'])}): {each['nodes'][0]['html'][:160]} {each['nodes'][0]['failureSummary'][:200]}"
        for each in found["violations"]
        if each["impact"] in GRAVE
    ]
