"""The words that stand beside a number and say what it is."""

import re

# Letters before the word are let pass in "meucpf"; the marker that mask writes is no word.
_BEFORE = re.compile(
    r"(?P<cpf>(?<!\[)cpfs?(?![a-z])|\bdocumento\b)"
    r"|(?P<cnpj>(?<!\[)cnpj(?![a-z]))"
    r"|\b(?P<phone>(?<!\[)(?:tel|telefones?|tel[eé]fonos?|fone|cel|celular(?:es)?|whats\w{0,5}|wh?ats|wpp|zap\w{0,3}|"
    r"lig(?:ar?|ue|uem|a[cç][aã]o|u[ei]i|ou|aram)|contat\w{1,6}|contact\w{0,6}|chama[rm]?|chame|phone|mobile|cell|landline|fixo|"
    r"call(?:ed|ing|s)?|text|reach|ring|"
    r"ll[aá]m\w{1,6}|m[oó]vil|(?:meu|esse|este|neste|nesse|mi|my|this|ese|same) (?:n[uú]mero|number|num)))\b"
    r"|\b(?P<postcode>cep|zip|postcode|c[oó]digo postal)\b"
    r"|\b(?P<order>pedidos?|protocolos?|ordem|orde[rn](?:s|es)?|ticket|rastre\w{0,8}|tracking|c[oó]d(?:igos?)?|code|notas?|"
    r"nfe?|boletos?|contratos?|contracts?|faturas?|facturas?|invoices?|ref(?:er[eê]nci\w{1,2}|erence)?|chamado|"
    r"atendimento|ocorr[eê]ncia|reclama[cç][aã]o|reclamo|sku|isbn|ean|serial|s[eé]rie|serie|imei|booking|reservas?|"
    r"localizador|conta|cuenta|account|ag[eê]ncia|cases?|incident|gu[ií]a|folio|expediente|instala[cç][aã]o|caso|"
    r"processo|id|transa[cç][aã]o|transaction|transacci[oó]n|nsu|modelo|model|vers[aã]o|versi[oó]n|version|build|firmware|matr[ií]cula|lote|env[ií]o|parcel)\b",
    re.IGNORECASE,
)
_AFTER = re.compile(
    r"\W{1,4}(?:[eé] |is |es |no |o |a |meu |my |mi |my own |on |por |via ){0,3}"
    r"(?:(?P<cpf>(?<!\[)cpf)|(?P<cnpj>(?<!\[)cnpj)|(?P<phone>(?<!\[)(?:whats|zap|wpp|tel|cel|fone|phone|mobile)))",
    re.IGNORECASE,
)
_GLUED = re.compile(r"(?:cpf|cnpj|tel|fone|cel|whats|whatsapp|zap|wpp|0xx?)$", re.IGNORECASE)
_REACH = 40
# A whole telephone, as it stands beside the slash that parts it from a number.
_TELEPHONE = (
    r"(?:[0-9]{10,13}|(?!(?:19|20)[0-9]{2}[.-])(?=[0-9]+[ .()-]{1,2}[0-9])[0-9](?:[ .()-]{0,2}[0-9]){7,12})(?![0-9])"
)
_TELEPHONE_AFTER = re.compile(rf"\(?{_TELEPHONE}|(?:9[0-9]{{8}}|[3-5][0-9]{{7}})(?![0-9])")
_TELEPHONE_BEFORE = re.compile(rf"(?<![0-9]){_TELEPHONE}/\Z")
_LONGEST_TELEPHONE = 40  # signs, the slash and the spaces among them
_ADDRESS_OF_PAGE = re.compile(r"://|^www\.|\.(?:com|net|org|br|io|co|ly|gov)/", re.IGNORECASE)
_CHAT_LINK = re.compile(r"(?:wa\.me/|whatsapp\.com/send/?\?phone=)\+?$|^(?:tel|sms):\+?$", re.IGNORECASE)


def word_beside(text: str, start: int, end: int) -> str:
    """What the nearest telling word says a number is: cpf, cnpj, phone, postcode or order; "" when none stands near."""
    if found := _AFTER.match(text, end, end + 24):
        return found.lastgroup or ""
    said = words_before(text, start)
    return said[-1] if said else ""


def words_before(text: str, start: int) -> tuple[str, ...]:
    """What each telling word within reach before a number says, the nearest last."""
    return tuple(found.lastgroup or "" for found in _BEFORE.finditer(text, max(0, start - _REACH), start))


def is_named_order(text: str, start: int) -> bool:
    """Whether the nearest telling word before a number says that it is an order or the like, and means no other one."""
    said = list(_BEFORE.finditer(text, max(0, start - _REACH), start))
    return bool(said) and said[-1].lastgroup == "order" and not any(map(str.isdigit, text[said[-1].end() : start]))


def is_chat_link(text: str, start: int) -> bool:
    """Whether a number stands in a link that opens a chat or a call with it."""
    return bool(_CHAT_LINK.search(_token_before(text, start)))


def is_in_link(text: str, start: int) -> bool:
    """Whether a number is a piece of a page's address."""
    if start == 0 or text[start - 1].isspace():
        return False
    return bool(_ADDRESS_OF_PAGE.search(_token_before(text, start)))


def _token_before(text: str, start: int) -> str:
    before = text[max(0, start - 300) : start]
    return "" if not before or before[-1].isspace() else before.split()[-1]


def begins_freely(text: str, start: int) -> bool:
    """Whether a number may begin here: not inside a word, a code or a larger number."""
    if start == 0:
        return True
    before = text[start - 1]
    if before.isalnum() or before == "_":
        return bool(_GLUED.search(text, max(0, start - 8), start))
    if before in "#$€£":
        return False
    if start == 1:
        return True
    further = text[start - 2]
    if before in ".,/:-":
        is_joined = further.isdigit() and not follows_telephone(text, start)
        return not is_joined and (before != "-" or not further.isalpha() or is_glued(text, start - 1))
    return not (before == " " and further in "$€£#")


def follows_telephone(text: str, start: int) -> bool:
    """Whether only a slash parts a number from the telephone before it."""
    if text[start - 1 : start] == "(":
        start -= 1
    if text[start - 1 : start] != "/" or not text[start - 2 : start - 1].isdigit():
        return False
    return bool(_TELEPHONE_BEFORE.search(text, max(0, start - _LONGEST_TELEPHONE), start))


def is_glued(text: str, end: int) -> bool:
    """Whether a word such as CPF or tel ends here."""
    return bool(_GLUED.search(text, max(0, end - 8), end))


def ends_freely(text: str, end: int) -> bool:
    """Whether a number may end here: not inside a word, a code or a larger number."""
    if end >= len(text):
        return True
    after = text[end]
    if after.isalnum() or after in "_%":
        return False
    if after == "/" and _TELEPHONE_AFTER.match(text, end + 1):
        return True
    return not (after in ".,/:-" and text[end + 1 : end + 2].isdigit())
