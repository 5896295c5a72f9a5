"""Run by an Airflow's own Python, `probe_airflow.py DAGS TASK …`: as JSON, the DAG, and how those tasks end."""

import json
import sys

from airflow.dag_processing.dagbag import DagBag
from airflow.sdk.exceptions import AirflowException, AirflowFailException
from airflow.serialization.serialized_objects import DagSerialization


def end(task) -> str:  # type: ignore[no-untyped-def]
    try:
        task.execute({})
    except AirflowFailException:
        return "failed for good"
    except AirflowException:
        return "tried again"
    return "success"


folder, *names = sys.argv[1:]
bag = DagBag(folder)
assert not bag.import_errors, bag.import_errors
assert not bag.captured_warnings, bag.captured_warnings
(dag,) = bag.dags.values()
# What Airflow's scheduler gets to see of it.
kept = DagSerialization.from_dict(DagSerialization.to_dict(dag))
said = {
    "needs": {name: sorted(task.upstream_task_ids) for name, task in kept.task_dict.items()},
    "retries": sorted({task.retries for task in kept.task_dict.values()}),
    "schedule": kept.timetable.summary,
    "ends": {name: end(dag.get_task(name)) for name in names},
}
print("\n" + json.dumps(said))
