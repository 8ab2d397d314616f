"""Pages as routes: read the session, read the API, render; take a form, call the API, lead on."""

import asyncio
import gzip
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Final
from urllib.parse import quote, urlencode, urlsplit

from starlette.requests import ClientDisconnect, Request
from starlette.responses import HTMLResponse, RedirectResponse, Response
from starlette.routing import Route

from libs.chassis.errors import InvalidError
from services.gateway.domain.errors import PermissionDeniedError
from services.gateway.inbound.http.exchange import exchange_of
from services.gateway.inbound.pages.api import UNAUTHENTICATED, Answer, Api, Problem
from services.gateway.inbound.pages.files_sent import SentFile
from services.gateway.inbound.pages.handing_on import HandedOn
from services.gateway.inbound.pages.page import Action, Facts, Page, Read, Upload, page_number
from services.gateway.inbound.pages.rendering import HEADERS, render
from services.gateway.inbound.pages.renewing import Renewing
from services.gateway.inbound.pages.session import COOKIE, Seals, Session

SIGN_IN: Final = "/app/sign-in"
THEME: Final = "modelbourse_theme"
FLASH: Final = "modelbourse_flash"
SAFE: Final = frozenset({"same-origin", "none"})
COMPRESS_FROM: Final = 1_400
OTHER_FORM: Final = "This form was made for another session, or is too old: load the page again, then send it once more."


@dataclass(frozen=True, slots=True)
class Pages:
    """What all pages stand on. `life` is how long a browser keeps a session that nobody uses."""

    seals: Seals
    renewing: Renewing
    life: timedelta

    def route(self, page: Page) -> Route:
        """Return the route of a page."""

        async def endpoint(request: Request) -> Response:
            visit = await self.visit(request)
            if request.method != "POST":
                return await visit.show(page)
            if page.upload and request.headers.get("content-type", "").startswith("multipart/"):
                return await visit.send_file(page, page.upload)
            form = await visit.form()
            action = page.actions.get(form.get("action", ""))
            return await (visit.act(page, action, form) if action else visit.show(page))

        methods = ["GET", "POST"] if page.actions or page.upload else ["GET"]
        return Route(page.path, endpoint, methods=methods, name=page.template)

    def file(self, path: str, source: str) -> Route:
        """Return the route of a file that the API has: a picture or a report, which runs no script wherever it is from."""

        async def endpoint(request: Request) -> Response:
            visit = await self.visit(request)
            given = {name: quote(str(value), safe="/" if name == "path" else "") for name, value in request.path_params.items()}
            return visit.keep(HandedOn(request, source.format_map(given), token=visit.session.access_token, refuse=visit.turn_away))

        return Route(path, endpoint, methods=["GET"])

    async def visit(self, request: Request) -> "Visit":
        """Return a request with its session, renewed where that was due."""
        cookie = request.cookies.get(COOKIE, "")
        session = self.seals.open(cookie) or Session()
        if session.stale:
            session = await self.renewing(session, request)
        return Visit(self, request, session, cookie)


