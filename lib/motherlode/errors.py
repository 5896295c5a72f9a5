"""What a user is told: one line, and an exit code that a scheduler can act on."""

from enum import IntEnum


class Exit(IntEnum):
    """Exit codes of every command."""

    DONE = 0
    FAILED = 1
    USAGE = 2
    QUALITY = 3
    HELD = 4


class MotherlodeError(Exception):
    """An expected failure: the message says what is wrong and what to do, without personal data."""

    exit = Exit.FAILED


class UsageError(MotherlodeError):
    """Wrong arguments, configuration or environment."""

    exit = Exit.USAGE


class UnavailableError(UsageError):
    """What is to be read is away; later it may be back."""


class QualityError(MotherlodeError):
    """The data breaks a contract or an accounting rule."""

    exit = Exit.QUALITY
