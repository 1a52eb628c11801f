"""HTTP and waiting for a journey through a platform whose processes may die and come back."""

import time
from collections.abc import Callable
from typing import Any, TypeVar

import httpx

POLL_SECONDS = 0.5

Seen = TypeVar("Seen")


class StepFailed(Exception):
    """A step was not observed in its time; the text says what was seen last."""


class PatientClient:
    """HTTP that answers None while a service is away, so that a step can try again."""

    def __init__(self) -> None:
        self._client = httpx.Client(timeout=10, trust_env=False)
        self.last_seen = "no answer yet"

    def close(self) -> None:
        self._client.close()

    def call(
        self, method: str, url: str, *, token: str | None = None, **arguments: Any
    ) -> httpx.Response | None:
        """The answer, or None when there was none or the service said "not now"."""
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        try:
            answer = self._client.request(method, url, headers=headers, **arguments)
        except httpx.TransportError as error:
            self.last_seen = f"{method} {url}: {type(error).__name__}"
            return None
        self.last_seen = f"{method} {url}: {answer.status_code} {answer.text[:300]}"
        return None if answer.status_code >= 500 or answer.status_code == 429 else answer

    def get(self, url: str, *, token: str | None = None, **query: str) -> Any:
        """The JSON of a successful answer, or None."""
        answer = self.call("GET", url, token=token, params=query)
        return answer.json() if answer is not None and answer.is_success else None

    def until(
        self,
        observe: Callable[[], Seen | None],
        act: Callable[[], object] | None,
        seconds: float,
    ) -> Seen:
        """Act until the effect is observed.

        The effect is looked for before each attempt: an answer that was lost on its way does
        not make the act happen twice. Raises StepFailed after `seconds`.
        """
        deadline = time.monotonic() + seconds
        while True:
            seen = observe()
            if seen is not None:
                return seen
            if time.monotonic() > deadline:
                raise StepFailed(f"not observed within {seconds:.0f} s; last: {self.last_seen}")
            if act is not None:
                act()
                seen = observe()
                if seen is not None:
                    return seen
            time.sleep(POLL_SECONDS)
