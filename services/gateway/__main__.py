"""`python -m services.gateway [admin|openapi]`: run the gateway, make the first admin, or write the OpenAPI document."""

import sys

from libs.chassis.fast_imports import imports_are_done
from libs.chassis.process import serve
from services.gateway.commands import make_first_admin, write_openapi
from services.gateway.settings import Settings

if __name__ == "__main__":
    match sys.argv[1:]:
        case []:
            # Whoever makes an admin needs no face, and would wait a second for all of them.
            from services.gateway.app import running

            imports_are_done()
            serve("gateway", settings=Settings, running=running)
        case ["openapi", path]:
            write_openapi(path)
        case ["admin", "--username", username, "--email", email]:
            imports_are_done()
            make_first_admin(username, email=email)
        case _:
            sys.stderr.write("usage: python -m services.gateway [openapi FILE | admin --username NAME --email EMAIL]\n")
            sys.exit(2)
