"""What Spark wrote to disk since memory was short: a sign that executors want more of it, or more partitions."""

import json
from typing import Any

from pyspark.sql import SparkSession


class Spills:
    """Counts from the driver's own store of stages, which forgets the oldest (spark.ui.retainedStages)."""

    def __init__(self, spark: SparkSession) -> None:
        self._spark = spark
        self._last_stage = -1

    def taken(self) -> int | None:
        """Bytes spilled by the stages since the last call; None where this Spark does not say."""
        context, jvm = self._spark.sparkContext, self._spark.sparkContext._jvm
        try:
            nothing: Any = jvm.java.util.ArrayList()  # type: ignore[union-attr]
            quantiles = context._gateway.new_array(jvm.double, 0)  # type: ignore[union-attr]
            stages = context._jsc.sc().statusStore().stageList(nothing, False, False, quantiles, nothing)
            writer: Any = jvm.org.apache.spark.status.api.v1.JacksonMessageWriter()  # type: ignore[union-attr]
            known = json.loads(writer.mapper().writeValueAsString(stages))
        except Exception:  # no public interface: one that changed is no reason to fail
            return None
        new = [stage for stage in known if stage["stageId"] > self._last_stage]
        self._last_stage = max((stage["stageId"] for stage in known), default=self._last_stage)
        return sum(int(stage["diskBytesSpilled"]) for stage in new)
