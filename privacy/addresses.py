"""Addresses: a street with the number of a house, and postcodes of Brazil."""

import re

from privacy.near import begins_freely, ends_freely, is_in_link, word_beside

_REACH = 80  # how far before its number a street may begin
_STREET_WORDS = """
    rua avenida av avda alameda travessa praça praca pça pca rodovia estrada largo viela ladeira quadra qd sqn sqs
    cln cls qnm qnn qi ql qe calle carrera cra kra pasaje jirón jiron plaza paseo diagonal transversal carretera
    blvd bulevar boulevard calzada
"""
_STREETS = frozenset(_STREET_WORDS.split())
_SHORT_STREETS = re.compile(r"(?<!\w)(?:r[.:]|al\.|tv\.|rod\.|c/|cl\.|jr\.|p[cç]\.)", re.IGNORECASE)
_LETTERS = re.compile(r"[^\W\d_]+")

_KIND = (
    r"(?:rua|r[.:]|avenida|avda\.?|av\.?|alameda|al\.|travessa|tv\.|pra[cç]a|p[cç]a\.?|rodovia|rod\.|estrada|largo|viela|"
    r"ladeira|calle|c/|carrera|cra\.?|kra\.?|cl\.|pasaje|jir[oó]n|jr\.|plaza|paseo|diagonal|transversal|carretera|blvd\.?|"
    r"bulevar|boulevard|calzada)"
)
# A street's name: words, and the numbers in names such as 25 de Março.
_NAME = r"(?:[^\W\d_][^\W\d_.'’]{0,24}\.?|\d{1,3}(?=\s+de\s))"
_SAYS_NUMBER = r"n[uú]m(?:ero)?\.?\s?|#\s?"
_STREET_BEFORE = re.compile(
    rf"(?<!\w)(?P<kind>{_KIND})(?:\s{{1,2}}|(?<=[.:/])\s?)"
    rf"(?P<name>{_NAME}(?:[ ]{_NAME}){{0,6}}?)"
    rf"(?P<join>\s?,\s{{0,2}}(?:n[º°o.]{{0,2}}\s?|{_SAYS_NUMBER})?|\s{{1,2}}(?:n[º°o.]{{0,2}}\s?|{_SAYS_NUMBER})|"
    r"\s-\s|\s{1,2})\Z",
    re.IGNORECASE,
)
_NUMBERED_BEFORE = re.compile(
    rf"(?<!\w){_KIND}\s{{0,2}}\d{{1,3}}\s?[a-z]?(?:\s(?:bis|sur|norte|este|oeste))?"
    r"\s{0,2}(?:,|#|,?\s?n[º°o.]{1,2}|,?\s?n[uú]mero)\s{0,2}\Z",
    re.IGNORECASE,
)
_BLOCK_BEFORE = re.compile(
    r"(?<!\w)(?:sq[ns]w?|cl[ns]|qn[mnlj]|q[ile]|quadra|qd\.?)\s{0,2}\d{1,3}[,\s]{1,3}"
    r"(?:(?:conjunto|conj\.?|cj\.?|bloco|bl\.?|lote|lt\.?)\s\w{1,2}[,\s]{1,3}){0,2}"
    r"(?:casa|lote|lt\.?|ap(?:to|t)?\.?|bloco)\s\Z",
    re.IGNORECASE,
)
_HOUSE = re.compile(r"(?:[0-9]{1,2}\.[0-9]{3}|[0-9]{1,5})(?:-?[A-Za-z](?!\w))?(?:\s?-\s?[0-9]{1,3}(?!\d))?(?!\w)")
_REST = re.compile(
    r"(?:[\s,.-]{1,3}(?:ap(?:to|t|artamento)?\.?|bl(?:oco)?\.?|casa|cs|sala|lote|conj(?:unto)?\.?|cj\.?|fundos|torre|andar|piso|"
    r"depto\.?|dpto\.?|int\.?|apt|unit|flat|suite)(?:\s[nº°.]{1,2})?\s?[0-9]{0,5}[a-z]?(?!\w)){0,3}"
    r"(?:,?\s[0-9]{1,2}[º°ª](?:\s[A-Z](?!\w))?)?"
    r"(?:[\s,-]{1,4}cep:?\s[0-9]{5}-?[0-9]{3}(?![0-9]))?",
    re.IGNORECASE,
)
_THINGS = (
    r"(?:dias?|d[ií]as?|horas?|hrs?|h|anos?|años?|vezes|vez|veces|mes(?:es)?|min(?:utos?)?|reais|real|pessoas|"
    r"personas|semanas?|mil|km|metros|m|kg|litros|pedidos|caixas|unidades|lojas|coisas|tiendas|cosas|carros|"
    r"caminh(?:ões|oes)|pontos?|estrelas?|pe[cç]as?|piezas?|pieces?|[ií]tens|items?|days?|hours?)(?!\w)"
)
_COUNTS_THINGS = re.compile(rf"\s?{_THINGS}", re.IGNORECASE)
_COUNTED = re.compile(rf"\s?(?:%|[ºª]|{_THINGS}|(?:del?|d[ao])(?!\w))|\s?[:/,.][0-9]", re.IGNORECASE)
_NO_NAME = re.compile(
    r"(?:^|[ ])(?:h[aá]|hace|desde|que|com|con|sem|sin|est[aá]|est[aá]o|ficou|fica|por|para|pra|em|en|no|na|até|hasta|"
    r"s[oó]|tem|ten[gh]o|já|ya|é|es|foi|fue|e|y|ou|o|onde|donde|minha|mi|meu|tudo|todo|toda|mais|más|menos|"
    r"quase|casi|durante|às|as|a|não|nao|faz|fazem|uns|unos|umas|chegou|chegaram|lleg\w{1,5}|"
    r"apenas|somente)(?=[ ]|$)|^são$|[ ]são(?=[ ]|$)|"  # São begins the names of saints
    # Streets are called Todos os Santos, Os Lusíadas and da Cerca.
    r"(?:^|[ ])(?:os$|(?<!todos[ ])os[ ](?-i:(?![A-ZÀ-Þ]))|cerca[ ]d[aeo]s?$)",
    re.IGNORECASE,
)
_ONE_LETTER = re.compile(r"[AEOY]")
# In lower case they are words, but where somebody lives.
_LOW_LETTER = re.compile(r"[aeoy]")
_LIVED_IN = re.compile(
    r"(?<!\w)(?:mor[oaei]\w{0,4}|endere[çc]o|entreg\w{1,5}|resid\w{1,5}|viv[oe]|direcci[oó]n)"
    r"(?:[ :,]{1,3}\w{1,8}){0,3}[ :,]{1,3}\Z",
    re.IGNORECASE,
)
_AND = re.compile(r"(?<=\w)[ ][ey][ ](?=[A-ZÀ-Þ])")
_MAY_BEGIN = frozenset(("la", "el", "los", "las", "da", "das", "do", "dos", "de", "del"))
_MAY_FOLLOW = re.compile(
    r"\s*(?:$|[^\w\s]|\n|(?:ap|apto|apt|apartamento|bl|bloco|casa|cs|bairro|cep|centro|lote|sala|fundos|torre|depto|dpto|piso|"
    r"jardim|jd|vila|cidade|em|no|na|e|en|colonia|col|barrio|meu|minha|mi|perto|por favor|pfv|pf)(?!\w))",
    re.IGNORECASE,
)
_IS_MARKED = re.compile(rf"(?<!\w)(?:n[º°o.]{{0,2}}\s?|{_SAYS_NUMBER})\Z", re.IGNORECASE)

