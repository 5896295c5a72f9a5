"""Web and app events in the Segment spec."""

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from motherlode.simulate.baskets import order_id
from motherlode.simulate.clock import DAY, iso_utc
from motherlode.simulate.draws import Draws
from motherlode.simulate.names import BOTS
from motherlode.simulate.noise import deliver, within
from motherlode.simulate.people import START_MS
from motherlode.simulate.rates import RATES
from motherlode.simulate.records import ORIGINAL, as_records
from motherlode.simulate.sessions import bot_cookie

BOT_COUNT = 25
SHOP = "https://shop.example.com"
HOSTILE = ("<script>alert(1)</script>", "<img src=x onerror=alert(1)>", "'; DROP TABLE users; --", "<b>50% off</b>")
PAGES = ("home", "weekly-ad", "recipes", "account", "stores", "deals")
REFERRERS = ("", "https://www.google.com/", "https://www.bing.com/", "https://mail.example.com/", "https://t.example.net/x")
SEARCHES = ("milk", "bread", "gluten free", "coffee", "diapers", "salad", "ice cream", "chicken breast", "caf\u00e9 cr\u00e8me")


def web_records(sessions: DataFrame, catalogue: DataFrame, first_ms: int, until_ms: int, draws: Draws) -> DataFrame:
    """Records of the sources web and app."""
    events = _bots_added(_events(sessions, draws), draws)
    key = F.when(F.col("is_bot"), draws.uuid("bot-message", "session_id", "i"))
    events = events.withColumn("key", F.coalesce(key, draws.uuid("message", "session_id", "i")))
    delivered = within(deliver(events, "web", draws), first_ms, until_ms)
    known = delivered.join(F.broadcast(catalogue), "product_id", "left")
    shown = _shown(_planted(known, draws), draws)
    return as_records(shown, F.col("channel"), F.to_json(_message()), F.col("action").eqNullSafe("order"))


def _events(sessions: DataFrame, draws: Draws) -> DataFrame:
    """One row per event: i counts within the session, action is what happened."""
    session = F.col("session_id")
    is_order = F.col("visit") == "order"
    length = (
        F.when(is_order, draws.between(9, 22, "order-length", session))
        .when(F.col("visit") == "kiosk", F.lit(4).cast("long"))
        .otherwise(draws.between(4, 14, "length", session))
    )
    counted = sessions.withColumn("length", length)
    events = counted.withColumn("i", F.explode(F.sequence(F.lit(0).cast("long"), F.col("length") - 1)))
    i, last = F.col("i"), F.col("length") - 1
    chance = draws.unit("action", session, i)
    logs_in = F.col("logged_in") & F.col("identifies")
    action = (
        F.when(i == 0, "page")
        .when((i == 1) & logs_in, "identify")
        .when(is_order & (i == last), "order")
        .when(is_order & (i == last - 1), "checkout")
        .when(chance < 0.22, "page")
        .when(chance < 0.34, "search")
        .when(chance < 0.78, "view")
        .otherwise("add")
    )
    span = F.col("end_ms") - F.col("start_ms")
    has_own = F.coalesce(F.size("looked_at"), F.lit(0)) > 0
    from_basket = has_own & draws.chance(0.75, "from-basket", session, i)
    own = F.try_element_at("looked_at", _position(draws, "own-product", "looked_at"))
    other = F.try_element_at("pool", _position(draws, "pool-product", "pool"))
    known = F.col("logged_in") & (~F.col("identifies") | (i >= 1))
    identified = action == "identify"
    has_phone = draws.chance(0.6, "identify-phone", session)
    return events.select(
        "session_id",
        "i",
        "channel",
        "household_id",
        "number",
        action.alias("action"),
        (F.col("start_ms") + F.floor(span * i / last)).alias("occurred_ms"),
        F.when(from_basket, own).otherwise(other).alias("product_id"),
        "cookie",
        "device",
        F.when(known, F.col("user_id")).alias("user_id"),
        F.when(identified, F.col("email")).alias("email"),
        F.when(identified & has_phone, F.col("phone")).alias("phone"),
        F.when(identified, F.col("first_name")).alias("first_name"),
        F.when(identified, F.col("last_name")).alias("last_name"),
        F.col("email").alias("own_email"),
        "ip",
        "user_agent",
        F.when(action == "order", F.col("basket_id")).alias("basket_id"),
        F.when(action == "order", F.col("lines")).alias("lines"),
    )


def _position(draws: Draws, purpose: str, products: str) -> Column:
    size = F.greatest(F.size(products), F.lit(1))
    return (draws.below(size, purpose, "session_id", "i") + 1).cast("int")


