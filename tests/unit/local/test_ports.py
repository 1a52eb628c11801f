"""Ports in use are named with their holder."""

import os
import socket

from orchestration.local.ports import describe_holder, free_port, is_free


def test_a_listener_holds_its_port_until_it_closes() -> None:
    port = free_port()
    with socket.create_server(("127.0.0.1", port)):
        assert not is_free(port)
        assert describe_holder(port).startswith(f"pid {os.getpid()} (")
    assert is_free(port)


def test_a_listener_on_every_address_holds_the_port_too() -> None:
    port = free_port()
    with socket.create_server(("", port)):
        assert not is_free(port)
