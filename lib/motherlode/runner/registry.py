"""Every job in jobs/, found by walking the package, in the order of the graph."""

import importlib
import pkgutil
from collections.abc import Mapping
from difflib import get_close_matches
from functools import cache
from graphlib import CycleError, TopologicalSorter

import jobs
from motherlode.contracts.catalogue import TABLES
from motherlode.contracts.fields import ContractError
from motherlode.contracts.jobs import Job
from motherlode.contracts.models import Model
from motherlode.contracts.quality import DATA_QUALITY
from motherlode.contracts.tables import Layer, Table
from motherlode.errors import UsageError
from motherlode.runner import consent, deletions
from motherlode.runner.calendar import DAYS_ARE_OF


@cache
def all_jobs() -> Mapping[str, Job]:
    """Jobs by name, in an order in which each comes after what it reads.

    Raises:
        ContractError: a table has two writers or none, or jobs wait for each other.
    """
    found: list[Job] = []
    for layer in Layer:
        try:
            package = importlib.import_module(f"{jobs.__name__}.{layer.label}")
        except ModuleNotFoundError:
            continue
        for module in sorted(pkgutil.iter_modules(package.__path__), key=lambda m: m.name):
            job = getattr(importlib.import_module(f"{package.__name__}.{module.name}"), "JOB", None)
            if not isinstance(job, Job):
                raise ContractError(f"jobs/{layer.label}/{module.name}.py: has no JOB")
            if job.name != f"{layer.label}.{module.name}":
                raise ContractError(f"jobs/{layer.label}/{module.name}.py: its job is named {job.name}")
            found.append(job)
    return _ordered(found)


def _ordered(found: list[Job]) -> Mapping[str, Job]:
    writer: dict[str, Job] = {}
    for job in found:
        for written in job.writes:
            if other := writer.get(written.full_name):
                raise ContractError(f"{written.full_name} is written by {other.name} and {job.name}")
            writer[written.full_name] = job
    if orphans := sorted(set(TABLES) - set(writer)):
        raise ContractError(f"no job writes {', '.join(orphans)}")
    sorter: TopologicalSorter[str] = TopologicalSorter()
    for job in found:
        needed = [source.full_name for source in _sources(job)]
        if missing := sorted(set(needed) - set(writer)):
            raise ContractError(f"job {job.name}: nothing writes {', '.join(missing)}")
        sorter.add(job.name, *[writer[name].name for name in needed])
    try:
        order = list(sorter.static_order())
    except CycleError as error:
        raise ContractError(f"jobs wait for each other: {' → '.join(error.args[1])}") from None
    by_name = {job.name: job for job in found}
    # The order of layers, then of need, then of names: the same every time.
    rank = {name: n for n, name in enumerate(order)}
    levels = sorted(by_name, key=lambda name: (by_name[name].layer, rank[name]))
    return {name: by_name[name] for name in levels}


@cache
def job_needs() -> Mapping[str, tuple[str, ...]]:
    """For each job those that must have run before: they write what it reads, or what the runner reads for it.

    Right of silver that is the gate too, which holds back what is not good enough.
    """
    known = all_jobs()
    writer = {written.full_name: job.name for job in known.values() for written in job.writes}
    place = {name: n for n, name in enumerate(known)}
    found: dict[str, tuple[str, ...]] = {}
    for job in known.values():
        sources = _sources(job)
        if job.is_dated:
            sources.extend(DAYS_ARE_OF)
        if job.layer > Layer.SILVER:
            sources.append(DATA_QUALITY)
        found[job.name] = tuple(sorted({writer[source.full_name] for source in sources}, key=place.__getitem__))
    return found


def _sources(job: Job) -> list[Table | Model]:
    """What others must have written: what the job reads, and what the runner reads for it."""
    sources = job.sources()
    if consent.applies(job):
        sources.append(consent.CONSENTS)
    if deletions.applies(job):
        sources.append(deletions.DELETIONS)
    return sources


def find_job(name: str) -> Job:
    """The job `layer.name`, `layer/name` or, where it is clear, `name`."""
    known = all_jobs()
    wanted = name.removeprefix("jobs/").removesuffix(".py").replace("/", ".")
    if wanted in known:
        return known[wanted]
    same = [job for job in known if job.partition(".")[2] == wanted]
    if len(same) == 1:
        return known[same[0]]
    if not same and (close := get_close_matches(wanted, [*known, "pipeline"], n=2)):
        raise UsageError(f"no job {name!r}: did you mean {' or '.join(close)}? --list shows all")
    hint = f"there are {', '.join(same)}" if same else "--list shows all"
    raise UsageError(f"no job {name!r}: {hint}")
