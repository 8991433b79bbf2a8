"""What buyers and agents of the sample accounts write, in the language of their marketplace."""

from dataclasses import dataclass

TOPICS = {  # topic: how often
    "Where is my order": 0.3,
    "Damaged or faulty": 0.16,
    "Return or refund": 0.16,
    "Question before buying": 0.14,
    "How to use it": 0.1,
    "Wrong item": 0.06,
    "Change or cancel": 0.05,
    "Invoice": 0.03,
}


@dataclass(frozen=True, slots=True)
class Language:
    """The sentences of one language: for each topic what a buyer asks and what an agent answers."""

    asks: dict[str, tuple[str, ...]]
    answers: dict[str, tuple[str, ...]]
    nudges: tuple[str, ...]
    more: tuple[str, ...]
    more_answers: tuple[str, ...]
    thanks: tuple[str, ...]
    greeting: str  # the seller writes first
    received: str  # automatic acknowledgement
    bot: str
    note: str
    spam: str
    good: tuple[str, ...]  # comments in the survey
    bad: tuple[str, ...]


def _topics(*lines: tuple[str, ...]) -> dict[str, tuple[str, ...]]:
    return dict(zip(TOPICS, lines, strict=True))


ENGLISH = Language(
    asks=_topics(
        ("Tracking has not moved for four days. Where is my parcel?", "My order was due yesterday and is not here."),
        ("It arrived with a crack along the side.", "It worked once and then stopped."),
        ("I would like to send this back, it is smaller than I thought.", "When will I get my refund?"),
        ("Does this fit the larger model too?", "Is the blue one coming back in stock?"),
        ("The manual skips step three. How do I put it together?", "Can it go in the dishwasher?"),
        ("I ordered two and got a different colour.", "This is not the item on the page."),
        ("Can you change the delivery address?", "I ordered twice by mistake, please cancel one."),
        ("I need an invoice with our company's name.", "Could you send the receipt again?"),
    ),
    answers=_topics(
        ("The carrier found it in the depot; it is out for delivery tomorrow.", "I have sent a new one by express."),
        ("Sorry about that. A replacement left today, no need to return the old one.", "I have refunded it in full."),
        ("Your return label is attached. The refund follows within two days.", "Your refund was issued this morning."),
        ("Yes, it fits both models.", "It is back next week; I have put one aside for you."),
        ("Here is the missing step with a photo.", "Yes, on the upper rack."),
        ("Our mistake. The right one is on its way.", "Please keep it; the right item leaves today."),
        ("The address is changed.", "One of the two is cancelled and refunded."),
        ("The invoice is attached.", "Sent again just now."),
    ),
    nudges=("Is anybody there?", "Could you please reply?", "Adding the order number in case it helps."),
    more=("One more question: is the warranty two years?", "It still does not work, what now?", "And by when?"),
    more_answers=("Yes, two years from the day of delivery.", "Let me send you a new part.", "By Friday."),
    thanks=("Thanks, that did it!", "Great, thank you.", "Perfect, thanks for the quick help."),
    greeting="Your order ships in two parcels; the second one follows tomorrow.",
    received="We have received your message and will answer within one working day.",
    bot="Hi! I am the shop's assistant. You may find the answer on our help page.",
    note="Checked with the warehouse, stock is fine.",
    spam="Grow your shop! Thousands of followers from 9.99, order today.",
    good=("Quick and friendly.", "Solved at once.", ""),
    bad=("Did not answer my question.", "Still waiting.", "Copied text, no help."),
)

WRONG_TEMPLATE = "To return an item, open Your Orders, choose Return items, print the label. This case is closed."

