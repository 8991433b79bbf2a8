"""Amazon's mails: which of them a mail is, and what its words mean in the languages of its marketplaces.

Buyers write through relays, `<alias>[+<case>]@marketplace.amazon.<tld>`; an alias is one buyer's for one seller.
Sources: https://sellercentral.amazon.com/help/hub/reference/external/G200383320, and how the mails look.
"""

import re
import unicodedata
from dataclasses import dataclass
from email.message import Message

from intake.readers.mail import headers

TLDS = (
    "com", "ca", "com.mx", "com.br", "co.uk", "ie", "de", "fr", "it", "es", "nl", "se", "pl", "com.be", "com.tr", "ae",
    "sa", "eg", "in", "sg", "com.au", "co.jp",
)  # fmt: skip
_TLD = "|".join(re.escape(one) for one in TLDS)
_RELAY = re.compile(rf"([a-z0-9._-]{{1,64}})(?:\+([a-z0-9-]{{1,64}}))?@(marketplace\.amazon\.(?:{_TLD}))")
_AMAZON = re.compile(rf"[^@]+@(?:marketplace\.)?amazon\.(?:{_TLD})")
_UUID = r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}"
_CASE = re.compile(rf"[?&;](?:cc|ss)=({_UUID})\b", re.IGNORECASE)
_ORDER = re.compile(r"(?<!\d)(?<!\d-)(\d{3}-\d{7}-\d{7})(?!-?\d)")
_TOKEN = re.compile(r"\[commMgrTok:\s*([A-Za-z0-9_-]{1,80})\s*\]")

KIND = "X-Space-Notification-Type"
BUYER, COPY, CANCEL, RETURN, CLAIM, NOTICE = "buyer", "copy", "cancel", "return", "claim", "notice"
_KINDS = {
    "BBC_MESSAGE_SENT_TO_MERCHANT": BUYER,
    "BBC_MESSAGE_CONFIRMATION_TO_MERCHANT": COPY,
    "BRC_SELLER_NOTIFICATION": CANCEL,
    "RETURN_REQUEST": RETURN,
}
# Subjects of the same mails where the field above is missing.
_NAME = r"(?P<name>.{1,120}?)"
_COPIES = re.compile(
    rf"(?:your (?:e-?mail|message) to {_NAME}|ihre (?:e-?mail|nachricht) an {_NAME.replace('name', 'de')}"
    rf"|votre (?:e-?mail|courriel|message)(?: adressée?)? (?:à|a) {_NAME.replace('name', 'fr')}"
    rf"|(?:la tua|il tuo|la sua|il suo) (?:e-?mail|messaggio) (?:a|per) {_NAME.replace('name', 'it')}"
    rf"|(?:tu|su) (?:correo(?: electrónico)?|e-?mail|mensaje) (?:a|para) {_NAME.replace('name', 'es')}"
    rf"|(?:o )?(?:seu|sua) (?:e-?mail|mensagem) (?:para|a) {_NAME.replace('name', 'pt')}"
    rf"|(?:je|uw) (?:e-?mail|bericht) aan {_NAME.replace('name', 'nl')}"
    rf"|ditt (?:e-?post(?:meddelande)?|meddelande) till {_NAME.replace('name', 'sv')}"
    rf"|(?:twój|twoja) (?:e-?mail|wiadomość(?: e-?mail)?) do {_NAME.replace('name', 'pl')}"
    rf"|{_NAME.replace('name', 'ja')} ?(?:様|さん)(?:へ|宛て?)の(?:Eメール|メール|メッセージ)"
    rf"|您发(?:送)?给 ?{_NAME.replace('name', 'zh')} ?的(?:电子邮件|邮件|消息))(?: ?[(（].*)?",
    re.IGNORECASE,
)
_CANCELS = re.compile(
    r"order cancell?ation request|cancell?ation request|stornierungsanfrage|anfrage zur stornierung|"
    r"demande d['’]annulation|richiesta di (?:annullamento|cancellazione)|solicitud de cancelación|"
    r"(?:solicitação|pedido) de cancelamento|annuleringsverzoek|begäran om avbokning|prośba o anulowanie|"
    r"キャンセル(?:の)?(?:リクエスト|依頼)|取消(?:订单)?(?:请求|申请)",
    re.IGNORECASE,
)
_RETURNS = re.compile(
    r"return (?:authori[sz]ation|request)|rücksende(?:antrag|anfrage|genehmigung)|demande de retour|"
    r"autorisation de retour|richiesta di reso|autorizzazione al reso|solicitud de devolución|"
    r"autorización de devolución|(?:solicitação|autorização|pedido) de devolução|retourverzoek|returbegäran|"
    r"prośba o zwrot|返品(?:リクエスト|依頼|の?承認)|退货(?:请求|申请)",
    re.IGNORECASE,
)
_CLAIMS = re.compile(r"a[- ]to[- ]z|a[- ]bis[- ]z|de la a a la z|a-z-?garanti|マーケットプレイス保証", re.IGNORECASE)

