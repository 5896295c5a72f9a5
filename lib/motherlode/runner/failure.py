"""An exception into one line that says what to do and shows no value from the data."""

import re

from pyspark.errors import PySparkException

from motherlode.contracts.fields import ContractError
from motherlode.errors import Exit, MotherlodeError

# Our own error as a Python worker's traceback ends with it.
_OURS = re.compile(r"^motherlode\.[\w.]*\.(\w+Error|TooLittleData): (.+)$", re.MULTILINE)
_CONSTRAINT = re.compile(r"DELTA_VIOLATE_CONSTRAINT\w*\][^(]*?constraint (\w+)", re.IGNORECASE)
_NOT_NULL = re.compile(r"NOT NULL constraint violated for column: (\w+)")
_DENIED = re.compile(r"Permission denied|Read-only file system|AccessControlException|Mkdirs failed to create")
_NO_FOLDER = re.compile(r"ParentNotDirectoryException|Not a directory|is not a directory|FileAlreadyExistsException")
_DAMAGED = re.compile(
    r"FAILED_READ_FILE|DELTA_TRUNCATED_TRANSACTION_LOG|DELTA_LOG_FILE_NOT_FOUND|DELTA_VERSIONS_NOT_CONTIGUOUS"
    r"|DELTA_STATE_RECOVER_ERROR|DELTA_MISSING_\w*FILE|ChecksumException|JsonEOFException|JsonParseException"
    r"|FileNotFoundException|FileReadException"
)
_OF_A_TABLE = re.compile(r"/\S*?(?:/_delta_log/\S+?\.(?:json|parquet)|/part-\d{5}-[0-9a-f-]{36}\S*?\.parquet)")
# What our own expressions say of data that cannot be worked with: no value of a person's.
_SAID = re.compile(r"\[USER_RAISED_EXCEPTION\] (.+?)(?: SQLSTATE: |\n|$)")
_FULL = re.compile(r"No space left on device")


def explain_failure(error: BaseException) -> tuple[str, Exit]:
    """The line for a user and the exit code. Only our own errors are quoted; others could hold data."""
    if isinstance(error, MotherlodeError):
        return str(error), error.exit
    if isinstance(error, ContractError):
        return f"contract: {error}", Exit.USAGE
    text = _whole_text(error)
    if ours := _OURS.search(text):
        return ours.group(2).strip(), Exit.USAGE
    if broken := _NOT_NULL.search(text):
        return f"column {broken.group(1)} may not be null; nothing was written", Exit.QUALITY
    if broken := _CONSTRAINT.search(text):
        return f"constraint {broken.group(1)} is broken; nothing was written", Exit.QUALITY
    if said := _SAID.search(text):
        return said.group(1), Exit.QUALITY
    if _FULL.search(text):
        return "no space left on the disk: free some and run again", Exit.FAILED
    if _DENIED.search(text):
        return f"no permission to write{_where(text)}: give it, or set paths.warehouse in conf/", Exit.USAGE
    if _NO_FOLDER.search(text):
        return (
            f"cannot write{_where(text)}: a file stands where a folder should be (paths.warehouse in conf/)",
            Exit.USAGE,
        )
    if _DAMAGED.search(text) and (file := _OF_A_TABLE.search(text)):
        return (
            f"{file.group()}: is gone or damaged: bring it back; without it docs/operations.md says how its table is"
            " had again",
            Exit.USAGE,
        )
    if isinstance(error, OSError):
        return f"{error.filename or 'a file'}: {error.strerror or type(error).__name__}", Exit.FAILED
    name = type(error).__name__
    if isinstance(error, PySparkException) and (condition := error.getCondition()):
        name = f"{name} [{condition}]"
    return f"unexpected {name}; run again with --verbose for where it happened", Exit.FAILED


def _whole_text(error: BaseException) -> str:
    parts = []
    seen: BaseException | None = error
    while seen is not None:
        parts.append(str(seen))
        java = getattr(seen, "_origin", None) or getattr(seen, "java_exception", None)
        while java is not None:
            parts.append(str(java.toString()))
            java = java.getCause()
        seen = seen.__cause__ or seen.__context__
    return "\n".join(parts)


def _where(text: str) -> str:
    found = re.search(r"(?:file:|denied: ?|to create |directory: |file system: ')(/[^\s:,']+)", text)
    return f" to {found.group(1)}" if found else ""
