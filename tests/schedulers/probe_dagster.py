"""Run by a Dagster's own Python, `probe_dagster.py FOLDER ASSET …`: as JSON, the assets, and how those end."""

import json
import sys
import warnings

import dagster as dg


def end(asset: dg.AssetsDefinition) -> str:
    try:
        asset()
    except dg.Failure as error:
        return "tried again" if error.allow_retries else "failed for good"
    return "success"


folder, *names = sys.argv[1:]
sys.path.insert(0, folder)
with warnings.catch_warnings():
    warnings.simplefilter("error")
    from motherlode import defs

    dg.Definitions.validate_loadable(defs)
graph = defs.resolve_asset_graph()
(schedule,) = defs.schedules
assets = {".".join(asset.key.path): asset for asset in defs.assets}
assert schedule.job.selection.resolve(graph) == graph.get_all_asset_keys()
said = {
    "needs": {
        ".".join(key.path): sorted(".".join(need.path) for need in graph.get(key).parent_keys)
        for key in graph.get_all_asset_keys()
    },
    "retries": sorted({asset.op.retry_policy.max_retries for asset in assets.values()}),
    "schedule": schedule.cron_schedule,
    "ends": {name: end(assets[name]) for name in names},
}
print("\n" + json.dumps(said))
