"""Web and app events in the Segment spec."""

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from motherlode.simulate.baskets import order_id
from motherlode.simulate.clock import DAY, iso_utc
from motherlode.simulate.draws import Draws, nth_of
from motherlode.simulate.names import BOTS
from motherlode.simulate.noise import deliver, within
from motherlode.simulate.people import START_MS
from motherlode.simulate.rates import RATES
from motherlode.simulate.records import as_records
from motherlode.simulate.sessions import bot_cookie

BOT_COUNT = 25
SHOP = "https://shop.example.com"
HOSTILE = ("<script>alert(1)</script>", "<img src=x onerror=alert(1)>", "'; DROP TABLE users; --", "<b>50% off</b>")
PAGES = ("home", "weekly-ad", "recipes", "account", "stores", "deals")
REFERRERS = (
    "", "https://www.google.com/", "https://www.bing.com/", "https://mail.example.com/", "https://t.example.net/x",
)  # fmt: skip
SEARCHES = (
    "milk", "bread", "gluten free", "coffee", "diapers", "salad", "ice cream", "chicken breast", "caf\u00e9 cr\u00e8me",
)  # fmt: skip


def web_records(sessions: DataFrame, catalogue: DataFrame, first_ms: int, until_ms: int, draws: Draws) -> DataFrame:
    """Records of the sources web and app."""
    events = _bots_added(_events(sessions, draws), draws)
    delivered = within(deliver(events, "web", draws), first_ms, until_ms)
    known = delivered.join(F.broadcast(catalogue), "product_id", "left")
    shown = _sent(_planted(known, draws), draws)
    return as_records(shown, "channel", F.to_json(_message()), "action = 'order'")


def _events(sessions: DataFrame, draws: Draws) -> DataFrame:
    """One row per event: i counts within the session, action is what happened."""
    length = f"""CASE visit WHEN 'order' THEN {draws.between_sql(9, 22, "order-length", "session_id")}
        WHEN 'kiosk' THEN 4L ELSE {draws.between_sql(4, 14, "length", "session_id")} END AS length"""
    events = sessions.selectExpr("*", length).selectExpr("*", "explode(sequence(0L, length - 1)) AS i")
    ids = ("session_id", "i")
    action = """CASE WHEN i = 0 THEN 'page' WHEN i = 1 AND logged_in AND identifies THEN 'identify'
        WHEN visit = 'order' AND i = length - 1 THEN 'order' WHEN visit = 'order' AND i = length - 2 THEN 'checkout'
        WHEN chance < 0.22D THEN 'page' WHEN chance < 0.34D THEN 'search' WHEN chance < 0.78D THEN 'view'
        ELSE 'add' END AS action"""
    events = events.selectExpr("*", f"{draws.unit_sql('action', *ids)} AS chance").selectExpr("*", action)
    own, other = _position(draws, "own-product", "looked_at"), _position(draws, "pool-product", "pool")
    from_basket = f"coalesce(size(looked_at), 0) > 0 AND {draws.chance_sql(0.75, 'from-basket', *ids)}"
    has_phone = draws.chance_sql(0.6, "identify-phone", "session_id")
    return events.selectExpr(
        "session_id",
        "i",
        "channel",
        "number",
        "action",
        "start_ms + ((end_ms - start_ms) * i) div (length - 1) AS original_ms",
        f"CASE WHEN {from_basket} THEN {own} ELSE {other} END AS product_id",
        "cookie",
        "device",
        "CASE WHEN logged_in AND (NOT identifies OR i >= 1) THEN user_id END AS user_id",
        "CASE WHEN action = 'identify' THEN email END AS email",
        f"CASE WHEN action = 'identify' AND {has_phone} THEN phone END AS phone",
        "CASE WHEN action = 'identify' THEN first_name END AS first_name",
        "CASE WHEN action = 'identify' THEN last_name END AS last_name",
        "email AS own_email",
        "ip",
        "user_agent",
        "CASE WHEN action = 'order' THEN basket_id END AS basket_id",
        "CASE WHEN action = 'order' THEN lines END AS lines",
    )


def _position(draws: Draws, purpose: str, products: str) -> str:
    size = f"greatest(size({products}), 1)"
    return f"try_element_at({products}, CAST({draws.below_sql(size, purpose, 'session_id', 'i')} + 1 AS INT))"


