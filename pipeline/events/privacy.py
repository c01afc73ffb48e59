"""Phone numbers and person names in courier texts are masked here: the first character stays, the rest goes.

Chinese names need a cue (a role such as the courier, a verb such as "handed to", a title); without a colon they also
need a known surname, because a wrong mask hides facts. Every cue is looked up in a same-length Simplified half-width
view of the text, so one set of patterns serves both scripts and the spans fit the original.
"""

import re
from collections.abc import Iterator
from functools import lru_cache

from pipeline.events.hanzi import TO_SIMPLIFIED

_VIEW = TO_SIMPLIFIED | {0xFF01 + i: 0x21 + i for i in range(94)} | {0x3000: 0x20, 0xA0: 0x20}

_HAN = "[\u3400-\u4dbf\u4e00-\u9fff·]"
_SURNAME = (
    "(?:欧阳|司徒|上官|诸葛|司马|皇甫|尉迟|公孙|慕容|夏侯|端木|"
    "[王李张刘陈杨黄赵吴周徐孙马朱胡郭何高林罗郑梁谢宋唐许韩冯邓曹彭曾肖萧田董袁潘蒋蔡余杜叶程苏魏吕丁任沈姚卢姜崔钟"
    "谭陆汪范金石廖贾夏韦付傅白邹孟熊秦邱江尹薛闫阎段雷侯龙史陶黎贺顾毛郝龚邵钱严覃武戴莫孔汤温康施牛樊葛邢齐"
    "易乔伍庞颜倪庄聂章鲁岳翟殷詹欧耿兰焦俞左柳甘祝宁尚符舒阮柯纪梅童凌毕季裴霍涂苗盛翁冉骆蓝游辛靳管柴蒙鲍华"
    "喻祁蒲滕屈饶牟艾尤穆卓古吉缪简项芦麦褚娄窦戚岑景宫费卜冷晏卫柏瞿桂佟臧闵苟邬卞姬仇栾隋刁巫寇桑郎甄"
    "仲虞敖巩佘池查邝匡鞠荆冀郁胥楚鄢谌奚冼蔺楼厉区阚屠朴文关方洪万常安向赖植招郎麦伦])"
)
_ROLE = (
    "(?:派件人|派送人|派件员|派送员|配送员|配送人|快递员|快递小哥|小哥|业务员|收派员|揽件员|揽收员|揽件人|揽收人|收件员"
    "|取件员|投递员|揽投员|邮递员|骑手|司机|联系人|收件人|收货人|寄件人|发件人|签收人|代签人|代收人|取件人|领取人"
    "|经办人|经手人|操作员|扫描员|负责人|站长|店长|速递员|外送员|送货员|姓名)"
)
_AFTER_NAME = (
    r"(?=\s*(?:[^\u3400-\u4dbf\u4e00-\u9fff·*\s]|$|电话|手机|联系|致电|已|正在|正|派件|派送|配送|签收|为您|将|在|收|进行|取件|揽"
    "|上门|先生|女士|小姐|师傅|投递|送达|代|的|前往|开始|负责|感谢))"
)
_GIVES_TO = "(?:交给|交由|转交|分配给|指派给|派给)"
_NAME_CUES = [
    re.compile(rf"{_ROLE}\s*(?:姓名)?\s*[:】\]]\s*[【\[(]?(?:[A-Za-z0-9]+[-_ ])?(?P<n>{_HAN}{{2,4}}?){_AFTER_NAME}"),
    re.compile(rf"{_ROLE}\s*[【\[(]\s*(?:[A-Za-z0-9]+[-_ ])?(?P<n>{_HAN}{{2,4}}?){_AFTER_NAME}"),
    re.compile(rf"{_ROLE}\s*[:]\s*(?P<n>{_SURNAME}(?!先生|女士|小姐|太太|师傅){_HAN}{{1,2}})(?={_HAN})"),
    re.compile(rf"{_ROLE}\s*(?P<n>{_SURNAME}{_HAN}{{1,2}}?){_AFTER_NAME}"),
    re.compile(
        rf"{_GIVES_TO}\s*{_ROLE}?\s*[【\[(]?\s*(?P<n>{_HAN}{{2,4}}?)[】\]]?[,\s。]*(?=\(|[:;]|\d|,|正|进行|为您|负责|将|开始|派|配|投|送|$)"
    ),
    re.compile(
        rf"(?:由|被|经)\s*{_ROLE}?\s*[【\[(]?\s*(?P<n>{_SURNAME}{_HAN}{{1,2}}?)[】\]]?[,\s]*"
        "(?=正在|进行|为您|负责|代?签收|代收|代签|派件|派送|配送|投递|揽收|取件|收件|上门|领取|取走)"
    ),
    re.compile(rf"(?:{_ROLE}|的)\s*(?P<n>{_HAN}{{2,3}}?)\s*[\[(/,]?\s*(?=\+?1[3-9]\d{{9}}|0\d{{2,3}}-\d|\+?852)"),
    re.compile(rf"(?P<n>{_SURNAME}{_HAN}{{0,2}}?)(?:先生|女士|小姐|太太|师傅)"),
    re.compile(
        rf"的\s*[【\[(]?(?P<n>{_SURNAME}{_HAN}{{1,2}}){_HAN}*[】\]]?\s*[,]?\s*"
        r"(?=[\[(+\d]|正在|已收件|已揽|第)"
    ),
    re.compile(
        rf"(?:(?<!{_HAN})|联系|致电|电联|咨询)(?P<n>{_SURNAME}{_HAN}{{1,2}})"
        r"\s*[,(:]?\s*(?:联系)?(?:电话|手机)?(?:号码)?\s*[:]?\s*(?=\+?\d[\d -]{6,})"
    ),
]
_CUE_CHARS = re.compile("[人员手哥长机名给由派被经先女小太师的联致咨交】\\]]")
_LATIN_GIVEN = re.compile(rf"(?:{_GIVES_TO}\s*{_ROLE}?|{_ROLE})\s*[:【\[(]?\s*(?P<c>)(?=[A-Za-z][A-Za-z'.-]+)")

