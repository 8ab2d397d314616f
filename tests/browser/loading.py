"""How a page loads in a browser that has nothing of it yet: what it weighs, when it is painted and ready, and how far it moves meanwhile."""

import shutil
from dataclasses import dataclass

from playwright.async_api import BrowserContext

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
# Evaluated by the debugger before the page's own scripts: no policy stands before it.
OBSERVE = """window.loading = { moved: 0, largest: null };
new PerformanceObserver(list => list.getEntries().forEach(each => { if (!each.hadRecentInput) window.loading.moved += each.value }))
  .observe({ type: "layout-shift", buffered: true });
new PerformanceObserver(list => { window.loading.largest = list.getEntries().at(-1).startTime })
  .observe({ type: "largest-contentful-paint", buffered: true });"""
# Charts are drawn when all else is there.
DONE = """() => window.loading.largest !== null && performance.getEntriesByName("first-contentful-paint").length > 0
  && [...document.querySelectorAll("mb-chart")].every(each => each.chart || !each.checkVisibility())"""
READ = """async () => {
  await new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)));
  const page = performance.getEntriesByType("navigation")[0];
  return {
    size: [page, ...performance.getEntriesByType("resource")].reduce((sum, each) => sum + each.encodedBodySize, 0),
    painted: performance.getEntriesByName("first-contentful-paint")[0].startTime,
    largest: window.loading.largest,
    ready: page.domContentLoadedEventEnd,
    moved: window.loading.moved,
  };
}"""


@dataclass(frozen=True)
class Loading:
    """Bytes as they were sent; milliseconds until something, then the largest part, was painted, and until the scripts had run.

    `moved` is the sum of all layout shifts, of which browsers count the worst five seconds: 0.1 is what still counts as good.
    """

    size: int
    painted: float
    largest: float
    ready: float
    moved: float


async def loading(context: BrowserContext, address: str) -> Loading:
    """Open a page in a window of its own, and return how it loaded."""
    page = await context.new_page()
    await page.add_init_script(OBSERVE)
    await page.goto(address)
    await page.wait_for_function(DONE)
    found = Loading(**await page.evaluate(READ))
    await page.close()
    return found
