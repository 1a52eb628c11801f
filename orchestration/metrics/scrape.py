"""What a scrape answers: the processes' counts added up, and every source's last words."""

from collections.abc import Iterable, Sequence
from pathlib import Path
from threading import Lock

from prometheus_client import CollectorRegistry
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.metrics_core import Metric
from prometheus_client.multiprocess import MultiProcessCollector
from prometheus_client.registry import Collector

from orchestration.metrics.folder import tidy
from orchestration.metrics.signals import Sample
from orchestration.metrics.sources import Source

UP = "squad_source_up"


class Counted(Collector):
    """The numbers that processes have written into the folder."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._one = Lock()

    def collect(self) -> Iterable[Metric]:
        with self._one:
            tidy(self._folder)
        counted = MultiProcessCollector(None, str(self._folder))  # type: ignore[no-untyped-call]
        yield from counted.collect()  # type: ignore[no-untyped-call]


class Told(Collector):
    """What the sources say, and which of them are there."""

    def __init__(self, sources: Sequence[Source]) -> None:
        self._sources = sources

    def collect(self) -> Iterable[Metric]:
        up = GaugeMetricFamily(
            UP, "1 while a database, or Dagster, answers the metrics.", labels=["source"]
        )
        families: dict[str, GaugeMetricFamily] = {}
        for source in self._sources:
            samples = source.samples
            up.add_metric([source.name], 0 if samples is None else 1)
            for sample in samples or ():
                _add(families, sample)
        yield up
        yield from families.values()


def _add(families: dict[str, GaugeMetricFamily], sample: Sample) -> None:
    names = [name for name, _ in sample.labels]
    if sample.name not in families:
        families[sample.name] = GaugeMetricFamily(sample.name, sample.help, labels=names)
    families[sample.name].add_metric([value for _, value in sample.labels], sample.value)


def registry_of(folder: Path, sources: Sequence[Source]) -> CollectorRegistry:
    """What is served; nothing is asked of a database during a scrape."""
    registry = CollectorRegistry()
    registry.register(Counted(folder))
    registry.register(Told(sources))
    return registry
