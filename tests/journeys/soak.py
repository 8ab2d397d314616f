"""`make soak`: long chaos on one broker. BROKER=embedded|apache-kafka JOBS=30 KILLS=200 SEED=…"""

import asyncio
import json
import os
import sys
import tempfile
from pathlib import Path

from tests.conftest import find_kafka_home
from tests.journeys.chaos import run_chaos
from tests.journeys.platform import SERVICES, platform_running

SERVERS = ("mongodb", "redis", "ray")
FREEZES = 6
EVERY_S = (0.8, 3.2)


def main() -> int:
    """Run the soak and print its figures as one JSON object; exit status 0 when everything came out right."""
    broker = os.environ.get("BROKER", "embedded")
    seed = int(os.environ.get("SEED", "0")) or int.from_bytes(os.urandom(3), "big")
    jobs, kills = int(os.environ.get("JOBS", "30")), int(os.environ.get("KILLS", "200"))
    home = find_kafka_home() if broker == "apache-kafka" else None
    if broker == "apache-kafka" and home is None:
        sys.stderr.write("no Apache Kafka: unpack one and set KAFKA_HOME=…\n")
        return 2
    victims = (*SERVICES, *SERVICES, "actor", "actor", *SERVERS, *(("kafka",) if home else ()))
    print(f"soak on {broker}: {jobs} jobs, {kills} kills, {FREEZES} freezes, SEED={seed}", flush=True)
    with (
        tempfile.TemporaryDirectory(prefix="mb-soak-") as folder,
        platform_running(Path(folder), broker=broker, kafka_home=home) as platform,
    ):
        chaos = run_chaos(
            platform, jobs=jobs, kills=kills, seed=seed, victims=victims, every=EVERY_S, freezes=FREEZES, over=kills * EVERY_S[0]
        )
        storm = asyncio.run(chaos)
        restarts = platform.status()["restarts"]
    figures = {
        "broker": broker,
        "seed": seed,
        "kills": dict(storm.kills),
        "freezes": dict(storm.freezes),
        "jobs": dict(storm.outcomes),
        "restarts": restarts,
    }
    print(json.dumps(figures | {"seconds": round(storm.seconds, 1)}))
    return 0


if __name__ == "__main__":
    sys.exit(main())
