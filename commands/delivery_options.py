"""The options of the commands about delivery; what they do stands beside, imported when it is called."""

from typing import Annotated

import typer

AsJson = Annotated[bool, typer.Option("--json", help="Print JSON instead of text.")]
Ids = Annotated[list[int], typer.Argument(help="The replies' numbers, as `ouvidor replies` shows them.")]
By = Annotated[str, typer.Option("--as", help="Who decides; the system's name of whoever runs this when left out.")]
Account = Annotated[
    list[str] | None, typer.Option("--account", help="An account, as @handle or by its name; may be repeated.")
]
Brand = Annotated[list[str] | None, typer.Option("--brand", help="A brand, by its slug; may be repeated.")]
Automation = Annotated[
    bool, typer.Option("--automation", help="Automation alone, as while an incident is under way: people go on.")
]

replies = typer.Typer(
    help="List replies, the newest first, or decide about those that wait for a person.",
    invoke_without_command=True,
    rich_markup_mode=None,
)


def add_to(app: typer.Typer) -> None:
    """Make these commands of `ouvidor`."""
    app.add_typer(replies, name="replies")
    for command in (approve, stop, resume, recover, reconcile):
        app.command()(command)


@replies.callback()
def list_all(
    context: typer.Context,
    state: Annotated[
        str | None, typer.Option("--state", help="Only those in this state, as `draft`, `unknown` or `needs_human`.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """List replies, the newest first, or decide about those that wait for a person."""
    if context.invoked_subcommand is not None:
        if state is not None or as_json:
            raise typer.BadParameter("--state and --json list replies: leave them out where you decide")
        return
    from commands.replies import list_replies

    list_replies(context.obj, state=state, as_json=as_json)


@replies.command()
def resend(context: typer.Context, ids: Ids, by: By = "") -> None:
    """Post again what was looked for and is not there; each is looked for once more before it goes out."""
    from commands.replies import resend as send_again

    send_again(context.obj, ids, by)


@replies.command()
def leave(context: typer.Context, ids: Ids, by: By = "") -> None:
    """Leave what shall not go out, or of which it does not matter whether it did."""
    from commands.replies import leave_alone

    leave_alone(context.obj, ids, by)


def approve(
    context: typer.Context,
    reply_id: Annotated[int, typer.Argument(help="The reply's number, as `ouvidor replies` shows it.")],
    by: Annotated[str, typer.Option("--as", help="Who approves.")],
    second: Annotated[bool, typer.Option("--second", help="It is a second answer to a post that has one.")] = False,
    override: Annotated[
        str, typer.Option("--override", help="Let one finding pass, as `phone` or `asked:cpf`; needs --note.")
    ] = "",
    note: Annotated[str, typer.Option("--note", help="Why this may stand in public.")] = "",
) -> None:
    """Approve a draft: its text is frozen and it is delivered."""
    from commands.replies import approve_reply

    approve_reply(context.obj, reply_id, by, second=second, override=override, note=note)


def stop(
    context: typer.Context,
    account: Account = None,
    brand: Brand = None,
    automation: Automation = False,
    reason: Annotated[str, typer.Option("--reason", help="Why, for the others.")] = "",
    by: By = "",
) -> None:
    """Send nothing from now on: as an account, for a brand or, without either, at all; in every process."""
    from commands.stops import stop_sending

    stop_sending(context.obj, account or [], brand or [], automation_only=automation, reason=reason, by=by)


def resume(
    context: typer.Context,
    account: Account = None,
    brand: Brand = None,
    automation: Automation = False,
    by: By = "",
) -> None:
    """Lift a stop, and let an account that was paused go on; without options, the stop of everything."""
    from commands.stops import resume_sending

    resume_sending(context.obj, account or [], brand or [], automation_only=automation, by=by)


def recover(context: typer.Context, as_json: AsJson = False) -> None:
    """After a backup was put back: freeze what is unfinished and read it back before anything moves."""
    from commands.recovering import recover_after_a_backup

    raise typer.Exit(recover_after_a_backup(context.obj, as_json=as_json))


def reconcile(context: typer.Context, as_json: AsJson = False) -> None:
    """Compare each account's own posts with the ledger, both ways; 1 where something does not agree."""
    from commands.reconciling import reconcile_accounts

    raise typer.Exit(reconcile_accounts(context.obj, as_json=as_json))
