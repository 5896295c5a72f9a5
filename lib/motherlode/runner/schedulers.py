"""docs/schedulers.md, written from the graph: `python -m motherlode.runner.schedulers`."""

from pathlib import Path

from motherlode.errors import Exit
from motherlode.runner.registry import all_jobs, job_needs

PAGE = Path("docs/schedulers.md")
COMMAND = "python -m motherlode.runner.schedulers"

# What each code means, and what a scheduler should make of it.
CODES = {
    Exit.DONE: ("done; or skipped or refused with a word: nothing new, too little data for a model", "go on"),
    Exit.FAILED: ("failed: a lost worker, a full disk, the network", "try again: what was not finished is done again"),
    Exit.USAGE: (
        "usage, configuration or environment; or a warehouse that needs a hand",
        "tell a person; trying again does not help",
    ),
    Exit.QUALITY: (
        "the data breaks a contract, and was not written; or what came in is below its limit, and goes no further",
        "tell a person; trying again does not help",
    ),
    Exit.HELD: ("another process runs the job, and still does after `--wait`", "try again later"),
}
_FOR_A_PERSON = f"({Exit.USAGE:d}, {Exit.QUALITY:d})"
_COMMAND_LINE = "/opt/motherlode/spark-submit.sh {} --conf-dir /etc/motherlode --profile yarn --wait 60"
_DAILY = "0 5 * * *"

_CRON = f"""\
{_DAILY}  set -a; . /etc/motherlode/keys.env; {_COMMAND_LINE.format("pipeline")} >>/var/log/motherlode.log 2>&1 \
|| echo "motherlode: exit code $?"
"""

_AIRFLOW = f'''\
import json
from datetime import datetime, timedelta
from pathlib import Path

from airflow.providers.standard.operators.bash import BashOperator
from airflow.sdk import DAG
from airflow.sdk.exceptions import AirflowException, AirflowFailException

RUN = "{_COMMAND_LINE}"


class Job(BashOperator):
    def execute(self, context):
        try:
            return super().execute(context)
        except AirflowException as error:
            if self.subprocess_hook.sub_process.returncode in {_FOR_A_PERSON}:
                raise AirflowFailException(str(error)) from error  # ends the retries
            raise


def job(name):
    return Job(task_id=name, bash_command=RUN.format(name), retries=3, retry_delay=timedelta(minutes=10))


start, daily = datetime(2026, 1, 1), "{_DAILY}"
with DAG("motherlode", start_date=start, schedule=daily, catchup=False, max_active_runs=1, max_active_tasks=2):
    job("pipeline")
'''

_AIRFLOW_JOBS = """\
    graph = json.loads(Path(__file__).with_name("motherlode.json").read_text())
    tasks = {node["job"]: job(node["job"]) for node in graph}
    for node in graph:
        tasks[node["job"]].set_upstream([tasks[need] for need in node["needs"]])
"""

_DAGSTER = f'''\
import json
import subprocess
from pathlib import Path

import dagster as dg

RUN = "{_COMMAND_LINE}"


def job(name, needs=()):
    @dg.asset(
        key=name.split("."),
        deps=[dg.AssetKey(need.split(".")) for need in needs],
        retry_policy=dg.RetryPolicy(max_retries=3, delay=600),
    )
    def run():
        if code := subprocess.run(RUN.format(name).split()).returncode:
            raise dg.Failure(f"{{name}}: exit code {{code}}", allow_retries=code not in {_FOR_A_PERSON})

    return run


daily = dg.ScheduleDefinition(name="motherlode", target=dg.AssetSelection.all(), cron_schedule="{_DAILY}")
two_at_once = dg.multiprocess_executor.configured({{"max_concurrent": 2}})
assets = [job("pipeline")]
defs = dg.Definitions(assets, schedules=[daily], executor=two_at_once)
'''

_DAGSTER_JOBS = """\
graph = json.loads(Path(__file__).with_name("motherlode.json").read_text())
assets = [job(node["job"], node["needs"]) for node in graph]
"""


def page() -> str:
    """The page as Markdown."""
    jobs, needs = all_jobs(), job_needs()
    codes = "\n".join(f"| {code:d} | {meaning} | {advice} |" for code, (meaning, advice) in CODES.items())
    graph = "\n".join(
        f"| `{job.name}` | {job.doc} | {', '.join(f'`{need}`' for need in needs[job.name])} |" for job in jobs.values()
    )
    return f"""\
# Schedulers

Written from the graph by `{COMMAND}`; change it there. A test imports the files below into the
real Airflow and Dagster, and compares what they make of them with the graph.

**One task, or one for each job?** Start with one, `pipeline`: it opens one Spark session, and tried again it skips what
is done. A task for each of the {len(jobs)} jobs shows where a run stands, tries again only what failed, and runs two
at once; but each opens a Spark session of its own. On one machine, or with MLflow in SQLite, run one at a time
(`max_active_tasks=1`, `"max_concurrent": 1`).

`as_of` comes from the data, so a scheduler hands on no date; for a past day there is `--as-of DATE`. Whatever runs the
command needs both keys in its environment (README, keys), and `java` on its PATH or JAVA_HOME.

## Exit codes

| Code | What it means | What a scheduler should do |
|---|---|---|
{codes}
| 130, 137, 143 … | ended by a signal: 128 and its number | as 1 |

With 1 to 4 a line of standard error that begins with `motherlode:` says why, and what to do. `--wait MINUTES` waits
for the other process; without it the command leaves at once.

## cron

cron mails what is printed: nothing, but for a run that failed. `keys.env` has both keys, and JAVA_HOME where `java` is
not in /usr/bin. The same line for later hours tries again; where all is done it finds nothing to do.

```crontab
{_CRON}```

## Airflow

Airflow 3, `dags/motherlode.py`:

```python
{_AIRFLOW}```

For a task for each job, put this in place of the last line, and the graph beside the file, anew with each release of
Motherlode: `./spark-submit.sh --list --json > dags/motherlode.json`.

```python
{_AIRFLOW_JOBS}```

## Dagster

`motherlode.py`, tried with `dagster dev -f motherlode.py`:

```python
{_DAGSTER}```

For an asset for each job, put this in place of `assets = …`, and the graph beside the file, anew with each release of
Motherlode: `./spark-submit.sh --list --json > motherlode.json`.

```python
{_DAGSTER_JOBS}```

## The graph

For any other scheduler, each job and those that it comes after: they write what it reads, or what the runner reads for
it (the consents; the tables that say which day is complete).

| Job | What it does | Comes after |
|---|---|---|
{graph}
"""


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