# Words after a cue that say who in general, where or what, and so are no names.
_NOT_A_NAME = re.compile(
    "本人|前台|他人|门口|柜|丰巢|蜂巢|速递易|驿站|物业|门卫|保安|家人|同事|邻居|代收|代签|超市|便利|公司|学校|收发|单位|店|站|部|中心|客户|收件"
    "|寄件|图片|签收|拍照|详见|未知|暂无|顺丰|快递|快件|传达|菜鸟|自提|其他|其它|亲友|亲属|朋友|家属|父母|室|处|地址|电话|手机|号码"
    "|信息|联系|不在|拒|正在|派送|派件|配送|投递|送达|合作|第三方|服务|物流|速运|海关|机场|航空|承运|代理|马上|任何|时间|成功|方便|高效|何时|包裹"
    "|安排|全程|关机|常用|金额|江门|江苏|江西|石家庄|金华|黄山|黄石|温州|常州|常熟|安徽|宁波|宁夏|华南|华东|华北|华中|梅州|柳州"
    "|桂林|毕节|康乐|万州|方式|关闭|向您|文件|招待|已|被|无人|请|网点|营业|外部|资源|管家|园区|大厦|广场|酒店|宾馆|银行|医院|工厂"
    "|收货|上门|进行|途中|为您|预约|小时|分钟|工作|机构|澳门|香港|台湾|邮局|邮政|管理|用户|您|本次|运输|司机|货车|车辆"
    "|先生|女士|小姐|太太|师傅"
)

