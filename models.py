"""Every table, in the order in which data reaches it; no behaviour."""

from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import JSON, Column, Enum, Index, MetaData, UniqueConstraint, text
from sqlmodel import Field, SQLModel

# Names that Alembic can find again on every database; from the first revision on.
SQLModel.metadata.naming_convention = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s",
    "pk": "pk_%(table_name)s",
}
metadata: MetaData = SQLModel.metadata


def _by_value(states: type[StrEnum]) -> Any:
    """A column type that stores a member's value, as text on every database."""
    return Enum(
        states,
        values_callable=lambda members: [m.value for m in members],
        native_enum=False,
        length=20,
        validate_strings=True,
    )


class AccountRole(StrEnum):
    BRAND = "brand"
    CARE = "care"


class MentionKind(StrEnum):
    POST = "post"  # opens a conversation
    COMMENT = "comment"  # answers something
    COMPLAINT = "complaint"  # filed on a complaint site
    REPLICA = "replica"  # the consumer's further word on a complaint
    EVALUATION = "evaluation"  # the consumer's closing words on a complaint
    ANSWER = "answer"  # the company's own public answer


class Visibility(StrEnum):
    PUBLIC = "public"
    UNLISTED = "unlisted"
    PRIVATE = "private"  # seen by those it names alone; never answered in public


class Sentiment(StrEnum):
    NEGATIVE = "negative"
    NEUTRAL = "neutral"
    POSITIVE = "positive"


class Urgency(StrEnum):
    CRITICAL = "critical"
    HIGH = "high"
    NORMAL = "normal"
    LOW = "low"


class MentionType(StrEnum):
    OTHER = "other"
    COMPLAINT = "complaint"
    QUESTION = "question"
    SUGGESTION = "suggestion"
    PRAISE = "praise"


class Hold(StrEnum):
    LEGAL = "legal"
    DANGER = "danger"
    MINORS = "minors"
    SELF_HARM = "self_harm"
    VIOLENCE_HATE = "violence_hate"
    DEATH = "death"
    PRESS = "press"
    DATA_BREACH = "data_breach"


class Topic(StrEnum):
    DELIVERY = "delivery"
    BILLING = "billing"
    REFUND = "refund"
    QUALITY = "quality"
    SUPPORT = "support"  # nobody answered, or the author was passed around
    CANCELLATION = "cancellation"
    OUTAGE = "outage"
    FRAUD = "fraud"
    APP = "app"
    PRICE = "price"
    OTHER = "other"  # none of the others


class PersonalData(StrEnum):
    """Kinds of personal data that stand in a text."""

    CPF = "cpf"
    CNPJ = "cnpj"
    PHONE = "phone"
    EMAIL = "email"
    CARD = "card"
    ADDRESS = "address"
    PLATE = "plate"


class CaseState(StrEnum):
    OPEN = "open"
    TAKEN = "taken"  # a person is on it
    SNOOZED = "snoozed"
    RESOLVED = "resolved"
    DISMISSED = "dismissed"


class ReplyPurpose(StrEnum):
    ACKNOWLEDGEMENT = "acknowledgement"
    ANSWER = "answer"
    RESOLUTION = "resolution"


class ReplyState(StrEnum):
    DRAFT = "draft"
    APPROVED = "approved"  # waits for delivery: its own outbox row
    SENDING = "sending"  # claimed; the request may have left
    POSTED = "posted"  # the platform said so
    VERIFIED = "verified"  # read back in the thread
    FAILED = "failed"  # refused; nothing was published
    UNKNOWN = "unknown"  # anything may have happened; being looked for
    BY_HAND = "by_hand"  # a person must post it
    NEEDS_HUMAN = "needs_human"  # a person must decide
    DISCARDED = "discarded"


class Brand(SQLModel, table=True):
    id: int | None = Field(default=None, primary_key=True)
    slug: str = Field(unique=True)
    name: str
    languages: str = "pt,en,es"  # most used first
    created_at: datetime