def _bots_added(events: DataFrame, draws: Draws) -> DataFrame:
    """Beside some events of people on the web, the look of a crawler at the same product."""
    visited = (F.col("channel") == "web") & draws.chance(RATES.bots / (1 - RATES.bots), "bot", "session_id", "i")
    copies = F.when(visited, F.array(F.lit(False), F.lit(True))).otherwise(F.array(F.lit(False)))
    both = events.withColumn("is_bot", F.explode(copies))
    is_bot = F.col("is_bot")
    bot = draws.below(BOT_COUNT, "which-bot", "session_id", "i")
    week = F.floor((F.col("occurred_ms") - F.lit(START_MS)) / F.lit(7 * DAY))
    agent = F.element_at(F.array(*[F.lit(b) for b in BOTS]), (F.pmod(bot, F.lit(len(BOTS))) + 1).cast("int"))
    changed = {
        "action": F.when(is_bot, F.lit("view")),
        "cookie": F.when(is_bot, bot_cookie(draws, bot, week)),
        "user_agent": F.when(is_bot, agent),
        "ip": F.when(is_bot, F.concat(F.lit("192.0.2."), (bot + 1).cast("string"))),
    }
    dropped = ("user_id", "email", "phone", "first_name", "last_name", "own_email", "basket_id", "lines", "device")
    return both.select(
        *[c for c in both.columns if c not in changed and c not in dropped],
        *[F.coalesce(value, F.col(name)).alias(name) for name, value in changed.items()],
        *[F.when(~is_bot, F.col(name)).alias(name) for name in dropped],
    )


def _planted(events: DataFrame, draws: Draws) -> DataFrame:
    """Adds plain_term, term, title, url, planted: what the visitor reads and types, personal data included."""
    ids = ("session_id", "i")
    on_page = F.col("action").isin("page", "checkout", "search")
    plants = ~F.col("is_bot") & on_page & draws.chance(RATES.planted_emails, "plant", *ids)
    hostile = draws.chance(RATES.hostile_text, "hostile", *ids)
    bad = draws.one_of(HOSTILE, "which-hostile", *ids)
    searches = F.col("action") == "search"
    wanted = F.lower(F.coalesce("category", F.lit("milk")))
    search = F.when(draws.chance(0.5, "free-search", *ids), draws.one_of(SEARCHES, "term", *ids)).otherwise(wanted)
    address = F.col("own_email")
    term = F.when(plants, F.concat(search, F.lit(" "), address)).when(hostile, F.concat(search, F.lit(" "), bad))
    on_product = F.col("action").isin("view", "add")
    name = F.coalesce("name", F.lit("Product"))
    encoded = F.when(draws.chance(0.5, "encoded", *ids), F.replace(address, F.lit("@"), F.lit("%40"))).otherwise(address)
    page = draws.one_of(PAGES, "page", *ids)
    title = F.when(on_product, name).when(F.col("action") == "page", F.initcap(page)).otherwise(F.initcap("action"))
    path = (
        F.when(searches, "/search")
        .when(F.col("action") == "checkout", "/checkout")
        .when(F.col("action") == "order", "/checkout/thank-you")
        .when(on_product, F.concat(F.lit("/products/"), F.col("product_id").cast("string")))
        .when(F.col("action") == "identify", "/login")
        .otherwise(F.concat(F.lit("/"), page))
    )
    mail_query = F.when(plants & ~searches, F.concat(F.lit("?email="), encoded))
    search_query = F.when(searches, F.concat(F.lit("?q="), F.url_encode(F.coalesce(term, search))))
    return events.select(
        "*",
        F.when(searches, F.coalesce(term, search)).alias("term"),
        F.when(hostile, F.concat(title, F.lit(" "), bad)).otherwise(title).alias("title"),
        page.alias("page_name"),
        path.alias("path"),
        F.coalesce(mail_query, search_query, F.lit("")).alias("query_text"),
        F.when(plants, address).alias("planted"),
    )


def _shown(events: DataFrame, draws: Draws) -> DataFrame:
    """Adds the times of sending and receiving: another pair for each delivery of the same event."""
    sent = F.col("at_ms") - draws.between(50, 600, "network", "key", F.col("kind").cast("long"))
    first_page = F.col("i") == 0
    from_mail = first_page & ~F.col("is_bot") & draws.chance(0.06, "utm", "session_id")
    return events.select(
        "*",
        F.when(F.col("kind") == ORIGINAL, F.greatest(sent, F.col("occurred_ms"))).otherwise(sent).alias("sent_ms"),
        F.when(first_page, draws.one_of(REFERRERS, "referrer", "session_id")).otherwise(f"{SHOP}/").alias("referrer"),
        F.when(from_mail, draws.one_of(("weekly-ad", "spring-deals"), "utm-name", "session_id")).alias("utm_name"),
        draws.one_of(("en-US", "en-US", "en-US", "es-US"), "locale", "number").alias("locale"),
    )


