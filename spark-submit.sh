#!/usr/bin/env bash
# Submits one job, or the whole pipeline, to whatever Spark master the profile names; `--help` says how.
# It keeps to what bash 3.2 (macOS) knows.
set -euo pipefail

root=$(cd -- "$(dirname -- "${BASH_SOURCE[0]}")" && pwd -P)
export MOTHERLODE_HOME=$root
[[ $# -gt 0 ]] || set -- --help

fail() {
    printf 'motherlode: %s\n' "$1" >&2
    exit 2
}

if [[ -x $root/.venv/bin/python ]]; then
    python=$root/.venv/bin/python
else
    python=${PYSPARK_PYTHON:-python3}
    command -v -- "$python" >/dev/null || fail "$python is not here: run 'make setup', or set PYSPARK_PYTHON"
    "$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))' ||
        fail "Python 3.11 or newer is needed and $python is older: run 'make setup', or set PYSPARK_PYTHON"
fi
ours() { PYTHONPATH=$root/lib:$root${PYTHONPATH:+:$PYTHONPATH} "$python" "$@"; }

# Only what decides how to submit is picked out; the job gets every argument as it came.
submit_args=(-m motherlode.runner.submit_args)
words=("$@")
dry_run=false
for ((i = 0; i < $#; i++)); do
    case ${words[i]} in
        --profile | --conf-dir | --set) submit_args+=("${words[@]:i:2}") && i=$((i + 1)) ;;
        --profile=* | --conf-dir=* | --set=*) submit_args+=("${words[i]}") ;;
        --as-of | --wait) i=$((i + 1)) ;;
        --dry-run) dry_run=true ;;
        -h | --help | --list)
            ours "$root/jobs/pipeline.py" "$@"
            exit
            ;;
    esac
done

SPARK_HOME=$(ours -m motherlode.setup submit --root "$root" --zip "$root/build/motherlode.zip") || exit
export SPARK_HOME
# Spark as pip installs it has no conf of its own: it takes ours, for its log4j2.properties.
[[ -d $SPARK_HOME/conf ]] || export SPARK_CONF_DIR=${SPARK_CONF_DIR:-$root/conf}

options=$(ours "${submit_args[@]}") || exit
command=("$SPARK_HOME/bin/spark-submit" --py-files "$root/build/motherlode.zip")
export PYSPARK_DRIVER_PYTHON=$python PYSPARK_PYTHON=${PYSPARK_PYTHON:-python3}
while IFS= read -r option; do
    [[ -n $option ]] || continue
    command+=("$option")
    # On this machine the workers run what the driver runs, whatever a shell profile says.
    [[ $option != local && $option != 'local['* ]] || PYSPARK_PYTHON=$python
done <<<"$options"
command+=("$root/jobs/pipeline.py" "$@")

if $dry_run; then
    for name in MOTHERLODE_HOME SPARK_HOME SPARK_CONF_DIR PYSPARK_DRIVER_PYTHON PYSPARK_PYTHON; do
        [[ -z ${!name:-} ]] || printf '%s=%q ' "$name" "${!name}"
    done
    printf '%q ' "${command[@]}"
    echo
    exit
fi
# The JVM warns of a module that Spark asks for, and netlib of a BLAS that need not be there: nothing to act on.
exec "${command[@]}" 2> >(trap '' INT && exec grep --line-buffered -vE '^(WARNING: Using incubator modules|netlib-)' >&2)
