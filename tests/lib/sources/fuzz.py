"""Mutants of every format through all that a run does with a file, good records between them."""

from collections import defaultdict
from collections.abc import Iterator
from functools import reduce
from pathlib import Path

from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F

from jobs.bronze import records as bronze_records
from motherlode.contracts import silver
from motherlode.contracts.tables import Table
from motherlode.runner.landing import list_landing, read_contents
from motherlode.settings import Ingest
from motherlode.sources.intake import SilverParams, take_in
from tests.lib.sources.mutants import mutants
from tests.lib.sources.samples import Sample
from tests.lib.sources.silver_cases import nothing_yet

Place = tuple[str, int]
FATES = ("accepted", "repeated", "quarantined")


def fuzz(
    spark: SparkSession, folder: Path, target: Table, samples: tuple[Sample, ...], count: int, seed: int
) -> dict[str, int]:
    """How many records were accepted, repeated and quarantined, and how many pieces of files were set aside.

    Args:
        count: mutants of each format.

    Raises:
        AssertionError: a record is lost, or a good one became something else than it becomes alone.
    """
    good = {sample.source.name: _write(folder, sample, count, seed) for sample in samples}
    sources = tuple(sample.source for sample in samples)
    listed = spark.createDataFrame(list_landing(str(folder), sources)).withColumn("batch", F.lit(1).cast("long"))
    contents = read_contents(listed, str(folder), sources, Ingest(chunk_bytes=100_000, max_record_bytes=1_000_000))
    read = bronze_records.transform(contents)
    records = read["records"].persist()
    outputs = take_in(target, records, nothing_yet(spark, target), SilverParams(sources=sources))
    tables = (target, silver.DUPLICATES[target.name], silver.QUARANTINES[target.name])
    found = [_fate(outputs[table.name], fate) for table, fate in zip(tables, FATES, strict=True)]
    ids: dict[tuple[str, str, int], set[str]] = defaultdict(set)
    fates: dict[tuple[str, str, int], set[str]] = defaultdict(set)
    for row in reduce(DataFrame.unionByName, found).collect():
        address = (row["source"], row["file"], row["offset"])
        ids[address].add(row["row_id"])
        fates[address].add(row["fate"])
    assert len(fates) == records.count()
    assert all(len(each) == 1 for each in fates.values())
    for source, records_of in good.items():
        for alone, others in records_of:
            as_alone = ids[source, *alone]
            assert fates[source, *alone] < {"accepted", "repeated"}, (source, alone)
            harmed = [place for place in others if not as_alone & ids[source, *place]]
            assert not harmed, (source, seed, harmed[:3])
    counts = {fate: sum(fate in each for each in fates.values()) for fate in FATES}
    flaws = read["quarantine"].count()
    spark.catalog.clearCache()
    return {**counts, "set aside": flaws}


def _fate(rows: DataFrame, fate: str) -> DataFrame:
    row_id = F.col("row_id") if "row_id" in rows.columns else F.lit(None).cast("string")
    return rows.select("source", "file", "offset", row_id.alias("row_id"), F.lit(fate).alias("fate"))


def _write(folder: Path, sample: Sample, count: int, seed: int) -> list[tuple[Place, list[Place]]]:
    """Files of good records and mutants; where each good one lies alone, and where among mutants."""
    name = sample.source.name
    (folder / name).mkdir(parents=True)
    made = [
        mutant
        for n, good in enumerate(sample.good)
        for mutant in mutants(good, sample.form, count // len(sample.good), seed + n)
    ]
    if sample.form == "parquet":
        for n, content in enumerate((*sample.good, *made)):
            (folder / name / f"{n:05}.{sample.suffix}").write_bytes(content)
        return [((f"{name}/00000.{sample.suffix}", row), []) for row in (0, 1)]
    found: list[tuple[Place, list[Place]]] = []
    head = sample.header + b"\n" if sample.header else b""
    for n, good in enumerate(sample.good):
        file = f"{name}/good-{n}.{sample.suffix}"
        (folder / file).write_bytes(head + good)
        found.append(((file, len(head) + good.startswith(b"[")), []))
    for n, (file, part) in enumerate(_files(sample, made)):
        data = bytearray(head)
        for mutant in part:
            which = n % len(sample.good)
            good = sample.good[which]
            found[which][1].append((f"{name}/{file}", len(data) + good.startswith(b"[")))
            data += good + b"\n" + mutant + b"\n"
        if not sample.of_one_file:
            found[which][1].append((f"{name}/{file}", len(data)))
            data += good
        (folder / name / file).write_bytes(data)
    for n, header in enumerate(mutants(sample.header, sample.form, count // 5, seed) if sample.header else ()):
        (folder / name / f"header-{n}.{sample.suffix}").write_bytes(header + b"\n" + sample.good[0])
    return found


def _files(sample: Sample, made: list[bytes]) -> Iterator[tuple[str, list[bytes]]]:
    step = len(made) // len(sample.good) if sample.of_one_file else 1
    for n in range(0, len(made), step):
        yield f"mutants-{n}.{sample.suffix}", made[n : n + step]