def _bots_added(events: DataFrame, draws: Draws) -> DataFrame:
    """Beside some events of people on the web, a crawler's look at the same product; adds key and occurred_ms."""
    ids = ("session_id", "i")
    visited = f"channel = 'web' AND {draws.chance_sql(RATES.bots / (1 - RATES.bots), 'bot', *ids)}"
    both = events.selectExpr(
        "*",
        f"explode(CASE WHEN {visited} THEN array(false, true) ELSE array(false) END) AS is_bot",
        f"{draws.below_sql(BOT_COUNT, 'which-bot', *ids)} AS bot",
        f"(original_ms - {START_MS}L) div {7 * DAY}L AS week",
    )
    changed = {
        "action": "'view'",
        "cookie": bot_cookie(draws, "bot", "week"),
        "user_agent": nth_of(BOTS, f"bot % {len(BOTS)}"),
        "ip": "concat('192.0.2.', CAST(bot + 1 AS STRING))",
        **dict.fromkeys(("user_id", "email", "phone", "first_name", "last_name", "own_email"), "NULL"),
        **dict.fromkeys(("basket_id", "lines", "device"), "NULL"),
    }
    kept = [name for name in both.columns if name not in changed]
    replaced = [f"CASE WHEN is_bot THEN {value} ELSE {name} END AS {name}" for name, value in changed.items()]
    key = f"CASE WHEN is_bot THEN {draws.uuid_sql('bot-message', *ids)} ELSE {draws.uuid_sql('message', *ids)} END"
    on_the_way = draws.between_sql(120, 900, "latency", *ids)
    return both.selectExpr(*kept, *replaced, f"{key} AS key", f"original_ms + {on_the_way} AS occurred_ms")


def _planted(events: DataFrame, draws: Draws) -> DataFrame:
    """Adds term, title, page_name, path, query_text, planted: what is read and typed, personal data included."""
    ids = ("session_id", "i")
    plants = f"""NOT is_bot AND action IN ('page', 'checkout', 'search')
        AND {draws.chance_sql(RATES.planted_emails, "plant", *ids)}"""
    free = draws.chance_sql(0.5, "free-search", *ids)
    free_term = nth_of(SEARCHES, draws.below_sql(len(SEARCHES), "term", *ids))
    drawn = events.selectExpr(
        "*",
        f"CASE WHEN {plants} THEN own_email END AS planted",
        f"{draws.chance_sql(RATES.hostile_text, 'hostile', *ids)} AS hostile",
        f"{nth_of(HOSTILE, draws.below_sql(len(HOSTILE), 'which-hostile', *ids))} AS bad",
        f"{nth_of(PAGES, draws.below_sql(len(PAGES), 'page', *ids))} AS page_name",
        f"CASE WHEN {free} THEN {free_term} ELSE lower(coalesce(category, 'milk')) END AS search",
        f"""CASE WHEN {draws.chance_sql(0.5, "encoded", *ids)} THEN replace(own_email, '@', '%40')
            ELSE own_email END AS in_url""",
    )
    drawn = drawn.selectExpr(
        "*",
        """CASE WHEN action = 'search' THEN CASE WHEN planted IS NOT NULL THEN concat(search, ' ', planted)
            WHEN hostile THEN concat(search, ' ', bad) ELSE search END END AS term""",
        """CASE WHEN action IN ('view', 'add') THEN coalesce(name, 'Product') WHEN action = 'page'
            THEN initcap(page_name) ELSE initcap(action) END AS plain_title""",
        """CASE WHEN action = 'search' THEN '/search' WHEN action = 'checkout' THEN '/checkout'
            WHEN action = 'order' THEN '/checkout/thank-you' WHEN action = 'identify' THEN '/login'
            WHEN action IN ('view', 'add') THEN concat('/products/', CAST(product_id AS STRING))
            ELSE concat('/', page_name) END AS path""",
    )
    return drawn.selectExpr(
        "*",
        "CASE WHEN hostile THEN concat(plain_title, ' ', bad) ELSE plain_title END AS title",
        """CASE WHEN action = 'search' THEN concat('?q=', url_encode(term))
            WHEN planted IS NOT NULL THEN concat('?email=', in_url) ELSE '' END AS query_text""",
    )


def _sent(events: DataFrame, draws: Draws) -> DataFrame:
    """Adds the time of sending (another one for each delivery of the same event), referrer and campaign."""
    first = ("session_id",)
    from_mail = draws.chance_sql(0.06, "utm", *first)
    campaign = nth_of(("weekly-ad", "spring-deals"), draws.below_sql(2, "utm-name", *first))
    referrer = nth_of(REFERRERS, draws.below_sql(len(REFERRERS), "referrer", *first))
    return events.selectExpr(
        "*",
        f"at_ms - {draws.between_sql(20, 110, 'network', 'key', 'kind')} AS sent_ms",
        f"CASE WHEN i = 0 THEN {referrer} ELSE '{SHOP}/' END AS referrer",
        f"CASE WHEN i = 0 AND NOT is_bot AND {from_mail} THEN {campaign} END AS utm_name",
        f"CASE WHEN {draws.chance_sql(0.25, 'locale', 'number')} THEN 'es-US' ELSE 'en-US' END AS locale",
    )


