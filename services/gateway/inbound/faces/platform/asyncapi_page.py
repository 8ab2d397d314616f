"""The AsyncAPI document as a page to read: one section a channel, one table a message. Nothing is loaded from elsewhere."""

from collections.abc import Mapping
from typing import Any, Final

from jinja2 import Environment
from markupsafe import Markup, escape

Document = Mapping[str, Any]


def with_code(text: str) -> Markup:
    """Return a text as HTML in which what stands between backticks is code."""
    parts = text.split("`")
    if len(parts) % 2 == 0:
        return escape(text)  # A backtick that opens and does not close is one.
    return Markup("").join(Markup("<code>{}</code>").format(part) if at % 2 else escape(part) for at, part in enumerate(parts))


ENVIRONMENT: Final = Environment(autoescape=True, trim_blocks=True, lstrip_blocks=True)
ENVIRONMENT.filters["code"] = with_code
PAGE: Final = ENVIRONMENT.from_string("""\
<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>{{ title }}</title><meta name="viewport" content="width=device-width">
<style>
 body { font: 16px/1.5 system-ui, sans-serif; max-width: 62rem; margin: 2rem auto; padding: 0 1rem; color: #1c2330; }
 h2 { margin-top: 2.5rem; font: 600 1.2rem ui-monospace, monospace; border-bottom: 1px solid #d6dbe4; padding-bottom: .3rem; }
 table { border-collapse: collapse; width: 100%; font-size: .92rem; }
 td, th { text-align: left; padding: .3rem .6rem; border-bottom: 1px solid #eceff4; }
 td:first-child { font-family: ui-monospace, monospace; white-space: nowrap; }
 nav a { font-family: ui-monospace, monospace; margin-right: 1rem; }
 .muted { color: #5b6678; }
</style></head><body>
<h1>{{ title }}</h1><p>{{ description|code }}</p>
<p class="muted">As a document for machines: <a href="/asyncapi.json">/asyncapi.json</a></p>
<nav>{% for channel in channels %}<a href="#{{ channel.address }}">{{ channel.address }}</a> {% endfor %}</nav>
{% for channel in channels %}
<h2 id="{{ channel.address }}">{{ channel.address }}</h2><p>{{ channel.description|code }}</p>
{% for message in channel.messages %}
<h3>{{ message.title }}</h3><p>{{ message.summary|code }}</p>
<table><tr><th>field</th><th>type</th><th></th></tr>
{% for field in message.fields %}<tr><td>{{ field.name }}</td><td>{{ field.type }}</td><td>{{ field.description|code }}</td></tr>
{% endfor %}</table>
{% endfor %}{% endfor %}
</body></html>
""")


def asyncapi_page(document: Document) -> str:
    """Return an AsyncAPI 3 document as HTML."""
    info = document.get("info", {})
    channels = [_channel(channel, document) for channel in document.get("channels", {}).values()]
    return PAGE.render(title=info.get("title", "Events"), description=info.get("description", ""), channels=channels)


def _channel(channel: Document, document: Document) -> dict[str, Any]:
    messages = [_message(_resolve(message, document), document) for message in channel.get("messages", {}).values()]
    return {"address": channel.get("address", ""), "description": channel.get("description", ""), "messages": messages}


def _message(message: Document, document: Document) -> dict[str, Any]:
    payload = _resolve(message.get("payload", {}), document)
    payload = _resolve(payload.get("schema", payload), document)
    fields = [
        {"name": name, "type": _type(_resolve(schema, document)), "description": schema.get("description", "")}
        for name, schema in payload.get("properties", {}).items()
    ]
    summary = message.get("summary") or payload.get("description", "")
    return {"title": message.get("title") or message.get("name", ""), "summary": summary, "fields": fields}


def _resolve(thing: Document, document: Document) -> Document:
    """Follow references within the document."""
    while "$ref" in thing:
        target: Any = document
        for part in str(thing["$ref"]).removeprefix("#/").split("/"):
            target = target[part.replace("~1", "/").replace("~0", "~")]
        thing = target
    return thing


def _type(schema: Document) -> str:
    if "anyOf" in schema:
        return " or ".join(_type(each) for each in schema["anyOf"])
    if "const" in schema or "enum" in schema:
        return " | ".join(str(each) for each in schema.get("enum", [schema.get("const")]))
    if schema.get("type") == "array":
        return f"list of {_type(schema.get('items', {}))}"
    if "$ref" in schema:
        return str(schema["$ref"]).rpartition("/")[2]
    return str(schema.get("format") or schema.get("type") or "any")
