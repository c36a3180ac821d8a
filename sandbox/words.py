"""The words of the public timelines in the two languages of the house, and those by which a resolution is known."""

import re
from dataclasses import dataclass

from sandbox.records import ANSWERED, COMPANY_REPLICA, CONSUMER_REPLICA, NOT_ANSWERED

# How a brand words that something is done; the rest of its words only says that it listens or asks.
RESOLUTION = re.compile(
    r"\b(resolvid[oa]s?|resolvemos|solucionad[oa]s?|solucionamos|conclu[ií]d[oa]s?|resolved|solved|sorted out"
    r"|resuelt[oa]s?|resolvimos)\b",
    re.IGNORECASE,
)


def is_resolution(text: str) -> bool:
    """Whether a reader would take the brand's words for the end of the matter."""
    return RESOLUTION.search(text) is not None


@dataclass(frozen=True)
class Words:
    """Everything that the page says by itself."""

    lang: str
    title: str
    lead: str
    by_customers: str
    by_brand: str
    clock: str
    complaint_site: str
    thread: str
    open: str
    hidden: str
    empty: str
    deleted: str
    edited: str
    picture: str
    resolution: str
    resolved: str
    not_resolved: str
    evaluated: str
    grade: str
    withdrawn: str
    statuses: dict[int, str]


PT = Words(
    lang="pt-BR",
    title="Linhas do tempo públicas",
    lead="O que qualquer pessoa lê sobre a marca nas cinco redes desta máquina. As respostas da marca vêm destacadas.",
    by_customers="Posts de clientes",
    by_brand="Respostas da marca",
    clock="Relógio das redes",
    complaint_site="Site de reclamações",
    thread="conversa",
    open="Abrir a conversa",
    hidden="mais {} no meio",
    empty="Nada por aqui ainda.",
    deleted="Apagado por quem escreveu.",
    edited="editado",
    picture="Foto enviada com o post",
    resolution="resolução",
    resolved="Resolvido",
    not_resolved="Não resolvido",
    evaluated="Avaliado: nota {} · {}",
    grade="nota {}",
    withdrawn="Desativada pelo consumidor",
    statuses={
        NOT_ANSWERED: "Não respondida",
        ANSWERED: "Respondida",
        CONSUMER_REPLICA: "Réplica do consumidor",
        COMPANY_REPLICA: "Réplica da empresa",
    },
)
EN = Words(
    lang="en",
    title="Public timelines",
    lead="What anybody can read about the brand on this machine's five networks. The brand's answers stand out.",
    by_customers="Posts by customers",
    by_brand="Answers by the brand",
    clock="The networks' clock",
    complaint_site="Complaint site",
    thread="conversation",
    open="Open the conversation",
    hidden="{} more in between",
    empty="Nothing here yet.",
    deleted="Deleted by its author.",
    edited="edited",
    picture="Picture sent with the post",
    resolution="resolution",
    resolved="Resolved",
    not_resolved="Not resolved",
    evaluated="Evaluated: grade {} · {}",
    grade="grade {}",
    withdrawn="Withdrawn by the consumer",
    statuses={
        NOT_ANSWERED: "Not answered",
        ANSWERED: "Answered",
        CONSUMER_REPLICA: "The consumer wrote back",
        COMPANY_REPLICA: "The company wrote back",
    },
)
WORDS = {"pt": PT, "en": EN}
