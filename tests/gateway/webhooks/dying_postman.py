"""A process that delivers to webhooks until it is killed."""

import asyncio
import os
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[3]))

from tests.gateway.webhooks.parts import parts_on


async def main() -> None:
    async with parts_on(os.environ["MONGO_URL"], os.environ["NAMESPACE"]).postman.running():
        await asyncio.Event().wait()


if __name__ == "__main__":
    asyncio.run(main())
