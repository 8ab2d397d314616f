"""`modelbourse doctor`: what this machine has and lacks, and how it is connected."""

import os

from modelbourse.cli.connections import connections
from modelbourse.cli.machine import examine
from modelbourse.cli.showing import JsonOption, print_json, print_table


def doctor(*, json_: JsonOption = False) -> None:
    """Say what this machine has and lacks to run a platform, and how servers of the environment are secured.

    Exit status 1 when something needed is missing, or a certificate is not good.
    """
    findings = [*examine(os.environ), *connections(os.environ)]
    if json_:
        print_json([{"name": f.name, "found": f.found, "needed": f.needed, "detail": f.detail} for f in findings])
    else:
        signs = ("✓" if finding.found else "✗" if finding.needed else "·" for finding in findings)
        print_table(("there", "what", "detail"), [(sign, each.name, each.detail) for sign, each in zip(signs, findings, strict=True)])
    if any(finding.needed and not finding.found for finding in findings):
        raise SystemExit(1)
