"""The reports that the dashboards show, as JSON or CSV."""

import asyncio
from datetime import datetime
from typing import Any, Final, Literal, Self
from uuid import UUID

import msgspec
from litestar import Controller, Response, get
from litestar.di import NamedDependency
from litestar.exceptions import ValidationException
from litestar.params import FromPath

from api.analytics.reports import service
from api.analytics.reports.service import OVERSEERS, Published
from api.kernel.auth import Requires, SignedInRequest
from warehouse import reports
from warehouse.read import Snapshot

JSON: Final = "application/json"
CSV: Final = "text/csv"
FORMS: Final = {JSON: "json", CSV: "csv"}


class HeldBack(msgspec.Struct):
    """A later build that failed its checks and is not shown."""

    at: datetime
    reasons: list[str]


class Version(msgspec.Struct):
    """What is shown: everything committed in the sources before `as_of` is in it.

    `pinned` says why somebody went back to this version, if so.
    """

    version: str
    as_of: datetime
    published_at: datetime
    held_back: HeldBack | None
    pinned: str | None

    @classmethod
    def of(cls, snapshot: Snapshot) -> Self:
        held = snapshot.held_back
        return cls(
            version=snapshot.version,
            as_of=snapshot.as_of,
            published_at=snapshot.manifest.created_at,
            held_back=HeldBack(held.at, held.reasons) if held else None,
            pinned=snapshot.pin.reason if snapshot.pin else None,
        )


class DefinitionView(msgspec.Struct):
    """`words` are Markdown; `reference` is a heading of docs/metrics.md."""

    title: str
    words: str
    reference: str


class ReportView(msgspec.Struct):
    """A report: what its numbers mean, the marts they come from, and its query parameters."""

    name: str
    page: str
    title: str
    definitions: list[DefinitionView]
    marts: list[str]
    filters: list[str]

    @classmethod
    def of(cls, report: reports.Report) -> Self:
        definitions = [reports.define(anchor) for anchor in report.definitions]
        return cls(
            name=report.name,
            page=report.page,
            title=report.title,
            definitions=[
                DefinitionView(one.title, one.words, f"docs/metrics.md#{one.anchor}")
                for one in definitions
            ],
            marts=list(report.marts),
            filters=sorted(report.filters),
        )


class ColumnView(msgspec.Struct):
    """`unit` is cents, share (0 to 1), hours, minutes or km; empty for counts and words."""

    name: str
    unit: str


class Answer(msgspec.Struct):
    """A report's rows, as of the version they were read from."""

    name: str
    title: str
    version: str
    as_of: datetime
    columns: list[ColumnView]
    rows: list[dict[str, Any]]


class PublishedTicket(msgspec.Struct):
    """The ticket's row in the mart `fct_ticket`, as of the published version."""

    ticket_id: UUID
    number: int | None
    status: str
    priority: str
    channel: str
    plan_code: str | None
    ticket_type: str
    submitted_at: datetime
    sla_due_at: datetime | None
    first_assigned_at: datetime | None
    first_accepted_at: datetime | None
    resolved_at: datetime | None
    closed_at: datetime | None
    is_sla_met: bool | None
    is_first_time_fix: bool | None
    visits: int
    rejections: int
    reopens: int
    unassigned_reason: str | None
    survey_score: int | None
    as_of: datetime
    version: str


class ReportController(Controller):
    path = "/"
    guards = [Requires(*OVERSEERS, "finance")]  # noqa: RUF012 - Litestar's way

    @get("/snapshot", summary="What is published")
    async def snapshot(self, published: NamedDependency[Published]) -> Version:
        """The version that every number comes from, and why no newer one is shown, if so."""
        return Version.of(await published.snapshot())

    @get("/reports", summary="Reports")
    async def list_reports(self, request: SignedInRequest) -> list[ReportView]:
        """Every report that you may read, with its definitions and filters."""
        return [ReportView.of(report) for report in service.readable(request.user.roles)]

    @get("/reports/{name:str}", summary="One report")
    async def report(
        self,
        name: FromPath[str],
        request: SignedInRequest,
        published: NamedDependency[Published],
    ) -> Response[Any]:
        """Rows as JSON, or as CSV (RFC 4180) with `?format=csv` or `Accept: text/csv`.

        The report's filters are query parameters, each may be repeated: days as 2026-03-31,
        both inclusive; a list that is left out lets everything in. Lists have at most 10,000
        rows. Either form says what it is as of in `X-As-Of`, the published version in
        `X-Version`, and in `Link` (`rel="describedby"`) where its numbers are defined. In a CSV
        a text that a spreadsheet would take for a formula begins with an apostrophe.
        """
        report = service.find(name, request.user.roles)
        filters, form = _asked(request, report)
        snapshot = await published.snapshot()
        try:
            table = await published.ask(snapshot, report, filters)
        except reports.TooMuch as too_much:
            raise _refused({"key": "since", "message": str(too_much)}) from too_much
        headers = _about(report, snapshot)
        if form == "csv":
            file = reports.file_name(report, snapshot.as_of)
            headers["Content-Disposition"] = f'attachment; filename="{file}"'
            lines = await asyncio.to_thread(reports.to_csv, table)
            return Response(lines, media_type=CSV, headers=headers)
        answer = Answer(
            name=report.name,
            title=report.title,
            version=snapshot.version,
            as_of=snapshot.as_of,
            columns=[ColumnView(column.name, column.unit) for column in table.columns],
            rows=table.records(),
        )
        return Response(answer, headers=headers)

    @get("/reports/{name:str}/definition", summary="What a report means")
    async def definition(self, name: FromPath[str], request: SignedInRequest) -> ReportView:
        """The report's definitions in words, its marts and its filters, without its rows."""
        return ReportView.of(service.find(name, request.user.roles))

    @get("/tickets/{ticket_id:uuid}", guards=[Requires(*OVERSEERS)], summary="One ticket's row")
    async def ticket(
        self, ticket_id: FromPath[UUID], published: NamedDependency[Published]
    ) -> PublishedTicket:
        """The ticket as the published mart has it; 404 while no version with it is shown."""
        snapshot = await published.snapshot()
        row = await published.ticket(snapshot, ticket_id)
        return PublishedTicket(**row, as_of=snapshot.as_of, version=snapshot.version)


def _asked(
    request: SignedInRequest, report: reports.Report
) -> tuple[reports.Filters, Literal["csv", "json"]]:
    """Filters and form of the answer; a problem names everything that is wrong."""
    query = request.query_params
    asked = {name: query.getall(name) for name in query if name != "format"}
    wrong: list[dict[str, str]] = []
    filters = reports.Filters()
    try:
        filters = reports.parse(asked, report.filters)
    except reports.InvalidFilters as refused:
        wrong = [{"key": one.parameter, "message": one.detail} for one in refused.errors]
    form = query.get("format") or FORMS[request.accept.best_match(list(FORMS), JSON)]
    if form not in {"csv", "json"}:
        wrong.append({"key": "format", "message": "Expected csv or json."})
    if wrong:
        raise _refused(*wrong)
    return filters, "csv" if form == "csv" else "json"


def _refused(*wrong: dict[str, str]) -> ValidationException:
    return ValidationException(extra=[{**one, "source": "query"} for one in wrong])


def _about(report: reports.Report, snapshot: Snapshot) -> dict[str, str]:
    """What a file of numbers cannot say itself: of when they are, and where they are defined."""
    return {
        "Link": f'</analytics/reports/{report.name}/definition>; rel="describedby"',
        "Vary": "Accept",
        "X-As-Of": snapshot.as_of.isoformat(),
        "X-Version": snapshot.version,
    }
