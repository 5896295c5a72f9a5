"""The columns of Snowplow's enriched events, and the entities in those that hold JSON."""

from collections.abc import Mapping
from functools import reduce

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from motherlode.checks.rules import problem
from motherlode.columns.identifiers import cleaned
from motherlode.sources.parsed import CARRIED
from motherlode.sources.paths import type_at

COLUMNS = (
    "app_id", "platform", "etl_tstamp", "collector_tstamp", "dvce_created_tstamp", "event", "event_id", "txn_id",
    "name_tracker", "v_tracker", "v_collector", "v_etl", "user_id", "user_ipaddress", "user_fingerprint",
    "domain_userid", "domain_sessionidx", "network_userid", "geo_country", "geo_region", "geo_city", "geo_zipcode",
    "geo_latitude", "geo_longitude", "geo_region_name", "ip_isp", "ip_organization", "ip_domain", "ip_netspeed",
    "page_url", "page_title", "page_referrer", "page_urlscheme", "page_urlhost", "page_urlport", "page_urlpath",
    "page_urlquery", "page_urlfragment", "refr_urlscheme", "refr_urlhost", "refr_urlport", "refr_urlpath",
    "refr_urlquery", "refr_urlfragment", "refr_medium", "refr_source", "refr_term", "mkt_medium", "mkt_source",
    "mkt_term", "mkt_content", "mkt_campaign", "contexts", "se_category", "se_action", "se_label", "se_property",
    "se_value", "unstruct_event", "tr_orderid", "tr_affiliation", "tr_total", "tr_tax", "tr_shipping", "tr_city",
    "tr_state", "tr_country", "ti_orderid", "ti_sku", "ti_name", "ti_category", "ti_price", "ti_quantity",
    "pp_xoffset_min", "pp_xoffset_max", "pp_yoffset_min", "pp_yoffset_max", "useragent", "br_name", "br_family",
    "br_version", "br_type", "br_renderengine", "br_lang", "br_features_pdf", "br_features_flash",
    "br_features_java", "br_features_director", "br_features_quicktime", "br_features_realplayer",
    "br_features_windowsmedia", "br_features_gears", "br_features_silverlight", "br_cookies", "br_colordepth",
    "br_viewwidth", "br_viewheight", "os_name", "os_family", "os_manufacturer", "os_timezone", "dvce_type",
    "dvce_ismobile", "dvce_screenwidth", "dvce_screenheight", "doc_charset", "doc_width", "doc_height",
    "tr_currency", "tr_total_base", "tr_tax_base", "tr_shipping_base", "ti_currency", "ti_price_base",
    "base_currency", "geo_timezone", "mkt_clickid", "mkt_network", "etl_tags", "dvce_sent_tstamp",
    "refr_domain_userid", "refr_device_tstamp", "derived_contexts", "domain_sessionid", "derived_tstamp",
    "event_vendor", "event_name", "event_format", "event_version", "event_fingerprint", "true_tstamp",
)  # fmt: skip
"""In the order of the file, as Snowplow's analytics SDKs have it."""
CELLS = (
    "collector_tstamp", "dvce_created_tstamp", "derived_tstamp", "true_tstamp", "event", "event_name", "event_id",
    "event_fingerprint", "user_id", "domain_userid", "network_userid", "refr_domain_userid", "refr_device_tstamp",
    "page_url", "mkt_campaign", "mkt_source", "mkt_medium", "se_category", "se_action", "tr_orderid", "tr_total",
    "ti_orderid", "ti_sku", "useragent",
)  # fmt: skip
"""The columns that are read as they are; three others hold JSON."""
_CORE = "com.snowplowanalytics.snowplow"
_SHOP = f"{_CORE}.ecommerce"
ENTITIES: Mapping[str, Mapping[str, tuple[str, ...]]] = {
    "contexts": {
        f"{_CORE}/client_session": ("userId",),
        f"{_CORE}/mobile_context": ("appleIdfa", "androidIdfa", "openIdfa", "appleIdfv", "appSetId"),
        f"{_SHOP}/user": ("id", "email", "is_guest"),
        f"{_SHOP}/product": ("id",),
        f"{_SHOP}/cart": ("cart_id",),
        f"{_SHOP}/checkout_step": ("step",),
        f"{_SHOP}/transaction": ("transaction_id", "revenue"),
        f"{_SHOP}/refund": ("transaction_id", "refund_amount"),
    },
    "derived_contexts": {
        "com.iab.snowplow/spiders_and_robots": ("spiderOrRobot",),
        "nl.basjes/yauaa_context": ("deviceClass", "agentClass"),
        f"{_CORE}/bot_detection": ("bot",),
    },
}
"""Column to the schemas, of any version, whose entities are read, and what of them."""
EVENT = "unstruct_event"
DETAILS = ("type", "name", "sku", "terms[]")
"""What is read of an event that is itself JSON."""
FIELDS = (
    *CELLS,
    *[
        f"{place}.{schema.rpartition('/')[2]}.{field}"
        for place, schemas in ENTITIES.items()
        for schema, fields in schemas.items()
        for field in fields
    ],
    *[f"{EVENT}.{name}" for name in DETAILS],
)


