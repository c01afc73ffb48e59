"""Where Chinese person names stand in a courier text: behind a role, a verb or a title, or right before a phone number.

A name is two or three characters with a known surname; behind the colon of one who carries parcels any two or three
are one. A wrong mask hides facts, so whatever names a place, a shop, a role or a time is no name. Patterns meet a
Simplified half-width view of the text.
"""

import re
from collections.abc import Iterator

_HAN = "[\u3400-\u4dbf\u4e00-\u9fff]"
_COMPOUND = "欧阳|司徒|上官|诸葛|司马|皇甫|尉迟|公孙|慕容|夏侯|端木|东方"
_SURNAME = (
    f"(?:{_COMPOUND}|"
    "[王李张刘陈杨黄赵吴周徐孙马朱胡郭何高林罗郑梁谢宋唐许韩冯邓曹彭曾肖萧田董袁潘蒋蔡余杜叶程苏魏吕丁任沈姚卢姜崔"
    "钟谭陆汪范金石廖贾夏韦付傅白邹孟熊秦邱江尹薛闫阎段雷侯龙史陶黎贺顾毛郝龚邵钱严覃武戴莫孔汤温康施牛樊葛邢齐易"
    "乔伍庞颜倪庄聂章鲁岳翟殷詹欧耿兰焦俞左柳甘祝宁尚符舒阮柯纪梅童凌毕季裴霍涂苗盛翁冉骆蓝游辛靳管柴蒙鲍华喻祁蒲"
    "滕屈饶牟艾尤穆卓古吉缪简项芦麦褚娄窦戚岑景宫费卜冷晏卫柏瞿桂佟臧闵苟邬卞姬仇栾隋刁巫寇桑郎甄仲虞敖巩佘池查邝"
    "匡鞠荆冀郁胥楚鄢谌奚冼蔺楼厉区阚屠朴文关方洪万常安向赖植招伦解应车占晋宿危逯闻党谈劳逄麻代封从])"
)
_NAME = f"{_SURNAME}{_HAN}{{1,2}}"
_FOREIGN = f"{_HAN}{{2,6}}·{_HAN}{{2,6}}"
_NICKNAME = f"[阿小](?![区店卖学时哥姐件货姨妹票铺院]){_HAN}"
# 于 begins a name only where nothing but a name can stand: elsewhere it means "at".
_SURE_NAME = f"(?:{_FOREIGN}|(?:于|{_SURNAME}){_HAN}{{1,2}}?|{_NICKNAME})"
# What stands where only a name can: nicknames count as well.
_CALLED = f"(?:{_FOREIGN}|(?:{_COMPOUND}){_HAN}{{2}}|{_HAN}{{2,3}}?)"
_CARRIERS = (
    "派件人|派送人|派件员|派送员|配送员|配送人|派递员|快递员|速递员|快递小哥|小哥|业务员|收派员"
    "|揽件员|揽收员|揽件人|揽收人|收件员|取件员|投递员|揽投员|邮递员|骑手|司机|经办人|经手人|操作人|操作员"
    "|扫描员|负责人|站长|店长|外送员|送货员|小件员"
)
_RECEIVERS = "联系人|收件人|收货人|寄件人|发件人|签收人|代签人|代收人|取件人|领取人|签收者|签收方|收方|寄方|姓名"
_GIVERS = "交给|交予|交由|转交|分配给|指派给|派给|移交"
ROLE = f"(?:{_CARRIERS}|{_RECEIVERS})"
GIVES_TO = f"(?:{_GIVERS})"
_TITLE = "(?:先生|女士|小姐|太太|师傅|阿姨)"
_PHONE_LABEL = r"\s*(?:联系)?(?:电话|手机)?(?:号码)?"
_PHONE = r"\s*[\[(/,:【]{0,2}\s*:?\s*(?:\+?(?:00)?86[ -]?)?(?:1[3-9]\d[\d -]|0\d{2,3}-?\d|\+\d|[2-9]\d{3}[ -]?0{4})"
_END = (
    rf"(?=\s*(?:[^\u3400-\u4dbf\u4e00-\u9fff·*\s]|$|{_TITLE}|电话|手机|联系|致电|已|正在|正|派件|派送|配送|签收|为您|将|在|收|进行"
    "|取件|揽|上门|投递|送达|代|的|前往|开始|负责|感谢|于|可|会|现))"
)
_BRACKET_END = r"(?=\s*(?:[】\])\s,;:/、·-]|电话|手机|联系|\+?\d|$))"
_CODE = "(?:[A-Za-z0-9]+[-_ ])?"
_ANY_ROLE = [
    rf"{ROLE}\s*(?:是|为)?\s*(?P<n>{_NAME}?){_END}",
    rf"{ROLE}\s*(?:是|为)?\s*(?P<n>{_NICKNAME}){_END}",
    rf"{ROLE},\s*(?P<n>{_SURE_NAME})(?=,\s*(?:手机|电话|联系|\d))",
]
# Behind a carrier's colon or bracket stands nothing but a name, or a word that says who in general.
_CARRIER = [
    rf"{ROLE}\s*(?:姓名|是|为)?\s*[:】\]]\s*[【\[(]?{_CODE}(?P<n>{_CALLED}){_END}",
    rf"{ROLE}\s*(?:姓名|是|为)?\s*[【\[(]\s*{_CODE}(?P<n>{_CALLED}){_BRACKET_END}",
    rf"{ROLE}\s*[【\[(]\s*{_HAN}{{1,4}}?(?P<n>{_NAME})(?=\d{{3}})",
    rf"{ROLE}\s+{_HAN}{{1,5}}?(?P<n>{_NAME})(?=\s+正在|\s*[【\[(]?1[3-9]\d)",
    rf"{ROLE}\s*:\s*(?P<n>{_SURNAME}(?!{_TITLE}){_HAN}{{1,2}})(?={_HAN})",
    rf"{ROLE}\s*:?\s*{_NAME}?、(?P<n>{_NAME}?)(?:(?=[(【])|{_BRACKET_END})",
]
# One who receives may be a shop or a door as well.
_RECEIVER = [
    rf"{ROLE}\s*(?:姓名|是|为)?\s*[:】\]]\s*[【\[(]?(?P<n>{_SURE_NAME}){_END}",
    rf"{ROLE}\s*(?:是|为)?\s*[【\[(]\s*(?P<n>{_SURE_NAME}){_BRACKET_END}",
]
_GIVEN = [
    rf"{GIVES_TO}\s*(?:了)?\s*{ROLE}?\s*[【\[(]?\s*(?P<n>{_CALLED})[】\]]?[,\s。]*"
    r"(?=\(|[:;!.]|\d|,|正|进行|为您|负责|将|开始|派|配|投|送|$)"
]
_BY = [
    rf".\s*(?:{ROLE}|管理员|警卫|保安|门卫|前台|店员|同事|邻居|家人)?\s*[【\[(]?\s*(?P<n>{_SURE_NAME})[】\])]?[,\s]*"
    "(?=正在|进行|为您|负责|代?签收|代收|代签|派件|派送|配送|投递|揽收|取件|收件|上门|领取|取走|送达|扫描)"
]
# A site's person: 【深圳】的【王文】正在派件, 深圳公司-西区王文-已收件.
_OF_SITE = [
    rf".\s*[【\[(]?(?P<n>{_NAME})(?!{_HAN}*(?:网点|公司|部|中心|站|店|柜|快递|代理点)){_HAN}*[】\]]?\s*[,]?\s*"
    r"(?=[\[(+\d]|正在|已收件|已揽|第)"
]
_DASHED = [
    rf"-\s*{_HAN}{{0,4}}?(?P<n>{_NAME}|{_NICKNAME})(?:片区|区域|派)?\s*(?:\([\d, -]+\))?"
    r"\s*(?=-\s*(?:已收件|派件中|已揽|正在|派件))"
]
# The one who took it oneself, by name: 本人(王文).
_ONESELF = [rf"本人\s*[【\[(]\s*(?P<n>{_SURE_NAME}){_BRACKET_END}"]
_CUES = {
    anchor: [re.compile(cue) for cue in cues]
    for anchors, cues in (
        (_CARRIERS.split("|"), _CARRIER + _ANY_ROLE),
        (_RECEIVERS.split("|"), _RECEIVER + _ANY_ROLE),
        (_GIVERS.split("|"), _GIVEN),
        (["本人"], _ONESELF),
        ("由被经", _BY),
        ("的", _OF_SITE),
        ("-", _DASHED),
    )
    for anchor in anchors
}
# Plain words, so that the search skips to their first characters: trying every cue everywhere costs ten times as much.
_ANCHOR = re.compile("|".join(sorted(_CUES, key=len, reverse=True)))
_TITLED = re.compile(rf"{_TITLE}|生(?=已|代|签|电话|[,。(]|\s|$)")
_BEFORE_TITLE = re.compile(rf"(?P<n>{_SURNAME}{_HAN}{{0,2}})$")
_BEFORE_SANG = re.compile(rf"(?:^|[^\u3400-\u9fff]|联系|客户|由|人)(?P<n>{_SURNAME})$")
_BEFORE_PHONE = re.compile(rf"{_HAN}[】\]]?(?={_PHONE})")
# Right before a phone number, and only there, a nickname or the end of a longer word may be a name.
_BESIDE_PHONE = re.compile(
    rf"(?:{ROLE}(?:是|为)?(?P<called>{_HAN}{{2,3}}?)[,(\s]*|(?:{ROLE}(?:是|为)?|的)\s*[【\[(]?\s*(?P<nickname>{_HAN}{{2,3}}?)|的\s*{_HAN}{{1,6}}?(?P<last>{_NAME})派?"
    rf"|(?:(?<!{_HAN})|联系|致电|电联|咨询|请找|{ROLE})(?P<whole>{_FOREIGN}|(?:于|{_SURNAME}){_HAN}{{1,2}}?)){_PHONE_LABEL}$"
)
# A text that begins with the one who signed.
_SIGNED = re.compile(rf"(?P<n>(?:{_COMPOUND}){_HAN}{{1,2}}|{_NAME}?)\s*(?=已签收|已代收|代签)")
_PHONE_BRACKET = re.compile(r"\s*[【\[(][\d, -]{7,}[】\])]+\s*(?:正在|已揽|已收|已取|为您|派)")
_LAST_NAME = re.compile(rf"(?P<last>{_NAME})$")