class Account(SQLModel, table=True):
    """An identity of the brand on a channel; its secrets are never here."""

    id: int | None = Field(default=None, primary_key=True)
    brand_id: int = Field(foreign_key="brand.id")
    name: str = Field(unique=True)  # as in ouvidor.toml
    channel: str
    place: str
    handle: str
    external_id: str = ""
    role: AccountRole = Field(default=AccountRole.BRAND, sa_type=_by_value(AccountRole))
    active: bool = True
    paused_reason: str = ""  # why nothing is posted as this account; "" when nothing holds it
    recovered_at: datetime | None = None  # a backup was put back: what was said before may have been answered since
    resumed_at: datetime | None = None  # a person let it go on: fuses count from here
    next_reconcile_at: datetime | None = None  # None: as soon as may be
    reconciled_to: datetime | None = None  # its own posts were compared with the ledger up to here


class Source(SQLModel, table=True):
    """What one listener reads, its place in time and its health."""

    id: int | None = Field(default=None, primary_key=True)
    brand_id: int = Field(foreign_key="brand.id")
    account_id: int = Field(foreign_key="account.id")
    name: str = Field(unique=True)  # as in ouvidor.toml
    channel: str
    place: str
    kind: str
    query: str = ""
    options: dict[str, Any] = Field(default_factory=dict, sa_column=Column(JSON, nullable=False))
    active: bool = True
    started_at: datetime  # nothing posted before is answered automatically
    interval_seconds: float = 60.0
    cursor: str | None = None
    next_poll_at: datetime = Field(index=True)
    claimed_until: datetime | None = None
    claim: str | None = None
    last_success_at: datetime | None = None
    lag_seconds: float | None = None  # seen minus posted, of the newest mention of the last poll
    failing_since: datetime | None = None
    failures: int = 0  # in a row
    last_error: str = ""
    paused_reason: str = ""  # "" when it polls; otherwise what a person must do
    next_check_at: datetime | None = None


class Stop(SQLModel, table=True):
    """A person's word that nothing is sent, of everything, a brand or an account; in force until it is lifted."""

    __table_args__ = (
        Index(
            "uq_stop_open",
            "scope",
            "subject",
            "automation_only",
            unique=True,
            sqlite_where=text("lifted_at IS NULL"),
            postgresql_where=text("lifted_at IS NULL"),
        ),
    )
    id: int | None = Field(default=None, primary_key=True)
    scope: str  # "everything", "brand" or "account"
    subject: int = 0  # the brand's or the account's id; 0 for everything
    automation_only: bool = False  # an incident is under way: people may go on answering
    reason: str = ""
    by: str
    set_at: datetime
    lifted_by: str = ""
    lifted_at: datetime | None = None


class Alarm(SQLModel, table=True):
    """Something a person must know once; open until cleared."""

    __table_args__ = (
        Index(
            "uq_alarm_open",
            "kind",
            "subject",
            unique=True,
            sqlite_where=text("cleared_at IS NULL"),
            postgresql_where=text("cleared_at IS NULL"),
        ),
    )
    id: int | None = Field(default=None, primary_key=True)
    kind: str
    subject: str  # "source:3", "account:1", "reply:12"
    message: str
    raised_at: datetime
    cleared_at: datetime | None = None


class Customer(SQLModel, table=True):
    """The person behind profiles."""

    id: int | None = Field(default=None, primary_key=True)
    brand_id: int = Field(foreign_key="brand.id", index=True)
    created_at: datetime


class Profile(SQLModel, table=True):
    """A person's identity on one channel; erasable."""

    __table_args__ = (UniqueConstraint("brand_id", "channel", "place", "external_id"),)
    id: int | None = Field(default=None, primary_key=True)
    brand_id: int = Field(foreign_key="brand.id")
    customer_id: int | None = Field(default=None, foreign_key="customer.id", index=True)
    channel: str
    place: str
    external_id: str
    handle: str
    name: str = ""
    url: str = ""
    followers: int | None = None
    is_bot: bool = False
    opted_out_at: datetime | None = None  # asked not to be answered
    blocked_at: datetime | None = None  # a person of ours decided that nothing is sent to them


