"""The list of processes: commands, order and mistakes in it."""

from pathlib import Path

import pytest

from api.kernel.settings import ServiceSettings
from api.messages import PAIRS
from orchestration.local import keys
from orchestration.local.blueprint import Blueprint, Process
from orchestration.local.errors import LocalError
from orchestration.local.instance import Instance
from orchestration.local.probes import Tcp
from orchestration.local.processes import API_WORKERS, RELAYS, blueprint_of
from orchestration.local.sandbox.settings import SandboxSettings
from orchestration.local.secrets import SecretStore
from orchestration.local.supervisor_config import config_file, socket_file, write_config
from orchestration.local.wiring import API_PORTS
from orchestration.metrics.__main__ import MetricsSettings

EVERYWHERE = "0.0.0.0"  # noqa: S104 - what must not be


def process(name: str, *after: str, command: tuple[str, ...] = ("true",)) -> Process:
    return Process(name, name, command, Tcp(1), ports=(80, 81), after=after)


def names(waves: list[list[Process]]) -> list[list[str]]:
    return [[one.name for one in wave] for wave in waves]


def test_a_command_is_filled_with_folders_and_moved_ports(tmp_path: Path) -> None:
    one = process("web", command=("serve", "--port={port}", "{port2}", "{var}/x", "plain"))

    assert one.arguments(Instance(tmp_path, 1000)) == [
        "serve", "--port=1080", "1081", f"{tmp_path}/x", "plain",
    ]  # fmt: skip


def test_processes_come_in_waves_each_after_what_it_needs() -> None:
    blueprint = Blueprint([process("c", "b"), process("b", "a"), process("a"), process("d")])

    assert names(blueprint.waves(blueprint.processes)) == [["a", "d"], ["b"], ["c"]]


def test_what_is_needed_but_not_asked_for_is_no_matter() -> None:
    blueprint = Blueprint([process("a"), process("b", "a")])

    assert names(blueprint.waves([blueprint.processes[1]])) == [["b"]]


def test_processes_that_wait_for_each_other_are_a_mistake() -> None:
    blueprint = Blueprint([process("a", "b"), process("b", "a")])

    with pytest.raises(ValueError, match="a, b"):
        blueprint.waves(blueprint.processes)


def test_an_unknown_process_is_told_with_the_known_ones() -> None:
    with pytest.raises(LocalError, match="There are: a, b"):
        Blueprint([process("a"), process("b")]).find("c")


def test_no_two_processes_of_the_platform_share_a_name_or_a_port(tmp_path: Path) -> None:
    processes = blueprint_of(Instance(tmp_path)).processes
    # Workers of one group share a port, and nobody else does.
    ports = {(one.group or one.name, port) for one in processes for port in one.ports}

    assert len({one.name for one in processes}) == len(processes)
    assert len({port for _, port in ports}) == len(ports)


def test_workers_are_found_by_their_common_name_and_are_numbered_as_the_supervisor_does(
    tmp_path: Path,
) -> None:
    blueprint = blueprint_of(Instance(tmp_path))
    groups = {one.group for one in blueprint.processes} - {None}

    assert groups == {f"{quantum}-api" for quantum in API_WORKERS}
    for group in groups:
        workers = [one.name for one in blueprint.named(str(group))]
        assert workers == [f"{group}-{number}" for number in range(1, len(workers) + 1)]


def test_every_process_of_the_platform_has_a_command_and_an_environment(tmp_path: Path) -> None:
    instance = Instance(tmp_path / "var", 100)
    for one in blueprint_of(instance).processes:
        if not one.foundation:
            assert "{" not in " ".join(one.arguments(instance))
        assert all(isinstance(value, str) for value in one.environment(instance).values())


def test_no_secret_is_in_a_command_or_in_the_supervisors_configuration(tmp_path: Path) -> None:
    instance = Instance(tmp_path / "var")
    blueprint = blueprint_of(instance)
    write_config(instance, blueprint)
    environments = [dict(one.environment(instance)) for one in blueprint.processes]
    secrets = [path.read_text() for path in instance.secrets.iterdir()]

    shown = config_file(instance).read_text() + " ".join(
        word for one in blueprint.processes for word in one.arguments(instance)
    )

    assert len(secrets) > 20
    assert any(secrets[0] in value for env in environments for value in env.values())
    assert not [secret for secret in secrets if secret in shown]