_ENGLISH_WORDS = """
    street st road rd avenue ave lane ln drive dr court ct boulevard blvd way place pl square sq terrace close crescent
    highway hwy gardens grove mews row parkway pkwy
"""
_ENGLISH_KINDS = frozenset(_ENGLISH_WORDS.split())
_KINDS_OF_STREETS = _STREETS | _ENGLISH_KINDS
_SHORTENED = frozenset(("r", "al", "tv", "rod", "c", "cl", "jr", "pc", "pç"))
_ENGLISH = re.compile(
    r"[0-9]{1,5}(?:[A-Za-z]|-[0-9]{1,4})?,?[ ](?:(?:[NS][EW]|[NSEW]\.?|North|South|East|West)[ ])?"
    r"(?P<name>(?:[^\W\d_][\w'’.-]{0,24}|[0-9]{1,3}(?:st|nd|rd|th))(?:[ ][^\W\d_][\w'’.-]{0,24}){0,3}?)[ ]"
    rf"(?P<kind>{'|'.join(sorted(_ENGLISH_KINDS))})\b\.?"
    r"(?P<rest>(?:,?[ ](?:apt|apartment|flat|unit|suite|ste|#)\.?[ ]?#?[0-9]{1,5}[A-Za-z]?\b)?)",
    re.IGNORECASE,
)
_LIVES = re.compile(
    r"(?:address|live at|lives at|deliver(?:ed|y)? (?:it )?to|send it to|sent to|i'm at|living at)\W{0,3}\Z", re.I
)
_CEP = re.compile(r"[0-9]{2}\.?[0-9]{3}-[0-9]{3}(?![0-9-])")
_BARE_CEP = re.compile(r"[0-9]{2}\.?[0-9]{3}[ ]?[0-9]{3}(?![0-9-])")