GERMAN = Language(
    asks=_topics(
        ("Die Sendungsverfolgung steht seit vier Tagen still. Wo ist mein Paket?", "Sollte gestern hier sein."),
        ("Das Gehäuse hat einen Riss.", "Nach einmaligem Gebrauch defekt."),
        ("Ich möchte den Artikel zurückgeben.", "Wann kommt meine Erstattung?"),
        ("Passt das auch auf das größere Modell?", "Kommt die blaue Ausführung wieder?"),
        ("In der Anleitung fehlt Schritt drei.", "Welches Öl brauche ich dafür?"),
        ("Ich habe eine andere Größe erhalten.", "Das ist nicht der bestellte Artikel."),
        ("Können Sie die Lieferadresse ändern?", "Doppelt bestellt, bitte einmal stornieren."),
        ("Ich brauche eine Rechnung auf die Firma.", "Bitte die Rechnung noch einmal senden."),
    ),
    answers=_topics(
        ("Das Paket lag im Depot und wird morgen zugestellt.", "Ersatz ist per Express unterwegs."),
        ("Das tut uns leid. Ersatz ist heute raus.", "Der Betrag ist vollständig erstattet."),
        ("Das Rücksendeetikett hängt an.", "Die Erstattung wurde heute veranlasst."),
        ("Ja, es passt auf beide Modelle.", "Nächste Woche wieder da."),
        ("Hier ist der fehlende Schritt mit Foto.", "Ein normales Maschinenöl genügt."),
        ("Unser Fehler, der richtige Artikel ist unterwegs.", "Bitte behalten, der richtige geht heute raus."),
        ("Die Adresse ist geändert.", "Eine Bestellung ist storniert."),
        ("Die Rechnung hängt an.", "Gerade noch einmal gesendet."),
    ),
    nudges=("Ist da jemand?", "Bitte um Antwort.", "Hier noch die Bestellnummer."),
    more=("Noch eine Frage: wie lange gilt die Garantie?", "Es geht immer noch nicht.", "Bis wann?"),
    more_answers=("Zwei Jahre ab Lieferung.", "Wir senden ein neues Teil.", "Spätestens bis Freitag."),
    thanks=("Danke, hat geklappt!", "Super, vielen Dank.", "Perfekt, danke."),
    greeting="Ihre Bestellung kommt in zwei Paketen; das zweite folgt morgen.",
    received="Ihre Nachricht ist eingegangen. Wir antworten innerhalb eines Werktags.",
    bot="Hallo! Ich bin der Assistent des Ladens. Vielleicht hilft unsere Hilfeseite.",
    note="Mit dem Lager geklärt.",
    spam="Mehr Umsatz für Ihren Shop! Tausende Follower ab 9,99.",
    good=("Schnell und freundlich.", "Sofort gelöst.", ""),
    bad=("Meine Frage wurde nicht beantwortet.", "Warte noch immer.", "Nur ein Textbaustein."),
)

FRENCH = Language(
    asks=_topics(
        ("Le suivi n'a pas bougé depuis quatre jours. Où est mon colis ?", "Ma commande devait arriver hier."),
        ("Le produit est arrivé fêlé.", "Il a marché une fois puis plus rien."),
        ("Je voudrais le renvoyer.", "Quand serai-je remboursé ?"),
        ("Est-ce compatible avec le grand modèle ?", "Le bleu revient-il en stock ?"),
        ("Il manque l'étape trois dans la notice.", "Passe-t-il au lave-vaisselle ?"),
        ("J'ai reçu une autre couleur.", "Ce n'est pas l'article commandé."),
        ("Pouvez-vous changer l'adresse ?", "Commandé deux fois par erreur, merci d'en annuler une."),
        ("Il me faut une facture au nom de la société.", "Pouvez-vous renvoyer la facture ?"),
    ),
    answers=_topics(
        ("Le colis était au dépôt, il sera livré demain.", "Un nouveau colis est parti en express."),
        ("Toutes nos excuses, un remplacement part aujourd'hui.", "Vous êtes intégralement remboursé."),
        ("L'étiquette de retour est jointe.", "Le remboursement a été émis ce matin."),
        ("Oui, avec les deux modèles.", "De retour la semaine prochaine."),
        ("Voici l'étape manquante avec une photo.", "Oui, dans le panier du haut."),
        ("Notre erreur, le bon article est en route.", "Gardez-le, le bon part aujourd'hui."),
        ("L'adresse est changée.", "L'une des deux est annulée."),
        ("La facture est jointe.", "Renvoyée à l'instant."),
    ),
    nudges=("Il y a quelqu'un ?", "Merci de me répondre.", "Voici aussi le numéro de commande."),
    more=("La garantie dure-t-elle deux ans ?", "Cela ne marche toujours pas.", "Pour quand ?"),
    more_answers=("Oui, deux ans à partir de la livraison.", "Je vous envoie une nouvelle pièce.", "Vendredi."),
    thanks=("Merci, c'est réglé !", "Super, merci.", "Parfait, merci."),
    greeting="Votre commande part en deux colis ; le second suit demain.",
    received="Nous avons bien reçu votre message et répondrons sous un jour ouvré.",
    bot="Bonjour ! Je suis l'assistant de la boutique. Notre page d'aide peut vous renseigner.",
    note="Vérifié avec l'entrepôt.",
    spam="Faites grandir votre boutique ! Des milliers d'abonnés dès 9,99.",
    good=("Rapide et aimable.", "Réglé tout de suite.", ""),
    bad=("Pas de réponse à ma question.", "J'attends encore.", "Réponse toute faite."),
)