def test_whatever_listens_does_so_on_this_machine_alone(tmp_path: Path) -> None:
    instance = Instance(tmp_path / "var", settings={"SQUAD_HOST": EVERYWHERE})
    # Who names no address has this one of its own, and the operator's shell hands on no other.
    assert ServiceSettings.model_fields["host"].default == "127.0.0.1"
    assert SandboxSettings.model_fields["sandbox_host"].default == "127.0.0.1"
    assert MetricsSettings.model_fields["host"].default == "127.0.0.1"
    by_themselves = {f"{quantum}-api" for quantum in API_PORTS} | {"sandbox", "metrics"}
    for one in blueprint_of(instance).processes:
        words = " ".join(one.arguments(instance))
        assert EVERYWHERE not in words
        assert EVERYWHERE not in one.environment(instance).values()
        if one.ports and not {one.name, one.group} & by_themselves:
            assert "127.0.0.1" in words, one.name


def test_every_pair_of_quanta_that_exchanges_messages_has_a_relay() -> None:
    assert {pair[:2] for pair in RELAYS} == set(PAIRS)


def test_each_process_holds_only_its_own_databases(tmp_path: Path) -> None:
    instance = Instance(tmp_path / "var")
    blueprint = blueprint_of(instance)

    customer = " ".join(blueprint.find("customer-api").environment(instance).values())
    scores = " ".join(blueprint.find("relay-customer-analytics").environment(instance).values())

    assert "/sysops" not in customer
    assert "/billing" not in customer
    assert "customer_to_billing" not in scores


def test_only_the_vaults_own_processes_hold_its_keys(tmp_path: Path) -> None:
    instance = Instance(tmp_path / "var")
    store = SecretStore(instance.secrets)
    kek, box = keys.key_encryption_key(store), keys.box_keys(store)
    seen = {
        one.name: set(one.environment(instance).values())
        for one in blueprint_of(instance).processes
    }

    assert {name for name, values in seen.items() if kek in values} == {
        "relay-customer-billing",
        "code-billing",
    }
    assert {name for name, values in seen.items() if box in values} == {"relay-customer-billing"}


def test_only_its_issuer_holds_a_signing_key(tmp_path: Path) -> None:
    instance = Instance(tmp_path / "var")
    holders = {
        one.name: one.environment(instance)["SQUAD_SIGNING_KEY"]
        for one in blueprint_of(instance).processes
        if "SQUAD_SIGNING_KEY" in one.environment(instance)
    }

    assert sorted(holders) == ["customer-api-1", "customer-api-2", "sysops-api-1", "sysops-api-2"]
    assert len(set(holders.values())) == 2


def test_a_real_provider_takes_the_place_of_the_sandbox(tmp_path: Path) -> None:
    real = Instance(tmp_path / "var", settings={"SQUAD_PAYMENTS_URL": "https://pay.example/v1"})

    environment = blueprint_of(real).find("code-billing").environment(real)

    assert environment["SQUAD_PAYMENTS_URL"] == "https://pay.example/v1"


def test_percent_signs_survive_and_comments_in_paths_are_refused(tmp_path: Path) -> None:
    odd = Instance(tmp_path / "100% sure")
    write_config(odd, Blueprint([process("a")]))
    assert "100%% sure" in config_file(odd).read_text()

    with pytest.raises(LocalError, match="choose another folder"):
        write_config(Instance(tmp_path / "a ;b"), Blueprint([process("a")]))


def test_a_socket_below_a_long_path_goes_to_a_short_one(tmp_path: Path) -> None:
    near = Instance(Path("/srv/squad/var"))
    far = Instance(tmp_path / ("x" * 120))

    assert socket_file(near) == near.run / "supervisor.sock"
    assert len(str(socket_file(far))) < 90
