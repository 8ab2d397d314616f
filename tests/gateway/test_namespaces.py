"""Stories in namespaces that are used again find only what services begin with."""

from typing import Any

from pymongo import MongoClient

from tests.namespaces import learn_indexes, namespace_of_its_own


def test_what_a_story_adds_is_not_there_for_the_next(mongo_url: str, redis_url: str) -> None:
    with MongoClient[dict[str, Any]](mongo_url) as client:
        with namespace_of_its_own(mongo_url, redis_url) as namespace:
            database = client[f"{namespace}_modelbourse_stories"]
            for name in ("kept", "changed"):
                database[name].create_index("made_by_start")
            learn_indexes(namespace, mongo_url=mongo_url, services=["stories"])
            for name in ("changed", "new"):
                database[name].create_index("of_the_story")
            database["kept"].insert_one({})

        with namespace_of_its_own(mongo_url, redis_url) as lent_again:
            assert lent_again == namespace
            assert database.list_collection_names() == ["kept"]
            assert database["kept"].count_documents({}) == 0
        client.drop_database(database.name)