_LATIN_CUE = re.compile(
    r"(?:signed\s+(?:for\s+)?by|signature(?:\s+name)?|signatory|signee|signed\s+name|recipient\s+name|receiver\s+name"
    r"|received\s+by|left\s+with|delivered\s+to(?=\s*:)|handed\s+to(?=[^.;]{2,40}(?:for\s+delivery|tel\b|phone))|neighbou?r|receptionist|recebido\s+por|assinado\s+por|entregue\s+a(?:o)?|firmado\s+por|recibido\s+por"
    r"|entregado\s+a|repartidor|mensajero|conductor|motorista|entregador|unterschrieben\s+von|unterzeichnet\s+von"
    r"|empfangen\s+von|angenommen\s+von|übergeben\s+an|zusteller|fahrer|empfänger|sign[ée]\s+par|re[çc]u\s+par"
    r"|remis\s+[àa]|livreur|signataire|destinataire|destinat[áa]rio|consignee|recipient|receiver|addressee"
    r"|driver|courier|rider|deliveryman|postman|delivery\s+(?:man|agent|associate|executive)|contact(?:\s+person)?"
    r"|\b(?:mr|mrs|ms|miss|herr|frau|mme|señor|señora|senhor|senhora|sr|sra))\b\.?(?P<sep>\s*[:\-]\s*|\s+)(?=\S)",
    re.IGNORECASE,
)
_LATIN_WORD = re.compile(r"\s*(?P<w>[^\W\d_][\w'’.-]*\**)")
_WEAK_CUE = re.compile(
    r"driver|courier|rider|deliveryman|postman|delivery|contact|recipient|receiver|consignee|addressee|received|left|handed|neighbo"
    r"|entreg|destinat|conductor|motorista|fahrer|zusteller|livreur|repartidor|mensajero|remis|empf|übergeben|signature",
    re.IGNORECASE,
)
_LATIN_NOT_A_NAME = frozenset(
    re.findall(
        r"\S+",
        """
        mr mrs ms miss herr frau mme sr sra a agent airline an and and/or at as attempt attempted authorized
        associate been building business by called carrier center centre clerk collected collects company
        concierge consignee contact courier customer customs de del delivered delivers delivery der depot
        desk destinataire destinatario destinatário details dhl dock door driver facility fedex family for
        from front garage gls guard has have hotel household im in individual information is it item left
        local lobby location mail mailbox mailroom management manager member my na neighbor neighbour no
        none not number o of office on or order other our out package parcel partner phone pickup please
        porch post processing provided reception receptionist recipient refused release released required
        requested resident resident/occupant safe security self sender service services shipment shipper
        staff store station support team tel the their third to transit tried ups us usps vecino via was we
        which who will with you your unavailable unknown waiting available centro porteria portaria porteiro
        recepción recepcion recepção nachbar nachbarn empfänger absender ihr ihre sie die das dem den einem
        einer le la les un une votre voisin gardien client accueil el al ao os sua seu su line-haul linehaul
        canada china hongkong hong kong australia royal evri dpd sf s.f yto zto sto jt j&t yunda best
        cainiao 4px aramex tnt postnl postnord correos correios poste laposte chronopost express cargo
        logistics warehouse hub airport port department dept pending confirmed moved home absent closed code
        status date time image proof mobile name id if new until soon today tomorrow address collection
        point drop-off dropoff again before after does did do but can could should would may signature
        signed unsuccessful during within so n/a arriving nearby assigned assigning accepted picked arrived
        departed departs en para por não nao no-one nobody someone person adult relative colleague near
        inside behind under over opposite mailman outside this that there next per am pm he she they
        """,
    )
)

_ID_LABEL = re.compile(
    r"(?:单号|(?<!电话)(?<!手机)号码|运单|订单号?|编号|取件码|提货码|取货码|验证码|密码|箱号|格口|条码|waybill|tracking|awb|order|reference|\bref|parcel"
    r"|item|shipment|pickup code|code|pin|otp|invoice|box)\s*(?:no\.?|number|id|nr\.?|#)?\s*[:#为是(]?\s*$",
    re.IGNORECASE,
)
_DATE = re.compile(r"(?:19|20)\d\d(?:0[1-9]|1[0-2])(?:[0-2]\d|3[01])$|(?:[0-2]\d|3[01])(?:0[1-9]|1[0-2])20\d\d$")
_SERVICE = re.compile(r"(?:86)?[48]00\d{7}$|95\d{3,6}$|1?8(?:00|88|77|66|55|44|33)\d{7}$|852?(?:23|27|31)\d{0}$")
_PHONES = re.compile(
    r"(?<![A-Za-z0-9_])(?<!\d[ .-])(?:"
    r"\+\d{1,3}[ .-]?(?:\(\d{1,4}\)[ .-]?)?\d(?:[ .-]?\d){5,12}"  # international, with the plus sign
    r"|(?:00)?86[ -]?1[3-9]\d[ -]?\d{4}[ -]?\d{4}|1[3-9]\d[ -]?\d{4}[ -]?\d{4}"  # mainland mobile
    r"|1[3-9]\d\*{1,4}\d{5,8}|(?:(?<=[/、,(])|(?<=/ ))0(?:10|2\d|[3-9]\d{2})\d{7,8}"  # half masked; landlines in a list
    r"|(?:00)?85[23][ -]?\d{4}[ -]?\d{4}|\(85[23]\)[ ]?\d{4}[ -]?\d{4}|[2-9]\d{3}[ -]?\d{4}"  # Hong Kong, Macau
    r"|\(0\d{1,4}\)[ -]?\d{3,4}[ -]?\d{3,4}|0\d{2,3}[ -]\d{7,8}"  # landlines with an area code
    r"|0\d{1,4}[ -]\d{2,4}[ -]\d{3,4}|0[2-9]\d{8,9}|0\d{4}[ -]\d{6}"  # Taiwan, Japan, Korea, Australia, United Kingdom
    r"|(?:1[ .-])?\(\d{3}\)[ ]?\d{3}[ .-]\d{4}|(?:1[ .-])?\d{3}([ .-])\d{3}\1\d{4}"  # North America
    r")(?![A-Za-z0-9_])(?![ -]\d)"
)
_LABELLED_PHONE = re.compile(
    r"(?:电话|手机|联系方式|热线|致电|拨打|电联|联系|咨询|联络|(?:电话|手机)号码?|\btel\b|\bphone\b|\bmobile\b|\bcell\b|\bcall\b|\bcontact\b"
    r"|whatsapp|telefone?|\btél|telefon|teléfono|\bmóvil|celular|handy)(?:\s+(?:number|no)\b)?[^\d+*\n]{0,8}?"
    r"(?P<p>\+?\d[\d().\s-]{4,18}\d)(?![A-Za-z0-9_])",
    re.IGNORECASE,
)
_DIGIT = re.compile(r"\d")
# The first three digits of a number tell a phone beside a name; the others make every text another one.
_LATER_DIGITS = re.compile(r"(?<=\d{3})\d")


