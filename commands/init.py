"""`ouvidor init`: a commented ouvidor.toml to start from."""

from pathlib import Path

import typer

from errors import SettingsError
from settings import file_in_use

TEMPLATE = Path(__file__).with_name("ouvidor.example.toml")


def write(path: Path | None, *, force: bool = False) -> None:
    """Write the file; one that is there stays, unless `force`."""
    file = file_in_use(path)
    try:
        with file.open("w" if force else "x", encoding="utf-8", newline="\n") as stream:
            stream.write(TEMPLATE.read_text(encoding="utf-8"))
    except FileExistsError:
        raise SettingsError(f"{file} is there already: edit it, or overwrite it with --force") from None
    except FileNotFoundError:
        raise SettingsError(f"{file}: its folder does not exist; make it first") from None
    typer.echo(f"wrote {file}: read it, name your brand, then run `ouvidor apply` and `ouvidor run`")
