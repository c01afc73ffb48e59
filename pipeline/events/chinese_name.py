"""Where Chinese person names stand in a courier text: behind a role, a verb or a title, or right before a phone number.

A name is two or three characters with a known surname; behind the colon of one who carries parcels any two or three
are one. A wrong mask hides facts, so whatever names a place, a shop, a role or a time is no name. Patterns meet a
Simplified half-width view of the text.
"""

import re
from collections.abc import Iterator

_HAN = "[\u3400-\u4dbf\u4e00-\u9fff]"
_COMPOUND = "欧阳|司徒|上官|诸葛|司马|皇甫|尉迟|公孙|慕容|夏侯|端木|东方|令狐|南宫|轩辕|西门|长孙|宇文|独孤|呼延"
_SURNAME = (
    f"(?:{_COMPOUND}|"
    "[王李张刘陈杨黄赵吴周徐孙马朱胡郭何高林罗郑梁谢宋唐许韩冯邓曹彭曾肖萧田董袁潘蒋蔡余杜叶程苏魏吕丁任沈姚卢姜崔"
    "钟谭陆汪范金石廖贾夏韦付傅白邹孟熊秦邱江尹薛闫阎段雷侯龙史陶黎贺顾毛郝龚邵钱严覃武戴莫孔汤温康施牛樊葛邢齐易"
    "乔伍庞颜倪庄聂章鲁岳翟殷詹欧耿兰焦俞左柳甘祝宁尚符舒阮柯纪梅童凌毕季裴霍涂苗盛翁冉骆蓝游辛靳管柴蒙鲍华喻祁蒲"
    "滕屈饶牟艾尤穆卓古吉缪简项芦麦褚娄窦戚岑景宫费卜冷晏卫柏瞿桂佟臧闵苟邬卞姬仇栾隋刁巫寇桑郎甄仲虞敖巩佘池查邝"
    "匡鞠荆冀郁胥楚鄢谌奚冼蔺楼厉区阚屠朴文关方洪万常安向赖植招伦解应车占晋宿危逯闻党谈劳逄麻封申曲谷席米盖鹿舒扈辜惠"
    "粟揭邰晁邸桑蔚璩亓郜缑仝逄丛])"
)
# These begin many a word that is no name: only where nothing but a name can stand.
_RARE_SURNAME = (
    "[于商包成云公支英强国时丰满户全展司初慕阳沙竺苑储权银敬宫凤涵雪钮闾禤仉豆帅单颛裘房利龎昌廉乐皮狄贝茅宗荣巴富牧隗郗班伊祖幸韶蓟"
    "印鄂苍莘扶郦雍濮寿边燕郏茹习宦鱼容慎戈庾衡弘禄沃隆訾毋巢蒯益桓红杭诸平明元路练玉黑德召]"
)
# What stands behind a name is no part of it.
_GIVEN_NAME = f"(?:(?!正在|进行|为您|将|已|派[件送]|代收|代签|签收|电话|手机|联系|先生|女士|小姐|师傅|太太){_HAN})"
_NAME = f"{_SURNAME}{_GIVEN_NAME}{{1,2}}"
_FOREIGN = f"{_HAN}{{2,6}}·{_HAN}{{2,6}}"
_NICKNAME = f"[阿小](?![区店卖学时哥姐件货姨妹票铺院]){_HAN}"
# A married woman of Hong Kong or Taiwan has two surnames.
_SURE_NAME = (
    f"(?:{_FOREIGN}|(?:{_RARE_SURNAME}|{_SURNAME}){_GIVEN_NAME}{{1,2}}?|{_SURNAME}{_SURNAME}{_GIVEN_NAME}{{2}}"
    f"|{_NICKNAME})"
)
# What stands where only a name can: nicknames count as well.
_CALLED = f"(?:{_FOREIGN}|(?:(?:{_COMPOUND})|{_SURNAME}{_SURNAME}){_GIVEN_NAME}{{2}}|{_HAN}{{2,3}}?)"
_CARRIERS = (
    "派件人|派送人|派件员|派送员|配送员|配送人|派递员|快递员|速递员|快递小哥|小哥|业务员|收派员"
    "|揽件员|揽收员|揽件人|揽收人|收件员|取件员|投递员|揽投员|邮递员|骑手|司机|经办人|经手人|操作人|操作员"
    "|扫描员|负责人|站长|店长|外送员|送货员|小件员|物流士|外务员|邮差|跟单员|客服专员|客服|仓管员|处理人|送货司机"
)
_RECEIVERS = (
    "联系人|收件人|收货人|寄件人|发件人|签收人|代签人|代收人|取件人|领取人|签收者|签收方|收方|寄方|姓名|签名|签字人"
)
_GIVERS = "交给|交予|交由|转交|分配给|指派给|派给|派递予|移交"
_HELPERS = "物业|管家|宿管|管理员|警卫|保安|门卫|前台|店员|同事|邻居|家人|本人|客户"
ROLE = f"(?:{_CARRIERS}|{_RECEIVERS})"
_ANYBODY = f"(?:{ROLE}|{_HELPERS})"
GIVES_TO = f"(?:{_GIVERS})"
_TITLE = "(?:先生|女士|小姐|太太|师傅|阿姨)"
# Titles of those who are no persons as well: a project has a manager.
_OFFICE = "(?:经理|老师|老板)"
_PHONE_LABEL = r"[,\s]*(?:联系)?(?:电话|手机)?(?:号码)?"
_PHONE = (
    r"\s*[\[(/,:【]{0,2}\s*:?\s*(?:\+?(?:00)?86[ -]?)?(?:1[3-9]\d[\d* -]|\(?0\d{1,3}\)?[ -]?\d|\+\d"
    r"|\(?85[23]\)?[ -]?\d|[2-9]\d{3}[ -]?0{4})"
)
_END = (
    rf"(?=\s*(?:[^\u3400-\u4dbf\u4e00-\u9fff·*\s]|$|{_TITLE}|电话|手机|联系|致电|已|正在|正|派件|派送|配送|签收|为您|将|在|收|进行"
    "|取件|揽|上门|投递|送达|代|的|前往|开始|负责|感谢|于|可|会|现|要求|拒|不|未|无|本人|手中|领|约|{_OFFICE}))"
)
_BRACKET_END = r"(?=\s*(?:[】\])\s,;:/、·-]|电话|手机|联系|\+?\d|$))"
_CODE = "(?:[A-Za-z0-9]+[-_ ])?"
_ANY_ROLE = [
    rf"(?:姓名)?\s*(?:是|为)?\s*(?P<n>{_SURE_NAME}){_END}",
    rf",\s*(?P<n>{_SURE_NAME})(?=,\s*(?:手机|电话|联系|\d))",
]
# Behind a carrier's colon or bracket stands nothing but a name, or a word that says who in general.
_CARRIER = [
    rf"\s*(?:姓名|是|为)?\s*[:】\]]\s*[【\[(]?{_CODE}(?P<n>{_CALLED}){_END}",
    rf"\s*(?:姓名|是|为)?\s*[【\[(]\s*{_CODE}(?P<n>{_CALLED}){_BRACKET_END}",
    rf"\s*[【\[(]\s*{_HAN}{{1,4}}?(?P<n>{_NAME})(?=\d{{3}})",
    rf"\s+{_HAN}{{1,5}}?(?P<n>{_NAME})(?=\s+正在|\s*[【\[(]?1[3-9]\d)",
    rf"\s*:\s*(?P<n>{_SURNAME}(?!{_TITLE}){_GIVEN_NAME}{{1,2}})(?={_HAN})(?![店部站点园房室处])",
    rf"\s*:?\s*{_NAME}?、(?P<n>{_NAME}?)(?:(?=[(【])|{_BRACKET_END})",
]
# One who receives may be a shop or a door as well.
_RECEIVER = [
    rf"\s*(?:姓名|是|为)?\s*[:】\]]\s*[【\[(]?(?P<n>{_SURE_NAME}){_END}",
    rf"\s*(?:是|为)?\s*[【\[(]\s*(?P<n>{_SURE_NAME}){_BRACKET_END}",
]
_GIVEN = [
    rf"\s*(?:了)?\s*{ROLE}?\s*[【\[(]?\s*(?P<n>{_CALLED})[】\]]?[,\s。]*"
    r"(?=\(|:|\d|正|进行|为您|负责|将|开始|派|配|投|送|签|代|电话|联系|手机)",
    rf"\s*(?:了)?\s*{ROLE}?\s*[【\[(]?\s*(?P<n>{_SURE_NAME})(?=[】\])\s]*(?:[,;!.。]|$))",
]
_BY = [
    rf"\s*{_ANYBODY}?\s*[【\[(]?\s*(?P<n>{_SURE_NAME})[】\])]?[,\s]*"
    "(?=正在|进行|为您|负责|代?签收|代收|代签|派件|派送|配送|投递|揽收|取件|收件|上门|领取|取走|送达|扫描)"
]
# A site's person: 【深圳】的【王文】正在派件, 深圳公司-西区王文-已收件.
_OF_SITE = [
    rf"\s*[【\[(]?(?P<n>{_NAME})(?!{_HAN}*(?:网点|公司|部|中心|站|店|柜|快递|代理点)){_HAN}*[】\]]?\s*[,]?\s*"
    r"(?=[\[(+\d]|正在|已收件|已揽|第)"
]
_DASHED = [
    rf"\s*{_HAN}{{0,4}}?(?P<n>{_NAME}|{_NICKNAME})(?:片区|区域|派)?\s*(?:\([\d, ()+*转-]+\))?"
    r"\s*(?=-\s*(?:已收件|派件中|已揽|正在|派件))"
]
# Who took it, by name: 本人(王文), 前台王文代收, 签收:王文.
_HELPER = [
    rf"\s*[【\[(]\s*(?P<n>{_SURE_NAME}){_BRACKET_END}",
    rf"\s*:\s*(?P<n>{_SURE_NAME}){_END}",
]
_TAKES = [rf"\s*(?P<n>{_SURE_NAME})(?=已?代?签收|代收|代签|领取|取走|要求|约定|拒|不在)"]
_SIGNING = [rf"\s*[:【(]\s*(?P<n>{_SURE_NAME})(?=\s*(?:[】)\s,;.。/]|{_TITLE}|{_OFFICE}|$))"]
# Chosen for a parcel: 已安排王文为您派送; reached by it: 派送至王文本人.
_CHOSEN = [rf"\s*(?:{ROLE})?(?P<n>{_SURE_NAME})(?=为您|上门|派[件送]|配送|取件|揽)"]
_INTO_HANDS = [rf"(?P<n>{_SURE_NAME})(?=本人|手中|手上|签收)"]
_CUES = {
    anchor: [re.compile(cue) for cue in cues]
    for anchors, cues in (
        (_CARRIERS.split("|"), _CARRIER + _ANY_ROLE),
        (_RECEIVERS.split("|"), _RECEIVER + _ANY_ROLE + _TAKES),
        (_GIVERS.split("|"), _GIVEN),
        (_HELPERS.split("|"), _HELPER + _TAKES),
        (["签收", "代收", "妥投"], _SIGNING),
        (["安排", "指定"], _CHOSEN),
        (["送至", "送达", "送给"], _INTO_HANDS),
        ("由被经", _BY),
        ("的", _OF_SITE),
        ("-", _DASHED),
    )
    for anchor in anchors
}
# Plain words, so that the search skips to their first characters: trying every cue everywhere costs ten times as much.
_ANCHOR = re.compile("|".join(sorted(_CUES, key=len, reverse=True)))
_TITLED = re.compile(rf"(?P<sure>{_TITLE})|{_OFFICE}|生(?=已|代|签|电话|[,。(]|\s|$)")
_BEFORE_TITLE = re.compile(rf"(?P<n>{_SURNAME}{_HAN}{{0,2}})$")
_BEFORE_OFFICE = re.compile(
    rf"(?:^|[^\u3400-\u9fff]|联系|交给|由|[人员])(?P<n>(?:{_RARE_SURNAME}|{_SURNAME}){_HAN}{{0,2}})$"
)
# Who signs or takes, and nothing else, from where a sentence or a bracket begins: "王文已签收".
_SIGNS = re.compile(
    r"(?:签收(?![人方者网])|代收(?![人点])|代签(?!人)|取件(?![人码])|取走)"
    r"|正在(?:为您)?[派配][件送][^\u3400-\u9fff]*(?:联系)?(?:电话|手机)?[^\u3400-\u9fff]*(?:\+|86|1[3-9])"
)
_BEFORE_SIGNS = re.compile(rf"(?:^|[^\u3400-\u9fff])(?P<n>{_SURE_NAME})\s*已?$")
_BEFORE_PHONE = re.compile(rf"{_HAN}(?=[】\])(\[【/,:\s+\d])[】\]]?(?={_PHONE})")
# Right before a phone number, and only there, a nickname or the end of a longer word may be a name.
_BESIDE_PHONE = re.compile(
    rf"(?:{ROLE}(?:是|为)?(?P<called>{_HAN}{{2,3}}?)[,(\s]*|(?:{ROLE}(?:是|为)?|的)\s*[【\[(]?\s*(?P<nickname>{_HAN}{{2,3}}?)|的\s*{_HAN}{{1,6}}?(?P<last>{_NAME})派?"
    rf"|(?:(?<!{_HAN})|联系|联络|致电|电联|咨询|请找|{ROLE})(?P<whole>{_SURE_NAME})){_PHONE_LABEL}$"
)
_PHONE_BRACKET = re.compile(r"\s*[【\[(][\d, -]{7,}[】\])]+\s*(?:正在|已揽|已收|已取|为您|派)")
_LAST_NAME = re.compile(rf"(?P<last>{_NAME})$")

