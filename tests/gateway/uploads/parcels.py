"""A face that takes files and says what came, for the stories of uploads; and a store that keeps its writers waiting."""

from collections.abc import Mapping
from contextlib import AbstractContextManager
from threading import Event

from pydantic import BaseModel
from starlette.requests import Request

from libs.chassis.errors import InvalidError, PlatformError, UnavailableError
from libs.chassis.stores.artifact_streams import Writer
from libs.chassis.stores.artifacts import Artifacts
from libs.contracts.envelope import JsonObject
from services.gateway.domain.accounts.caller import Scope
from services.gateway.inbound.http.app import Served
from services.gateway.inbound.http.exchange import exchange_of
from services.gateway.inbound.http.face import Access, Face
from services.gateway.inbound.http.strict_route import CurrentWork, make_router, starts_work
from services.gateway.inbound.http.uploads import CurrentUpload, UploadBound, UploadTerms, body_described, takes_upload

MOST = 4_000_000
CRATE_MOST = 48_000_000
TOO_LARGE = "A parcel has at most 4 MB on tier 'elite'."


class Refusal(BaseModel):
    """An error in this face's words."""

    sorry: str
    details: dict[str, list[str]]


class Parcel(BaseModel):
    """What came."""

    id: str
    path: str
    sha256: str
    size: int
    format: str
    fields: dict[str, str]
    head: int


def in_words(error: PlatformError) -> JsonObject:
    return Refusal(sorry=error.message, details=error.details).model_dump()


def bound(request: Request) -> UploadBound:
    assert exchange_of(request.scope).caller is not None
    return UploadBound(MOST, TOO_LARGE)


async def check(_: Request, fields: Mapping[str, str]) -> None:
    if fields.get("to") == "nowhere":
        message = "Nobody lives there."
        raise InvalidError(message, details={"to": ["There is no such place."]})


PARCELS = Face(name="parcels", prefixes=("/parcels",), error_body=in_words, error_model=Refusal, access=Access.CLOSED)
TERMS = UploadTerms(needs=Scope.TRAIN, fields=("to", "weight"), bound=bound, check=check)
routes = make_router()
TEXTS = {name: {"type": "string"} for name in TERMS.fields}
DESCRIBED = {
    "parameters": [{"name": name, "in": "query", "schema": schema} for name, schema in TEXTS.items()],
    "requestBody": body_described(TEXTS, describes="What is in it."),
}


@routes.post("/parcels", status_code=202, openapi_extra=DESCRIBED)
@starts_work
@takes_upload(TERMS)
async def send(received: CurrentUpload, work: CurrentWork) -> Parcel:
    """Take a parcel."""
    match received.fields.get("weight"):
        case "heavy":
            message = "It is too heavy."
            raise InvalidError(message, details={"weight": ["At most 2 kg."]})
        case "unknown":
            message = "The scales are away."
            raise UnavailableError(message)
    upload = received.upload
    return Parcel(id=work.new_id("parcel"), fields=dict(received.fields), head=len(received.head), **upload.model_dump())


@routes.post("/parcels/crates", status_code=202)
@takes_upload(UploadTerms(needs=Scope.TRAIN, fields=(), bound=lambda _: UploadBound(CRATE_MOST, "A crate has at most 48 MB.")))
async def ship(received: CurrentUpload) -> int:
    """Take a crate, which may be much larger."""
    return received.upload.size


@routes.post("/parcels/letters")
async def write(request: Request) -> int:
    """Take what is no file."""
    return len(await request.body())


SERVED = Served(PARCELS, [routes])


class HeldArtifacts(Artifacts):
    """An artifact store that writes nothing before it is `released`; `waiting` are files that it should."""

    def __init__(self, url: str) -> None:
        super().__init__(url)
        self.waiting: list[str] = []
        self.released = Event()

    def open_named(self, path: str) -> AbstractContextManager[Writer]:
        self.waiting.append(path)
        assert self.released.wait(120)
        return super().open_named(path)


def files(artifacts_url: str) -> list[str]:
    """Return the files that wait in a store that is a folder, parts of files included."""
    artifacts = Artifacts(artifacts_url)
    return sorted(str(each["name"]) for each in artifacts._files.find(f"{artifacts._root}/named", detail=True).values())
