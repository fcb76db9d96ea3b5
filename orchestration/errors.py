"""The errors that users see, by the exit code they lead to. Nothing here formats or prints."""

from __future__ import annotations


class TollhouseError(Exception):
    """The command failed; the message names what and where, and what to do. Exit code 1."""

    exit_code = 1


class UsageError(TollhouseError):
    """Wrong usage, settings or reference book: nothing was run. Exit code 2."""

    exit_code = 2


class GatesBlocked(TollhouseError):
    """The release gates blocked the edition; the last one stays. Exit code 3."""

    exit_code = 3
