"""`squad bench search-kb`: articles found by their words, beside tantivy on the same articles.

A question is three words of one article; every fifth has a typo. That article must be among the
first three results for most questions, or the target is missed: a fast wrong answer is none.
"""

import tempfile
from collections.abc import Callable, Sequence
from statistics import quantiles
from time import perf_counter
from typing import Any, Final
from uuid import UUID, uuid4

import tantivy
import uvloop

from api.kernel.database import database
from api.sysops.knowledge.search import find
from api.sysops.knowledge.service import Listing
from orchestration.local.postgres import throw_away_postgres
from tests.benchmarks.articles import Library, Question
from tests.benchmarks.report import Report, Wrong
from tests.benchmarks.server import SERVER
from tests.databases import Databases, Templates

QUESTIONS: Final = 200
ROUNDS: Final = 3
RESULTS: Final = 10
FIRST: Final = 3
CHUNK: Final = 10_000
BYTES_AN_ARTICLE: Final = 10_000
_AUTHOR: Final = """
INSERT INTO staff (id, email, full_name, phone, roles, created_at, updated_at)
VALUES (%s, 'author@squad.example', 'Author', '+12125550100', '{manager}', now(), now())
"""
_COPY: Final = b"""
COPY article (id, version, title, body, status, author_id, created_at, updated_at) FROM STDIN
"""


def run(articles: int, p95_ms: float, say: Callable[[str], None]) -> dict[str, Any]:
    """Measures one number of articles; the 95th percentile has to be `p95_ms` at most."""
    report = Report({"name": "search-kb", "articles": articles}, say)
    library = Library(articles)
    questions = library.questions(QUESTIONS)
    with throw_away_postgres(SERVER, room=articles * BYTES_AN_ARTICLE) as server:
        templates = Templates(server)
        databases = Databases(templates)
        fill(databases, library)
        bare = _bare(library, questions)
        ours, places = uvloop.run(_ours(databases, questions))
        report.add("tantivy_p95_ms", round(1000 * sorted(bare)[ROUNDS // 2], 2))
        report.hold("p95_ms", 1000 * sorted(ours)[ROUNDS // 2], at_most=p95_ms)
        for name, typos, least in (("clean", False, 0.95), ("typo", True, 0.85)):
            asked = [place for it, place in zip(questions, places, strict=True)
                     if it.has_typo is typos]  # fmt: skip
            report.hold(f"{name}_found", sum(asked) / len(asked), at_least=least)
        databases.drop()
        templates.close()
    return report.figures


def fill(databases: Databases, library: Library) -> None:
    """All articles, published, through the triggers that index them."""
    author = uuid4()
    databases.execute("sysops", _AUTHOR, author)
    number = 0
    with databases.connect("sysops") as connection:
        for texts in library.texts(CHUNK):
            with connection.cursor().copy(_COPY) as copy:
                for title, body in texts:
                    row = (UUID(int=number), 1, title, body, "published", author)
                    copy.write_row([*row, "2026-01-01", "2026-01-01"])
                    number += 1
    databases.execute("sysops", "VACUUM ANALYZE")
    indexed = databases.rows("sysops", "SELECT count(*) FROM article_index")[0][0]
    if indexed != library.articles:
        raise Wrong(f"Of {library.articles} articles {indexed} are indexed.")


async def _ours(
    databases: Databases, questions: Sequence[Question]
) -> tuple[list[float], list[bool]]:
    """The 95th percentile of each round, and which articles were among the first results."""
    p95s: list[float] = []
    found: list[bool] = []
    url = databases.url("sysops", "sysops_api")
    async with database(url, name="benchmark", pool_size=1) as sessions:
        for _ in range(ROUNDS):
            seconds, found = [], []
            for question in questions:
                began = perf_counter()
                async with sessions() as session:
                    result = await find(session, question.typed, Listing(), RESULTS)
                seconds.append(perf_counter() - began)
                first = [it.article.id.int for it in result.found[:FIRST]]
                found.append(question.article in first)
            p95s.append(quantiles(seconds, n=20)[-1])
    return p95s, found


def _bare(library: Library, questions: Sequence[Question]) -> list[float]:
    """The 95th percentile of each round of tantivy, which takes words as they are typed."""
    fields = tantivy.SchemaBuilder()
    fields.add_unsigned_field("number", stored=True)
    fields.add_text_field("title", tokenizer_name="en_stem")
    fields.add_text_field("body", tokenizer_name="en_stem")
    with tempfile.TemporaryDirectory() as folder:
        index = tantivy.Index(fields.build(), path=folder)
        writer = index.writer(heap_size=256_000_000)
        number = 0
        for texts in library.texts(CHUNK):
            for title, body in texts:
                writer.add_document(tantivy.Document(number=number, title=title, body=body))
                number += 1
        writer.commit()
        writer.wait_merging_threads()
        index.reload()
        return [_asked(index, questions) for _ in range(ROUNDS)]


def _asked(index: tantivy.Index, questions: Sequence[Question]) -> float:
    searcher = index.searcher()
    if searcher.num_docs == 0:
        raise Wrong("Tantivy has no articles.")
    seconds = []
    for question in questions:
        began = perf_counter()
        hits = searcher.search(index.parse_query(question.typed, ["title", "body"]), RESULTS).hits
        for _, address in hits:
            searcher.doc(address)
        seconds.append(perf_counter() - began)
    return quantiles(seconds, n=20)[-1]