class Mention(SQLModel, table=True):
    """One public post, comment, review or complaint."""

    __table_args__ = (
        UniqueConstraint("brand_id", "channel", "place", "external_id"),
        Index("ix_mention_thread", "brand_id", "channel", "place", "thread"),
        Index("ix_mention_brand_posted", "brand_id", "posted_at"),
        Index(
            "ix_mention_untagged",
            "id",
            sqlite_where=text("verdict_id IS NULL AND NOT is_ours AND deleted_at IS NULL"),
            postgresql_where=text("verdict_id IS NULL AND NOT is_ours AND deleted_at IS NULL"),
        ),
        Index(
            "ix_mention_untriaged",
            "id",
            sqlite_where=text("triaged_at IS NULL"),
            postgresql_where=text("triaged_at IS NULL"),
        ),
    )
    id: int | None = Field(default=None, primary_key=True)
    brand_id: int = Field(foreign_key="brand.id")
    account_id: int | None = Field(default=None, foreign_key="account.id")  # the account it speaks to
    channel: str
    place: str
    external_id: str
    kind: MentionKind = Field(sa_type=_by_value(MentionKind))
    profile_id: int | None = Field(default=None, foreign_key="profile.id", index=True)
    parent_external_id: str | None = Field(default=None, index=True)
    thread: str  # the conversation's id; the mention's own where the platform has none
    text: str
    text_revision: int = 1
    lang_hint: str | None = None
    url: str = ""
    pictures: list[str] = Field(default_factory=list, sa_column=Column(JSON, nullable=False))
    visibility: Visibility = Field(default=Visibility.PUBLIC, sa_type=_by_value(Visibility))
    is_ours: bool = False
    addresses_us: bool = False
    answerable_automatically: bool = True  # False: from before the source was switched on, or imported
    reach: int = 0  # followers of the author when seen
    extra: dict[str, str] = Field(default_factory=dict, sa_column=Column(JSON, nullable=False))
    posted_at: datetime
    seen_at: datetime
    edited_at: datetime | None = None
    deleted_at: datetime | None = None  # text and author purged; the row keeps the count
    checked_at: datetime | None = None
    verdict_id: int | None = None  # the verdict in force; None while it waits to be tagged
    triaged_at: datetime | None = None
    dismissed_at: datetime | None = None  # a person called it noise


class MentionText(SQLModel, table=True):
    """A text that an edit replaced; erasable."""

    __tablename__ = "mention_text"
    __table_args__ = (UniqueConstraint("mention_id", "revision"),)
    id: int | None = Field(default=None, primary_key=True)
    mention_id: int = Field(foreign_key="mention.id")
    revision: int
    text: str
    replaced_at: datetime


class Sighting(SQLModel, table=True):
    """Which sources saw a mention, so that two never store it twice."""

    mention_id: int = Field(foreign_key="mention.id", primary_key=True)
    source_id: int = Field(foreign_key="source.id", primary_key=True)
    seen_at: datetime


class ThreadFactRow(SQLModel, table=True):
    """What the platform states of a thread: its status, its evaluation; the newest `at` of a name holds."""

    __tablename__ = "thread_fact"
    __table_args__ = (UniqueConstraint("brand_id", "channel", "place", "thread", "name", "at"),)
    id: int | None = Field(default=None, primary_key=True)
    brand_id: int = Field(foreign_key="brand.id")
    channel: str
    place: str
    thread: str
    name: str
    value: str
    at: datetime


