"""What stops a mining job, said in one line."""

from motherlode.errors import MotherlodeError


class MiningError(MotherlodeError):
    """The parameters do not fit the data; the message names the parameter and a value that does."""


class TooLittleData(MotherlodeError):  # noqa: N818 -- not wrong, only early
    """Not enough data to train a model that can be judged; the champion of before stays."""


def require(job: str, found: int, needed: int, what: str) -> None:
    """
    Raises:
        TooLittleData: there is less than needed.
    """
    if found < needed:
        raise TooLittleData(f"{job}: found {found} {what}, needs at least {needed}")
