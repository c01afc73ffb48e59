"""Whether a claim in a courier text is denied, doubted or foretold: "could not be", "will be", 未, "wird", "sera"."""

import re

from pipeline.events.text import either_spelling

# Chinese says it right before the claim. 将 is the future only there: "将快件放在门口" tells what was done.
_RIGHT_BEFORE = re.compile(
    "(?:(?:(?<!接)(?<!招)待|尚未|暂未|并未|从未|未|没有?|无法|不能|不会|不可|难以|将|即将|拟|若|如果?|一旦|请您?|如需|是否"
    "|明[日天]|今日内|(?<![回相供反])应|(?<![认许])可|(?<![必急])需|(?:通知|提醒)(?:您|客户|收件人)|拒绝|预约|尽快)"
    "(?:会|能|由|被|经|在|从|于|能够|成功|已|需){0,2}|(?:等待|准备|有待)[^,。;!?]{0,6}|预计[^,。;!?]{0,8})$"
)
# The others say it anywhere in the clause. Words that mean something else in another language come with a second one.
_DENIALS = (
    r"\bnot\b(?! (?:requested|required|needed|necessary))|n't\b"
    r"|\b(?:never|cannot|unable|unless|until|whether|once|if)\b|\b(?:expected|scheduled|due|failed) to\b"
    r"|\b(?:will|would|shall|should|can|could|may|might|must|to)(?: \w+){0,2} be\b"
    r"|\b(?:nicht|kein\w*|wird|werden|soll\w*|kann|könn\w*|falls|sobald|bevor|voraussichtlich)\b"
    r"|\b(?:pas|jamais|sera|seront|va être|doit|doivent|pourra|peut|dès que|lorsque)\b|\bsi (?:votre|le|la|l'|vous)"
    r"|\b(?:não|nunca|será|serán|va a|vai|puede|pode|debe|deve|aún|ainda|pendiente|aguardando)\b|\bse [oa] |\bsi el "
    r"|\bno (?:se|ha|fue|pudo|puede|es|está|entreg|devuel|deposit|recog|cancel|destru)|\b(?:per|a) ser\b"
    r"|\b(?:niet|geen|wordt|worden|zal|kan|inte|ej|ska|kommer|ikke|blir|bliver|skal|ei|non|verrà|sarà|nie|zostanie|będzie)\b"
    # doubted
    r"|\b(?:likely|probably|possibly|perhaps|presumably|supposedly|nearly|almost|appears|seems|neither)\b"
    r"|\b(?:may|might|could|should|would) have\b|\b(?:wrongly|falsely|mistakenly|incorrectly|erroneously)\b"
    r"|\b(?:möglicherweise|vermutlich|wahrscheinlich|eventuell|evtl|vielleicht|angeblich|dürfte|hätte|muss|müssen|darf|niemals)\b"
    r"|\b(?:probablement|peut-être|sans doute|aurai[st]|serai[st]|devrai[st]|pourrai[st]|semble)\b"
    r"|\b(?:probablemente|posiblemente|quizás?|tal vez|habría|podría|sería|debería|parece|jamás|todavía)\b"
    r"|\b(?:provavelmente|possivelmente|talvez|poderia|seria|deveria|teria|poderá|podrá|sendo|siendo)\b"
    r"|\b(?:probabilmente|forse|potrebbe|dovrebbe|sarebbe|sembra)\b"
    r"|\b(?:waarschijnlijk|mogelijk|misschien|vermoedelijk|(?:pakket|zending|bestelling) zou|moet|moeten|nooit)\b"
    r"|\b(?:troligen|troligtvis|kanske|möjligen|eventuellt|förmodligen|bör|bør|borde|aldrig|trolig|muligens|muligvis|kanskje|måske)\b"
    r"|\b(?:sandsynligvis|sannsynligvis|burde|skulle|aldri|mahdollisesti|ehkä|todennäköisesti|luultavasti|pitäisi|saattaa)\b"
    r"|\b(?:prawdopodobnie|być może|może|mogła|powinn\w+|nigdy|ma (?:być|zostać))\b"
    # on a condition, or only once something else has happened
    r"|\b(?:in case|as soon as|when|before|after it|being|to get it|to have it|provided (?:that )?(?:it|the|your))\b"
    r"|\b(?:wenn|nachdem|une fois|dès qu|lorsqu|quand|avant|afin|en attente|en cours d|sur le point|prête? à)\b"
    r"|\b(?:cuando|una vez|por ser|list[oa] para|antes de|en espera|quando|assim que|prestes a|in attesa|appena)\b"
    r"|\bsi (?:es|su|se) |\bse (?:for|il|non|consegn\w+|ritir\w+|restitu\w+|annull\w+) "
    r"|\b(?:zodra|indien|wanneer|voordat|nadat|als (?:het|uw|je|de)|när|når|hvis|dersom|innan|väntar|venter|afventer)\b"
    r"|\bom (?:paketet|pakken|försändelsen|forsendelsen|det|den) |\b(?:kun|jos) (?:lähety|paket|se )"
    r"|\b(?:gdy|jeśli|jeżeli|kiedy|po tym|oczekuje)\b"
)
_IN_THE_CLAUSE = re.compile(either_spelling(_DENIALS))
_CLAUSE_ENDS = re.compile(r"[.,;:!?。(|]")


def is_denied(text: str, start: int, end: int) -> bool:
    """Whether the clause in which `text[start:end]` ends, as far as that, makes something else of the claim."""
    if _RIGHT_BEFORE.search(text, max(0, start - 16), start):
        return True
    begins = max((match.end() for match in _CLAUSE_ENDS.finditer(text, 0, end)), default=0)
    return bool(_IN_THE_CLAUSE.search(text, begins, end))