def _message() -> Column:
    action, in_app = F.col("action"), F.col("channel") == "app"
    is_page = action.isin("page", "checkout")
    event = (
        F.when(action == "view", "Product Viewed")
        .when(action == "add", "Product Added")
        .when(action == "search", "Products Searched")
        .when(action == "order", "Order Completed")
    )
    traits = F.struct(
        "email",
        "phone",
        F.col("first_name").alias("firstName"),
        F.col("last_name").alias("lastName"),
    )
    kind = F.when(is_page, F.when(in_app, "screen").otherwise("page")).when(action == "identify", "identify")
    page_name = F.when(action == "checkout", "checkout").otherwise(F.col("page_name"))
    timestamp = F.col("at_ms") - (F.col("sent_ms") - F.col("occurred_ms"))
    return F.struct(
        F.coalesce(kind, F.lit("track")).alias("type"),
        F.col("key").alias("messageId"),
        F.col("cookie").alias("anonymousId"),
        F.col("user_id").alias("userId"),
        event.alias("event"),
        F.when(is_page, page_name).alias("name"),
        F.when(action != "identify", _properties()).alias("properties"),
        F.when(action == "identify", traits).alias("traits"),
        _context(in_app).alias("context"),
        iso_utc(F.col("occurred_ms")).alias("originalTimestamp"),
        iso_utc(F.col("sent_ms")).alias("sentAt"),
        iso_utc(F.col("at_ms")).alias("receivedAt"),
        iso_utc(timestamp).alias("timestamp"),
    )


def _context(in_app: Column) -> Column:
    page = F.struct(
        F.concat(F.lit(SHOP), F.col("path"), F.col("query_text")).alias("url"),
        "path",
        "referrer",
        F.col("query_text").alias("search"),
        "title",
    )
    campaign = F.struct(F.col("utm_name").alias("name"), F.lit("newsletter").alias("source"), F.lit("email").alias("medium"))
    kind = F.when(F.col("user_agent").contains("iOS"), "ios").otherwise("android")
    return F.struct(
        "ip",
        F.col("user_agent").alias("userAgent"),
        "locale",
        F.when(~in_app, page).alias("page"),
        F.when(F.col("utm_name").isNotNull(), campaign).alias("campaign"),
        F.when(in_app, F.struct(F.col("device").alias("id"), kind.alias("type"))).alias("device"),
    )


def _properties() -> Column:
    """The properties of page, screen and track; what an action does not have is null and so left out."""
    action, lines = F.col("action"), F.col("lines")
    on_product = action.isin("view", "add")
    amount = "decimal(12,2)"

    def total(of: str) -> Column:
        return F.aggregate(lines, F.lit(0).cast(amount), lambda s, line: (s + line[of]).cast(amount))

    paid = (total("sales_value") - total("coupon_disc")).cast(amount)
    discount = (total("retail_disc") + total("coupon_disc") + total("coupon_match_disc")).cast(amount)
    products = F.transform(
        lines,
        lambda line: F.struct(
            line["product_id"].cast("string").alias("product_id"),
            line["quantity"].alias("quantity"),
            (line["sales_value"] / F.greatest(line["quantity"], F.lit(1))).cast(amount).alias("price"),
        ),
    )

    def of_product(value: Column) -> Column:
        return F.when(on_product, value)

    def of_order(value: Column) -> Column:
        return F.when(action == "order", value)

    in_app = F.col("channel") == "app"
    url = F.when(action.isin("page", "checkout"), F.concat(F.lit(SHOP), F.col("path"), F.col("query_text")))
    return F.struct(
        of_product(F.col("product_id").cast("string")).alias("product_id"),
        of_product(F.col("product_id").cast("string")).alias("sku"),
        of_product(F.col("name")).alias("name"),
        of_product(F.col("category")).alias("category"),
        of_product(F.col("brand")).alias("brand"),
        of_product(F.col("price")).alias("price"),
        F.when(action == "add", F.lit(1)).alias("quantity"),
        F.when(action == "search", F.col("term")).alias("query"),
        of_order(order_id(F.col("basket_id")).cast("string")).alias("order_id"),
        of_order(paid).alias("total"),
        of_order(paid).alias("revenue"),
        of_order(discount).alias("discount"),
        F.when(action.isin("view", "add", "order"), "USD").alias("currency"),
        of_order(products).alias("products"),
        url.alias("url"),
        F.when(~in_app & url.isNotNull(), F.col("path")).alias("path"),
        F.when(url.isNotNull(), F.col("title")).alias("title"),
    )