# "<topic> inquiry from Amazon customer NAME (Order: ...)" and the like: the buyer's name is nothing to be stored.
_INQUIRY = re.compile(
    r"(?P<before>.{0,120}?)\s*(?:"
    r"(?:inquiry|enquiry|message|question) from (?:the )?amazon customer(?! service)|"
    r"inquiry from amazon customer service on behalf of|"
    r"(?:anfrage|nachricht) (?:von|vom) (?:dem )?amazon[- ]?kunden|"
    r"demande de renseignements (?:de la part )?du client amazon|(?:message|question) du client amazon|"
    r"(?:richiesta|messaggio|domanda) (?:da|dal)(?: parte del)? cliente amazon|"
    r"(?:consulta|pregunta|mensaje) (?:del|de un|de la parte del) cliente de amazon|"
    r"(?:pergunta|consulta|mensagem|solicitação) do cliente (?:da )?amazon|"
    r"(?:vraag|bericht) van amazon[- ]klant|fråga från amazon[- ]kund(?:en)?|zapytanie od klienta amazon"
    r")\s*:?\s*(?P<name>.{1,120}?)\s*(?P<after>[(（].*)?",
    re.IGNORECASE,
)
_INQUIRY_JA = re.compile(
    r"Amazonのカスタマー\s*(?P<name>.{1,120}?)\s*様から(?:の)?(?P<before>.{0,80}?)(?:に関する)?お問い合わせ(?P<after>.*)"
)
_ON_BEHALF = re.compile(r"we(?:'|’)ve been contacted by a customer regarding the order identified below", re.IGNORECASE)
_MARKETPLACE_SUFFIX = re.compile(r"\s*(?:-|–|\()\s*amazon(?:\.[a-z.]+)?(?: marketplace)?\)?\s*$", re.IGNORECASE)

# Marker lines: dashes and spaces vary, and all may stand on one line.
_BEGIN = re.compile(
    r"-{2,}[ \t]*(?:Begin message|Message ?:|Anfang der Nachricht|Début du message|Inizio messaggio|Iniciar mensaje|"
    r"Mensagem ?:|Iniciar mensagem|メッセージはここから)(?:[ \t]*/[ \t]*Début du message)?[ \t]*:?[ \t]*-{2,}",
    re.IGNORECASE,
)
_END = re.compile(
    r"-{2,}[ \t]*(?:End message|Ende der Nachricht|Fin du message|Fine messaggio|Finalizar mensaje|Encerrar mensagem|"
    r"Mensagem final|Fim da mensagem|メッセージはここまで)(?:[ \t]*/[ \t]*Fin du message)?[ \t]*:?[ \t]*-{2,}",
    re.IGNORECASE,
)
_MESSAGE_LINE = re.compile(
    r"^[ \t]*(?:Message|Nachricht|Messaggio|Mensaje|Mensagem|Bericht|Meddelande|Wiadomość|メッセージ)[ \t]*[:：]",
    re.IGNORECASE | re.MULTILINE,
)
_FOOTER = re.compile(
    r"^[ \t]*(?:For Your Information: ?To help arbitrate|To mark this message as no response needed|"
    r"\[commMgrTok:|Zu Ihrer Information: ?Um|Pour votre information ?:|Per tua informazione ?:|"
    r"Para su información ?:|Para sua informação ?:|Ter informatie ?:|För din information ?:|"
    r"Do Twojej wiadomości ?:|ご参考までに|お知らせ[:：])",
    re.IGNORECASE | re.MULTILINE,
)


