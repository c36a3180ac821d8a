"""Who the sandbox's customers are: people with names, a language, a town and a few networks each."""

import random
import unicodedata
from dataclasses import dataclass
from functools import cache

from sandbox.records import NETWORKS

NAMES = {
    "pt": (
        "Marina Sobral, Caio Batista, Jussara Lemos, Wellington Prado, Tainá Moura, Rogério Falcão, Ivone Teles,"
        " Murilo Sampaio, Débora Quintela, Anderson Viana, Luana Brito, Sebastião Rocha, Patrícia Nogueira,"
        " Igor Maciel, Rosângela Dutra, Felipe Aragão, Cleide Barros, Vinícius Torres, Aline Pacheco,"
        " Osvaldo Neri, Bianca Freire,"
        " Reginaldo Cruz, Helena Vasques, Danilo Bezerra, Simone Arruda, Matheus Godoi, Neusa Camargo, Thiago Pessoa,"
        " Larissa Fontes, Edson Macedo, Yasmin Leal, Gilberto Paiva, Carolina Assis, Robson Medeiros, Dalva Siqueira,"
        " Heitor Bandeira"
    ),
    "en": (
        "Nora Whitfield, Callum Reyes, Priya Nair, Dana Kowalski, Owen Marsh, Tessa Bright, Jamal Okoye, Freya Lund,"
        " Marcus Hale, Ellie Tran, Rhys Donovan, Abby Stone, Kenji Mori, Lucy Farrow, Sam Oduya"
    ),
    "es": (
        "Valentina Ríos, Joaquín Peralta, Milagros Funes, Ezequiel Roldán, Camila Ibarra, Nicolás Ferrando,"
        " Rocío Balbuena, Agustín Lezcano, Sofía Maidana"
    ),
}
TOWNS = {
    "pt": (
        ("Campinas", "SP"),
        ("Recife", "PE"),
        ("Niterói", "RJ"),
        ("Belém", "PA"),
        ("Londrina", "PR"),
        ("Salvador", "BA"),
        ("Goiânia", "GO"),
        ("Contagem", "MG"),
        ("Manaus", "AM"),
        ("Joinville", "SC"),
    ),
    "en": (("Curitiba", "PR"), ("São Paulo", "SP"), ("Florianópolis", "SC")),
    "es": (("Foz do Iguaçu", "PR"), ("Porto Alegre", "RS"), ("Florianópolis", "SC")),
}


@dataclass(frozen=True)
class Customer:
    """One person; the same everywhere, under another handle on each network."""

    number: int
    name: str
    lang: str
    town: str
    region: str
    followers: int
    handles: dict[str, str]  # by network; a network that is missing is one they do not use


@cache
def customers(seed: int) -> tuple[Customer, ...]:
    """The same sixty people for the same seed."""
    people: list[Customer] = []
    for lang, names in NAMES.items():
        for name in names.split(","):
            people.append(_customer(seed, len(people), name.strip(), lang))
    return tuple(people)


def _customer(seed: int, number: int, name: str, lang: str) -> Customer:
    chance = random.Random(f"{seed}:customer:{number}")
    town, region = chance.choice(TOWNS[lang])
    # Everybody uses X or Mastodon, and every third person knows no complaint site.
    networks = {chance.choice(("x", "mastodon")), *chance.sample(NETWORKS, k=chance.choice((2, 3, 4)))}
    handles = {network: _handle(network, name, number, chance) for network in NETWORKS if network in networks}
    # Most have a few hundred readers; a few have a hundred thousand.
    followers = int(chance.lognormvariate(5.6, 1.7))
    return Customer(number, name, lang, town, region, followers, handles)


def _handle(network: str, name: str, number: int, chance: random.Random) -> str:
    first, last = (_ascii(part) for part in name.split(" "))
    # The number makes sure that two people never meet under one handle.
    match network:
        case "reddit":
            return f"{first}_{chance.choice(('br', 'anon', 'lurker', last))}{number + 10}"
        case "mastodon":
            return f"{first}{last[0]}{number}"
        case "x":
            return f"{chance.choice((first + last, first + '_' + last, last + first))[:11]}{number + 10}"
        case _:
            return f"{first}-{last}-{number}"


def _ascii(name: str) -> str:
    return unicodedata.normalize("NFD", name).encode("ascii", "ignore").decode().lower()
