"""The answers that the guides show: `python -m tests.api.guide_answers` writes them anew.

A block of JSON below a block of shell is the answer to its last request, as the OpenAPI document
shows it. The example of each answer is itself tested to fit its schema.
"""

import re
from typing import Any

import msgspec

from tests.api.released import paths_of
from tests.api.test_guides import DOCUMENTS, ROOT, Paste, application, handler_of, requests

SHOWN = re.compile(
    r"(^```sh\n(?P<shell>(?:(?!```).*\n)*)```\n)```json\n(?:(?!```).*\n)*```\n", re.MULTILINE
)


def with_answers(text: str) -> str:
    """A guide's text with the answers that its requests have now."""
    return SHOWN.sub(lambda found: f"{found[1]}```json\n{_answer(found['shell'])}```\n", text)


def _answer(shell: str) -> str:
    last = list(requests(shell))[-1]
    answer = _example(last)
    if isinstance(answer, list):
        return f"[{_laid_out(answer[0])}]\n"
    return f"{_laid_out(answer)}\n"


def _example(paste: Paste) -> Any:
    handler = handler_of(paste)
    assert handler is not None, paste
    for route in application(paste.quantum).routes:
        for method, known in getattr(route, "route_handler_map", {}).items():
            if method == paste.method and known[0] is handler:
                operation = paths_of(paste.quantum)[route.path_format][method.lower()]
                success = next(it for it in operation["responses"] if it.startswith("2"))
                return operation["responses"][success]["content"]["application/json"]["example"]
    raise LookupError(f"{paste.method} {paste.path} has no example")


def _laid_out(answer: dict[str, Any]) -> str:
    """A line a field: an answer is to be read, not to be scrolled through."""
    fields = (f" {_compact(name)}: {_compact(value)}" for name, value in answer.items())
    return "{\n" + ",\n".join(fields) + "\n}"


def _compact(value: Any) -> str:
    return msgspec.json.format(msgspec.json.encode(value), indent=0).decode()


def write() -> None:
    for document in DOCUMENTS:
        path = ROOT / document
        path.write_text(with_answers(path.read_text(encoding="utf-8")), encoding="utf-8")


if __name__ == "__main__":
    write()