class VerdictRow(SQLModel, table=True):
    """What the classifier said of one text of a mention."""

    __tablename__ = "verdict"
    __table_args__ = (
        UniqueConstraint("mention_id", "text_revision", "version"),
        Index(
            "ix_verdict_needs_review",
            "mention_id",
            sqlite_where=text("needs_review = 1"),
            postgresql_where=text("needs_review"),
        ),
    )
    id: int | None = Field(default=None, primary_key=True)
    mention_id: int = Field(foreign_key="mention.id")
    text_revision: int
    version: str
    lang: str
    sentiment: Sentiment = Field(sa_type=_by_value(Sentiment))
    urgency: Urgency = Field(sa_type=_by_value(Urgency))
    type: MentionType = Field(sa_type=_by_value(MentionType))
    complaint: bool
    holds: list[str] = Field(default_factory=list, sa_column=Column(JSON, nullable=False))
    confidence: dict[str, float] = Field(default_factory=dict, sa_column=Column(JSON, nullable=False))
    decided_at: datetime
    spam: bool = False
    topics: list[str] = Field(default_factory=list, sa_column=Column(JSON, nullable=False))
    personal_data: list[str] = Field(default_factory=list, sa_column=Column(JSON, nullable=False))
    abstained: list[str] = Field(default_factory=list, sa_column=Column(JSON, nullable=False))  # fields to review
    rule: str = ""  # the name of the operator's rule that decided; "" when none did
    needs_review: bool = False  # in force, and not sure of what people act by


class Correction(SQLModel, table=True):
    """What a person said of a verdict; it stands above the verdict from then on."""

    id: int | None = Field(default=None, primary_key=True)
    mention_id: int = Field(foreign_key="mention.id", index=True)
    field: str  # "sentiment", "urgency", "type", "complaint", "spam", "lang", "holds", "topics"
    was: str  # of holds and topics: their names in alphabetical order, joined by commas
    now: str  # the same as `was` when a person confirmed what the classifier was not sure of
    by: str
    at: datetime


class MentionCount(SQLModel, table=True):
    """Mentions by hour, brand, channel, sentiment and type; kept in step with the verdicts in force."""

    __tablename__ = "mention_count"
    hour: datetime = Field(primary_key=True)
    brand_id: int = Field(foreign_key="brand.id", primary_key=True)
    channel: str = Field(primary_key=True)
    sentiment: Sentiment = Field(primary_key=True, sa_type=_by_value(Sentiment))
    type: MentionType = Field(primary_key=True, sa_type=_by_value(MentionType))
    count: int


class ProtocolDay(SQLModel, table=True):
    """The last protocol number given out on a day; it only grows."""

    __tablename__ = "protocol_day"
    day: str = Field(primary_key=True)  # YYYYMMDD, in the time zone of the settings
    last: int


class Case(SQLModel, table=True):
    """One person's matter in one thread, with the number by which both sides follow it."""

    __table_args__ = (
        Index("ix_case_queue", "state", "priority", "id"),
        Index("ix_case_thread", "brand_id", "channel", "place", "thread"),
    )
    id: int | None = Field(default=None, primary_key=True)
    protocol: str = Field(unique=True)  # YYYYMMDD-NNNNNN
    brand_id: int = Field(foreign_key="brand.id")
    customer_id: int | None = Field(default=None, foreign_key="customer.id", index=True)
    channel: str
    place: str
    thread: str
    state: CaseState = Field(default=CaseState.OPEN, sa_type=_by_value(CaseState))
    version: int = 1  # grows with every change that a reply's text could depend on
    priority: int = 0  # higher first
    sentiment: Sentiment = Field(sa_type=_by_value(Sentiment))
    urgency: Urgency = Field(sa_type=_by_value(Urgency))
    type: MentionType = Field(sa_type=_by_value(MentionType))
    holds: list[str] = Field(default_factory=list, sa_column=Column(JSON, nullable=False))
    lang: str = ""
    assignee: str = ""
    snoozed_until: datetime | None = None
    opened_at: datetime
    last_mention_at: datetime
    first_answer_at: datetime | None = None
    resolved_at: datetime | None = None
    resolution: str = ""  # the public text; frozen when resolved


class CaseMention(SQLModel, table=True):
    """A mention belongs to one case at most."""

    __tablename__ = "case_mention"
    mention_id: int = Field(foreign_key="mention.id", primary_key=True)
    case_id: int = Field(foreign_key="case.id", index=True)
    linked_at: datetime