class Visit:
    """One request of a reader."""

    def __init__(self, pages: Pages, request: Request, session: Session, cookie: str) -> None:
        self.pages = pages
        self.request = request
        self.session = session
        self._cookie = cookie
        self.api = Api(request, session)

    @property
    def secure(self) -> bool:
        """Whether the reader came over TLS."""
        return exchange_of(self.request.scope).public_url.startswith("https://") or self.request.url.scheme == "https"

    async def form(self) -> dict[str, str]:
        """Return what a form sent. Raise PermissionDeniedError for one that another site, or another session, has made."""
        fields: dict[str, list[str]] = {}
        async with self.request.form(max_files=0) as sent:
            for name, value in sent.multi_items():
                fields.setdefault(name, []).append(str(value))
        return self._own({name: ",".join(values) for name, values in fields.items()})

    def _own(self, form: dict[str, str]) -> dict[str, str]:
        """Return a form's fields without its token. Raise PermissionDeniedError unless this session's own page has made it."""
        headers = self.request.headers
        site, origin = headers.get("sec-fetch-site"), headers.get("origin")
        foreign = site not in SAFE if site else bool(origin) and urlsplit(str(origin)).netloc != headers.get("host")
        if foreign or not self.session.owns(form.pop("csrf", "")):
            raise PermissionDeniedError(OTHER_FORM)
        return form

    async def act(self, page: Page, action: Action, form: dict[str, str]) -> Response:
        """Send a form's request to the API; lead on, or show the page again with what is wrong."""
        given = {name: quote(str(value), safe="") for name, value in {**form, **self.request.path_params}.items()}
        body = action.body(form) if action.body else None
        answer = await self.api(action.method, action.path.format_map(given), json=body, key=form.get("once", ""))
        if answer.problem is not None:
            return self.to_sign_in() if answer.status == UNAUTHENTICATED else await self.show(page, problem=answer.problem, sent=form)
        if action.shows:
            return await self.show(page, sent=form, found={action.shows: answer.body})
        goes = action.goes(answer.body, given) if action.goes else self.here()
        return self.leads(goes, flash=action.done)

    async def send_file(self, page: Page, upload: Upload) -> Response:
        """Send the API the file that a form brings, as it comes; lead on, or show the page again with what is wrong."""
        sent = SentFile(self.request, known=("csrf", "once", *upload.fields))
        try:
            await sent.begin()
            form = self._own(dict(sent.fields))
            query = {name: form[name] for name in upload.query if form.get(name)}
            path = upload.path({**form, **self.request.path_params, "filename": sent.name})
            answer = await self.api(upload.method, path, query=query, file=sent.pieces(), key=form.get("once", ""))
        except InvalidError as error:
            return await self.show(page, problem=Problem(400, error.message, error.details), sent=sent.fields)
        finally:
            await sent.pass_over()
        if sent.is_broken_off:
            raise ClientDisconnect
        if answer.problem is not None:
            return self.to_sign_in() if answer.status == UNAUTHENTICATED else await self.show(page, problem=answer.problem, sent=form)
        return self.leads(upload.goes(answer.body, form) if upload.goes else self.here(), flash=upload.done)

    async def show(
        self,
        page: Page,
        *,
        problem: Problem | None = None,
        sent: Mapping[str, str] | None = None,
        found: Mapping[str, Any] | None = None,
    ) -> Response:
        """Read the API and render the page; what the API refuses is said in its words and with its status."""
        facts: Facts = {"problems": {}, "asked": self.asked(), "found": dict(found or {})}
        refused = await self._read(page.reads, facts)
        if refused is None and page.more is not None:
            refused = await self._read(page.more(facts), facts)
        if refused is not None:
            return self.turn_away(refused)
        shaped = dict(page.shape(facts)) if page.shape else {}
        shaped["currency"] = (facts.get("prices") or {}).get("currency")
        return self.answer(
            page.template,
            status=problem.status if problem else 200,
            title=page.title_of(facts),
            crumbs=page.crumbs,
            path=self.request.path_params,
            problem=problem,
            sent=sent or {},
            **facts | shaped,
        )

    async def _read(self, reads: Mapping[str, Read], facts: Facts) -> Problem | None:
        """Read side by side; return why a page cannot be shown, if it cannot."""
        answers = await asyncio.gather(*(self._get(read) for read in reads.values()))
        for (name, read), answer in zip(reads.items(), answers, strict=True):
            told = answer.problem is None or (answer.status in read.also and isinstance(answer.body, dict) and "detail" not in answer.body)
            facts[name] = answer.body if told else None
            if answer.problem is not None and not told:
                if read.needed:
                    return answer.problem
                facts["problems"][name] = answer.problem
        return None

    async def _get(self, read: Read) -> Answer:
        shown = self.request.query_params
        query: dict[str, Any] = {name: shown[name] for name in read.query if shown.get(name)} | dict(read.fixed)
        if read.size is not None:
            query |= {"limit": read.size, "offset": (page_number(shown) - 1) * read.size}
        given = {name: quote(str(value), safe="") for name, value in self.request.path_params.items()}
        method = "GET" if read.body is None else "POST"
        return await self.api(method, read.path.format_map(given), query=query, json=read.body, looks=True)

    def answer(self, template: str, *, status: int = 200, **given: Any) -> Response:
        """Return a page."""
        request = self.request
        text = render(
            template,
            session=self.session,
            csrf=self.session.form_token(),
            theme=request.cookies.get(THEME, "") if request.cookies.get(THEME) in {"light", "dark"} else "",
            flash=request.cookies.get(FLASH, ""),
            query=self.asked(),
            here=request.url.path,
            **given,
        )
        body, headers = text.encode(), dict(HEADERS)
        if len(body) > COMPRESS_FROM and "gzip" in request.headers.get("accept-encoding", ""):
            body, headers["content-encoding"] = gzip.compress(body, 5, mtime=0), "gzip"
        response = HTMLResponse(body, status_code=status, headers=headers)
        if FLASH in request.cookies:
            response.delete_cookie(FLASH, path="/")
        return self.keep(response)

    def refuse(self, problem: Problem) -> Response:
        """Return the page of a refusal, in the API's words."""
        more = [f"{name}: {' '.join(said)}" for name, said in problem.fields.items()]
        titles = {404: "Not found", 403: "Not allowed", 429: "Too many requests", 503: "Not available right now"}
        title = titles.get(problem.status, "That did not work")
        return self.answer("error.html", status=problem.status, title=title, message=problem.message, more=more)

    def turn_away(self, problem: Problem) -> Response:
        """Answer what the API does not hand out: lead to the page that signs in, or say why."""
        return self.to_sign_in() if problem.status == UNAUTHENTICATED else self.refuse(problem)

    def asked(self) -> dict[str, str]:
        """Return the page's parameters; what is there several times has commas."""
        found: dict[str, list[str]] = {}
        for name, value in self.request.query_params.multi_items():
            found.setdefault(name, []).append(value)
        return {name: ",".join(values) for name, values in found.items()}

    def here(self) -> str:
        """Return the page's own address."""
        query = self.request.url.query
        return self.request.url.path + (f"?{query}" if query else "")

    def leads(self, where: str, *, flash: str = "") -> Response:
        """Lead the reader on (303), where they read `flash`."""
        response = RedirectResponse(where, status_code=303)
        if flash:
            response.set_cookie(FLASH, flash, max_age=30, path="/", httponly=True, samesite="lax", secure=self.secure)
        return self.keep(response)

    def to_sign_in(self) -> Response:
        """Lead to the page that signs in, and from there back."""
        self.session = Session(secret=self.session.secret)
        return self.leads(f"{SIGN_IN}?{urlencode({'next': self.here()})}")

    def keep(self, response: Response) -> Response:
        """Have the browser keep the session, where it has another one."""
        if self.pages.seals.open(self._cookie) != self.session:
            response.set_cookie(
                COOKIE,
                self.pages.seals.seal(self.session),
                max_age=int(self.pages.life.total_seconds()),
                path="/",
                httponly=True,
                samesite="lax",
                secure=self.secure,
            )
        return response
