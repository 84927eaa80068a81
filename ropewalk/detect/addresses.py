"""Street addresses, assembled from parts: a number, a word for a street, a unit, a box; many countries."""

from __future__ import annotations

import re

from ropewalk.detect.gazetteer import fold

_WORDS = frozenset(
    (
        "street st str avenue ave av road rd lane ln drive dr boulevard blvd bvd court ct place pl terrace ter trail trl parkway pkwy pky circle cir "
        "crescent cres highway hwy square sq way loop alley aly row plaza plz point pt turnpike tpke expressway close mews gardens gdns grove grv "
        "heights hts hill ridge run walk wharf quay esplanade parade pde promenade crossing xing pass path pike green center centre junction park "
        "freeway causeway mall cove glen hollow manor meadow mill mount view vista bend broadway branch route rte "
        "strasse platz gasse weg allee ring ufer damm chaussee markt promenade "
        "rue chemin impasse quai cours allees faubourg passage route "
        "calle c/ avda avenida carrera cra paseo plaza camino calzada carretera ronda travesia glorieta cerrada privada andador callejon rambla "
        "via viale piazza corso vicolo largo strada piazzale contrada "
        "rua travessa praca alameda rodovia estrada largo quadra "
        "straat laan plein gracht kade ulica ul aleja plac os osiedle ulice namesti utca ter vej gade alle gata gatan vagen vag veien vei katu tie "
        "cadde caddesi cad sokak sokagi sok mahallesi mah bulvari bulevar ulitsa jalan jl gang marg nagar chowk salai cross layout colony chome cho "
        "machi ku dori sector phase block"
    ).split()
)
_SURE_WORDS = _WORDS - frozenset(
    "st dr av c/ pl ct way row hill run walk green center centre park mall view point pt pass path pike mill mount glen cove ring ter "
    "via corso cross "
    "close os gang phase block sector ku cho route rte court square sq market markt largo loop terrace circle plaza heights manor branch "
    "grove gardens bend ridge crossing broadway passage tie alle vei mah cad sok layout colony carrera ronda meadow vista".split()
)
_ENDINGS = re.compile(
    r"(strasse|straat|gasse|allee|platz|weg|damm|ufer|laan|plein|gracht|kade|singel|dreef|vagen|gatan|gata|veien|gaten|gade|vej|utca|"
    r"katu|tie|dori|str)$"
)
_NUMBER = re.compile(r"(?<![\w.])(?:no\.?|nr\.?|n[°º]|#)?\s?\d{1,6}\s?[a-z]?(?:[-/–]\s?\d{1,5}[a-z]?)?(?![\w.%])", re.I)
_BOX = re.compile(r"(?i)\b(?:p\.?\s?o\.?\s*box|post\s?office\s?box|postfach|apartado|casilla|caixa postal|boite postale|b\.?p\.?)\s*#?\d+")
_UNIT = re.compile(
    r"(?i)^(?:apt|apartment|suite|ste|unit|flat|room|rm|floor|fl|bldg|building|lot|c/o|attn|apto|depto|piso|planta|etage|wohnung|bat|batiment|"
    r"int|interno|interior|door|dept|department|kat|daire|bloco|block|andar|tower|torre|wing|level|penthouse|appartement|appt|residence|"
    r"esc|escalera|escalier|puerta|pta|bajo|bat|hinterhaus|vorderhaus|seitenfluegel|stock|whg|piano|scala|palazzina|sala|edif|edificio|conjunto|cj|"
    r"quadra|lote|apartamento|apartamento n|casa|flat no|shop|"
    r"ph)\b\.?\s*[#-]?\s*[a-z]{0,2}\d{0,5}[a-z]?\b.{0,25}$|^#\s?\d{1,5}[a-z]?$"
)
_STOREY = re.compile(
    r"(?i)^(?:\d{1,2}\s?(?:\.|º|ª|°|th|st|nd|rd|er|eme|e)?\s?(?:og|ug|dg|eg|stock|etage|floor|piso|andar|piano|planta)\b.{0,20}|"
    r"\d{1,2}\s?[ºª°]\s?(?:[a-z]|izq|izda|dcha|der)?\.?|(?:eg|dg|og)\s(?:links|rechts|mitte))$"
)
_SUFFIXES = frozenset("street st road rd avenue ave lane ln drive boulevard blvd parkway highway strasse gasse allee".split())
_PREFIXES = frozenset("rue avenue avenida av calle via viale rua jalan jl ulica paseo chemin boulevard".split())
_ORDINAL = re.compile(r"(?i)\b\d{1,3}(?:st|nd|rd|th|er|e|ª|º)\b")
_LINE = re.compile(r"^[^\W\d_][^\d,]{2,40} \d{1,4}\s?[A-Za-z]?(?:[-/]\d{1,4})?,?\s+(?:[A-Z]{1,2}-)?\d{4,6}\s+[^\W\d_]{2,}")
_INNER_UNIT = re.compile(r"(?i)\b(?:apt|apartment|suite|ste|unit|floor|fl|bldg)\b\.?\s*#?\s*\w{1,5}\b|#\s?\d{1,5}\b")
_END = re.compile(r"\b[A-Z]{2},?\s+\d{5}(?:-\d{4})?$|\b[A-Z]\d[A-Z] ?\d[A-Z]\d$|\b[A-Z]{1,2}\d[A-Z\d]? ?\d[A-Z]{2}$")
_LEADING = re.compile(r"^(?:no\.?\s?)?\d{1,6}\s?[a-z]?(?:[-/–]\s?\d{1,5})?,?\s+(?=[^\W\d_])", re.I)
_NOISE = re.compile(
    r"(?i)https?://|@|\b(?:gb|kg|ml|oz|pcs|pack|inch|cm|mm|boxes|bags|bottles|units|items|days?|hours?|years?|months?|minutes?|usd|eur|"
    r"mah|rpm|watts?)\b"
)


