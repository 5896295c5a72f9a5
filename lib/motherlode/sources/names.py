"""What people call the columns of their tables, in English and German, and which of them a column's name means."""

import difflib
import re
import unicodedata
from collections.abc import Mapping

CURRENCIES = ("EUR", "USD", "GBP", "CHF", "PLN", "SEK", "DKK", "NOK", "CZK", "JPY", "CAD", "AUD")
NEAR = 0.84
"""Of difflib's ratio, from which a name is taken for a misspelt one."""
AT_THE_END = 0.7
_SPELT: Mapping[str, str] = {
    "order_id": "order_id order_no order_number order receipt receipt_no transaction_id transaction invoice_no"
    " bestellnummer bestell_nr bestellung auftragsnummer auftrags_nr belegnummer beleg_nr bon_nr rechnungsnummer",
    "line_no": "line_no line line_number line_id position pos item_no zeile positions_nr",
    "occurred_at": "occurred_at timestamp time datetime date created_at created event_time sold_at ordered_at"
    " order_date purchase_date placed_at transaction_date updated_at modified_at decided_at answered_at submitted_at"
    " datum zeit zeitpunkt uhrzeit bestelldatum bestellt_am kaufdatum auftragsdatum rechnungsdatum erstellt_am"
    " geaendert_am aenderungsdatum",
    "version_at": "version_at changed_at last_modified last_changed",
    "store_id": "store_id store branch shop location till_store filiale filial_nr markt standort",
    "status": "status order_status state payment_status financial_status bestellstatus zahlungsstatus",
    "currency": "currency currency_code waehrung",
    "product_id": "product_id product sku article article_no item_id item_sku artikelnummer artikel_nr art_nr artikel"
    " produkt_id produktnummer ean gtin upc",
    "quantity": "quantity qty amount_of_items units pieces count menge anzahl stueck stueckzahl",
    "net": "net net_amount total total_price amount amount_paid paid price sales_value revenue line_total sum value"
    " gesamt betrag gesamtbetrag umsatz preis gesamtpreis summe endbetrag zahlbetrag",
    "gross": "gross gross_amount list_price subtotal price_before_discount listenpreis bruttobetrag zwischensumme",
    "discount": "discount discount_amount rebate total_discount coupon_discount rabatt nachlass rabattbetrag",
    "tax": "tax tax_amount total_tax vat vat_amount mwst ust steuer steuerbetrag",
    "revenue": "revenue value order_value total umsatz",
    "is_test": "is_test test testbestellung",
    "household": "household household_id haushalt haushalt_id",
    "purpose": "purpose consent_type consent_purpose zweck",
    "granted": "granted consent agreed opt_in opted_in consent_given status einwilligung zustimmung",
    "response_id": "response_id response answer_id submission_id antwort_id",
    "question": "question question_id question_text frage frage_id",
    "answer": "answer answer_text reply score rating antwort bewertung",
    "person": "person person_id true_person",
    "identifier_type": "identifier_type id_type type kind",
    "value": "value identifier identifier_value",
    "scenario": "scenario case",
    "is_shared": "is_shared shared",
    "manufacturer_id": "manufacturer_id manufacturer maker vendor hersteller lieferant",
    "department": "department division abteilung bereich warengruppe",
    "brand": "brand marke",
    "category": "category product_category kategorie sortiment",
    "package_size": "package_size pack_size size groesse inhalt packung",
    "campaign_id": "campaign_id campaign utm_campaign kampagne kampagnen_id",
    "campaign_type": "campaign_type kampagnentyp",
    "campaign_source": "utm_source campaign_source",
    "campaign_medium": "utm_medium campaign_medium",
    "starts_on": "starts_on start_date start begin valid_from beginn startdatum gueltig_ab",
    "ends_on": "ends_on end_date end valid_to valid_until ende enddatum gueltig_bis",
    "coupon_id": "coupon_id coupon coupon_code coupon_upc voucher gutschein gutschein_code",
    "age": "age age_band alter altersgruppe",
    "income": "income income_band einkommen",
    "home_ownership": "home_ownership homeowner",
    "marital_status": "marital_status familienstand",
    "household_size": "household_size haushaltsgroesse",
    "household_comp": "household_comp household_composition",
    "kids_count": "kids_count kids children kinder",
    "type": "type event event_type event_name action activity ereignis aktion",
    "name": "name",
    "page": "page url page_url path page_path seite",
    "search": "search query search_term suchbegriff",
    "user_agent": "user_agent useragent browser",
    "known_at": "known_at received_at loaded_at",
    "id.user_id": "user_id userid user account_id account uid login_id member_id benutzer_id nutzer_id",
    "id.crm_id": "crm_id customer_id customer_no customer_number customer client_id contact_id kundennummer kunden_nr"
    " kd_nr kunden_id kunde",
    "id.loyalty_card": "loyalty_card loyalty_id card_no card_number card member_card kundenkarte karten_nr bonuskarte",
    "id.email": "email e_mail email_address mail customer_email e_mail_adresse mailadresse",
    "id.phone": "phone phone_number telephone mobile cell tel telefon telefonnummer tel_nr handy mobilnummer rufnummer",
    "id.device": "device_id device geraet",
    "id.cookie": "cookie cookie_id anonymous_id visitor_id client_cookie",
    "id.household": "household_id household haushalt_id haushalt",
    "event_id": "event_id message_id uuid id ereignis_id",
    "contact.first_name": "first_name firstname given_name vorname",
    "contact.last_name": "last_name lastname surname family_name nachname familienname",
    "contact.name": "name full_name customer_name contact_name kundenname ansprechpartner",
    "contact.street": "street street_address address address_line_1 strasse adresse anschrift strasse_nr",
    "contact.postcode": "postcode postal_code zip zip_code plz postleitzahl",
    "contact.city": "city town ort stadt wohnort",
    "contact.birth_date": "birth_date birthdate date_of_birth dob birthday geburtsdatum geburtstag geb_datum",
}
_UMLAUTS = str.maketrans({"ä": "ae", "ö": "oe", "ü": "ue", "ß": "ss"})


def bare(name: str) -> str:
    """A name in small letters and digits alone: `Bestell-Nr.` is bestellnr."""
    # What stands in brackets is a unit: `Gesamt (EUR)`.
    told = re.sub(r"[(\[].*?[)\]]", "", name).strip() or name
    small = unicodedata.normalize("NFKD", told.lower().translate(_UMLAUTS))
    return re.sub(r"[^a-z0-9]", "", small)


NAMES = {meaning: tuple(bare(name) for name in names.split()) for meaning, names in _SPELT.items()}
"""By meaning: a canonical column; id.TYPE, an identifier; contact.PART, of a contact point."""


def likeness(name: str, meaning: str) -> float:
    """How well a column's name fits a meaning, 0 to 1."""
    found = re.sub(rf"(?<=..)(?:{'|'.join(CURRENCIES).lower()})$", "", bare(name))
    known = NAMES.get(meaning, (bare(meaning),))
    if found in known:
        # What comes first in the list is meant more often.
        return 1.0 - 0.001 * known.index(found)
    near = difflib.get_close_matches(found, known, 1, NEAR) if len(found) > 4 else []
    if near:
        return 0.95 * difflib.SequenceMatcher(None, found, near[0]).ratio()
    return AT_THE_END if any(len(end) > 3 and found.endswith(end) for end in known) else 0.0
