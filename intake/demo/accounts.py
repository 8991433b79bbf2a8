"""The twelve sample accounts: who they are, how much they sell, how well they serve."""

from dataclasses import dataclass, field

Curve = tuple[float, ...]  # evenly spaced points over the whole history, straight lines between them

MONDAY, SATURDAY, SUNDAY = 0, 5, 6


@dataclass(frozen=True, slots=True)
class Profile:
    """One sample account. Shares are 0-1; `_share` curves are shares of messages, conversations or orders."""

    key: str
    name: str
    platform: str
    marketplace: str
    zone: str
    currency: str
    language: str
    order_prefix: str
    carriers: tuple[str, ...]
    agents: tuple[str, ...]
    orders_a_day: float
    conversations_a_day: float
    channels: dict[str, float] = field(default_factory=lambda: {"amazon_message": 1.0})
    week_start: int = MONDAY
    score_window_days: int = 28
    atoz_rule: str = "today"
    merchant_share: float = 1.0
    answer_share: Curve = (0.36,)  # of answered conversations, those whose buyer answers the survey
    solved_share: Curve = (0.88,)  # of those, the answer "yes"
    late_share: Curve = (0.03,)  # of waits, answered after more than 24 hours
    silent_share: Curve = (0.012,)  # of waits, never answered
    reply_hours: Curve = (1.5,)  # median working hours until a reply
    late_shipment_share: Curve = (0.015,)
    late_delivery_share: Curve = (0.012,)  # packages that come after the promised day
    tracking_fault_share: Curve = (0.02,)  # packages that cannot be followed
    seller_cancel_share: Curve = (0.008,)
    return_share: Curve = (0.024,)
    return_fault_share: Curve = (0.02,)  # returns answered after 48 hours, turned down wrongly, or left unresolved
    negative_share: Curve = (0.002,)  # orders with a rating of one or two stars that stays
    claim_share: Curve = (0.001,)  # orders with an A-to-z claim that counts
    chargeback_share: Curve = (0.0005,)
    business_share: float = 0.0  # orders of business customers, who get an invoice
    invoice_fault_share: Curve = (0.01,)  # of those, the invoice comes late or never
    health_points: Curve = (600.0,)  # the account health rating, as the platform reports it
    bounce_share: Curve = (0.4,)  # visits to listings that leave at once
    csat: str = ""  # how buyers rate a conversation: "stars" 1 to 5, "ten" 1 to 10, "thumbs"; empty: not asked
    ships_from_china: bool = False
    bot: bool = False  # a shop whose chat is first met by a bot
    never: frozenset[str] = frozenset()  # record types that nobody has imported yet

    @property
    def team(self) -> str:
        """Who looks after it: people whose day fits the marketplace's."""
        return {"UK": "EU team", "DE": "EU team", "FR": "EU team", "JP": "Asia team", "AU": "Asia team"}.get(
            self.marketplace, "US team"
        )

    @property
    def amazon(self) -> bool:
        return self.platform == "amazon"

    @property
    def system(self) -> str:
        return {"amazon": "amazon", "shopify": "shopify"}.get(self.platform, "x-shop")

    def system_of(self, channel: str) -> str:
        """Which system delivers the conversations of a channel: LINE has a connection of its own."""
        return channel if channel == "line" else self.system

    @property
    def systems(self) -> tuple[str, ...]:
        """Every system that delivers records of this account, its own last."""
        return (*sorted({self.system_of(channel) for channel in self.channels} - {self.system}), self.system)


SHOP_CHANNELS = {"email": 0.45, "live_chat": 0.3, "messenger": 0.12, "instagram": 0.08, "web_form": 0.05}

