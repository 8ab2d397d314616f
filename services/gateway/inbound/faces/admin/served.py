"""Operators' routes, noun by noun; what only they need is wired in app.py."""

from typing import Final

from services.gateway.inbound.faces.admin import accounts, dead_letters, fleet, jobs, ledger, platform, registry, views

ROUTES: Final = [noun.routes for noun in (accounts, jobs, registry, ledger, fleet, platform, dead_letters, views)]