# Words that say who in general, where, when or what, and so are no names.
_NOT_A_NAME = re.compile(
    "本人|前台|他人|门口|柜|丰巢|蜂巢|速递易|驿站|物业|门卫|保安|安保|家人|同事|邻居|代收|代签"
    "|代派|电商|申通|中通|圆通|韵达|百世|极兔|德邦|京东|天天|超市|便利|公司|学校|收发|单位|店|站|部|中心|客户|收件|寄件|图片|签收|拍照|详见|未知"
    "|暂无|顺丰|快递|快件|传达|菜鸟|自提|其他|其它|亲友|亲属|朋友|家属|父母|室|处|地址|电话"
    "|手机|号码|信息|联系|不在|拒|正在|派送|派件|配送|投递|送达|合作|第三方|服务|物流|速运|海关"
    "|机场|航空|承运|代理|马上|任何|时间|成功|方便|高效|何时|包裹|安排|全程|关机|常用|金额|江门"
    "|江苏|江西|石家庄|金华|黄山|黄石|温州|常州|常熟|安徽|宁波|宁夏|华南|华东|华北|华中|梅州"
    "|柳州|桂林|毕节|康乐|万州|方式|关闭|向您|文件|招待|已|被|无人|请|网点|营业|外部|资源|管家"
    "|园区|大厦|广场|酒店|宾馆|银行|医院|工厂|收货|上门|进行|途中|为您|预约|小时|分钟|工作|机构"
    "|澳门|香港|台湾|邮局|邮政|邮件|管理|用户|您|本次|运输|司机|货车|车辆|白天|今天|明天|今日"
    "|明日|上午|下午|晚上|中午|安全|快乐|应急|万家|关注|解决|解释|应当|车站|代为|从业|从此|封箱"
    "|宿舍|温馨|简单|文明|常温|冷藏|冷冻|冷链|古镇|区域|向导|金融|金牌|高级|高峰|高铁|高速|白领"
    "|方舱|康复|武警|消防|收到|取走|放在|存放|代您|尽快|及时|统一|相关|指定|平台|系统|门店|商家"
    "|仓库|仓|收方|寄方|先生|女士|小姐|太太|师傅|当地|本地|末端|尾程|海外|境外|货代|货运|船东|专线|清关|报关|干线|国内|国外|国际|境内|^[至给到往]"
)
_PLACE_END = re.compile("[路街道号楼栋幢村镇乡区县市省园城店站部柜点厅场库院校所局行社口厂组队会室邸员片线司商]$")
# Places that begin like a name.
_PLACE_START = re.compile(
    "(?:苏州|郑州|徐州|温州|常州|柳州|梅州|池州|邓州|贺州|万州|高州|常熟|常德|武汉|武昌|武威|武夷|沈阳|安阳|安庆|许昌|邵阳|邵武|向阳"
    "|石狮|石嘴|石景|唐山|唐河|黄冈|黄浦|黄埔|江阴|江都|江宁|江津|江北|江南|金坛|金山|金水|晋城|晋中|晋江|龙岩|龙岗|马鞍|白云|白城"
    "|张家|张江|吴江|吴中|吴忠|吴兴|周口|徐汇|徐家|杨浦|柯桥|余杭|余姚|温岭|高邮|高新|华容|康定|文山|文昌|闵行|钟祥|鲁山|齐齐|应城)"
)
_SAME = re.compile(r"(.)\1\1+$")


