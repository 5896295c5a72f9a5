"""The published rates: how often each unpleasant thing of reality happens in the simulated logs."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Rates:
    """Shares between 0 and 1 unless said otherwise. `truth/summary.json` sets measured ones beside them."""

    repeats: float = 0.031
    """Records delivered again, of all original records of the noisy sources."""
    repeats_same_file: float = 0.5
    """Repeats that come within seconds; the others come 1 to 5 days later."""
    broken: float = 0.0105
    """Broken lines, each an extra mangled copy of an original record. E-mail events delivered twice on one line can be
    read: the truth counts them as two repeats."""
    late: float = 0.052
    """Original records delivered 1 to 20 days after they occurred (a store basket is late as a whole)."""

    shared_households: float = 0.25
    """Of all households: two adults log in on one family tablet (one cookie, one install, one device)."""
    two_adult_households: float = 0.5655
    """Households with two adults: 453 of the 801 with demographics; drawn at this rate for the others."""
    tablet_sessions: float = 0.40
    """Sessions on the tablet in a household that has one."""
    late_login: float = 0.30
    """People who browse for weeks before they first identify themselves."""
    late_login_min_days: int = 14
    late_login_max_days: int = 70
    logged_in: float = 0.85
    """Sessions with a login, once the person has logged in for the first time."""
    cleared_cookies: float = 0.15
    """People who clear their cookies, for each quarter of a year."""
    reinstalls: float = 0.05
    """People who install the app again, for each quarter: a new install id on the same device."""
    app_users: float = 0.60
    second_browser: float = 0.25
    """People with a second browser, which has a cookie of its own."""
    second_device: float = 0.20
    """App users with a second phone or tablet."""
    typos: float = 0.03
    """People whose first CRM row has a typo, half in the first name and half in the e-mail."""
    bots: float = 0.0105
    """Web events by crawlers."""
    kiosk_people: int = 300
    """How many people log in on the one kiosk device, at most."""
    kiosk_share: float = 0.27
    """In small runs: this share of all adults."""
    planted_emails: float = 0.005
    """Page views and searches that carry an e-mail address in the URL or the search term."""
    hostile_text: float = 0.005
    """Page titles and search terms with markup such as <script>."""
    planted_comments: float = 0.04
    """Survey comments with an e-mail address in the text."""

    online_baskets: float = 0.15
    """Online orders, of all baskets: of those without fuel (90%), half in heavy households and 12.97% in others."""
    heavy_households: float = 0.10
    heavy_online: float = 0.50
    light_online: float = 0.1297
    second_shopper: float = 0.25
    """Baskets of a two-adult household bought by the second adult."""
    browse_sessions: float = 0.20
    """Store baskets with a session on the web or in the app up to two days before."""
    abandoned_sessions: float = 0.22
    """Baskets followed, within three days, by a session without any purchase."""
    refunds: float = 0.04
    """Orders with a later version that refunds a line."""
    cancelled: float = 0.015
    """Orders with a later version that is cancelled."""
    test_orders: float = 0.005
    """Extra `test: true` orders, of all orders."""
    borrowed_account: float = 0.002
    """Orders of a two-adult household placed in the other adult's account: a false edge."""
    loyalty_card: float = 0.87
    """Store baskets with the loyalty card shown."""

    first_day_people: float = 0.70
    """People in the CRM from the first day; the others join over the year."""
    crm_updates: float = 0.15
    """People with a second CRM row later: typo corrected, new address or new phone number."""
    crm_card: float = 0.90
    crm_email: float = 0.94
    crm_phone: float = 0.80
    """CRM rows with the card, the e-mail, the phone number."""
    withheld_marketing: float = 0.08
    withheld_personalisation: float = 0.04
    withheld_analytics: float = 0.02
    withdrawals: float = 0.03
    """Of granted consents, withdrawn later in the year."""
    newsletter: float = 0.78
    """People with marketing consent who get the weekly newsletter."""
    unsubscribes: float = 0.12
    """Newsletter readers who unsubscribe in a week of the year."""
    bounces: float = 0.025
    opens: float = 0.32
    machine_opens: float = 0.22
    clicks: float = 0.20
    """Of opened mails."""
    surveys: float = 0.20
    """People who answer a survey, for each quarter."""
    survey_email: float = 0.75
    survey_card: float = 0.55
    wrong_card: float = 0.01
    """Survey cards in two-adult households that are the other adult's: a false edge."""


RATES = Rates()
