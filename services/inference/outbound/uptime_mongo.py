"""In which minutes an analyst was at work: a document an hour, a bit a minute, whichever process sets it."""

from datetime import datetime, timedelta
from typing import Final

from libs.chassis.stores.mongo import Collection, expire

KEPT: Final = timedelta(days=31)
MINUTES: Final = 60


class UptimeMongo:
    """Implements the port Uptime."""

    def __init__(self, collection: Collection) -> None:
        self._hours = collection

    async def prepare(self) -> None:
        """Have hours forgotten after a month."""
        await expire(self._hours, "at", after=KEPT)

    async def mark(self, at: datetime) -> None:
        """Note that somebody is at work in this minute."""
        hour = at.replace(minute=0, second=0, microsecond=0)
        change = {"$bit": {"minutes": {"or": 1 << at.minute}}, "$setOnInsert": {"at": hour}}
        await self._hours.update_one({"_id": hour.isoformat()}, change, upsert=True)

    async def share(self, at: datetime) -> tuple[float, datetime] | None:
        """Return the share of whole minutes, from the first that is known, in which somebody was at work, and when that was; else None."""
        hours = [(each["at"], int(each["minutes"])) async for each in self._hours.find({}).sort("at", 1).limit(MINUTES * 24)]
        if not hours:
            return None
        first_hour, bits = hours[0]
        first = first_hour + timedelta(minutes=(bits & -bits).bit_length() - 1)
        past = int((at - first) / timedelta(minutes=1))
        # The minute that is not over yet is neither.
        current = at.replace(minute=0, second=0, microsecond=0)
        up = sum((bits & ((1 << at.minute) - 1) if hour == current else bits).bit_count() for hour, bits in hours)
        return (min(1.0, up / past), first) if past > 0 else None