JAPANESE = Language(
    asks=_topics(
        ("四日前から追跡が更新されません。荷物はどこですか。", "昨日届くはずの商品が届いていません。"),
        ("届いたときに割れていました。", "一度使っただけで壊れました。"),
        ("返品をお願いしたいです。", "返金はいつになりますか。"),
        ("大きいサイズにも合いますか。", "青の再入荷はありますか。"),
        ("説明書の手順三が抜けています。", "食洗機は使えますか。"),
        ("違う色が届きました。", "注文した商品と違います。"),
        ("配送先を変更できますか。", "二重に注文したので一つ取り消してください。"),
        ("会社名の領収書をお願いします。", "領収書を再送してください。"),
    ),
    answers=_topics(
        ("配送センターで確認でき、明日お届けします。", "代わりの品を速達でお送りしました。"),
        ("申し訳ございません。本日代替品を発送しました。", "全額を返金いたしました。"),
        ("返送用ラベルを添付いたします。", "本日返金の手続きをいたしました。"),
        ("はい、どちらにも合います。", "来週入荷いたします。"),
        ("抜けている手順を写真と一緒にお送りします。", "はい、上段でお使いいただけます。"),
        ("こちらの誤りです。正しい品を発送しました。", "そのままお持ちください。本日お送りします。"),
        ("配送先を変更いたしました。", "一件を取り消しました。"),
        ("領収書を添付いたします。", "再送いたしました。"),
    ),
    nudges=("返信をお願いします。", "まだでしょうか。", "注文番号を追記します。"),
    more=("保証は二年ですか。", "まだ動きません。", "いつまでになりますか。"),
    more_answers=("はい、お届けから二年です。", "新しい部品をお送りします。", "金曜日までにお届けします。"),
    thanks=("解決しました。ありがとうございます。", "助かりました。", "ご対応ありがとうございました。"),
    greeting="ご注文は二つに分けて発送します。二つ目は明日です。",
    received="お問い合わせを受け付けました。一営業日以内にお返事いたします。",
    bot="こんにちは。ショップのアシスタントです。ヘルプページをご覧ください。",
    note="倉庫に確認済み。",
    spam="ショップの売上を伸ばしませんか。フォロワー千人から承ります。",
    good=("とても早い対応でした。", "すぐに解決しました。", ""),
    bad=("質問に答えていません。", "まだ待っています。", "定型文だけでした。"),
)

