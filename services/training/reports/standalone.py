"""An HTML page that stands alone: what every report of a job is written into."""

from collections.abc import Iterable
from html import escape


def standalone_page(lines: Iterable[str], *, title: str, style: str) -> bytes:
    """Return a page as UTF-8 whose policy lets a browser fetch and run nothing; its body are `lines`, whose words are escaped already."""
    body = "\n".join(lines)
    return f"""<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<title>{escape(title)}</title>
<style>{style}</style>
</head>
<body>
{body}
</body>
</html>
""".encode()
