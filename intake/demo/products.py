"""What the sample accounts sell, and what it costs in their money."""

# Title and price in US dollars; in an account hit by a bad batch, it is the first product that is bad.
PRODUCTS = {
    "demo-us": (("Cast iron pan 26 cm", 38), ("Glass storage set", 27), ("Travel mug 0.5 l", 19), ("Cork trivet", 12)),
    "demo-us-2": (("Camping lantern", 32), ("Sleeping mat", 45), ("Dry bag 20 l", 18), ("Titanium cup", 24)),
    "demo-de": (("Akkuschrauber 12 V", 69), ("Bitsatz 32-teilig", 18), ("Schraubzwinge", 14), ("Werkzeugrolle", 29)),
    "demo-jp": (("方眼ノート A5 三冊", 12), ("万年筆 細字", 48), ("木のペン皿", 21), ("和紙テープ 十巻", 9)),
    "demo-uk": (("Lambswool throw", 64), ("Linen cushion", 28), ("Tea towel set", 16), ("Merino scarf", 39)),
    "demo-ca": (("Dog harness M", 33), ("Slow feeder bowl", 17), ("Cat tunnel", 26), ("Paw balm", 11)),
    "demo-au": (("Swaddle wrap, three", 34), ("Bath thermometer", 15), ("Pram organiser", 29), ("Night light", 22)),
    "demo-fr": (("Nappe en lin", 45), ("Bougie figuier", 22), ("Plateau en chêne", 34), ("Coussin lavé", 28)),
    "demo-shopify": (("青瓷茶杯 两只", 26), ("紫砂壶 200 毫升", 88), ("竹茶盘", 35), ("白茶 100 克", 30)),
    "demo-shopify-2": (("Rose cleanser", 24), ("Night cream 50 ml", 42), ("Lip balm, three", 14), ("Clay mask", 19)),
    "demo-shop": (("木紋檯燈", 58), ("暖光燈泡 四入", 16), ("藤編吊燈", 96), ("感應夜燈", 18)),
    "demo-shop-2": (("Brass compass", 54), ("Waxed duffel", 118), ("Deck knife", 36), ("Oilskin hat", 42)),
}

# As the platform names their categories; valid tracking is judged in each of them.
CATEGORIES = {
    "demo-us": ("Cookware", "Storage", "Drinkware", "Cookware"),
    "demo-us-2": ("Lighting", "Sleeping gear", "Bags", "Cookware"),
    "demo-de": ("Power tools", "Tool accessories", "Hand tools", "Storage"),
    "demo-jp": ("Paper", "Pens", "Desk", "Paper"),
    "demo-uk": ("Home textiles", "Home textiles", "Kitchen textiles", "Clothing"),
    "demo-ca": ("Dogs", "Feeding", "Cats", "Care"),
    "demo-au": ("Nursery", "Bath", "Prams", "Nursery"),
    "demo-fr": ("Table", "Candles", "Table", "Home textiles"),
}

RATES = {"USD": 1.0, "EUR": 0.9, "GBP": 0.8, "CAD": 1.35, "AUD": 1.5, "JPY": 150.0, "CNY": 7.2, "TWD": 32.0}
WHOLE_MONEY = {"JPY", "TWD"}  # their amounts are written without decimals


def money(dollars: float, currency: str) -> str:
    """A price in the account's currency, as the decimal text the contract takes."""
    amount = dollars * RATES[currency]
    return str(int(amount)) if currency in WHOLE_MONEY else f"{amount:.2f}"
