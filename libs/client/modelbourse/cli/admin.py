"""`modelbourse admin …`: what operators do to a platform that runs. A command that needs more than a few lines has a module of its own."""

import typer

from modelbourse.cli import accounts, admin_jobs, admin_ledger, admin_registry, dead
from modelbourse.cli.erasing import erase_account
from modelbourse.cli.exporting import export_account
from modelbourse.cli.platform_state import platform
from modelbourse.cli.rebuilding import rebuild

cli = typer.Typer(help="For operators (admins).", no_args_is_help=True)


@cli.callback()
def admin() -> None:
    """For operators (admins)."""


cli.add_typer(accounts.cli, name="accounts")
cli.add_typer(admin_jobs.cli, name="jobs")
cli.add_typer(admin_ledger.cli, name="ledger")
cli.add_typer(admin_registry.cli, name="registry")
cli.add_typer(dead.cli, name="dead")
cli.command()(platform)
cli.command()(rebuild)
cli.command("export-account")(export_account)
cli.command("erase-account")(erase_account)