def read_enriched(records: DataFrame) -> DataFrame:
    """CARRIED, `problem`, CELLS, the columns of ENTITIES (structs of structs), EVENT (a struct); and `unreadable`,
    whether one that should hold JSON does not. All leaves are texts, null for nothing.

    An entity of which a record holds several that differ is read as absent: the record is about none of them.
    """
    places = (*ENTITIES, EVENT)
    frame = records.withColumn("_cells", F.split("raw", "\t", -1))
    cells = {name: cleaned(F.get("_cells", F.lit(COLUMNS.index(name)))) for name in (*CELLS, *places)}
    frame = frame.select(*CARRIED, _layout_problem().alias("problem"), *[cells[name].alias(name) for name in cells])
    read = {place: _each(F.col(place), schemas) for place, schemas in ENTITIES.items()}
    read[EVENT] = F.from_json(EVENT, f"data struct<data: {type_at(FIELDS, EVENT)}>")["data"]
    frame = frame.withColumns({f"_{place}": value for place, value in read.items()})
    unreadable = reduce(Column.__or__, [F.col(name).isNotNull() & F.col(f"_{name}").isNull() for name in places])
    entities = [
        F.struct(*[_entity(F.col(f"_{place}"), schema, fields) for schema, fields in schemas.items()]).alias(place)
        for place, schemas in ENTITIES.items()
    ]
    details = F.col(f"_{EVENT}.data").alias(EVENT)
    return frame.select(*CARRIED, "problem", *CELLS, *entities, details, unreadable.alias("unreadable"))


def _layout_problem() -> Column:
    count = F.size("_cells")
    found = F.concat(count.cast("string"), F.lit(" fields"))
    return F.when(count != len(COLUMNS), problem("fields", None, found, f"{len(COLUMNS)} fields, split by tabs"))


def _each(json: Column, schemas: Mapping[str, tuple[str, ...]]) -> Column:
    """The entities of a column of JSON, one by one, so that a broken one harms no other; a field may be any one's."""
    fields = dict.fromkeys(field for fields in schemas.values() for field in fields)
    kind = f"schema string, data struct<{', '.join(f'{field}: string' for field in fields)}>"
    return F.transform(F.from_json(json, "data array<string>")["data"], lambda entity: F.from_json(entity, kind))


def _entity(each: Column, schema: str, fields: tuple[str, ...]) -> Column:
    mine = F.array_distinct(F.filter(each, lambda entity: entity["schema"].startswith(f"iglu:{schema}/"))["data"])
    data = F.when(F.size(mine) == 1, F.get(mine, F.lit(0)))
    return F.struct(*[data[field].alias(field) for field in fields]).alias(schema.rpartition("/")[2])
