"""`python -m deploy.web.screenshots [URL]`: picture the web UI of a platform that runs into docs/pictures, as somebody new who uses it."""

import asyncio
import io
import secrets
import shutil
import sys
from pathlib import Path
from typing import Final

from PIL import Image
from playwright.async_api import Page, ViewportSize, async_playwright

PICTURES: Final = Path(__file__).resolve().parents[2] / "docs/pictures"
SIZE: Final[ViewportSize] = {"width": 1280, "height": 800}
PHONE: Final[ViewportSize] = {"width": 390, "height": 780}
# Pages have few colours: so a picture has a tenth of its bytes.
COLOURS: Final = 96
ENDED: Final = "Completed|Succeeded|Failed"
# A training waits for Ray to start, and a picture can wait for it.
PATIENCE_MS: Final = 300_000
FEATURES: Final = ("rsi_14", "cci_20", "roc_10", "stoch_k")


async def picture(page: Page, name: str) -> None:
    """Keep what the window shows."""
    await page.wait_for_load_state("networkidle")
    await page.wait_for_timeout(600)  # Charts come in.
    shot = Image.open(io.BytesIO(await page.screenshot()))
    PICTURES.mkdir(parents=True, exist_ok=True)
    shot.convert("RGB").quantize(COLOURS, dither=Image.Dither.NONE).save(PICTURES / f"{name}.png", optimize=True)
    print(f"docs/pictures/{name}.png: {(PICTURES / f'{name}.png').stat().st_size:,} bytes")


async def journey(page: Page, base: str) -> None:
    """Register, train a model, run a recipe, and picture the way."""
    await page.goto(f"{base}/app/register")
    name = f"ada-{secrets.token_hex(2)}"
    await page.get_by_label("Username").fill(name)
    await page.get_by_label("Email").fill(f"{name}@example.com")
    await page.get_by_label("Password").fill(secrets.token_urlsafe(16))
    await page.get_by_role("button", name="Create the account").click()
    await page.wait_for_url("**/app")
    await page.goto(f"{base}/app/models/new?symbols=AAPL,MSFT")
    await page.get_by_label("Name", exact=True).fill("Momentum of two large caps")
    for feature in FEATURES:
        await page.get_by_role("checkbox", name=feature).check()
    await page.evaluate("scrollTo(0, 0)")
    await picture(page, "new-model")
    await page.get_by_role("button", name="Make the model").click()
    await page.get_by_role("button", name="Train").click()
    await page.wait_for_url("**/app/jobs/job_*")
    await page.locator("#live").get_by_text("%").first.wait_for()
    await ended(page)
    await picture(page, "job")
    await page.locator("#live dd a").first.click()
    await page.wait_for_url("**/app/models/model_*")
    await picture(page, "model")
    await page.emulate_media(color_scheme="dark")
    await picture(page, "model-dark")
    await page.emulate_media(color_scheme="light")
    await recipes(page, base)
    await page.goto(f"{base}/model-development/chat?recipe_id=recipe_pricing_base")
    await page.get_by_label("Your question").fill("What does this recipe do?")
    await page.get_by_role("button", name="Ask", exact=True).click()
    await page.locator(".said:not(.mine)").first.wait_for()
    await picture(page, "assistant")
    await page.goto(f"{base}/app")
    await picture(page, "dashboard")
    await page.set_viewport_size(PHONE)
    await picture(page, "dashboard-phone")


async def recipes(page: Page, base: str) -> None:
    """Picture the library, a recipe, and a run of it."""
    await page.goto(f"{base}/model-development")
    await picture(page, "library")
    await page.goto(f"{base}/model-development/recipes/recipe_pricing_base")
    await picture(page, "recipe")
    await page.get_by_role("button", name="Start the run").click()
    await page.wait_for_url("**/model-development/runs/run_*")
    await ended(page)
    await page.reload()
    await picture(page, "run")


async def ended(page: Page) -> None:
    """Wait until the job of the page has ended, as the page tells it live."""
    words = ENDED.split("|")
    await page.wait_for_function(
        "words => words.includes(document.querySelector('#live .badge')?.textContent)", arg=words, timeout=PATIENCE_MS
    )


async def main(base: str) -> None:
    """Do all of it with Debian's chromium."""
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=shutil.which("chromium"), args=["--no-sandbox", "--disable-gpu"])
        page = await browser.new_page(viewport=SIZE, locale="en-GB", timezone_id="UTC")
        page.set_default_timeout(PATIENCE_MS)
        await journey(page, base.rstrip("/"))
        await browser.close()


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1] if len(sys.argv) > 1 else "http://127.0.0.1:8000"))
