"""External ids in each network's own shape, the same again for the same seed."""

import hashlib

DIGITS = "0123456789abcdefghijklmnopqrstuvwxyz"
# X counts milliseconds from here in the upper bits of an id (docs.x.com/fundamentals/x-ids, read 2026-11).
X_EPOCH = 1_288_834_974_657
FIRST_SERIALS = {
    "t3": int("1p00000", 36),
    "t1": int("nq00000", 36),
    "t4": int("2r00000", 36),
    "reclame_aqui": 41_200_000,
    "interaction": 265_300_000,
    "complaints": int("k00000", 36),
}


def family(network: str, kind: str, opens_thread: bool) -> str:
    """Which run of ids a new post takes its own from."""
    if network == "reddit" and kind == "message":
        return "t4"
    if network == "reddit":
        return "t3" if opens_thread else "t1"
    if network == "reclame_aqui" and not opens_thread:
        return "interaction"
    return network


def next_serial(seed: int, family_name: str, last: int | None, at: int) -> int:
    """The number behind the next id: above `last` always, so that ids ascend; `at` in microseconds since 1970."""
    noise = _noise(seed, family_name, str(last))
    match family_name:
        case "x":
            by_time = ((at // 1000 - X_EPOCH) << 22) + noise % (1 << 22)
        case "mastodon":
            by_time = ((at // 1000) << 16) + noise % (1 << 16)
        case _:
            # Other people post as well, so that our numbers have gaps.
            step = 1 + noise % 40
            return (FIRST_SERIALS[family_name] + noise % 10_000 if last is None else last) + step
    return by_time if last is None else max(by_time, last + 1 + noise % 512)


def external_id(family_name: str, serial: int) -> str:
    match family_name:
        case "t1" | "t3" | "t4":
            return f"{family_name}_{base36(serial)}"
        case "complaints":
            return base36(serial)
        case _:
            return str(serial)


def person_id(seed: int, network: str, handle: str, nonce: int) -> str:
    """A new `nonce` gives another id, should one be taken."""
    noise = _noise(seed, f"{network} person", f"{handle.casefold()} {nonce}")
    match network:
        case "x":
            return str(10**18 + noise % (7 * 10**17))
        case "mastodon":
            return str(108 * 10**15 + noise % (6 * 10**15))
        case "reddit":
            return "t2_" + base36(36**7 + noise % (20 * 36**7))
        case "reclame_aqui":
            return str(10_000_000 + noise % 60_000_000)
        case _:
            return base36(36**5 + noise % (30 * 36**5))


def public_complaint_id(seed: int, serial: int) -> str:
    """The id in a complaint's public address, which tells nothing of its number."""
    noise = hashlib.sha256(f"{seed}:public:{serial}".encode()).digest()
    alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
    return "".join(alphabet[byte % 64] for byte in noise[:16])


def base36(number: int) -> str:
    digits = ""
    while number:
        number, digit = divmod(number, 36)
        digits = DIGITS[digit] + digits
    return digits or "0"


def _noise(seed: int, *names: str) -> int:
    return int.from_bytes(hashlib.blake2b(":".join((str(seed), *names)).encode(), digest_size=8).digest())
