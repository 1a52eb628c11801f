"""Steady use of a throw-away platform while it is struck, and what is left of its promises."""

import asyncio
import random
import signal
import statistics
import threading
import time
from collections import Counter, defaultdict
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, TypeVar

from orchestration.local.demo.ticket import Services
from tests.chaos.asking import Caller, availability
from tests.chaos.faults import Fault, NotRun, Saboteur
from tests.chaos.ledger import Ledger
from tests.chaos.lives import Customer, Lives
from tests.chaos.month import bill
from tests.chaos.people import People
from tests.chaos.verdict import Scene, settle, verdict, wrong_experts
from tests.whole_platform import Platform, whole_platform

T = TypeVar("T")

DEMO_CUSTOMERS = 400
CUSTOMERS = 12
TICKET_EVERY = 3.0
"""Seconds between tickets, on the average; somebody reads four times as often."""
READS_A_TICKET = 4
BY_PHONE = 0.2
FOLLOWED = 60
"""Tickets whose experts and customers are played at a time."""
DISK_MB = 1_500
REFEREE_EVERY = 10
"""Faults."""
PLAYED = {"ticket", "accept", "start", "complete", "survey"}
"""What must have been acknowledged, or the experiment has shown nothing of it."""
CUSTOMER_ENDPOINTS = "/customer/"

PLACES = (
    {"line1": "350 5th Avenue", "city": "New York", "zip": "10001"},
    {"line1": "200 Santa Monica Pier", "city": "Los Angeles", "zip": "90001"},
    {"line1": "233 S Wacker Drive", "city": "Chicago", "zip": "60601"},
)


@dataclass
class Load:
    """What goes on whatever happens, until it is stopped."""

    lives: Lives
    customers: list[Customer]
    dice: random.Random
    errors: Counter[str] = field(default_factory=Counter)

    def __post_init__(self) -> None:
        self._tasks: set[asyncio.Task[Any]] = set()
        self._followed = asyncio.Semaphore(FOLLOWED)

    async def go(self) -> None:
        """Arrivals come by the clock, not when the last one is served."""
        while True:
            customer = self.dice.choice(self.customers)
            self._start(self._ticket(customer))
            for _ in range(READS_A_TICKET):
                self._start(self.lives.read(self.dice.choice(self.customers)))
            await asyncio.sleep(self.dice.expovariate(1 / TICKET_EVERY))

    async def stop(self) -> None:
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _ticket(self, customer: Customer) -> None:
        by_phone = self.dice.random() < BY_PHONE
        place = self.dice.choice(PLACES)
        ticket = await (
            self.lives.call(customer, place) if by_phone else self.lives.submit(customer)
        )
        async with self._followed:
            await self.lives.follow(ticket, customer)

    def _start(self, act: Any) -> None:
        task = asyncio.create_task(act)
        self._tasks.add(task)
        task.add_done_callback(self._ended)

    def _ended(self, task: asyncio.Task[Any]) -> None:
        self._tasks.discard(task)
        error = None if task.cancelled() else task.exception()
        if error is not None:
            self.errors[f"{type(error).__name__}: {error}"[:200]] += 1


def run(faults: int, seed: int, say: Callable[[str], None]) -> dict[str, Any]:
    """Starts a platform, strikes it `faults` times under load, and compares; raises LocalError."""
    with whole_platform(DEMO_CUSTOMERS, small_disk_mb=DISK_MB) as platform:
        say("the platform is up")
        return asyncio.run(strike(platform, faults, seed, say))


async def strike(
    platform: Platform, faults: int, seed: int, say: Callable[[str], None]
) -> dict[str, Any]:
    """The same on a platform that runs. It is not to be used for anything else afterwards.

    SIGINT or SIGTERM ends the strikes, and the comparison follows.
    """
    since = time.time()
    saboteur = await asyncio.to_thread(Saboteur, platform, random.Random(seed))
    with TemporaryDirectory() as folder:
        ledger = Ledger(Path(folder, "acknowledged.jsonl"))
        async with _customers(platform, ledger, seed) as load:
            await asyncio.to_thread(saboteur.end_the_month)
            say(f"{len(load.customers)} customers, and a month to bill; the load begins")
            going = asyncio.create_task(load.go())
            approving = asyncio.create_task(load.lives.approve_billing())
            with _until_asked(say) as enough:
                struck = await asyncio.to_thread(_strike, platform, saboteur, faults, enough, say)
            await approving
            going.cancel()
        instance = platform.runner().instance
        await asyncio.to_thread(bill, instance)
        scene = Scene.of(instance)
        settled = await asyncio.to_thread(settle, scene, since, say)
        found = await asyncio.to_thread(verdict, scene, ledger, since)
        figures = _figures(struck, load, saboteur)
        ledger.close()
        return {
            "faults": faults, "seed": seed, "acknowledged": ledger.counts(),
            "settled_s": round(settled, 1), **figures, "found": found,
        }  # fmt: skip


