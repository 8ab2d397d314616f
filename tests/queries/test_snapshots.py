"""A page of a collection, as an owner tells it: no more is read than is told, and what cannot be read ends no walk."""

from typing import Any

from libs.chassis.stores.mongo import Database
from libs.chassis.stores.snapshots import FETCHED_AT_ONCE, PAGE_BYTES, snapshots
from libs.contracts.training import JobError
from tests.queries.profiled import multiply, numbered, profiled


async def test_a_page_of_large_documents_reads_few_of_them_and_passes_over_what_cannot_be_read(database: Database) -> None:
    documents, told, looked_at, pages = database["documents"], list[str](), list[str](), 0
    await documents.insert_one({"_id": "a", "type": "a", "message": "m" * (PAGE_BYTES // 3)})
    await multiply(documents, "a", by=30, type=numbered("b"))
    await documents.update_one({"_id": "a_20"}, {"$unset": {"message": ""}})

    def read(document: dict[str, Any]) -> JobError:
        looked_at.append(document["_id"])
        return JobError(type=document["_id"], message=document["message"])

    after: str | None = ""
    async with profiled(database) as took:
        while after is not None:
            page = await snapshots(documents, after=after, most=100, read=read)
            pages += 1
            told += [each.type for each in page.found]
            after = page.next_after

    ids = await documents.distinct("_id")
    assert told == [each for each in ids if each != "a_20"]
    assert len(looked_at) == len(ids) + pages - 1  # Of each page but the last, the one that has no room on it.
    assert max(work.examined for work in took.works) <= FETCHED_AT_ONCE
