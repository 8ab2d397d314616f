"""The bare shape's back: asks are taken as they wait, the model is run once over all of them, each is replied to."""

import asyncio
import sys
from pathlib import Path
from typing import Any

import numpy as np
import orjson
import uvloop
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition

from libs.quant.onnx_runtime import onnxruntime as ort
from tests.bench.bare_gateway import ASKS, REPLIES


def session_of(path: Path) -> Any:
    """Open the model as inference does: one thread, which does not spin."""
    options = ort.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    return ort.InferenceSession(path.read_bytes(), options, providers=["CPUExecutionProvider"])


async def run(bootstrap: str, model: Path, classes: list[str]) -> None:
    """Answer until the process ends."""
    session = session_of(model)
    kind = np.float64 if session.get_inputs()[0].type == "tensor(double)" else np.float32
    producer = AIOKafkaProducer(bootstrap_servers=bootstrap, acks="all", enable_idempotence=True, linger_ms=0, max_batch_size=256 * 1024)
    consumer = AIOKafkaConsumer(bootstrap_servers=bootstrap, enable_auto_commit=False, auto_offset_reset="latest")
    await producer.start()
    await consumer.start()
    asks = TopicPartition(ASKS, 0)
    consumer.assign([asks])
    await consumer.position(asks)
    while True:
        records = (await consumer.getmany(timeout_ms=1000)).get(asks, [])
        if not records:
            continue
        given = [orjson.loads(record.value) for record in records]
        (scores,) = session.run(["scores"], {"x": np.array([each["row"] for each in given], dtype=kind)})
        for record, each, odds in zip(records, given, np.asarray(scores, dtype=np.float64).tolist(), strict=True):
            best = max(odds)
            answer = {
                "symbol": each["symbol"],
                "prediction": classes[odds.index(best)],
                "confidence": best,
                "probabilities": dict(zip(classes, odds, strict=True)),
            }
            await producer.send(REPLIES, orjson.dumps({"predictions": [answer]}), key=record.key, partition=0)


if __name__ == "__main__":
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(run(sys.argv[1], Path(sys.argv[2]), sys.argv[3].split(",")))
