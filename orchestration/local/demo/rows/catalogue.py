"""Rows of the catalogue: in sysops, and the copies that other databases hold."""

from collections.abc import Iterator

import msgspec
import numpy as np

from orchestration.local.demo.catalogue import Catalogue
from orchestration.local.demo.columns import (
    bigints,
    flags,
    integers,
    jsonb,
    lists,
    moments,
    same,
    table,
    uuids,
    words,
)
from orchestration.local.demo.copying import Batch
from orchestration.local.demo.draws import Ints
from orchestration.local.demo.office import HELPDESK
from orchestration.local.demo.world import World


def catalogue_rows(world: World) -> Iterator[Batch]:
    listed = world.setting.catalogue
    for name in ("skills", "device_types"):
        codes: dict[str, str] = getattr(listed, name)
        data = table(code=words(list(codes)), name=words(list(codes.values())))
        yield Batch("sysops", name.removesuffix("s"), data)
    yield from _survey_templates(listed)
    yield from _ticket_types(listed)
    yield from _plans(listed)
    yield from _articles(world)


def _survey_templates(listed: Catalogue) -> Iterator[Batch]:
    """Beside the default one, which is there from the beginning."""
    templates = listed.survey_templates
    questions = [msgspec.json.encode(one.questions).decode() for one in templates]
    published = {
        "code": words([one.code for one in templates]),
        "version": same(1, len(templates)),
        "heading": words([one.heading for one in templates]),
        "questions": jsonb(words(questions), len(templates)),
    }
    names = words([one.name for one in templates])
    yield Batch("sysops", "survey_template", table(**published, name=names))
    yield Batch("customer", "survey_template", table(**published))


def _ticket_types(listed: Catalogue) -> Iterator[Batch]:
    kinds = listed.ticket_types
    common = {
        "code": words([one.code for one in kinds]),
        "version": same(1, len(kinds)),
        "name": words([one.name for one in kinds]),
        "device_type": words([one.device_type for one in kinds]),
        "active": same(True, len(kinds)),
        "survey_template": words([one.survey for one in kinds]),
    }
    minutes = integers(_numbers([one.minutes for one in kinds]))
    devices = words([listed.device_types[one.device_type] for one in kinds])
    yield Batch("sysops", "ticket_type", table(**common, duration_minutes=minutes))
    yield Batch("customer", "ticket_type", table(**common, device_name=devices))
    needed = [(one.code, skill, level) for one in kinds for skill, level in one.skills.items()]
    yield Batch(
        "sysops",
        "required_skill",
        table(
            ticket_type=words([row[0] for row in needed]),
            skill=words([row[1] for row in needed]),
            level=integers(_numbers([row[2] for row in needed])),
        ),
    )


def _plans(listed: Catalogue) -> Iterator[Batch]:
    plans = listed.plans
    count = len(plans)
    common = {
        "code": words([one.code for one in plans]),
        "version": same(1, count),
        "name": words([one.name for one in plans]),
        "price_cents": bigints(_numbers([one.price_cents for one in plans])),
        "currency": same("USD", count),
        "interval": words([one.interval for one in plans]),
        "active": flags(np.ones(count, dtype=bool)),
    }
    promised = {
        "sla_hours": integers(_numbers([one.sla_hours for one in plans])),
        "device_types": lists([one.device_types for one in plans]),
    }
    yield Batch("sysops", "support_plan", table(**common, **promised))
    yield Batch("customer", "support_plan", table(**common, **promised))
    yield Batch("billing", "plan", table(**common))


def _articles(world: World) -> Iterator[Batch]:
    kinds, helping = world.setting.catalogue.ticket_types, world.setting.catalogue.help_articles
    count = len(kinds) + len(helping)
    created = np.full(count, world.setting.start)
    author = HELPDESK[np.arange(count) % len(HELPDESK)]
    bodies = [
        "Signs: " + " ".join(one.descriptions) + "\n\nWhat helped: " + " ".join(one.resolutions)
        for one in kinds
    ]
    said = {
        "version": same(1, count),
        "title": words([*(one.name for one in kinds), *(one.title for one in helping)]),
        "body": words([*bodies, *(one.body.strip() for one in helping)]),
        "keywords": lists([*[()] * len(kinds), *(one.keywords for one in helping)]),
        "tags": lists([()] * count),
        "device_type": words(
            [*(one.device_type for one in kinds), *(one.device_type for one in helping)]
        ),
        "ticket_types": lists(
            [*((one.code,) for one in kinds), *(one.ticket_types for one in helping)]
        ),
        "audience": words(["internal"] * len(kinds) + ["customers"] * len(helping)),
    }
    ids, authors, at = uuids(world.articles), uuids(world.office.id[author]), moments(created)
    data = table(
        id=ids,
        **said,
        status=same("published", count),
        author_id=authors,
        created_at=at,
        updated_at=at,
    )
    yield Batch("sysops", "article", data)
    kept = table(article_id=ids, **said, published_by=authors, published_at=at)
    yield Batch("sysops", "article_version", kept)


def _numbers(values: list[int]) -> Ints:
    return np.array(values, dtype=np.int64)
