"""What is told again, because it seemed lost, changes nothing where it had arrived."""

from api.kernel.messages import decode_envelope
from tests.databases import Databases
from tests.messaging import dead_letters, deliver, queued, send
from tests.world import furnish, household


async def test_a_ticket_told_again_in_a_message_of_its_own_is_answered_with_its_state(
    databases: Databases,
) -> None:
    furnish(databases)
    home = household()
    ticket = home.ticket()
    await send(databases, home.entitlement(), ticket, ticket)
    await deliver(databases, "customer", "sysops")
    assert databases.rows("sysops", "SELECT status, version FROM ticket") == [("open", 1)]
    answers = queued(databases, "sysops", "customer")
    assert [channel for channel, _ in answers] == ["ticket_progress"] * 2
    assert len({decode_envelope(payload).id for _, payload in answers}) == 2
    assert dead_letters(databases, "customer", "sysops") == 0
