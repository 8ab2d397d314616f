"""What a client wants to be answered with (`Accept`), of what a route can say besides JSON."""


def wants(accept: str | None, kind: str) -> bool:
    """Tell whether an Accept header names a media type; whoever names none that there is gets JSON."""
    kinds = [part.partition(";") for part in (accept or "").lower().split(",")]
    return any(named.strip() == kind and "q=0" not in rest.replace(" ", "").split(";") for named, _, rest in kinds)