class Reply(SQLModel, table=True):
    """A public answer of ours; approved, it is its own outbox row."""

    __table_args__ = (
        Index(
            "uq_reply_intent",
            "account_id",
            "mention_id",
            "purpose",
            "sequence",
            unique=True,
            sqlite_where=text("state NOT IN ('draft', 'discarded')"),
            postgresql_where=text("state NOT IN ('draft', 'discarded')"),
        ),
        Index("ix_reply_state", "state", "next_attempt_at"),
        Index("ix_reply_account_external", "account_id", "external_id"),
        Index("ix_reply_account_sending", "account_id", "sending_at"),
    )
    id: int | None = Field(default=None, primary_key=True)
    case_id: int = Field(foreign_key="case.id", index=True)
    mention_id: int = Field(foreign_key="mention.id", index=True)
    account_id: int = Field(foreign_key="account.id")
    profile_id: int | None = Field(default=None, index=True)  # whom it answers, also when the post is gone
    purpose: ReplyPurpose = Field(sa_type=_by_value(ReplyPurpose))
    sequence: int = 1
    state: ReplyState = Field(default=ReplyState.DRAFT, sa_type=_by_value(ReplyState))
    body: str
    body_hash: str = ""  # sha256 of the body, set at approval; delivery refuses another text
    key: str = ""  # set at approval from account, mention, purpose and sequence
    text_revision: int = 1  # the mention's, when drafted
    case_version: int = 0  # the case's, when approved; another one by the time of sending asks a person
    thread_mark: int = 0  # the newest mention of the conversation when it was approved
    automatic: bool = False  # a rule approved it, or would; False once a person does
    was_automatic: bool = False  # a person posted again what automation may have posted first
    private: bool = False  # by the channel's private way, to the person alone
    is_ready: bool = False  # automation's proposal, complete but for a person's approval
    override: str = ""  # the kind of the one finding that the approver let pass: "phone", "asked:cpf"
    override_note: str = ""  # and why
    drafted_by: str
    drafted_at: datetime
    approved_by: str = ""
    approved_at: datetime | None = None
    attempts: int = 0
    next_attempt_at: datetime | None = None  # None: nothing to do until a person acts
    claim: str | None = None
    claimed_until: datetime | None = None
    fence: int = 0  # grows with every claim: who holds an older one writes nothing
    frozen_at: datetime | None = None  # put back from a backup: only reading back or a person moves it on
    sending_at: datetime | None = None  # when the last request may have left
    looked: int = 0  # times it was looked for since it was last sent
    posted_at: datetime | None = None
    external_id: str = ""
    url: str = ""
    verified_at: datetime | None = None
    vanished_at: datetime | None = None  # it stood there, and no longer does
    last_error: str = ""


class OwnPostSeen(SQLModel, table=True):
    """A post under one of our accounts that no reply of ours is: from the platform's own app, or from a thief."""

    __tablename__ = "own_post_seen"
    __table_args__ = (UniqueConstraint("account_id", "external_id"),)
    id: int | None = Field(default=None, primary_key=True)
    account_id: int = Field(foreign_key="account.id")
    external_id: str
    parent_external_id: str = ""
    url: str = ""
    posted_at: datetime
    seen_at: datetime


class Template(SQLModel, table=True):
    """One version of a text that replies are made from; a new version is a new row, the highest is in force."""

    __table_args__ = (UniqueConstraint("brand_id", "name", "lang", "channel", "version"),)
    id: int | None = Field(default=None, primary_key=True)
    brand_id: int = Field(foreign_key="brand.id")
    name: str
    purpose: ReplyPurpose = Field(sa_type=_by_value(ReplyPurpose))
    channel: str = ""  # "" for every channel
    lang: str
    version: int
    body: str
    by: str
    at: datetime
    retired_at: datetime | None = None


class TimelineEvent(SQLModel, table=True):
    """What happened to a case; append-only, ids alone: personal content lives in rows that can be erased."""

    __tablename__ = "timeline_event"
    id: int | None = Field(default=None, primary_key=True)
    case_id: int = Field(foreign_key="case.id", index=True)
    at: datetime
    kind: str
    by: str  # a person's name, or "ouvidor"
    mention_id: int | None = None
    reply_id: int | None = None
    detail: dict[str, str] = Field(default_factory=dict, sa_column=Column(JSON, nullable=False))
