"""TOML files and `--set` into frozen dataclasses. An unknown key is an error that names the known ones.

Order, later wins: conf/base.toml, the profile's `extends`, conf/PROFILE.toml, `--set a.b=value`; each
file in conf/sources/ declares one source. `[NAME]` for a job's `NameParams` holds that job's options.
"""

import dataclasses
import difflib
import os
import re
import tomllib
import types
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, get_args, get_origin, get_type_hints

from motherlode.contracts.consent import Consent
from motherlode.errors import UsageError


@dataclass(frozen=True)
class Paths:
    """Where things lie; a path without a scheme is local and relative to the working folder."""

    landing: str
    warehouse: str
    documents: str
    tracking: str
    artifacts: str
    jars: str = ""

    def absolute(self) -> "Paths":
        """The same with relative paths made absolute: Spark, MLflow and Python workers have folders of their own."""
        made = {f.name: str(getattr(self, f.name)) for f in dataclasses.fields(self)}
        for name, value in made.items():
            scheme = "sqlite:///" if value.startswith("sqlite:///") else ""
            plain = value.removeprefix(scheme)
            if plain and "://" not in plain and not plain.startswith("file:"):
                # What `make setup` fetched lies in the project, wherever one calls from.
                base = project() if name == "jars" else Path()
                made[name] = scheme + str((base / plain).absolute())
        return Paths(**made)


@dataclass(frozen=True)
class Business:
    """What a business day is, and which is the last complete one.

    Args:
        zone: IANA time zone of a business day.
        complete_share: a day with fewer records than this share of the median day's is not complete.
        awaited_days: events or sales that are so many days behind the others, or less, are waited for.
        currency: ISO 4217, into which silver.exchange_rates converts amounts; empty: they are added as they are.
    """

    zone: str
    complete_share: float = 0.25
    awaited_days: int = 7
    currency: str = ""


@dataclass(frozen=True)
class Spark:
    """How Spark is started.

    Args:
        master: as for spark-submit.
        conf: Spark's own options.
        submit: further options of spark-submit.
        send_packages: whether a cluster's workers get the Python packages from here; else they have them.
    """

    master: str
    conf: Mapping[str, str] = field(default_factory=dict)
    submit: tuple[str, ...] = ()
    send_packages: bool = True


@dataclass(frozen=True)
class Ingest:
    """How raw files are read.

    Args:
        chunk_bytes: of a file of lines that one task reads.
        max_record_bytes: longer ones go to quarantine.
        files_per_batch: Delta files that one batch of a stream takes.
        messages_per_batch: of one partition of a topic that one run, or one round of --follow, takes.
        follow_seconds: between two rounds of --follow.
    """

    chunk_bytes: int = 33_554_432
    max_record_bytes: int = 16_777_216
    files_per_batch: int = 10_000
    messages_per_batch: int = 5_000_000
    follow_seconds: float = 5.0


@dataclass(frozen=True)
class Maintain:
    """How tables are looked after.

    Args:
        vacuum_hours: files that no version of the last so many hours needs are deleted. A reader that takes longer,
            and a change feed that is asked for later, are left without.
    """

    vacuum_hours: int = 168

    def __post_init__(self) -> None:
        if self.vacuum_hours < 24:
            raise ValueError("vacuum_hours must be at least 24: running readers and retries need the files")


@dataclass(frozen=True)
class Settings:
    """Everything that a run is told."""

    profile: str
    paths: Paths
    business: Business
    consent: Consent
    spark: Spark
    ingest: Ingest
    maintain: Maintain
    params: Mapping[type, Any]

    def params_of(self, kind: type) -> Any:
        """The options of jobs that take this class of parameters."""
        return self.params[kind]


CORE: dict[str, type] = {
    "paths": Paths,
    "business": Business,
    "consent": Consent,
    "spark": Spark,
    "ingest": Ingest,
    "maintain": Maintain,
}


def project() -> Path:
    """The project's folder, as spark-submit.sh names it; else the working folder."""
    return Path(os.environ.get("MOTHERLODE_HOME", ""))


def default_conf_dir() -> Path:
    return project() / "conf"


