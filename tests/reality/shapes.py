"""Compares the shape of two JSON answers: which keys they have, and what kind of value each holds."""

from collections.abc import Iterator

Shape = dict[str, frozenset[str]]


def shape_of(value: object) -> Shape:
    """Every path of a value with the kinds seen there; lists are merged, as `posts[].id`."""
    found: dict[str, set[str]] = {}
    for path, kind in _walk(value, ""):
        found.setdefault(path, set()).add(kind)
    return {path: frozenset(kinds) for path, kinds in found.items()}


def differences(recorded: Shape, ours: Shape) -> list[str]:
    """What a recorded answer has and ours has not, or has as another kind of value; null fits every kind."""
    wrong = []
    for path, kinds in sorted(recorded.items()):
        if path not in ours:
            # Below a list that ours leaves empty, or a null, there is nothing to compare.
            above = [path[:end] for end in range(len(path)) if path.startswith(("[]", "."), end)]
            hollow = (
                one
                for one in above
                if ours.get(one) == frozenset({"null"}) or (one in ours and _is_empty_list(one, ours))
            )
            if not any(hollow):
                wrong.append(f"{path} is missing")
        elif not (kinds <= {"null"} or ours[path] <= {"null"} or kinds & ours[path]):
            wrong.append(f"{path} is {'/'.join(sorted(ours[path]))}, recorded as {'/'.join(sorted(kinds))}")
    return wrong


def _is_empty_list(path: str, shape: Shape) -> bool:
    return "list" in shape[path] and f"{path}[]" not in shape


def _walk(value: object, path: str) -> Iterator[tuple[str, str]]:
    if isinstance(value, dict):
        yield path, "object"
        for key, inner in value.items():
            yield from _walk(inner, f"{path}.{key}" if path else str(key))
    elif isinstance(value, list):
        yield path, "list"
        for inner in value:
            yield from _walk(inner, f"{path}[]")
    else:
        yield path, _kind(value)


def _kind(value: object) -> str:
    match value:
        case None:
            return "null"
        case bool():
            return "boolean"
        case int() | float():
            return "number"
        case _:
            return "text"
