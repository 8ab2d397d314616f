"""Inference's metrics."""

from typing import Final

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram

from libs.chassis.logs import log
from services.inference.outbound.models_artifacts import ModelsArtifacts, TextModelsArtifacts

SECONDS: Final = (0.0005, 0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.25, 0.5, 1.0, 2.0)
SCALES: Final = ("probability", "log-odds", "value")
ASKS: Final = (1, 2, 4, 8, 16, 32, 64, 128, 256)


class MetersPrometheus:
    """Implements the port Meters."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self._registry = registry
        self._predictions = Counter("modelbourse_predictions_total", "Predictions answered.", registry=registry)
        self._misses = Counter(
            "modelbourse_explanations_missed_total", "Explanations that did not add up, by scale.", ["scale"], registry=registry
        )
        for scale in SCALES:
            self._misses.labels(scale)  # A count that begins at one would look as if it had never grown.
        self._asks = Histogram("modelbourse_prediction_batch_asks", "Asks answered together.", buckets=ASKS, registry=registry)
        self._seconds = Histogram(
            "modelbourse_prediction_batch_seconds", "Time to answer a batch of asks.", buckets=SECONDS, registry=registry
        )
        self._texts = Counter("modelbourse_texts_labelled_total", "Texts that models of texts have labelled.", registry=registry)
        self._texts_seconds = Histogram(
            "modelbourse_text_batch_seconds", "Time to answer a batch of asks about texts.", buckets=SECONDS, registry=registry
        )
        self._pages = Histogram("modelbourse_range_page_seconds", "Time to answer a page of a range.", buckets=SECONDS, registry=registry)

    def watch(self, models: ModelsArtifacts, texts: TextModelsArtifacts) -> None:
        """Show what the models in memory come to whenever somebody looks."""
        count = Gauge("modelbourse_models_in_memory", "Model versions in memory.", registry=self._registry)
        size = Gauge("modelbourse_models_in_memory_bytes", "What they take.", registry=self._registry)
        count.set_function(lambda: models.count + texts.count)
        size.set_function(lambda: models.size + texts.size)

    def answered(self, *, asks: int, predictions: int, seconds: float) -> None:
        """Count a batch."""
        self._asks.observe(asks)
        self._predictions.inc(predictions)
        self._seconds.observe(seconds)

    def labelled(self, *, asks: int, texts: int, seconds: float) -> None:
        """Count a batch of asks about texts."""
        self._asks.observe(asks)
        self._texts.inc(texts)
        self._texts_seconds.observe(seconds)

    def ranged(self, *, predictions: int, seconds: float) -> None:
        """Count a page of a range."""
        self._predictions.inc(predictions)
        self._pages.observe(seconds)

    def missed(self, *, scale: str, error: float) -> None:
        """Count and log: a served file and its explanation that differ are a mistake of ours."""
        self._misses.labels(scale).inc()
        log().error("an explanation does not add up", scale=scale, error=error)