def mask(text: str) -> str:
    """The text with phone numbers as 138****0001 and names as 赵** or A***; masking twice changes nothing."""
    view = text if text.isascii() else text.translate(_VIEW)
    spans = [*_phone_spans(view), *_spans_of_names(_LATER_DIGITS.sub("0", view))]
    if not spans:
        return text
    parts: list[str] = []
    end = 0
    for start, stop, masked in sorted(spans, key=lambda span: (span[0], -span[1])):
        if start >= end:
            parts += [text[end:start], masked if masked else text[start] + "**"]
            end = stop
    return "".join([*parts, text[end:]])


def _phone_spans(view: str) -> Iterator[tuple[int, int, str]]:
    if not _DIGIT.search(view):
        return
    for match in _PHONES.finditer(view):
        start, stop = match.span()
        if not _ID_LABEL.search(view, max(0, start - 24), start) and not _DATE.match(_digits(match[0])):
            yield from _masked_phone(view, start, stop)
    for match in _LABELLED_PHONE.finditer(view):
        yield from _masked_phone(view, *match.span("p"))


def _masked_phone(view: str, start: int, stop: int) -> Iterator[tuple[int, int, str]]:
    digits = _digits(view[start:stop])
    if not 7 <= len(digits) <= 15 or _SERVICE.match(digits):
        return
    kept = (3, 4) if len(digits) >= 11 else (2, 2)
    plus = "+" if view[start] == "+" else ""
    yield start, stop, f"{plus}{digits[: kept[0]]}****{digits[-kept[1] :]}"


def _digits(text: str) -> str:
    return "".join(filter(str.isdigit, text))


@lru_cache(maxsize=50_000)
def _spans_of_names(view: str) -> tuple[tuple[int, int, str], ...]:
    """Where names stand in a view without its later digits: texts that differ only in numbers are searched once."""
    return tuple(_name_spans(view))


def _name_spans(view: str) -> Iterator[tuple[int, int, str]]:
    if _CUE_CHARS.search(view):
        for cue in _NAME_CUES:
            for match in cue.finditer(view):
                if not _NOT_A_NAME.search(match["n"]):
                    yield *match.span("n"), ""
        for match in _LATIN_GIVEN.finditer(view):
            yield from _latin_name(view, match.end(), needs_capital=False)
    for match in _LATIN_CUE.finditer(view):
        sure = match["sep"].strip() == ":" or not _WEAK_CUE.match(match[0])
        yield from _latin_name(view, match.end(), needs_capital=not sure)


def _latin_name(view: str, start: int, needs_capital: bool) -> Iterator[tuple[int, int, str]]:
    """Up to four words from start on, as long as they look like parts of one name."""
    words: list[tuple[int, int, str]] = []
    while len(words) < 4 and (match := _LATIN_WORD.match(view, start)):
        word = match["w"]
        if word.lower().rstrip(".,") in _LATIN_NOT_A_NAME or (needs_capital and not word[0].isupper()):
            break
        if not word.endswith("*"):
            words.append((*match.span("w"), f"{word[0]}***"))
        start = match.end()
    yield from words
