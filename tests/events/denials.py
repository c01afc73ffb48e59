"""Sentences that say a parcel is delivered, returned, cancelled, lost or destroyed; and the same denied or foretold."""

import re

# By language: what may be said of a parcel (each ends its journey), and how it is denied, foretold or doubted.
SAID = {
    "en": [
        "delivered",
        "delivered to the recipient",
        "delivered to a neighbour",
        "delivered to the reception",
        "delivered at the front door",
        "delivered in the mailbox",
        "left at the front door",
        "collected by the customer",
        "picked up by the recipient",
        "collected from the locker",
        "handed to the consignee",
        "signed for by the recipient",
        "returned to the sender",
        "delivered back to the sender",
        "cancelled",
        "lost",
        "destroyed",
    ],
    "zh": [
        "签收",
        "妥投",
        "送达客户",
        "派送成功",
        "投递成功",
        "送达收件人",
        "由前台代收",
        "由家人签收",
        "放在家门口",
        "投入信箱",
        "由客户取走",
        "从丰巢柜取出",
        "退回至寄件人",
        "退回签收",
        "丢失",
        "销毁",
    ],
    "de": [
        "zugestellt",
        "dem Empfänger ausgehändigt",
        "ausgeliefert",
        "einem Nachbarn übergeben",
        "im Briefkasten hinterlegt",
        "vom Empfänger abgeholt",
        "an den Absender zugestellt",
        "als verloren gemeldet",
        "vernichtet",
        "storniert",
    ],
    "fr": [
        "livré",
        "distribué",
        "remis au destinataire",
        "livré à un voisin",
        "livré dans la boîte aux lettres",
        "retiré par le destinataire",
        "livré à l'expéditeur",
        "détruit",
        "annulé",
        "perdu",
    ],
    "es": [
        "entregado",
        "entregado al destinatario",
        "entregado a un vecino",
        "depositado en el buzón",
        "recogido por el destinatario",
        "devuelto al remitente",
        "destruido",
        "cancelado",
    ],
    "it": ["consegnato", "consegnata al destinatario"],
    "nl": ["bezorgd", "afgeleverd"],
    "pt": [
        "entregue",
        "entregue ao destinatário",
        "entregue a um vizinho",
        "entregue na caixa de correio",
        "retirado pelo destinatário",
        "devolvido ao remetente",
        "destruído",
        "cancelado",
    ],
}
AFFIRMED = {
    "en": "Your parcel was {}.",
    "zh": "您的快件已{}",
    "de": "Die Sendung wurde {}.",
    "fr": "Votre colis a été {}.",
    "es": "El envío ha sido {}.",
    "it": "La spedizione è stata {}.",
    "nl": "Het pakket is {}.",
    "pt": "O objeto foi {}.",
}
DENIED = {
    "en": [
        "Your parcel was not {}.",
        "Not {}",
        "The shipment has not been {} yet.",
        "The item could not be {}.",
        "Couldn't be {}",
        "It cannot be {}",
        "Your parcel will be {} tomorrow.",
        "Will be {}",
        "The package is to be {}.",
        "Expected to be {} today",
        "Scheduled to be {}",
        "It should be {} within 3 days.",
        "If it is {}, you will be told.",
        "Please tell us once it is {}.",
        "It was never {}.",
        "We were unable to have it {}: it cannot be {} now.",
    ],
    "zh": [
        "未{}",
        "快件尚未{}",
        "快件未能{}",
        "您的快件无法{}",
        "快件待{}",
        "快件等待{}",
        "快件准备{}",
        "快件即将{}",
        "预计明天{}",
        "快件将{}",
        "快件没有{}",
        "是否{}",
        "如{}请告知",
    ],
    "de": [
        "Die Sendung wurde nicht {}.",
        "Nicht {}",
        "Die Sendung konnte nicht {} werden.",
        "Die Sendung wurde noch nicht {}.",
        "Die Sendung wird {}.",
        "Die Sendung wird morgen {}.",
        "Die Sendung soll {} werden.",
        "Die Sendung kann nicht {} werden.",
        "Falls die Sendung {} wird, informieren wir Sie.",
        "Die Sendung wird voraussichtlich am Montag {}.",
    ],
    "fr": [
        "Votre colis n'a pas été {}.",
        "Pas {}",
        "Votre colis n’a pas pu être {}.",
        "Votre colis sera {} demain.",
        "Votre colis va être {}.",
        "Votre colis doit être {}.",
        "Votre colis n'est pas encore {}.",
        "Si votre colis est {}, nous vous informerons.",
    ],
    "es": [
        "El envío no ha sido {}.",
        "No {}",
        "El envío no pudo ser {}.",
        "El envío será {} mañana.",
        "El envío va a ser {}.",
        "El envío aún no fue {}.",
        "Si el envío es {}, le avisaremos.",
        "Pendiente de ser {}",
    ],
    "it": [
        "La spedizione non è stata {}.",
        "Non {}",
        "La spedizione sarà {}.",
        "La spedizione verrà {} domani.",
        "La spedizione deve essere {}.",
    ],
    "nl": [
        "Het pakket is niet {}.",
        "Het pakket is nog niet {}.",
        "Het pakket wordt vandaag {}.",
        "Het pakket kon niet worden {}.",
        "Het pakket zal morgen worden {}.",
    ],
    "pt": [
        "O objeto não foi {}.",
        "Não {}",
        "O objeto não pôde ser {}.",
        "O objeto será {} amanhã.",
        "O objeto vai ser {}.",
        "O objeto ainda não foi {}.",
        "Se o objeto for {}, avisaremos.",
        "Aguardando ser {}",
    ],
}
# How a sentence of the golden set is turned into its contrary: the words that say it, and what stands in their stead.
_TURNS = {
    "en": (
        r"\b(?:has been |have been |was |were |is )?(?:successfully )?"
        r"(delivered|collected by|picked up by|signed for|returned to)",
        ["has not been {}", "could not be {}", "will be {}", "is expected to be {}", "cannot be {}"],
    ),
    "zh": (
        r"已?(?:经|(?:被|由)[^,，。]{0,8}?)?(签收|簽收|妥投|送达|送達|派送成功|投递成功|代收(?!点))",
        ["未{}", "尚未{}", "无法{}", "等待{}", "准备{}"],
    ),
    "de": (
        r"\b(?:wurde|ist)\b(.*\b(?:zugestellt|ausgehändigt|ausgeliefert|übergeben))",
        ["wird{}", "wurde nicht{}", "wird morgen{}"],
    ),
    "fr": (r"\b(?:a été|est) (livré|distribué|remis)", ["sera {}", "n'a pas été {}", "va être {}"]),
    "es": (r"\b(?:ha sido |fue )?(entregad[oa])", ["será {}", "no ha sido {}", "no pudo ser {}"]),
    "pt": (r"\b(?:foi )?(entregue)", ["será {}", "não foi {}", "não pôde ser {}"]),
}
_OTHER_CLAIM = "picked up|签收|退回"


def denied_sentences(lang: str) -> list[str]:
    return [denial.format(said, said) for denial in DENIED[lang] for said in SAID[lang]]


def turned(lang: str, message: str) -> list[str]:
    """The message with its first claim denied or put into the future; nothing where it makes none in these words."""
    words, turns = _TURNS[lang[:2]]
    found = re.search(words, message, re.IGNORECASE)
    # A second claim would stand as it is.
    if found is None or re.search(_OTHER_CLAIM, message[found.end() :], re.IGNORECASE):
        return []
    before, after = message[: found.start()], message[found.end() :]
    return [before + turn.format(found[1].lower()) + after for turn in turns]
