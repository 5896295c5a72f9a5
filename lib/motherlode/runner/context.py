"""What all jobs of one invocation share: session, settings, warehouse, state, the business day."""

import datetime
import os
from contextlib import suppress
from dataclasses import asdict, dataclass
from functools import cached_property
from typing import Any

from pyspark.sql import SparkSession
from pyspark.sql import functions as F

from motherlode.contracts.jobs import Job
from motherlode.runner import faults
from motherlode.runner.calendar import DAYS_ARE_OF, last_complete_day
from motherlode.runner.migrations import migrate
from motherlode.runner.spills import Spills
from motherlode.runner.state import State, code_digest, digest
from motherlode.runner.storage import DamagedError
from motherlode.runner.tracking import Tracking
from motherlode.runner.warehouse import Warehouse
from motherlode.settings import Settings


@dataclass
class Context:
    """What all jobs of one invocation share."""

    spark: SparkSession
    settings: Settings
    as_of: datetime.date | None = None
    wait: float = 0
    """Seconds to wait for another process that runs the job."""
    found_day: datetime.date | None = None
    """The last business day that was looked up."""
    _found_in: str = ""

    @cached_property
    def warehouse(self) -> Warehouse:
        return Warehouse(self.spark, self.settings.paths.warehouse)

    @cached_property
    def state(self) -> State:
        """Brought to this version's format before anything of it is read."""
        state = State(self.warehouse.storage, self.settings.paths.warehouse)
        migrate(self.warehouse.storage, state.root, self.pids)
        return state

    @cached_property
    def pids(self) -> tuple[int, ...]:
        """This process and its JVM."""
        jvm: Any = self.spark.sparkContext._jvm
        return os.getpid(), int(jvm.java.lang.ProcessHandle.current().pid())

    def reach(self, job: Job, point: str) -> None:
        """A place where a test can make a run die."""
        faults.reach(job.name, point, self.pids[1])

    @cached_property
    def spills(self) -> Spills:
        return Spills(self.spark)

    @cached_property
    def tracking(self) -> Tracking:
        return Tracking(self.spark, self.settings.paths)

    @cached_property
    def sources(self) -> tuple[Any, ...]:
        from motherlode.sources.intake import SilverParams

        return tuple(self.settings.params_of(SilverParams).sources)

    def business_day(self) -> datetime.date:
        """The as_of of this run: as given, else the last complete business day in silver."""
        if self.as_of is not None:
            return self.as_of
        versions = {table.full_name: self.warehouse.version(table) for table in DAYS_ARE_OF}
        key = digest([code_digest(), versions, asdict(self.settings.business)])
        if self.found_day is None or self._found_in != key:
            path = f"{self.state.root}/calendar.json"
            known = None
            with suppress(DamagedError):  # what can be looked up again
                known = self.warehouse.storage.read_json(path)
            if known and known["key"] == key:
                self.found_day = datetime.date.fromisoformat(known["as_of"])
            else:
                events, sales = (self.warehouse.read(table, versions[table.full_name]) for table in DAYS_ARE_OF)
                # Targets of a campaign are dated at its start, which may be to come.
                rows = [events.where(F.col("type") != "campaign_targeted"), sales]
                self.found_day = last_complete_day(rows, self.settings.business)
                self.warehouse.storage.write_json(path, {"key": key, "as_of": self.found_day.isoformat()})
            self._found_in = key
        return self.found_day
