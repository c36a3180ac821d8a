"""What is said to one person alone: messages on Reddit, and what customers answer in private, on any network."""

from sandbox.state import Person, Post, State


def send(state: State, sender: Person, to: Person, subject: str, text: str, *, on: Post | None = None) -> Post:
    """A message on Reddit; `on` is the one that it answers, whose conversation and subject it keeps."""
    return state.publish(
        sender,
        text,
        kind="message",
        parent=on.external_id if on else None,
        thread=on.thread if on else None,
        addresses_brand=to.is_brand,
        extra={"visibility": "private", "subject": on.extra["subject"] if on else subject, "to": to.handle},
    )


def answer_privately(state: State, said: Post, text: str) -> Post:
    """A customer answers what the brand told them alone, where they were told it.

    ValueError where the brand said it to everybody, or where the network has no such way.
    """
    if not said.is_private or not said.person.is_brand:
        raise ValueError(f"{said.external_id} is no private word of the brand")
    match said.network:
        case "reddit":
            return send(state, _person(state, said), said.person, "", text, on=said)
        case "mastodon":
            text, visibility = f"@{said.person.handle} {text}", "direct"
        case "reclame_aqui":
            visibility = "private"
        case other:
            raise ValueError(f"nobody can answer in private on {other}")
    return state.publish(
        _person(state, said),
        text,
        kind="replica" if said.network == "reclame_aqui" else "comment",
        parent=said.external_id,
        thread=said.thread,
        extra={"visibility": visibility},
    )


def _person(state: State, said: Post) -> Person:
    """Whom the brand spoke to."""
    if said.network == "reclame_aqui":  # a ticket is one consumer's, whichever of its words was answered
        (complaint,) = state.posts(said.network, thread=said.thread, newest_first=False, limit=1)
        return complaint.person
    to = state.person(said.network, said.extra["to"]) if "to" in said.extra else said.in_reply_to_person
    if to is None:
        raise ValueError(f"{said.external_id} is for nobody that is known")
    return to
