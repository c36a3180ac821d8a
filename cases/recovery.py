"""After a backup was put back: what was under way is frozen and read back before anything moves."""

from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from sqlmodel import Session, col, select

from cases.protocol import skip_ahead
from database.ledger import OUVIDOR, append, move
from models import Account, Reply, ReplyState
from responders.outbox import release

_MAY_HAVE_LEFT = (ReplyState.APPROVED, ReplyState.SENDING, ReplyState.UNKNOWN)
_LOOKED_FOR = (ReplyState.POSTED, ReplyState.BY_HAND)


@dataclass(frozen=True)
class Frozen:
    """How many replies wait to be read back, and how many accounts are held until then."""

    replies: int
    read_again: int  # confirmed ones, or ones that a person posts, which are looked for once more
    accounts: int


def freeze(session: Session, now: datetime, zone: ZoneInfo) -> Frozen:
    """Hold everything that the database calls unfinished: the life after the backup may have finished it.

    What was approved, was being sent or is unknown is looked for; what is there is adopted, and the rest waits for a
    person: whoever rejected it meanwhile is forgotten too. Its accounts send nothing until each was looked for. From
    here on automation asks the platform before it answers anything older. Protocol numbers go on far above those that
    the database remembers, since customers hold higher ones. A second time changes nothing but the moment.
    """
    waiting = session.exec(select(Reply).where(col(Reply.state).in_(_MAY_HAVE_LEFT)).with_for_update()).all()
    for reply in waiting:
        reply.frozen_at, reply.looked = now, 0
        reply.sending_at = reply.sending_at or now
        reply.last_error = "a backup was put back: it is being looked for"
        release(reply, now)
        if reply.state is ReplyState.UNKNOWN:
            append(session, reply.case_id, "reply_frozen", OUVIDOR, now, mention_id=reply.mention_id, reply_id=reply.id)
        else:
            move(session, reply, ReplyState.UNKNOWN, OUVIDOR, now, detail={"frozen": "yes"})
        session.add(reply)
    posted = session.exec(select(Reply).where(col(Reply.state).in_(_LOOKED_FOR)).with_for_update()).all()
    for reply in posted:
        release(reply, now)
        session.add(reply)
    for account in session.exec(select(Account)).all():
        account.recovered_at, account.next_reconcile_at, account.reconciled_to = now, None, None
        account.resumed_at = now  # what is frozen was not sent from here: it blows no fuse
        session.add(account)
    skip_ahead(session, now, zone)
    return Frozen(len(waiting), len(posted), len({reply.account_id for reply in waiting}))