def _message() -> Column:
    page_or_screen = "CASE WHEN channel = 'app' THEN 'screen' ELSE 'page' END"
    traits = "named_struct('email', email, 'phone', phone, 'firstName', first_name, 'lastName', last_name)"
    return F.struct(
        F.expr(
            f"""CASE WHEN action IN ('page', 'checkout') THEN {page_or_screen}
            WHEN action = 'identify' THEN 'identify' ELSE 'track' END AS type"""
        ),
        F.expr("key AS messageId"),
        F.expr("cookie AS anonymousId"),
        F.expr("user_id AS userId"),
        F.expr(
            """CASE action WHEN 'view' THEN 'Product Viewed' WHEN 'add' THEN 'Product Added'
            WHEN 'search' THEN 'Products Searched' WHEN 'order' THEN 'Order Completed' END AS event"""
        ),
        F.expr("CASE action WHEN 'page' THEN page_name WHEN 'checkout' THEN 'checkout' END AS name"),
        F.expr(f"CASE WHEN action <> 'identify' THEN {_properties()} END AS properties"),
        F.expr(f"CASE WHEN action = 'identify' THEN {traits} END AS traits"),
        F.expr(f"{_context()} AS context"),
        iso_utc("original_ms").alias("originalTimestamp"),
        iso_utc("sent_ms").alias("sentAt"),
        iso_utc("at_ms").alias("receivedAt"),
        iso_utc("(at_ms - (sent_ms - original_ms))").alias("timestamp"),
    )


def _context() -> str:
    page = f"""named_struct('url', concat('{SHOP}', path, query_text), 'path', path, 'referrer', referrer,
        'search', query_text, 'title', title)"""
    campaign = "named_struct('name', utm_name, 'source', 'newsletter', 'medium', 'email')"
    kind = "CASE WHEN contains(user_agent, 'iOS') THEN 'ios' ELSE 'android' END"
    return f"""named_struct('ip', ip, 'userAgent', user_agent, 'locale', locale,
        'page', CASE WHEN channel = 'web' THEN {page} END,
        'campaign', CASE WHEN utm_name IS NOT NULL THEN {campaign} END,
        'device', CASE WHEN channel = 'app' THEN named_struct('id', device, 'type', {kind}) END)"""


def _properties() -> str:
    """The properties of page, screen and track; what an action does not have is null and so left out."""

    def total(*names: str) -> str:
        line = " + ".join(f"line.{name}" for name in names)
        amount = "DECIMAL(12,2)"
        return f"aggregate(lines, CAST(0 AS {amount}), (total, line) -> CAST(total + {line} AS {amount}))"

    paid = f"CAST({total('sales_value')} - {total('coupon_disc')} AS DECIMAL(12,2))"
    unit_price = "CAST(line.sales_value / greatest(line.quantity, 1L) AS DECIMAL(12,2))"
    products = f"""transform(lines, line -> named_struct('product_id', CAST(line.product_id AS STRING),
        'quantity', line.quantity, 'price', {unit_price}))"""
    on_product, ordered = "action IN ('view', 'add')", "action = 'order'"
    on_page = "action IN ('page', 'checkout')"
    fields = {
        "product_id": (on_product, "CAST(product_id AS STRING)"),
        "sku": (on_product, "CAST(product_id AS STRING)"),
        "name": (on_product, "name"),
        "category": (on_product, "category"),
        "brand": (on_product, "brand"),
        "price": (on_product, "price"),
        "quantity": ("action = 'add'", "1"),
        "query": ("action = 'search'", "term"),
        "order_id": (ordered, f"CAST({order_id('basket_id')} AS STRING)"),
        "total": (ordered, paid),
        "revenue": (ordered, paid),
        "discount": (ordered, total("retail_disc", "coupon_disc", "coupon_match_disc")),
        "currency": ("action IN ('view', 'add', 'order')", "'USD'"),
        "products": (ordered, products),
        "url": (on_page, f"concat('{SHOP}', path, query_text)"),
        "path": (on_page, "path"),
        "title": (on_page, "title"),
    }
    listed = ", ".join(f"'{name}', CASE WHEN {when} THEN {value} END" for name, (when, value) in fields.items())
    return f"named_struct({listed})"
