"""What is read of queues and of Dagster's checks becomes numbers, and silence is no zero."""

from datetime import UTC, datetime, timedelta
from typing import Any

from prometheus_client import CollectorRegistry

from orchestration.metrics.checks import Checks
from orchestration.metrics.scrape import Told
from orchestration.metrics.signals import Sample, queue_samples
from orchestration.metrics.sources import STALE_SECONDS, Source

NOW = datetime(2026, 3, 2, 15, tzinfo=UTC)


def test_an_empty_queue_is_a_zero() -> None:
    values = {(it.name, it.labels[-1]): it.value for it in queue_samples("a", "b", [], NOW)}
    assert list(values.values()) == [0, 0, 0]


def test_a_queues_channels_are_one_number_and_the_oldest_of_them_counts() -> None:
    rows = [
        ("one", 2, 0, NOW - timedelta(seconds=5)),
        ("two", 1, 3, NOW - timedelta(seconds=90)),
        ("held", 0, 1, None),
        ("later", 1, 0, NOW + timedelta(hours=1)),
    ]
    assert [it.value for it in queue_samples("customer", "sysops", rows, NOW)] == [4, 4, 90]


def conservation(success: bool | None, lost: int = 0) -> list[dict[str, Any]]:
    said = None if success is None else {"success": success, "severity": "ERROR"}
    return [
        {
            "assetKey": {"path": ["operations", "conservation"]},
            "assetMaterializations": [
                {
                    "timestamp": "1795725864651",
                    "metadataEntries": [
                        {"label": "lost", "intValue": lost},
                        {"label": "sent_again", "intValue": 1},
                        {"label": "queues"},
                    ],
                }
            ],
            "assetChecksOrError": {
                "checks": [
                    {"name": "never_ran", "executionForLatestMaterialization": None},
                    {
                        "name": "no_dead_letters",
                        "executionForLatestMaterialization": {"evaluation": said},
                    },
                ]
            },
        }
    ]


def failed(samples: list[Sample]) -> list[tuple[str, float]]:
    return [
        (dict(it.labels)["check"], it.value) for it in samples if it.name == "squad_check_failed"
    ]


def test_a_check_says_what_it_said_last_while_it_is_at_work() -> None:
    checks = Checks("http://127.0.0.1:9")
    assert failed(list(checks.samples(conservation(None)))) == []
    for said, expected in ((False, 1.0), (None, 1.0), (True, 0.0), (None, 0.0)):
        found = list(checks.samples(conservation(said, lost=3)))
        assert failed(found) == [("no_dead_letters", expected)]
        assert [it.value for it in found if it.name == "squad_conservation_gap"] == [2]


def told(source: Source) -> dict[str, float | None]:
    registry = CollectorRegistry()
    registry.register(Told([source]))
    return {
        "up": registry.get_sample_value("squad_source_up", {"source": "sysops"}),
        "tickets": registry.get_sample_value("squad_tickets", {}),
    }


def test_a_source_that_fails_or_hangs_is_down_and_its_old_numbers_are_not_shown() -> None:
    answers: list[Any] = [[Sample("squad_tickets", "", (), 7)], OSError("away")]

    def look() -> list[Sample]:
        answer = answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return list(answer)

    source = Source("sysops", look)
    assert told(source) == {"up": 0, "tickets": None}
    source.ask()
    assert told(source) == {"up": 1, "tickets": 7}
    began = source._last
    assert began is not None
    source._last = (began[0] - STALE_SECONDS, began[1])
    assert told(source) == {"up": 0, "tickets": None}
    source._last = began
    source.ask()
    assert told(source) == {"up": 0, "tickets": None}