def cep_at(text: str, at: int) -> int:
    """Where the postcode of Brazil that begins here ends; 0 when none does."""
    found = _CEP.match(text, at) or _BARE_CEP.match(text, at)
    if not found or not begins_freely(text, at) or not ends_freely(text, found.end()) or is_in_link(text, at):
        return 0
    said = word_beside(text, at, found.end())
    is_shaped = said == "" and "-" in found[0] and not _COUNTS_THINGS.match(text, found.end())
    return found.end() if said == "postcode" or is_shaped else 0


def may_hold_address(text: str) -> bool:
    """Whether a word for a street stands in the text: one look that spares a look beside each number."""
    words = _LETTERS.findall(text.lower())
    if not _KINDS_OF_STREETS.isdisjoint(words):
        return True
    return not _SHORTENED.isdisjoint(words) and bool(_SHORT_STREETS.search(text))


def address_at(text: str, at: int) -> tuple[int, int] | None:
    """The span of the address whose house number stands here, from the street's kind on; None when there is none."""
    return _street_then_number(text, at) or _number_then_street(text, at)


def _street_then_number(text: str, at: int) -> tuple[int, int] | None:
    house = _HOUSE.match(text, at)
    if not house:
        return None
    before = text[max(0, at - _REACH) : at]
    if _STREETS.isdisjoint(_LETTERS.findall(before.lower())) and not _SHORT_STREETS.search(before):
        return None
    offset = at - len(before)
    for numbered in (_NUMBERED_BEFORE, _BLOCK_BEFORE):
        if found := numbered.search(before):
            is_house = _is_house(text, house, before)
            return (offset + found.start(), _end_of_rest(text, house.end())) if is_house else None
    if not _is_house(text, house, before):
        return None
    found = _STREET_BEFORE.search(before)
    while found:
        is_lived_in = bool(_LIVED_IN.search(before, max(0, found.start() - 60), found.start()))
        if _is_named_well(found["name"], found["join"], text, house, is_lived_in=is_lived_in):
            return offset + found.start(), _end_of_rest(text, house.end())
        found = _STREET_BEFORE.search(before, found.start() + 1)
    return None


def _is_named_well(name: str, join: str, text: str, house: re.Match[str], *, is_lived_in: bool) -> bool:
    """Whether the words between a street's kind and a number are a name, and the number that of a house."""
    is_letter = _ONE_LETTER.fullmatch(name) or (is_lived_in and _LOW_LETTER.fullmatch(name))
    is_one_letter = is_letter and "," in join
    if name.lower() in _MAY_BEGIN or (_NO_NAME.search(_AND.sub(" ", name)) and not is_one_letter):
        return False
    if "." in house[0] and not join.strip():  # a price more often than a house
        return False
    is_named = any(word[0].isupper() for word in name.split())
    is_marked = any(sign in join for sign in "nN#")
    if not is_named and not is_marked and not _MAY_FOLLOW.match(text, house.end()):
        return False
    return bool(join.strip()) or is_named or len(house[0]) >= 2


def _is_house(text: str, house: re.Match[str], before: str) -> bool:
    if _COUNTED.match(text, house.end()):
        return False
    is_thousands = "." in house[0]
    return not is_thousands or bool(_IS_MARKED.search(before) or _MAY_FOLLOW.match(text, house.end()))


def _end_of_rest(text: str, end: int) -> int:
    rest = _REST.match(text, end)
    return rest.end() if rest else end


def _number_then_street(text: str, at: int) -> tuple[int, int] | None:
    found = _ENGLISH.match(text, at)
    if not found or (at and (text[at - 1].isalnum() or text[at - 1] in "-/.,:$£€#")):
        return None
    kind, words = found["kind"], found["name"].split()
    capitals = all(word[0].isupper() or word[0].isdigit() for word in (*words, kind))
    if capitals:
        return at, found.end()
    is_told = bool(found["rest"]) or bool(_LIVES.search(text, max(0, at - 24), at))
    return (at, found.end()) if is_told and len(words) <= 2 else None
