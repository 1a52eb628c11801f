"""Rows of what customers were told of their tickets and of the last month's invoices."""

import json
from collections.abc import Iterator
from typing import Any, Final

import numpy as np

from api.customer.notifications.service import BY_PREFERENCE, Kind
from api.customer.surveys.rules import OPEN_FOR
from api.customer.tickets.telling import FOR_NOTHING
from api.sysops.tickets.visit_rules import ABSENCES_TO_CALL
from orchestration.local.demo.chunk import Chunk
from orchestration.local.demo.clocks import DAY, SECOND, WINDOW_LENGTH
from orchestration.local.demo.columns import (
    Column,
    isoformat,
    joined,
    jsonb,
    moments,
    numerals,
    or_else,
    same,
    table,
    texts,
    uuid_texts,
    uuids,
)
from orchestration.local.demo.copying import Batch
from orchestration.local.demo.draws import Flags, Ids, Ints, uuid7
from orchestration.local.demo.events import ACTIONS, NONE, REASONS, status
from orchestration.local.demo.rows.month import DECLINES, Month
from orchestration.local.demo.rows.tickets import resolutions
from orchestration.local.demo.world import World

SENT_AFTER: Final = 2 * SECOND
"""From the notification to the provider's answer."""
DELIVERED_AFTER: Final = 5 * SECOND
"""From the notification to the carrier's receipt, which mail does not have."""
ATTEMPTS_SINCE: Final = 14 * DAY
"""Older ones come without their attempts, which would be most of the demo."""


def told_of_tickets(world: World, chunk: Chunk) -> Iterator[Batch]:
    """What `api.customer.tickets.projection.news` tells, and the survey of each resolution."""
    events = chunk.events
    back = events.to == status("open")
    nobody_home = events.action == ACTIONS.index("no_show")
    missed = events.action == ACTIONS.index("miss")
    happened: dict[Kind, Flags] = {
        "expert_arriving": events.to == status("accepted"),
        "visit_off": back & (events.before == status("accepted")) & ~missed,
        "nobody_home": nobody_home,
        "expert_did_not_come": missed,
        "another_visit": back & (events.before == status("in_progress")) & ~nobody_home,
        "ticket_cancelled": events.to == status("cancelled"),
        "survey_invitation": events.to == status("resolved"),
    }
    about = subjects(world)
    for kind, which in happened.items():
        event = np.flatnonzero(which)
        yield from _told(world, chunk, kind, event, about)


def subjects(world: World) -> list[str]:
    """What each kind of ticket is about, as the templates name it."""
    listed = world.setting.catalogue
    return [f"{listed.device_types[one.device_type]}: {one.name}" for one in listed.ticket_types]


def _told(world: World, chunk: Chunk, kind: Kind, event: Ints, about: list[str]) -> Iterator[Batch]:
    tickets, events = chunk.tickets, chunk.events
    ticket = events.ticket[event]
    context = joined(
        '{"number": ',
        numerals(tickets.number[ticket]),
        ', "subject": "',
        texts(about, tickets.kind[ticket]),
        '", "time_zone": "',
        texts(world.setting.places.zone, tickets.place[ticket]),
        '", ',
        _more(world, chunk, kind, event),
        "}",
    )
    cause = joined(uuid_texts(tickets.id[ticket]), "/", numerals(events.version[event]))
    by_sms = world.customers.by_sms[tickets.customer[ticket]]
    if kind not in BY_PREFERENCE:
        by_sms = np.zeros(len(event), dtype=bool)
    random = world.setting.draws(f"told {kind}", chunk.number)
    ids = uuid7(events.at[event], random)
    data = notifications(
        ids,
        kind,
        cause,
        by_sms,
        jsonb(context, len(event)),
        (events.at[event], world.setting.now),
    )
    account = uuids(world.customers.id[tickets.customer[ticket]])
    told = table(**data, account_id=account, ticket_id=uuids(tickets.id[ticket]))
    yield Batch("customer", "notification", told)
    yield attempts(world, "customer", ids, by_sms, events.at[event])


def _more(world: World, chunk: Chunk, kind: Kind, event: Ints) -> Column:
    """What a kind of notification tells beside the ticket."""
    events, visits = chunk.events, chunk.visits
    visit = events.visit[event]
    if kind in {"expert_arriving", "visit_off"}:
        start = visits.window[visit]
        name = texts(world.experts.name, visits.expert[visit])
        return joined('"expert_name": "', name, '", ', window_json(start))
    if kind in FOR_NOTHING:
        calls = _absences(chunk)[event] >= ABSENCES_TO_CALL
        words = texts(("false", "true"), calls.astype(np.int64))
        start = visits.window[visit]
        return joined('"coordinator_calls": ', words, ", ", window_json(start))
    if kind == "survey_invitation":
        survey = np.full(len(visits), NONE)
        survey[chunk.surveys.visit] = np.arange(len(chunk.surveys))
        ids = uuid_texts(chunk.surveys.id[survey[visit]])
        resolution = texts(resolutions(world, chunk), events.ticket[event])
        days = f'", "open_days": {OPEN_FOR.days}, "resolution": "'
        return joined('"survey_id": "', ids, days, resolution, '"')
    reason = events.reason[event]
    quoted = joined('"', texts(REASONS, reason, reason == NONE), '"')
    return joined('"reason": ', or_else(quoted, "null"))


