"""The command `squad`: one line a sub-command, each imported when it is called."""

from collections.abc import Mapping
from dataclasses import dataclass
from importlib import import_module

import click

from orchestration.local.errors import LocalError


@dataclass(frozen=True)
class Entry:
    """Where a sub-command is ("module:object"), and its line in `squad --help`."""

    target: str
    help: str


HERE = "orchestration.local.commands"
COMMANDS: Mapping[str, Entry] = {
    "up": Entry(f"{HERE}.up:up", "Start the platform, or show that it runs."),
    "down": Entry(f"{HERE}.down:down", "Stop every process; the data stays."),
    "status": Entry(f"{HERE}.status:status", "Tell of every part whether it is healthy."),
    "logs": Entry(f"{HERE}.logs:logs", "Follow the logs."),
    "restart": Entry(f"{HERE}.restart:restart", "Stop and start one process."),
    "migrate": Entry(f"{HERE}.migrate:migrate", "Bring databases and roles up to date."),
    "dead-letters": Entry(
        f"{HERE}.dead_letters:dead_letters", "List and replay messages that are held."
    ),
    "notifications": Entry(
        f"{HERE}.notifications:notifications", "Count and resend messages that reached nobody."
    ),
    "policy": Entry(f"{HERE}.policies:policy", "Show and choose what experts are chosen by."),
    "explain": Entry(f"{HERE}.explain:explain", "Say why a ticket got its expert, or nobody."),
    "trace": Entry(f"{HERE}.trace:trace", "Show what was done for a ticket, and by whom."),
    "replay": Entry(f"{HERE}.replay:replay", "Solve an assignment run again, and compare."),
    "vault": Entry(f"{HERE}.vault:vault", "Rotate the keys of stored cards, and look after them."),
    "secrets": Entry(f"{HERE}.secrets:secrets", "Show who has which password or key; replace one."),
    "backup": Entry(f"{HERE}.backup:backup", "Back up all databases to one moment."),
    "restore": Entry(f"{HERE}.restore:restore", "Make all databases what they were at a moment."),
    "demo": Entry(f"{HERE}.demo:demo", "A world to try the platform with."),
    "chaos": Entry("tests.chaos.command:chaos", "Strike a platform under load; is all kept?"),
    "bench": Entry("tests.benchmarks.command:bench", "Measure, with a yardstick in the same run."),
    "reset": Entry(f"{HERE}.reset:reset", "Stop the platform and remove its data."),
}


class LazyGroup(click.Group):
    """Knows its commands by name, and imports one only to run it: `squad status` stays quick."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        entry = COMMANDS.get(cmd_name)
        if entry is None:
            return None
        module, _, name = entry.target.partition(":")
        command: click.Command = getattr(import_module(module), name)
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl([(name, entry.help) for name, entry in COMMANDS.items()])

    def invoke(self, ctx: click.Context) -> object:
        """Errors meant for the operator end the program with their lines and status 1."""
        try:
            return super().invoke(ctx)
        except LocalError as error:
            for line in (f"squad: {error.message}", *(f"  {line}" for line in error.details)):
                click.echo(line, err=True)
            ctx.exit(1)


@click.group(cls=LazyGroup)
def main() -> None:
    """Run the Sysops Squad platform on this machine.

    SQUAD_VAR names its data folder (default: var/ in the project), SQUAD_PORT_OFFSET moves all
    its ports, so that several platforms run side by side.
    """


if __name__ == "__main__":
    main(prog_name="squad")