def chinese_names(view: str) -> Iterator[tuple[int, int]]:
    """Where the names stand; of two readings that begin together the surer one."""
    ends: dict[int, int] = {}
    for start, stop in _candidates(view):
        name = view[start:stop]
        if not (
            _NOT_A_NAME.search(name) or _PLACE_START.match(name) or _PLACE_END.search(name[1:]) or _SAME.match(name)
        ):
            ends.setdefault(start, stop)
    yield from ends.items()


def _candidates(view: str) -> Iterator[tuple[int, int]]:
    if match := _SIGNED.match(view):
        yield match.span("n")
    for anchor in _ANCHOR.finditer(view):
        for cue in _CUES[anchor[0]]:
            if match := cue.match(view, anchor.start()):
                yield match.span("n")
    for title in _TITLED.finditer(view):
        before = _BEFORE_SANG if title[0] == "生" else _BEFORE_TITLE
        if match := before.search(view[: title.start()], max(0, title.start() - 3)):
            yield match.span("n")
    for word in _BEFORE_PHONE.finditer(view):
        end = word.start() + 1
        if match := _BESIDE_PHONE.search(view[:end], max(0, end - 18)):
            yield match.span(match.lastgroup or 0)
        if _PHONE_BRACKET.match(view, end) and (match := _LAST_NAME.search(view[:end], max(0, end - 3))):
            yield match.span("last")
