"""`sentiment-export` and `sentiment-validate`: models made into files for other servers, and compared with what they were made of."""

import json
from pathlib import Path
from typing import Annotated

import typer

from modelbourse.answers.builder.exports import BuilderExport
from modelbourse.builder.errors import BuilderJobEndedError
from modelbourse.cli.errors import CommandError
from modelbourse.cli.interrupting import heeding_ctrl_c
from modelbourse.cli.sentiment.bar import job_bar
from modelbourse.cli.sentiment.data_root import bring, fetch, one_path, send
from modelbourse.cli.sentiment.folders import bundle_of
from modelbourse.cli.sentiment.given import FormatOption, LocalOption, json_wanted, open_builder
from modelbourse.cli.sentiment.local import options, refuse_here, run_local
from modelbourse.cli.sentiment.places import Mark, leave_mark, mark_of, remote_of
from modelbourse.cli.showing import print_json, print_table, say, tell
from modelbourse.command import INTERRUPTED
from modelbourse.modelbourse import Modelbourse

ModelPath = Annotated[str, typer.Argument(metavar="MODEL_PATH", help="A trained model's folder, or `models:/name/1`.")]
TestData = Annotated[str | None, typer.Option("--test-data", metavar="PATH", help="Labelled texts on which both are measured.")]


def export(  # typer gives them by name
    model_path: ModelPath,
    output: Annotated[Path, typer.Option("--output", "-o", metavar="PATH", help="Where the files are written.")] = Path("exported"),
    format_: Annotated[
        str, typer.Option("--format", "-f", metavar="TEXT", help="onnx, torchscript, triton, both (onnx and torchscript), or several.")
    ] = "onnx",
    *,
    validate_: Annotated[bool, typer.Option("--validate/--no-validate", help="Compare the files with the model.")] = True,
    optimize: Annotated[bool, typer.Option("--optimize/--no-optimize", help="Write an optimised variant, too: int8, graph.")] = False,
    test_data: TestData = None,
    json_: Annotated[bool, typer.Option("--json", help="Print JSON, and nothing else, on stdout.")] = False,
    local: LocalOption = False,
) -> None:
    """Make a trained model into files for other servers, compared with it: exit status 1 where they do not answer as it does.

    sentiment-export outputs/first/model --output models/exported --format onnx --validate

    sentiment-export "outputs/training_run_*/model" --output models/exported --format onnx,torchscript --optimize
    """
    path = one_path(model_path)
    if local:
        refuse_here(json=json_)
        told = options(output=output, format=format_, no_validate=not validate_, optimize=optimize, test_data=test_data)
        run_local("exports", "export", path, *told)
    client = open_builder()
    begun = client.builder.exports.create(
        bring(client, path, option="MODEL_PATH"),
        format=format_,
        output_dir=remote_of(output),
        validate=validate_,
        optimize=optimize,
        test_data=None if test_data is None else bring(client, one_path(test_data), option="--test-data"),
    )
    if mark_of(output) is None:
        leave_mark(output, Mark(begun.export_id, begun.output_dir))
    done = _waited(client, begun, output)
    if json_:
        return print_json(done)
    print_checks(done)
    paths = ", ".join(str(output / Path(each).relative_to(done.output_dir)) for each in (done.output_paths or {}).values())
    return say(f"\n{done.export_id} has written {paths} ({done.file_size})")


def validate(
    model_path: Annotated[str, typer.Argument(metavar="FILE", help="An exported file, which lies in its bundle.")],
    *,
    test_data: TestData = None,
    output: Annotated[Path | None, typer.Option("--output", "-o", metavar="PATH", help="Write the report there, as JSON.")] = None,
    format_: FormatOption = "table",
    local: LocalOption = False,
) -> None:
    """Compare an exported file with the model that it was made of: exit status 1 where it does not answer as the model does.

    sentiment-validate models/exported/model.onnx --test-data data/test_samples.json --output validation_report.json
    """
    path = one_path(model_path)
    if local:
        refuse_here(json=json_wanted(format_) and output is not None)
        run_local("exports", "validate", path, *options(test_data=test_data, output=output))
    client = open_builder()
    if Path(path).is_file():
        send(client, bundle_of(Path(path), option="FILE"))
        remote = remote_of(Path(path))
    else:
        remote = bring(client, path, option="FILE")
    samples = None if test_data is None else bring(client, one_path(test_data), option="--test-data")
    begun = client.builder.exports.validate(remote, test_data=samples)
    done = _waited(client, begun, None)
    if output is not None:
        output.parent.mkdir(parents=True, exist_ok=True)
        output.write_text(json.dumps(done.report, indent=2, ensure_ascii=False) + "\n")
        tell(f"wrote {output}")
    if json_wanted(format_):
        print_json(done)
    else:
        print_checks(done)
    if done.validation_passed is False:
        raise SystemExit(1)


def _waited(client: Modelbourse, begun: BuilderExport, output: Path | None) -> BuilderExport:
    """Return an export that has ended well, with its files here; one that failed leaves its report here, too."""
    try:
        with heeding_ctrl_c() as look, job_bar(begun.export_id) as bar:

            def watch(seen: BuilderExport) -> None:
                look(seen)
                bar(seen.progress, seen.stage)

            done = client.builder.exports.wait(begun.export_id, watch=watch)
    except KeyboardInterrupt:
        tell(f"{begun.export_id} goes on, and writes to {begun.output_dir} of your data root")
        raise SystemExit(INTERRUPTED) from None
    except BuilderJobEndedError as error:
        seen = error.job
        if isinstance(seen, BuilderExport) and output is not None:
            fetch(client, [file.path for file in seen.files or []], under=seen.output_dir, into=output)
        raise CommandError(str(error)) from error
    if output is not None:
        fetch(client, [file.path for file in done.files or []], under=done.output_dir, into=output)
    return done


def print_checks(done: BuilderExport) -> None:
    """Print how each file compares with the model, what both measure on the test data, and why it has not passed."""
    checks = (done.report or {}).get("checks") or []
    columns = {name: None for each in checks for name, value in each.items() if not isinstance(value, (dict, list))}
    if not checks:
        say("nothing was compared")
        return
    print_table([name.replace("_", " ") for name in columns], [[each.get(name) for name in columns] for each in checks])
    measured = [(each["path"], each["test"]) for each in checks if each.get("test")]
    if measured:
        say("")
        names = list({name: None for _, test in measured for name in test})
        rows = [[path, *(test.get(name) for name in names)] for path, test in measured]
        print_table(["on the test data", *(name.replace("_", " ") for name in names)], rows)
    for each in checks:
        for problem in each.get("problems") or ():
            tell(f"{each['path']}: {problem}")
    for name, why in done.reasons.items():
        if name.endswith(".onnx"):
            tell(f"{name} is left out: {why}")
