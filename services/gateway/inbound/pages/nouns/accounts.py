"""Signing in and out, registering, and the reader's choice of light or dark."""

from dataclasses import replace
from functools import partial
from http.cookies import SimpleCookie
from typing import Final
from urllib.parse import urlencode, urlsplit

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from services.gateway.inbound.pages.api import Answer, Api, Problem
from services.gateway.inbound.pages.face import HOME
from services.gateway.inbound.pages.renewing import signed_in
from services.gateway.inbound.pages.session import Session
from services.gateway.inbound.pages.showing import SIGN_IN, THEME, Pages, Visit

REGISTER: Final = "/app/register"
# The API's cookie by which a device is known; pages have one of their own, which a browser sends to this page alone.
DEVICE: Final = "modelbourse_device"
NAMELESS: Final = Problem(400, "Say who you are.", {"username": ["It is required."], "password": ["It is required."]})
YEAR_S: Final = 365 * 86_400


def routes(pages: Pages) -> list[Route]:
    """Return the routes."""

    async def sign_in(request: Request) -> Response:
        visit = await pages.visit(request)
        if request.method != "POST":
            return visit.leads(target(request)) if visit.session.signed_in else _shown(visit, "sign_in.html", "Sign in")
        form = await visit.form()
        answer = await _log_in(visit, form)
        if answer.problem is not None:
            return _shown(visit, "sign_in.html", "Sign in", problem=answer.problem, sent=form)
        return await _let_in(visit, answer)

    async def register(request: Request) -> Response:
        visit = await pages.visit(request)
        if request.method != "POST":
            return visit.leads(target(request)) if visit.session.signed_in else _shown(visit, "register.html", "Create an account")
        form = await visit.form()
        made = await visit.api("POST", "/auth/register", json={name: form.get(name, "") for name in ("username", "email", "password")})
        answer = made if made.problem else await _log_in(visit, form)
        if answer.problem is not None:
            return _shown(visit, "register.html", "Create an account", problem=answer.problem, sent=form)
        return await _let_in(visit, answer)

    return [
        Route(SIGN_IN, sign_in, methods=["GET", "POST"]),
        Route(REGISTER, register, methods=["GET", "POST"]),
        Route("/app/sign-out", partial(_sign_out, pages), methods=["POST"]),
        Route("/app/theme", partial(_theme, pages), methods=["POST"]),
    ]


async def _sign_out(pages: Pages, request: Request) -> Response:
    visit = await pages.visit(request)
    await visit.form()
    if visit.session.signed_in:
        await visit.api("POST", "/auth/logout", json={"refresh_token": visit.session.refresh_token})
    visit.session = Session()
    return visit.leads(SIGN_IN, flash="You are signed out.")


async def _theme(pages: Pages, request: Request) -> Response:
    visit = await pages.visit(request)
    chosen = (await visit.form()).get("theme", "")
    response = visit.leads(target(request))
    if chosen in {"light", "dark"}:
        response.set_cookie(THEME, chosen, max_age=YEAR_S, path="/", httponly=True, samesite="lax", secure=visit.secure)
    else:
        response.delete_cookie(THEME, path="/")
    return response


def target(request: Request) -> str:
    """Return where `next` leads, if that is a page of ours: nobody is led elsewhere by a link to us."""
    wanted = request.query_params.get("next", "")
    parts = urlsplit(wanted)
    ours = wanted.startswith("/") and not wanted.startswith(("//", "/\\")) and not parts.scheme and not parts.netloc
    return wanted if ours and wanted.isprintable() else HOME


async def _log_in(visit: Visit, form: dict[str, str]) -> Answer:
    if not form.get("username", "").strip() or not form.get("password"):
        return Answer(NAMELESS.status, None, NAMELESS)
    grant = {"grant_type": "password", "username": form["username"].strip(), "password": form["password"]}
    return await visit.api("POST", "/auth/token", form=grant)


async def _let_in(visit: Visit, answer: Answer) -> Response:
    """Begin a session, another one than the stranger's, and lead to where the reader wanted to go."""
    session = signed_in(Session(), answer)
    me = await Api(visit.request, session)("GET", "/auth/me")
    if me.problem is None:
        session = replace(session, username=me.body["username"], role=me.body["role"], tier=me.body["tier"])
    visit.session = session
    response = visit.leads(target(visit.request))
    for text in answer.cookies:
        if DEVICE in (given := SimpleCookie(text)):
            life = int(given[DEVICE]["max-age"] or 0)
            response.set_cookie(
                DEVICE, given[DEVICE].value, max_age=life, path=SIGN_IN, httponly=True, samesite="strict", secure=visit.secure
            )
    return response


def _shown(visit: Visit, template: str, title: str, *, problem: Problem | None = None, sent: dict[str, str] | None = None) -> Response:
    kept = {name: value for name, value in (sent or {}).items() if name != "password"}
    after = target(visit.request)
    given = {"problem": problem, "sent": kept, "next": urlencode({"next": after}), "register": REGISTER, "sign_in": SIGN_IN}
    return visit.answer(template, status=problem.status if problem else 200, title=title, **given)
