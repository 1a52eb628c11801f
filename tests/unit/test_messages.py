"""The channels as a whole: what holds for every message."""

from collections.abc import Iterator
from uuid import uuid4

from api.kernel.messages import Message
from api.kernel.outbox import subject_of
from api.messages import PAIRS, StaffNotification


def channels(base: type[Message] = Message) -> Iterator[type[Message]]:
    """Every kind of message that is sent: the classes that others derive from name no channel."""
    for type_ in base.__subclasses__():
        if type_.__module__ == "api.messages":
            yield from channels(type_)
            if type_.channel:
                yield type_


def test_every_channel_travels_a_pair_that_a_relay_serves() -> None:
    assert {(type_.source, type_.target) for type_ in channels()} == set(PAIRS)


def test_a_channels_name_is_used_once_between_two_quanta() -> None:
    names = [(type_.source, type_.target, type_.channel) for type_ in channels()]
    assert len(names) == len(set(names))


def test_every_message_begins_with_what_it_speaks_of() -> None:
    first = {type_.__struct_fields__[0] for type_ in channels()}
    assert all(name == "code" or name.endswith("_id") for name in first)


def test_the_subject_of_a_message_is_the_id_it_begins_with() -> None:
    notification_id = uuid4()
    assert subject_of(StaffNotification(notification_id=notification_id)) == str(notification_id)