def _absences(chunk: Chunk) -> Ints:
    """How often nobody was at home for a ticket up to each of its events."""
    events = chunk.events
    so_far = np.cumsum(events.action == ACTIONS.index("no_show"))
    begins = np.flatnonzero(events.version == 1)
    before = so_far[begins] - (events.action[begins] == ACTIONS.index("no_show"))
    return np.asarray(so_far - np.repeat(before, np.diff(begins, append=len(events))))


def window_json(start: Ints) -> Column:
    return joined(
        '"window_start": "', isoformat(start),
        '", "window_end": "', isoformat(start + WINDOW_LENGTH), '"',
    )  # fmt: skip


def notifications(
    ids: Ids, kind: str, cause: Column, by_sms: Flags, context: Column, when: tuple[Ints, int]
) -> dict[str, Any]:
    """The columns of sent notifications but for whom they tell; `when`: the moments, and now."""
    created, now = when
    received = np.minimum(created + DELIVERED_AFTER, now)
    return {
        "id": uuids(ids),
        "kind": same(kind, len(ids)),
        "cause": cause,
        "channel": texts(("email", "sms"), by_sms.astype(np.int64)),
        "context": context,
        "status": texts(("sent", "delivered"), by_sms.astype(np.int64)),
        "provider_reference": joined("demo-", uuid_texts(ids)),
        "created_at": moments(created),
        "sent_at": moments(np.minimum(created + SENT_AFTER, now)),
        "delivered_at": moments(received, ~by_sms),
    }


def attempts(world: World, database: str, told: Ids, by_sms: Flags, created: Ints) -> Batch:
    """How the notifications of the last two weeks were sent: at the first try, all of them."""
    now = world.setting.now
    recent = np.flatnonzero(created >= now - ATTEMPTS_SINCE)
    at, sms = created[recent], by_sms[recent]
    ids = told[recent]
    way = sms.astype(np.int64)
    data = table(
        # One attempt a notification, under the same id: it need not be drawn.
        id=uuids(ids),
        notification_id=uuids(ids),
        round=same(1, len(ids)),
        channel=texts(("email", "sms"), way),
        provider=same("127.0.0.1", len(ids)),
        outcome=texts(("taken", "delivered"), way),
        reference=joined("demo-", uuid_texts(ids)),
        code=texts(("250", None), way),
        answer=texts(("2.0.0 Ok", "delivered"), way),
        asked_at=moments(at),
        answered_at=moments(np.minimum(at + SENT_AFTER, now)),
        reported_at=moments(np.minimum(at + DELIVERED_AFTER, now), ~sms),
    )
    return Batch(database, "notification_attempt", data)


def told_of_invoices(world: World, month: Month) -> Iterator[Batch]:
    """A receipt for every payment, and a notice for every decline."""
    span = month.bills.period
    period = f"{span.first:%B %-d} to {span.last:%B %-d, %Y}"
    listed = [
        json.dumps([[line.description, line.amount_cents] for line in bill.lines])
        for bill in month.bills.bills
    ]
    for kind, told in (
        ("invoice_paid", month.tries.approved),
        ("payment_declined", ~month.tries.approved),
    ):
        payment = np.flatnonzero(told)
        invoice = month.tries.invoice[payment]
        words = [json.dumps(text) for _, text in DECLINES]
        lasting = month.charges.bad_card[invoice].astype(np.int64)
        reason = same("null", len(payment)) if kind == "invoice_paid" else texts(words, lasting)
        context = joined(
            '{"invoice": "', texts(month.number_text, invoice),
            f'", "period": "{period}", "currency": "USD", "total_cents": ',
            numerals(month.total[invoice]),
            ', "lines": ', texts(listed, month.bills.case[invoice]),
            ', "reason": ', reason, "}",
        )  # fmt: skip
        version = 2 + month.tries.attempt[payment]
        cause = joined(uuid_texts(month.invoice_id[invoice]), "/", numerals(version))
        at = month.tries.decided[payment]
        random = world.setting.draws(kind, span.first.toordinal())
        ids = uuid7(at, random)
        by_mail = np.zeros(len(payment), dtype=bool)
        data = notifications(
            ids,
            kind,
            cause,
            by_mail,
            jsonb(context, len(payment)),
            (at, world.setting.now),
        )
        account = uuids(month.customer_ids(world)[invoice])
        yield Batch("customer", "notification", table(**data, account_id=account))
        yield attempts(world, "customer", ids, by_mail, at)