@dataclass(frozen=True, slots=True)
class Relay:
    """A buyer's address for this seller, and the case in Seller Central where the address names it."""

    alias: str
    domain: str
    case: str = ""

    @property
    def address(self) -> str:
        return f"{self.alias}@{self.domain}"


def relay_of(address: str) -> Relay | None:
    """The relay that an address is, by its whole domain."""
    found = _RELAY.fullmatch(address.lower())
    if found is None:
        return None
    case = found[2] or ""
    return Relay(found[1], found[3], case if re.fullmatch(_UUID, case) else "")


def is_amazon(address: str) -> bool:
    return bool(_AMAZON.fullmatch(address.lower()))


def kind_of(mail: Message, sender: str, subject: str) -> str:
    """Which of Amazon's mails a mail from one of its addresses is."""
    named = headers.field(mail, KIND).upper()
    if named.startswith("A_Z_CLAIM"):
        return CLAIM
    if named in _KINDS:
        return _KINDS[named]
    if named:
        return NOTICE
    if relay_of(sender) is not None:
        return BUYER
    for kind, pattern in ((COPY, _COPIES), (CLAIM, _CLAIMS), (CANCEL, _CANCELS), (RETURN, _RETURNS)):
        if pattern.fullmatch(subject) if kind is COPY else pattern.search(subject):
            return kind
    return NOTICE


def order_in(*texts: str) -> str:
    """The first order ID of these texts, "" where none names one. Its digits say nothing about the marketplace."""
    return next((found[1] for text in texts if (found := _ORDER.search(text))), "")


def token_in(*texts: str) -> str:
    """The token of the thread in Seller Central, "" where there is none."""
    return next((found[1] for text in texts if (found := _TOKEN.search(text))), "")


def case_in(text: str) -> str:
    """The case that the links of a mail name."""
    found = _CASE.search(text.replace("&amp;", "&"))
    return found[1].lower() if found else ""


def copied_to(subject: str) -> str:
    """The name of the buyer in the subject of a copy."""
    found = _COPIES.fullmatch(subject)
    return next((name for name in found.groupdict().values() if name), "").strip() if found else ""


def buyer_name(shown: str, subject: str) -> str:
    """The buyer's name: as the sender is shown, unless that is Amazon itself; then as the subject has it.

    The subject comes second because it sometimes names the seller instead.
    """
    shown = _MARKETPLACE_SUFFIX.sub("", shown).strip()
    if shown and "amazon" not in shown.lower():
        return shown
    found = _INQUIRY.fullmatch(subject) or _INQUIRY_JA.fullmatch(subject)
    return found["name"].strip() if found else ""


def without_name(subject: str, name: str) -> tuple[str, str]:
    """A subject without the buyer's name, and its topic ("" where it has none)."""
    found = _INQUIRY.fullmatch(subject) or _INQUIRY_JA.fullmatch(subject)
    if found is None:
        shown = subject.replace(name, "").strip() if len(name) > 1 else subject
        return re.sub(r"\s+", " ", shown), ""
    topic = found["before"].strip(" -–:")
    return f"{topic} {(found['after'] or '').strip()}".strip(), topic[:80]


def fold(name: str) -> str:
    """A name without accents and in small letters, as both mails about one buyer write it."""
    plain = unicodedata.normalize("NFKD", name.casefold())
    return " ".join("".join(one for one in plain if not unicodedata.combining(one)).split())


def is_on_behalf(text: str) -> bool:
    """Whether Amazon wrote this for a buyer who had called it."""
    return bool(_ON_BEHALF.search(text[:2000]))


def written(text: str, blocks: list[str]) -> str:
    """What the person wrote: the one `pre` block, between the markers, after "Message:", or all above the footer."""
    if len(blocks) == 1 and not _BEGIN.search(text):
        return _above_footer(blocks[0])
    begin = _BEGIN.search(text)
    if begin is not None:
        end = _END.search(text, begin.end())
        return text[begin.end() : end.start()].strip() if end else _above_footer(text[begin.end() :])
    line = _MESSAGE_LINE.search(text)
    return _above_footer(text[line.end() :] if line else text)


def _above_footer(text: str) -> str:
    footer = _FOOTER.search(text)
    above = text[: footer.start()].strip() if footer else text.strip()
    return _TOKEN.sub("", above or text).strip()
