"""The platform as a face: probes, metrics and documents, and every path that no other face owns."""

from typing import Final

from services.gateway.inbound.http.errors import ErrorOut, standard_body
from services.gateway.inbound.http.face import Face

FACE: Final = Face(
    name="platform",
    title="Platform",
    prefixes=("/",),
    error_body=standard_body,
    error_model=ErrorOut,
    nouns={"probes": "For machines that look after the gateway: probes and metrics.", "events": "The events between the services."},
)