def section_name(kind: type) -> str:
    """`SessionParams` is configured in `[session]`."""
    return re.sub(r"(?<!^)(?=[A-Z])", "_", kind.__name__.removesuffix("Params")).lower()


def load_settings(
    conf_dir: Path,
    profile: str = "local",
    overrides: Sequence[str] = (),
    kinds: Iterable[type] = (),
    wants_sources: bool = True,
) -> Settings:
    """Read, merge and check the configuration.

    Args:
        overrides: `a.b=value` texts; the value is TOML, or else a plain string.
        kinds: the dataclasses of parameters that jobs take; without any, job sections go unchecked.
        wants_sources: whether it is a mistake that none is declared.

    Raises:
        UsageError: a file is missing or no TOML, a key is unknown, a value has the wrong type.
    """
    tree = _merged(conf_dir, profile)
    for override in overrides:
        _override(tree, override)
    by_section = {section_name(kind): kind for kind in kinds}
    known = {**CORE, **by_section}
    if by_section:
        _check_keys("conf", tree, known)
    core = {name: build(kind, tree.get(name, {}), name) for name, kind in CORE.items()}
    core["paths"] = core["paths"].absolute()
    shared = {"zone": core["business"].zone, "consent": core["consent"]}
    if core["business"].currency:
        shared["currency"] = core["business"].currency
    params = {}
    for name, kind in by_section.items():
        values = dict(tree.get(name, {}))
        names = {f.name for f in dataclasses.fields(kind)}
        values = {**{key: value for key, value in shared.items() if key in names}, **values}
        if "sources" in names:
            values["sources"] = load_sources(conf_dir, core["business"].zone, wants_sources)
        if "rules" in names:
            values["rules"] = load_rules(conf_dir)
        params[kind] = build(kind, values, name)
    return Settings(profile=profile, params=params, **core)


def load_sources(conf_dir: Path, zone: str, wants_some: bool = True) -> tuple[Any, ...]:
    """Every conf/sources/NAME.toml as a Source, by name; `zone` for those that name none."""
    paths = sorted((conf_dir / "sources").glob("*.toml"))
    if wants_some and not paths:
        raise UsageError(f"{conf_dir / 'sources'}: no source is declared; copy one of the demo's and adapt it")
    return tuple(build_source(conf_dir, path.stem, _read(path), zone, str(path)) for path in paths)


def build_source(conf_dir: Path, name: str, values: Mapping[str, Any], zone: str, where: str) -> Any:
    """What a source's file says, as a Source that knows its vendor's names of events too."""
    from motherlode.sources.source import Source

    events = {**vendors_names(conf_dir, values.get("format")), **values.get("events", {})}
    return build(Source, {"zone": zone, **values, "events": events, "name": name}, where)


def load_rules(conf_dir: Path) -> tuple[Any, ...]:
    """What conf/cleansing.toml says, `[[TABLE]]` by `[[TABLE]]`; no rules where there is no such file."""
    from motherlode.checks.declared import Rule

    path = conf_dir / "cleansing.toml"
    if not path.is_file():
        return ()
    rules = []
    for table, entries in _read(path).items():
        if not isinstance(entries, list):
            raise UsageError(f"{path}: write each rule as [[{table}]]")
        for number, entry in enumerate(entries, 1):
            rules.append(build(Rule, {"table": table, **entry}, f"{path}: {table} rule {number}"))
    return tuple(rules)


def vendors_names(conf_dir: Path, name: object) -> dict[str, str]:
    """What conf/formats/NAME.toml says of a format's names of events; a format without such a file has none."""
    path = conf_dir / "formats" / f"{name}.toml"
    if not path.is_file():
        return {}
    values = _read(path)
    _check_keys(str(path), values, ["events"])
    return dict(values.get("events", {}))