# Words that say who in general, where, when or what, and so are no names.
_SAYS_NO_NAME = (
    "本人|前台|他人|门口|柜|丰巢|蜂巢|速递易|物业|门卫|保安|安保|家人|同事|邻居|代收|代签|代派|电商|申通|中通|圆通|韵达|百世|"
    "极兔|德邦|京东|天天|超市|便利|公司|学校|收发|单位|店|站|部|中心|客户|收件|寄件|图片|签收|拍照|详见|未知|暂无|顺丰|快递|"
    "快件|传达|菜鸟|自提|其他|其它|亲友|亲属|朋友|家属|父母|室|处|地址|电话|手机|号码|信息|联系|不在|拒|正在|派送|派件|配送|"
    "投递|送达|合作|第三方|服务|物流|速运|海关|机场|航空|承运|代理|马上|任何|时间|成功|方便|高效|何时|包裹|安排|全程|关机|"
    "常用|金额|江门|江苏|江西|石家庄|金华|黄山|黄石|温州|常州|常熟|安徽|宁波|宁夏|华南|华东|华北|华中|梅州|柳州|桂林|毕节|"
    "康乐|万州|方式|关闭|文件|招待|已|被|无人|请|网点|营业|资源|管家|园区|大厦|广场|宾馆|银行|医院|工厂|收货|上门|进行|途中|"
    "预约|小时|分钟|工作|机构|澳门|香港|台湾|邮局|邮政|邮件|管理|用户|您|本次|运输|司机|货车|车辆|白天|今天|明天|今日|明日|"
    "上午|下午|晚上|中午|安全|快乐|应急|万家|关注|解决|解释|应当|代为|从业|从此|封箱|宿舍|温馨|简单|文明|常温|冷藏|冷冻|冷链|"
    "古镇|区域|向导|金融|金牌|高级|高峰|高铁|高速|白领|方舱|康复|武警|消防|收到|取走|放在|存放|尽快|及时|统一|相关|指定|平台|"
    "系统|商家|老婆|老公|女儿|儿子|爸爸|妈妈|保姆|门房|警卫|保全|采购|家里|关系|项目|商户|商品|包头|包河|成都|成华|云南|云浮|"
    "英国|国庆|时效|丰台|满意|全家|展会|强制|双方|平时|平安|平谷|平湖|平江|平顶|明确|明早|明晚|明细|路上|路途|路线|路口|路由|"
    "路过|乐山|乐清|乐园|荣成|荣昌|巴中|巴南|富阳|富士|班车|班次|印度|印刷|印章|扶手|扶梯|寿光|寿司|边防|边检|燕郊|燕文|容易|"
    "容器|益阳|红色|红桥|昌平|昌吉|昌邑|衡阳|衡水|隆昌|习惯|茅台|杭州|诸暨|诸城|玉林|玉溪|黑龙|德国|德州|召回|元朗|元旦|红外|"
    "阳光|沙井|沙坪|银川|国泰|国药|异常|失败|完成|超时|单号|单元|支付|支持|阳台|成立|公章|公用|公共|取件|提货|严选|任意|方案|"
    "溪鸟|安检|安能|熊猫|蜂鸟|美团|闪送|达达|待定|包子|宁德|严词|利用|利于|房间|房东|老师|经理|老板|席位|米面|仓|收方|寄方|"
    "先生|女士|小姐|太太|师傅|当地|本地|末端|尾程|海外|境外|货代|货运|船东|专线|清关|报关|干线|国内|国外|国际|境内|未|没|不|非|无|待|暂|拟|请|勿|准备|即将|预计|可能|计划|"
    "尚在|尚待|尚需|尚有"
)
_NO_NAMES = frozenset(_SAYS_NO_NAME.split("|"))
_PLACE_END = re.compile("[路街道号楼幢村镇乡区县市省园城店站部柜点厅场库院校所局行社口厂组队会室邸员片线司商桥祠馆铺]$")
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
        if start not in ends and not (
            name[0] in "至给到往"
            or any(not _NO_NAMES.isdisjoint((name[i], name[i : i + 2], name[i : i + 3])) for i in range(len(name)))
            or _PLACE_START.match(name)
            or _PLACE_END.search(name[1:])
            or _SAME.match(name)
        ):
            ends[start] = stop
    yield from ends.items()


def _candidates(view: str) -> Iterator[tuple[int, int]]:
    for anchor in _ANCHOR.finditer(view):
        for cue in _CUES[anchor[0]]:
            if match := cue.match(view, anchor.end()):
                yield match.span("n")
    for title in _TITLED.finditer(view):
        before, start = view[: title.start()], title.start()
        if (match := _BEFORE_OFFICE.search(before, max(0, start - 5))) or (
            title["sure"] and (match := _BEFORE_TITLE.search(before, max(0, start - 3)))
        ):
            yield match.span("n")
    for verb in _SIGNS.finditer(view):
        if match := _BEFORE_SIGNS.search(view[: verb.start()], max(0, verb.start() - 9)):
            yield match.span("n")
    for word in _BEFORE_PHONE.finditer(view):
        end = word.start() + 1
        if match := _BESIDE_PHONE.search(view[:end], max(0, end - 18)):
            yield match.span(match.lastgroup or 0)
        if _PHONE_BRACKET.match(view, end) and (match := _LAST_NAME.search(view[:end], max(0, end - 3))):
            yield match.span("last")
