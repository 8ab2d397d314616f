"""An HTML page that stands alone: what every report of a job is written into."""

from collections.abc import Iterable
from html import escape


def standalone_page(lines: Iterable[str], *, title: str, style: str) -> bytes:
    """Return a page as UTF-8 whose policy lets a browser fetch and run nothing; its body are `lines`, whose words are escaped already.

    A file's words may have what is no character, such as half of a pair: it becomes a question mark.
    """
    body = "\n".join(lines)
    return f"""<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'; img-src data:">
<title>{escape(title)}</title>
<style>{style}</style>
</head>
<body>
{body}
</body>
</html>
""".encode(errors="replace")


def drawn(heading: str, picture: str) -> str:
    """Return a drawing under its heading. On a narrow screen it keeps a width at which it can be read, and scrolls by itself."""
    told = escape(heading)
    return f'<h2>{told}</h2>\n<figure tabindex="0" role="img" aria-label="{told}">{picture}</figure>'
