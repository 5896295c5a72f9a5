"""Names, places and browsers that people have in the simulation."""

import re
import unicodedata

FIRST_NAMES: tuple[str, ...] = (
    *"""James Mary Robert Patricia John Jennifer Michael Linda David Elizabeth William Barbara Richard Susan Joseph
    Jessica Thomas Sarah Charles Karen Daniel Lisa Matthew Nancy Anthony Betty Mark Sandra Donald Ashley Steven Emily
    Andrew Kimberly Joshua Margaret Kenneth Donna Kevin Michelle José María Luis Carmen Miguel Lucía Jesús Sofía Juan
    Valentina Wei Mei Jun Xiu Hiroshi Yuki Kenji Sakura Min-jun Ji-woo Arjun Priya Rahul Ananya Sanjay Deepika Omar
    Fatima Ahmed Layla Yusuf Aisha Kwame Ama Chinedu Ngozi Tunde Zanele Björn Åsa Søren Ingrid Jürgen Käthe François
    Zoë Łukasz Agnieszka Dmitri Olga Siobhán D'Angelo Anne-Marie Renée Noël Thảo Minh Nguyệt Çağla İsmail Eirik
    Ioana""".split(),  # noqa: SIM905 (a hundred quoted names are harder to read)
    "Mary Jo", 'Robert "Bob"', "Ana & Eva", "Zo <i>",
)  # fmt: skip

LAST_NAMES: tuple[str, ...] = (
    *"""Smith Johnson Williams Brown Jones Garcia Miller Davis Rodriguez Martinez Hernandez Lopez Gonzalez Wilson
    Anderson Thomas Taylor Moore Jackson Martin Lee Perez Thompson White Harris Sanchez Clark Ramirez Lewis Robinson
    Walker Young Allen King Wright Scott Torres Nguyen Hill Flores Green Adams Nelson Baker Hall Rivera Campbell
    Mitchell Carter Roberts Núñez Peña Muñoz García Fernández Müller Schröder Weiß Öztürk Åkesson Sørensen Dvořák
    Wałęsa Nowak Ivanov Petrova Popescu Rossi D'Amico Dell'Orto O'Neill O'Connor McDonald MacLeod Le-Blanc Côté
    Lefèvre Dubois Tanaka Suzuki Yamamoto Kim Park Choi Wang Li Zhang Chen Trần Phạm Singh Patel Sharma Kaur Khan
    Hussain Al-Farsi Okafor Mensah Dlamini N'Diaye""".split(),  # noqa: SIM905
    "O'Brien <b>", "Van der Berg", "de la Cruz", "<script>Null</script>", "Null",
)  # fmt: skip

_NO_DECOMPOSITION = str.maketrans({"ł": "l", "ø": "o", "ß": "ss", "ı": "i"})


def mailbox_name(name: str) -> str:
    """The letters a to z of a name, as people write it in an e-mail address."""
    plain = unicodedata.normalize("NFKD", name.lower().translate(_NO_DECOMPOSITION))
    return re.sub("[^a-z]", "", plain)


DOMAINS = ("example.com", "example.org", "example.net", "mail.example.com", "post.example.org")
STREETS = ("Main St", "Oak Ave", "Maple Dr", "Cedar Ln", "Park Blvd", "2nd St", "Lake Rd", "Hill Ct", "Elm St, Apt 4")
CITIES = ("Springfield", "Fairview", "Riverton", "Lakeside", "Greenville", "Milford")

_KHTML = "(KHTML, like Gecko)"
BROWSERS = (
    f"Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 {_KHTML} Chrome/58.0.3029.110 Safari/537.36",
    "Mozilla/5.0 (Windows NT 6.1; WOW64; rv:53.0) Gecko/20100101 Firefox/53.0",
    f"Mozilla/5.0 (Macintosh; Intel Mac OS X 10_12_5) AppleWebKit/603.2.4 {_KHTML} Version/10.1.1 Safari/603.2.4",
    f"Mozilla/5.0 (iPhone; CPU iPhone OS 10_3 like Mac OS X) AppleWebKit/603.1.30 {_KHTML} Version/10.0 "
    "Mobile/14E277 Safari/602.1",
    f"Mozilla/5.0 (Linux; Android 7.0; SM-G930V) AppleWebKit/537.36 {_KHTML} Chrome/59.0.3071.125 Mobile Safari/537.36",
)
TABLET_BROWSER = (
    "Mozilla/5.0 (iPad; CPU OS 10_3 like Mac OS X) AppleWebKit/603.1.30 (KHTML, like Gecko) Version/10.0 "
    "Mobile/14E277 Safari/602.1"
)
APPS = ("GroceryApp/3.2 (iOS 10.3; iPhone9,1)", "GroceryApp/3.2 (Android 7.0; SM-G930V)")
TABLET_APP = "GroceryApp/3.2 (iOS 10.3; iPad6,11)"
KIOSK_APP = "GroceryKiosk/1.4 (Android 6.0; Kiosk-22)"
BOTS = (
    "Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)",
    "Mozilla/5.0 (compatible; bingbot/2.0; +http://www.bing.com/bingbot.htm)",
    "Mozilla/5.0 (compatible; YandexBot/3.0; +http://yandex.com/bots)",
    "Mozilla/5.0 (compatible; AhrefsBot/5.2; +http://ahrefs.com/robot/)",
    "Mozilla/5.0 (compatible; SemrushBot/1.2~bl; +http://www.semrush.com/bot.html)",
    "Mozilla/5.0 (compatible; MJ12bot/v1.4.7; http://mj12bot.com/)",
    "python-requests/2.13.0",
    "facebookexternalhit/1.1 (+http://www.facebook.com/externalhit_uatext.php)",
)