async def use(platform: Platform, seconds: float, then: Callable[[], T]) -> T:
    """Use it as steadily, striking nothing, and ask `then` at the end of the time."""
    with TemporaryDirectory() as folder:
        ledger = Ledger(Path(folder, "acknowledged.jsonl"))
        async with _customers(platform, ledger, seed=1) as load:
            going = asyncio.create_task(load.go())
            await asyncio.sleep(seconds)
            answer = await asyncio.to_thread(then)
            going.cancel()
        ledger.close()
        return answer


@asynccontextmanager
async def _customers(platform: Platform, ledger: Ledger, seed: int) -> AsyncIterator[Load]:
    """Customers that are ready to begin; whatever they then do ends with this."""
    caller, dice = Caller(), random.Random(seed)
    lives = Lives(People(caller, Services.of(platform.instance)), ledger, dice)
    customers = [
        await lives.become_customer(PLACES[number % len(PLACES)]) for number in range(CUSTOMERS)
    ]
    load = Load(lives, customers, dice)
    try:
        yield load
    finally:
        await load.stop()
        await caller.close()


@contextmanager
def _until_asked(say: Callable[[str], None]) -> Iterator[threading.Event]:
    """Is set by a signal, as long as this is open."""
    loop, numbers = asyncio.get_running_loop(), (signal.SIGINT, signal.SIGTERM)
    enough = threading.Event()

    def end() -> None:
        say("no more faults; the comparison follows")
        enough.set()

    for number in numbers:
        loop.add_signal_handler(number, end)
    try:
        yield enough
    finally:
        for number in numbers:
            loop.remove_signal_handler(number)


@dataclass
class Struck:
    faults: list[Fault] = field(default_factory=list)
    not_run: dict[str, str] = field(default_factory=dict)
    wrong_experts: Counter[str] = field(default_factory=Counter)


def _strike(
    platform: Platform,
    saboteur: Saboteur,
    faults: int,
    enough: threading.Event,
    say: Callable[[str], None],
) -> Struck:
    struck = Struck()
    scene = Scene.of(platform.runner().instance)
    for number, (kind, victim) in enumerate(saboteur.plan(faults), start=1):
        if enough.is_set():
            break
        try:
            fault = saboteur.strike(kind, victim)
        except NotRun as reason:
            struck.not_run[kind] = str(reason)
            continue
        struck.faults.append(fault)
        say(f"{number:4} {kind}: {victim}, well after {fault.seconds:.1f} s")
        if number % REFEREE_EVERY == 0 and number < faults:
            struck.wrong_experts.update(wrong_experts(scene))
    struck.wrong_experts.update(wrong_experts(scene))
    return struck


def _figures(struck: Struck, load: Load, saboteur: Saboteur) -> dict[str, Any]:
    recovery: dict[str, list[float]] = defaultdict(list)
    for fault in struck.faults:
        name = f"kill {fault.victim}" if fault.kind == "kill" else fault.kind
        recovery[name].append(fault.seconds)
    by_endpoint = availability(load.lives.people.caller.asked, saboteur.outages)
    customers = [two for name, two in by_endpoint.items() if CUSTOMER_ENDPOINTS in name]
    all_, good = (sum(two[place] for two in customers) for place in (0, 1))
    return {
        "struck": len(struck.faults),
        "not_run": struck.not_run,
        "recovery_s": {
            name: {"times": len(them), "median": round(statistics.median(them), 1),
                   "most": round(max(them), 1)}
            for name, them in sorted(recovery.items())
        },
        "outages_of_the_database_s": round(sum(b - a for a, b in saboteur.outages), 1),
        "availability": {
            name: {"requests": one, "in_time": two} for name, (one, two) in by_endpoint.items()
        },
        "availability_of_customers": round(good / all_, 5) if all_ else None,
        "wrong_experts": {rule: count for rule, count in struck.wrong_experts.items() if count},
        "given_up": dict(load.errors),
    }  # fmt: skip


def kept(figures: dict[str, Any]) -> bool:
    """Whether every promise was kept, and none by not being asked."""
    found = dict(figures["found"])
    tried = found.pop("charges_made") and figures["acknowledged"].keys() >= PLAYED
    return bool(tried) and not any(found.values()) and not figures["wrong_experts"]
