"""How the command gets a password: asked for, or from the environment, and never as an argument."""

import typer


def kept_off_the_command_line(context: typer.Context, parameter: typer.CallbackParam, value: str) -> str:
    """Return the password. Raise BadParameter for one that was given as an argument: everyone on the machine sees those."""
    source = context.get_parameter_source(parameter.name or "")
    if source is not None and source.name == "COMMANDLINE":
        msg = f"A password on a command line is seen by everyone on the machine: leave it out to be asked, or set {parameter.envvar}."
        raise typer.BadParameter(msg)
    return value