def street(value: str) -> float:
    """How much one cell looks like a street address, 0..1."""
    if not 4 <= len(value) <= 160 or _NOISE.search(value):
        return 0.0
    if _BOX.search(value):
        return 1.0
    tokens = re.findall(r"[^\W\d_]+/?", fold(value))
    if not tokens or len(tokens) > 18:
        return 0.0
    sure = any(t in _SURE_WORDS or (len(t) > 5 and _ENDINGS.search(t)) for t in tokens)
    maybe = sure or any(t in _WORDS for t in tokens)
    number = bool(_NUMBER.search(value))
    leading = bool(_LEADING.match(value))
    if (number or _ORDINAL.search(value)) and sure:
        return 1.0
    if _LINE.match(value) or (leading and _INNER_UNIT.search(value)) or (leading and _END.search(value) and len(tokens) >= 3):
        return 1.0
    if leading and maybe and len(tokens) >= 2:
        return 0.95
    if number and maybe:
        return 0.6
    if leading and 1 <= len(tokens) <= 5 and value[:1].isdigit():
        return 0.3
    trailing = re.search(r"[^\W\d_]{3,}\.?,?\s+\d{1,4}\s?[a-z]?$", value, re.I)
    if trailing and len(tokens) <= 4:
        return 0.3
    if 2 <= len(tokens) <= 4 and (tokens[-1] in _SUFFIXES or tokens[0] in _PREFIXES):
        return 0.75
    if sure and len(tokens) <= 6:
        return 0.45
    return 0.0


def unit(value: str) -> float:
    """1.0 for a second address line: `Apt 5`, `Suite C`, `P.O. Box 12`."""
    if len(value) > 40:
        return 0.0
    text = value.strip()
    plain = text if text.isascii() else "".join(c if c in "ºª°" else fold(c) for c in text)
    return 1.0 if _UNIT.match(plain) or _STOREY.match(plain) or _BOX.search(value) else 0.0
