"""Who may read what Tollhouse writes: only its owner, or also the group that TOLLHOUSE_GROUP names.

New files and folders get their mode from the process's umask, so that no writer can forget it; those that an earlier version
or another program wrote keep theirs, and `tollhouse doctor` names them.
"""

from __future__ import annotations

import grp
import os
import shutil
import stat
from pathlib import Path

from orchestration.errors import UsageError
from orchestration.settings import Settings

OWNER_ALONE, _GROUP_READS = 0o077, 0o027  # what a mode must not have
_READS_OR_WRITES = 0o066


def keep_private(settings: Settings) -> None:
    """From now on this process makes files 0600 and folders 0700, or 0640 and 0750 for the group; the home is made so.

    A home that is already there keeps its mode, but is given to the group. Raises UsageError where this user may not do that.
    """
    os.umask(OWNER_ALONE if settings.group is None else _GROUP_READS)
    if settings.group is None:
        return
    settings.home.mkdir(parents=True, exist_ok=True)
    mode = settings.home.stat().st_mode
    if settings.home.stat().st_gid == grp.getgrnam(settings.group).gr_gid and mode & stat.S_ISGID:
        return
    try:
        shutil.chown(settings.home, group=settings.group)
        settings.home.chmod(stat.S_IMODE(mode) | stat.S_ISGID | 0o050)  # what is made in it is of the group as well
    except OSError as error:
        raise UsageError(
            f"TOLLHOUSE_GROUP: {settings.home} cannot be given to the group '{settings.group}' ({error.strerror}); "
            "become a member of it, or unset it"
        ) from error


def open_to_others(settings: Settings) -> list[Path]:
    """The home and its direct entries, except the inbox, that wrong users may read or write.

    Where the home itself keeps them out, nothing in it counts. Others may have to come through it: they deliver files.
    """
    forbidden = OWNER_ALONE if settings.group is None else _GROUP_READS
    home = settings.home
    if not home.is_dir() or not home.stat().st_mode & forbidden:
        return []
    inside = [path for path in sorted(home.iterdir()) if path != settings.inbox and not path.is_symlink()]
    found = [path for path in inside if path.stat().st_mode & forbidden]
    return [home, *found] if home.stat().st_mode & forbidden & _READS_OR_WRITES else found
