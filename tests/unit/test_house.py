"""The house rules that no linter knows: budgets, documents that hold together, clean text."""

import ast
import os
import re
import subprocess
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from urllib.parse import unquote, urlsplit

ROOT = Path(__file__).resolve().parents[2]

FOLDERS = (
    *("api", "orchestration", "transforms", "warehouse", "data_tests"),
    *("dashboards", "tests", "docs"),
)

FILE_LINES = 300
FUNCTION_LINES = 50
MODEL_LINES = 100
# Longer on purpose; every entry says why.
LONG_FILES = {"api/messages.py": "every channel on one page is the point of it"}

LINK = re.compile(r"!?\[[^\]]*\]\(<?([^)\s>]+)>?(?:\s+\"[^\"]*\")?\)")
HEADING = re.compile(r"^#{1,6}\s+(.*?)\s*#*$", re.MULTILINE)
FENCE = re.compile(r"^(```|~~~).*?^\1", re.MULTILINE | re.DOTALL)
# The brackets keep this file from finding itself.
REGISTRIES = re.compile(r"pypi[.]org|python[h]osted|npm[j]s|index[-]url")
MACHINE_PATHS = re.compile(r"(?<![\w.}])/(?:work|workspace|root|home|Users)/\w")
INDEX_VARIABLES = ("PIP_INDEX_URL", "PIP_EXTRA_INDEX_URL", "UV_INDEX_URL", "UV_DEFAULT_INDEX")


@cache
def tracked() -> tuple[Path, ...]:
    """The project's own files: as git knows them, or, in an unpacked archive, all that is there."""
    if (ROOT / ".git").exists():
        # Whoever owns the clone: this only lists names.
        command = ["git", "-c", "safe.directory=*", "ls-files", "-z"]
        listed = subprocess.run(command, cwd=ROOT, capture_output=True, check=True).stdout
        files = [ROOT / name for name in listed.decode().split("\0") if name]
    else:
        files = [
            Path(folder, file)
            for top in FOLDERS
            for folder, _, names in os.walk(ROOT / top)
            for file in names
        ]
    return tuple(path for path in files if path.is_file() and "__pycache__" not in path.parts)


def name(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def python_files(*, with_migrations: bool = False) -> Iterator[Path]:
    """Migrations are history: they are as long as the change that they record."""
    for path in tracked():
        if path.suffix == ".py" and (with_migrations or "migrations" not in path.parts):
            yield path


def documents() -> Iterator[tuple[Path, str]]:
    """Markdown files with their code blocks taken out."""
    for path in tracked():
        if path.suffix == ".md":
            yield path, FENCE.sub("", path.read_text(encoding="utf-8"))


def anchors(text: str) -> set[str]:
    """The anchors that GitHub makes of headings."""
    found: set[str] = set()
    for heading in HEADING.findall(text):
        plain = re.sub(r"[`*]|\[([^\]]*)\]\([^)]*\)", r"\1", heading).lower()
        slug = re.sub(r"[^\w\- ]", "", plain).replace(" ", "-")
        found.add(slug)
    return found


def text_files() -> Iterator[tuple[Path, str]]:
    for path in tracked():
        raw = path.read_bytes()
        if b"\0" not in raw:
            yield path, raw.decode("utf-8")


def matches(pattern: re.Pattern[str]) -> list[str]:
    return [
        f"{name(path)}:{number}: {line.strip()[:80]}"
        for path, text in text_files()
        for number, line in enumerate(text.splitlines(), start=1)
        if pattern.search(line)
    ]


def test_no_python_file_is_longer_than_its_budget() -> None:
    too_long = {
        name(path): lines
        for path in python_files()
        if (lines := len(path.read_text(encoding="utf-8").splitlines())) > FILE_LINES
        and name(path) not in LONG_FILES
    }
    assert not too_long, f"over {FILE_LINES} lines: {too_long}"


def test_no_function_is_longer_than_its_budget() -> None:
    too_long = {
        f"{name(path)}:{node.lineno} {node.name}": lines
        for path in python_files()
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        and (lines := (node.end_lineno or node.lineno) - node.lineno + 1) > FUNCTION_LINES
    }
    assert not too_long, f"over {FUNCTION_LINES} lines: {too_long}"


def test_no_model_of_the_warehouse_is_longer_than_its_budget() -> None:
    too_long = {
        name(path): lines
        for path in tracked()
        if path.suffix == ".sql" and name(path).startswith("transforms/")
        if (lines := len(path.read_text(encoding="utf-8").splitlines())) > MODEL_LINES
    }
    assert not too_long, f"over {MODEL_LINES} lines: {too_long}"


def test_every_module_says_in_its_docstring_what_it_is_for() -> None:
    silent = [
        name(path)
        for path in python_files(with_migrations=True)
        if not name(path).startswith("tests/")
        and (text := path.read_text(encoding="utf-8")).strip()
        and not ast.get_docstring(ast.parse(text))
    ]
    assert not silent, f"without a docstring: {silent}"


def test_no_file_names_a_package_registry() -> None:
    hosts = {urlsplit(os.environ.get(variable, "")).hostname for variable in INDEX_VARIABLES}
    assert not matches(REGISTRIES)
    for host in filter(None, hosts):
        assert not matches(re.compile(re.escape(host)))


def test_no_file_names_a_path_of_somebodys_machine() -> None:
    assert not matches(MACHINE_PATHS)


def test_whatever_a_security_rule_is_switched_off_for_says_why() -> None:
    silent = re.compile(r"noqa: (?:[A-Z]+\d+, ?)*(?:S|TID)\d+(?:, ?[A-Z]+\d+)*(?! - \w|\d|, )")
    python = [it for it in matches(silent) if it.partition(":")[0].endswith(".py")]
    assert not python, f"without a reason: {python}"


def test_every_decision_is_in_the_list_of_decisions() -> None:
    folder = ROOT / "docs" / "decisions"
    listed = LINK.findall((folder / "README.md").read_text(encoding="utf-8"))
    decisions = [path.name for path in tracked() if path.parent == folder]
    missing = [it for it in decisions if it != "README.md" and it not in listed]
    assert not missing, f"not in docs/decisions/README.md: {missing}"


def test_every_link_between_documents_leads_somewhere() -> None:
    broken = []
    for path, text in documents():
        for link in LINK.findall(text):
            parts = urlsplit(link)
            if parts.scheme or parts.netloc:
                continue
            target = (path.parent / unquote(parts.path)).resolve() if parts.path else path
            if not target.exists():
                broken.append(f"{name(path)} -> {link}")
            elif parts.fragment and parts.fragment not in anchors(
                FENCE.sub("", target.read_text(encoding="utf-8"))
            ):
                broken.append(f"{name(path)} -> {link} (no such heading)")
    assert not broken, f"broken links: {broken}"


def test_every_document_is_reached_from_another_one() -> None:
    """A page that nothing links to is a page that nobody reads."""
    linked = {
        (path.parent / unquote(urlsplit(link).path)).resolve()
        for path, text in documents()
        for link in LINK.findall(text)
    }
    lost = [
        name(path)
        for path, _ in documents()
        if name(path).startswith("docs/") and path not in linked
    ]
    assert not lost, f"linked from nowhere: {lost}"