def build(kind: type, values: Mapping[str, Any], where: str) -> Any:
    """A dataclass from a TOML table, nested ones included, its values checked and coerced."""
    from pydantic import TypeAdapter, ValidationError

    fields = {f.name: f for f in dataclasses.fields(kind)}
    _check_keys(where, values, fields)
    hints = get_type_hints(kind)
    ready = {name: _nested(hints[name], value, f"{where}.{name}") for name, value in values.items()}
    required = [
        name
        for name, f in fields.items()
        if f.default is dataclasses.MISSING and f.default_factory is dataclasses.MISSING and name not in ready
    ]
    if required:
        how = f": in the file of the profile, or by --set {where}.{required[0]}=…" if where in CORE else ""
        raise UsageError(f"{where}: {', '.join(required)} must be set{how}")
    for name, value in ready.items():
        try:
            ready[name] = TypeAdapter(hints[name]).validate_python(value)
        except ValidationError as error:
            problem = error.errors(include_input=False, include_url=False)[0]["msg"]
            raise UsageError(f"{where}.{name}: {problem[0].lower()}{problem[1:]}") from None
    try:
        return kind(**ready)
    except ValueError as error:
        raise UsageError(f"{where}: {error}") from None


def _nested(hint: Any, value: Any, where: str) -> Any:
    if dataclasses.is_dataclass(hint) and isinstance(hint, type) and isinstance(value, Mapping):
        return build(hint, value, where)
    inner = get_args(hint)
    if get_origin(hint) is tuple and inner and dataclasses.is_dataclass(inner[0]) and isinstance(value, list):
        return tuple(_nested(inner[0], item, f"{where}[{n}]") for n, item in enumerate(value))
    if isinstance(hint, types.UnionType):
        for option in inner:
            if dataclasses.is_dataclass(option):
                return _nested(option, value, where)
    return value


def _check_keys(where: str, values: Mapping[str, Any], known: Iterable[str]) -> None:
    known = list(known)
    for key in values:
        if key not in known:
            near = difflib.get_close_matches(key, known, 1)
            hint = f"did you mean {near[0]!r}? " if near else ""
            raise UsageError(f"{where}: unknown key {key!r}; {hint}known: {', '.join(known)}")


def _read(path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise UsageError(f"{path}: no such file") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise UsageError(f"{path}: {error}") from None
    except OSError as error:
        raise UsageError(f"{path}: {error.strerror}") from None


def profiles(conf_dir: Path) -> list[str]:
    """The files of conf/ that a run can name."""
    return sorted(path.stem for path in conf_dir.glob("*.toml") if path.stem not in ("base", "cleansing"))


def _merged(conf_dir: Path, profile: str) -> dict[str, Any]:
    chain: list[dict[str, Any]] = []
    name: str | None = profile
    seen: list[str] = []
    while name:
        path = conf_dir / f"{name}.toml"
        if name not in profiles(conf_dir):
            raise UsageError(f"{path}: no such profile; there are: {', '.join(profiles(conf_dir)) or 'none'}")
        if name in seen:
            raise UsageError(f"{path}: profiles extend each other in a circle: {' → '.join(seen)}")
        seen.append(name)
        values = _read(path)
        name = values.pop("extends", None)
        chain.append(values)
    tree = _read(conf_dir / "base.toml")
    for values in reversed(chain):
        _merge(tree, values)
    return tree


def _merge(tree: dict[str, Any], values: Mapping[str, Any]) -> None:
    for key, value in values.items():
        if isinstance(value, Mapping) and isinstance(tree.get(key), dict):
            _merge(tree[key], value)
        else:
            tree[key] = value


def _override(tree: dict[str, Any], text: str) -> None:
    path, equals, value = text.partition("=")
    head, _, rest = path.partition(".")
    if not equals or not head or not rest:
        raise UsageError(f"--set {text!r}: write it as section.key=value")
    # Spark's own option names have dots in them.
    keys = ["spark", "conf", rest.removeprefix("conf.")] if path.startswith("spark.conf.") else path.split(".")
    parsed: Any
    try:
        parsed = tomllib.loads(f"value = {value}")["value"]
    except tomllib.TOMLDecodeError:
        parsed = value
    node = tree
    for key in keys[:-1]:
        child = node.setdefault(key, {})
        if not isinstance(child, dict):
            raise UsageError(f"--set {text!r}: {key} is a value, not a section")
        node = child
    node[keys[-1]] = str(parsed) if keys[:2] == ["spark", "conf"] else parsed