PROFILES = (
    Profile(
        key="demo-us",
        name="Larkspur Kitchen",
        platform="amazon",
        marketplace="US",
        zone="America/Los_Angeles",
        currency="USD",
        language="en",
        order_prefix="113",
        carriers=("UPS", "USPS", "FedEx"),
        agents=("Dana", "Marcus", "Priya", "Joel"),
        orders_a_day=16,
        conversations_a_day=11.5,
        merchant_share=0.7,
        answer_share=(0.22,),
        solved_share=(0.85, 0.83, 0.82, 0.8, 0.78),
        late_share=(0.03, 0.03, 0.045, 0.05),
        reply_hours=(2.0, 2.2, 2.6),
        late_shipment_share=(0.02, 0.025, 0.043),
        seller_cancel_share=(0.012, 0.023),
        negative_share=(0.003, 0.004),
        claim_share=(0.0015,),
        business_share=0.16,
        health_points=(420.0, 380.0, 310.0, 160.0),
        bounce_share=(0.38, 0.42),
    ),
    Profile(
        key="demo-us-2",
        name="云杉户外 Yunshan Outdoor",
        platform="amazon",
        marketplace="US",
        zone="America/Los_Angeles",
        currency="USD",
        language="en",
        order_prefix="112",
        carriers=("UPS", "USPS"),
        agents=("李娜", "王磊", "Ethan"),
        orders_a_day=13,
        conversations_a_day=9.2,
        week_start=SUNDAY,
        merchant_share=0.6,
        answer_share=(0.25,),
        solved_share=(0.68, 0.72, 0.79, 0.81, 0.74),
        late_share=(0.08, 0.06, 0.04),
        reply_hours=(3.2, 2.4, 1.8),
        late_shipment_share=(0.03, 0.02),
        tracking_fault_share=(0.03, 0.045),
        ships_from_china=True,
        health_points=(520.0, 480.0, 460.0, 90.0),
        bounce_share=(0.44, 0.41, 0.52),
    ),
    Profile(
        key="demo-de",
        name="Birkenhain Werkzeug",
        platform="amazon",
        marketplace="DE",
        zone="Europe/Berlin",
        currency="EUR",
        language="de",
        order_prefix="302",
        carriers=("DHL", "DPD", "Hermes"),
        agents=("Anke", "Jonas", "Mehmet"),
        orders_a_day=10.5,
        conversations_a_day=8,
        atoz_rule="all",
        merchant_share=0.8,
        answer_share=(0.26,),
        solved_share=(0.8, 0.83, 0.85, 0.87),
        late_share=(0.04, 0.05, 0.086),
        reply_hours=(1.6, 2.6),
        negative_share=(0.003,),
        business_share=0.3,
        invoice_fault_share=(0.01, 0.02, 0.07),
        health_points=(700.0, 640.0),
    ),
    Profile(
        key="demo-jp",
        name="小鳥文具店 Kotori",
        platform="amazon",
        marketplace="JP",
        zone="Asia/Tokyo",
        currency="JPY",
        language="ja",
        order_prefix="250",
        carriers=("Yamato", "Sagawa", "Japan Post"),
        agents=("佐藤", "鈴木", "Aoi"),
        orders_a_day=9,
        conversations_a_day=7.2,
        score_window_days=31,
        merchant_share=0.75,
        answer_share=(0.28,),
        solved_share=(0.88, 0.9, 0.93),
        late_share=(0.012,),
        silent_share=(0.004,),
        reply_hours=(0.7, 0.5),
        late_shipment_share=(0.006,),
        seller_cancel_share=(0.005,),
        health_points=(840.0, 880.0),
        bounce_share=(0.34, 0.31),
    ),
    Profile(
        key="demo-uk",
        name="Thistle & Loom",
        platform="amazon",
        marketplace="UK",
        zone="Europe/London",
        currency="GBP",
        language="en",
        order_prefix="026",
        carriers=("Royal Mail", "Evri"),
        agents=("Imogen", "Rhys", "Farah"),
        orders_a_day=9,
        conversations_a_day=7.2,
        merchant_share=0.75,
        answer_share=(0.3,),
        solved_share=(0.82, 0.86, 0.83, 0.74),
        late_share=(0.03,),
        reply_hours=(1.8,),
        business_share=0.12,
        health_points=(560.0, 610.0),
    ),
    Profile(
        key="demo-ca",
        name="Maple Harbour Pets",
        platform="amazon",
        marketplace="CA",
        zone="America/Toronto",
        currency="CAD",
        language="en",
        order_prefix="701",
        carriers=("Canada Post", "Purolator"),
        agents=("Chloé", "Ravi"),
        orders_a_day=7,
        conversations_a_day=5.6,
        merchant_share=0.65,
        answer_share=(0.34,),
        solved_share=(0.86, 0.89),
        late_share=(0.02,),
        reply_hours=(1.2,),
        health_points=(480.0, 520.0, 430.0),
    ),
    Profile(
        key="demo-au",
        name="Wattle Bay Baby",
        platform="amazon",
        marketplace="AU",
        zone="Australia/Sydney",
        currency="AUD",
        language="en",
        order_prefix="503",
        carriers=("Australia Post",),
        agents=("Kirra",),
        orders_a_day=3,
        conversations_a_day=1.4,
        merchant_share=0.5,
        answer_share=(0.25,),
        solved_share=(0.9,),
        late_share=(0.015,),
        reply_hours=(1.0,),
        negative_share=(0.001,),
        never=frozenset({"return", "feedback", "policy_violation", "platform_metric"}),
    ),
    Profile(
        key="demo-fr",
        name="Maison Clairval",
        platform="amazon",
        marketplace="FR",
        zone="Europe/Paris",
        currency="EUR",
        language="fr",
        order_prefix="402",
        carriers=("Colissimo", "Chronopost"),
        agents=("Élodie", "Bastien"),
        orders_a_day=6,
        conversations_a_day=4.8,
        merchant_share=0.7,
        answer_share=(0.4,),
        solved_share=(0.83, 0.86),
        late_share=(0.03,),
        reply_hours=(1.7,),
        seller_cancel_share=(0.018,),
        business_share=0.2,
        health_points=(510.0, 540.0),
        return_share=(0.03, 0.06),
    ),
    Profile(
        key="demo-shopify",
        name="山月茶器 Shanyue Tea",
        platform="shopify",
        marketplace="",
        zone="Asia/Shanghai",
        currency="CNY",
        language="zh-Hans",
        order_prefix="53",
        carriers=("SF Express", "ZTO"),
        agents=("陈静", "刘洋"),
        orders_a_day=7,
        conversations_a_day=5.6,
        channels=SHOP_CHANNELS,
        answer_share=(0.36,),
        solved_share=(0.84, 0.88),
        late_share=(0.025,),
        reply_hours=(0.8,),
        negative_share=(0.0,),
        claim_share=(0.0,),
        chargeback_share=(0.002,),
        csat="stars",
        bot=True,
        bounce_share=(0.36, 0.33),
    ),
    Profile(
        key="demo-shopify-2",
        name="Foxglove Skincare",
        platform="shopify",
        marketplace="",
        zone="America/New_York",
        currency="USD",
        language="en",
        order_prefix="61",
        carriers=("USPS", "UPS"),
        agents=("Nia", "Tomás"),
        orders_a_day=6,
        conversations_a_day=5.2,
        channels=SHOP_CHANNELS,
        answer_share=(0.36,),
        solved_share=(0.9, 0.86, 0.88),
        late_share=(0.035, 0.05),
        reply_hours=(1.4, 2.0),
        negative_share=(0.0,),
        claim_share=(0.0,),
        chargeback_share=(0.004, 0.0115),
        return_share=(0.06, 0.12),
        csat="ten",
        bounce_share=(0.48, 0.43),
    ),
    Profile(
        key="demo-shop",
        name="暖光燈飾 Nuanguang Lighting",
        platform="other",
        marketplace="TW",
        zone="Asia/Taipei",
        currency="TWD",
        language="zh-Hant",
        order_prefix="71",
        carriers=("黑貓宅急便", "新竹物流"),
        agents=("林怡君", "張家豪"),
        orders_a_day=5,
        conversations_a_day=4.8,
        channels={"line": 0.3, "email": 0.4, "phone": 0.12, "web_form": 0.18},
        week_start=SUNDAY,
        answer_share=(0.5,),
        solved_share=(0.86, 0.9),
        late_share=(0.02,),
        reply_hours=(0.9,),
        late_shipment_share=(0.02, 0.041),
        claim_share=(0.0,),
        chargeback_share=(0.001,),
        csat="thumbs",
        bounce_share=(0.41, 0.37),
    ),
    Profile(
        key="demo-shop-2",
        name="Keel & Compass",
        platform="other",
        marketplace="IE",
        zone="Europe/Dublin",
        currency="EUR",
        language="en",
        order_prefix="81",
        carriers=("An Post", "DPD"),
        agents=("Niamh", "Cormac"),
        orders_a_day=4,
        conversations_a_day=3.7,
        channels={"email": 0.6, "web_form": 0.2, "phone": 0.1, "whatsapp": 0.1},
        answer_share=(0.46,),
        solved_share=(0.9, 0.87),
        late_share=(0.04,),
        reply_hours=(2.2,),
        late_shipment_share=(0.03, 0.02),
        claim_share=(0.0,),
        chargeback_share=(0.001,),
        never=frozenset({"return"}),
        bounce_share=(0.35, 0.39),
    ),
)

BY_KEY = {profile.key: profile for profile in PROFILES}
