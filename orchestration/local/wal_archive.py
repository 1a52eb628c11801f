"""Where the embedded server's WAL goes while it runs, and comes from when a backup is restored."""

import re
import shlex
from collections.abc import Iterable
from pathlib import Path

SWITCH = "archive_to"
"""A file in the server's data folder with the path of the archive; without it nothing is archived.

It is a file, not a setting: it works at once, and the archive stays where the last backup put it,
whatever the next shell says. A folder that has vanished, as a disk that is not mounted, makes the
server keep its WAL and try again.
"""
SUFFIX = ".gz"

# Run by sh in the data folder, as the server's user. Compressed, because the rest of a segment that
# is archived for its age is zeros. `%` is the server's.
ARCHIVE_COMMAND = (
    f"test -e {SWITCH} || exit 0; to=$(cat {SWITCH}) || exit 1; "
    f'if test -e "$to/%f{SUFFIX}"; then '
    f'gzip -dc "$to/%f{SUFFIX}" | cmp -s - "%p" && exit 0; '
    'echo "another %f is in $to" >&2; exit 1; fi; '
    'gzip -c1 "%p" > "$to/%f.part" && sync "$to/%f.part" && '
    f'mv "$to/%f.part" "$to/%f{SUFFIX}" && sync "$to"'
)

SEGMENT = re.compile(r"[0-9A-F]{24}")
# 16 MB each, as initdb makes them.
SEGMENTS_A_LOG = 256


def restore_command(archive: Path, old_wal: Path | None) -> str:
    """What brings one WAL file back: from the archive, else from a stopped server's own folder.

    The last minute of a server that crashed is in no archive. A file that is damaged ends the
    recovery with an error; taken for missing, it would pass for the end of the WAL.
    """
    kept = f"{_word(archive)}/%f{SUFFIX}"
    command = f'if test -e {kept}; then gzip -dc {kept} > "%p" || exit 255; '
    if old_wal is not None:
        left = f"{_word(old_wal)}/%f"
        command += f'elif test -e {left}; then cp {left} "%p" || exit 255; '
    return f"{command}else exit 1; fi"


def _word(path: Path) -> str:
    return shlex.quote(str(path).replace("%", "%%"))


def missing_segment(names: Iterable[str], first: str) -> str | None:
    """The first WAL file that is lacking between `first` and the newest of `names`.

    Names are 24 hexadecimal digits: timeline, log and segment. Whatever the timeline, every
    number must be there once, or the recovery would end before it and tell nobody.
    """
    there = {_number(name) for name in names if SEGMENT.fullmatch(name)}
    wanted = range(_number(first), max(there, default=0) + 1)
    missing = next((number for number in wanted if number not in there), None)
    if missing is None:
        return None
    log, segment = divmod(missing, SEGMENTS_A_LOG)
    return f"{first[:8]}{log:08X}{segment:08X}"


def _number(name: str) -> int:
    return int(name[8:16], 16) * SEGMENTS_A_LOG + int(name[16:24], 16)
