"""Dagster's jobs from the outside: started and watched through its web server."""

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import httpx

from orchestration.local.errors import LocalError

REPOSITORY = "__repository__"
FINISHED = frozenset({"SUCCESS", "FAILURE", "CANCELED"})

LAUNCH = """
mutation Launch($params: ExecutionParams!) {
  launchPipelineExecution(executionParams: $params) {
    __typename
    ... on LaunchRunSuccess { run { runId } }
    ... on PythonError { message }
    ... on RunConfigValidationInvalid { errors { message } }
    ... on InvalidSubsetError { message }
  }
}
"""
STATUS = """
query Status($id: ID!) {
  runOrError(runId: $id) { __typename ... on Run { status } }
}
"""
RUNS = """
query Runs($filter: RunsFilter!) {
  runsOrError(filter: $filter, limit: 1) { ... on Runs { results { runId status } } }
}
"""


@dataclass(frozen=True)
class Jobs:
    """The jobs of one Dagster web server; `url` is its base address."""

    url: str

    def launch(self, location: str, job: str, tags: Mapping[str, str] | None = None) -> str:
        """Start a run and return its id; raises LocalError with Dagster's reason."""
        selector = {
            "repositoryLocationName": location,
            "repositoryName": REPOSITORY,
            "jobName": job,
        }
        labels = [{"key": key, "value": value} for key, value in (tags or {}).items()]
        params = {
            "selector": selector,
            "mode": "default",
            "executionMetadata": {"tags": labels},
        }
        answer = self._ask(LAUNCH, params=params)["launchPipelineExecution"]
        if answer["__typename"] != "LaunchRunSuccess":
            raise LocalError(f"Dagster did not start {job}: {answer}")
        return str(answer["run"]["runId"])

    def status(self, run_id: str) -> str:
        """A run's status in Dagster's words, `SUCCESS` among them."""
        answer = self._ask(STATUS, id=run_id)["runOrError"]
        return str(answer.get("status", answer["__typename"]))

    def last(self, job: str, *statuses: str) -> str | None:
        """The newest run of a job, of one of `statuses` if any are given."""
        wanted: dict[str, Any] = {"pipelineName": job}
        if statuses:
            wanted["statuses"] = list(statuses)
        results = self._ask(RUNS, filter=wanted)["runsOrError"]["results"]
        return str(results[0]["runId"]) if results else None

    def wait(self, run_id: str, seconds: float, watch: Callable[[str], None]) -> None:
        """Until the run has succeeded; raises LocalError when it fails or takes too long.

        `watch` hears each new status.
        """
        deadline, seen = time.monotonic() + seconds, ""
        while time.monotonic() < deadline:
            status = self.status(run_id)
            if status != seen:
                seen = status
                watch(status.lower())
            if status in FINISHED:
                break
            time.sleep(0.5)
        if seen != "SUCCESS":
            word = "failed" if seen in FINISHED else f"is not finished after {seconds:.0f} s"
            raise LocalError(f"A job {word}. Look at {self.url}/runs/{run_id}")

    def _ask(self, query: str, **variables: Any) -> Any:
        try:
            answer = httpx.post(
                f"{self.url}/graphql",
                json={"query": query, "variables": variables},
                timeout=30,
                trust_env=False,
            )
            answer.raise_for_status()
        except httpx.HTTPError as error:
            raise LocalError(
                f"Dagster's web server at {self.url} does not answer ({type(error).__name__}). "
                "See `squad status`."
            ) from error
        body = answer.json()
        if "errors" in body:
            raise LocalError(f"Dagster refused a question: {body['errors'][0]['message']}")
        return body["data"]