SIMPLIFIED = Language(
    asks=_topics(
        ("物流四天没更新了，我的包裹在哪里？", "昨天就该到的，还没收到。"),
        ("收到时茶杯有裂纹。", "用了一次就坏了。"),
        ("我想退货。", "退款什么时候到账？"),
        ("大号的也能配吗？", "青色的还会补货吗？"),
        ("说明书缺第三步。", "可以放洗碗机吗？"),
        ("收到的颜色不对。", "这不是我买的那款。"),
        ("能改一下收货地址吗？", "重复下单了，请取消一单。"),
        ("需要开公司抬头的发票。", "发票能再发一次吗？"),
    ),
    answers=_topics(
        ("包裹在网点找到了，明天派送。", "已经用特快补发一份。"),
        ("非常抱歉，今天已补发新的，旧的不用寄回。", "已全额退款。"),
        ("退货单已发给您，两天内退款。", "今天上午已退款。"),
        ("可以，两款都能配。", "下周到货，已为您预留。"),
        ("这是缺的那一步，附照片。", "可以，放上层。"),
        ("是我们发错了，正确的已寄出。", "您留着就好，今天补发。"),
        ("地址已修改。", "已取消其中一单。"),
        ("发票已附上。", "刚刚重新发送。"),
    ),
    nudges=("有人吗？", "请回复一下。", "补充一下订单号。"),
    more=("请问保修多久？", "还是不行。", "什么时候能到？"),
    more_answers=("保修两年。", "给您寄一个新配件。", "最晚周五。"),
    thanks=("好了，谢谢！", "太好了，多谢。", "收到，谢谢。"),
    greeting="您的订单分两个包裹发出，第二个明天发。",
    received="已收到您的消息，一个工作日内回复。",
    bot="您好！我是小店助手，您可以先看看帮助页面。",
    note="已和仓库确认。",
    spam="店铺涨粉，千粉起做，今日下单有优惠。",
    good=("回复很快，态度好。", "一次就解决了。", ""),
    bad=("没有回答我的问题。", "还在等。", "全是套话。"),
)

TRADITIONAL = Language(
    asks=_topics(
        ("物流四天沒更新了，我的包裹在哪裡？", "昨天就該到的，還沒收到。"),
        ("收到時燈罩有裂痕。", "用了一次就壞了。"),
        ("我想退貨。", "退款什麼時候會到？"),
        ("大的那款也可以用嗎？", "藍色還會補貨嗎？"),
        ("說明書少了第三步。", "可以用調光開關嗎？"),
        ("收到的顏色不對。", "這不是我訂的那款。"),
        ("可以改收件地址嗎？", "重複下單了，請取消一張。"),
        ("需要開公司統編的發票。", "發票可以再寄一次嗎？"),
    ),
    answers=_topics(
        ("包裹在營業所找到了，明天配送。", "已經用快遞補寄一份。"),
        ("非常抱歉，今天已寄出新品，舊的不用寄回。", "已全額退款。"),
        ("退貨單已附上，兩天內退款。", "今天早上已退款。"),
        ("可以，兩款都適用。", "下週到貨，已為您保留。"),
        ("這是缺少的步驟，附照片。", "可以，請用前緣調光。"),
        ("是我們寄錯了，正確的已寄出。", "請留著，今天補寄。"),
        ("地址已修改。", "已取消其中一張。"),
        ("發票已附上。", "剛剛重新寄出。"),
    ),
    nudges=("有人在嗎？", "麻煩回覆一下。", "補充一下訂單編號。"),
    more=("請問保固多久？", "還是不行。", "什麼時候會到？"),
    more_answers=("保固兩年。", "寄一個新零件給您。", "最晚星期五。"),
    thanks=("好了，謝謝！", "太好了，感謝。", "收到，謝謝。"),
    greeting="您的訂單分兩箱寄出，第二箱明天寄。",
    received="已收到您的訊息，一個工作天內回覆。",
    bot="您好！我是小店助理，您可以先看看說明頁面。",
    note="已跟倉庫確認。",
    spam="店鋪漲粉，千粉起做，今日下單有優惠。",
    good=("回覆很快，很親切。", "一次就解決了。", ""),
    bad=("沒有回答我的問題。", "還在等。", "都是罐頭訊息。"),
)

LANGUAGES = {
    "en": ENGLISH,
    "de": GERMAN,
    "fr": FRENCH,
    "ja": JAPANESE,
    "zh-Hans": SIMPLIFIED,
    "zh-Hant": TRADITIONAL,
}
