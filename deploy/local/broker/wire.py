"""Kafka's wire format: requests read and answers written by field name, with the schemas of aiokafka's own protocol classes."""

import struct
from collections.abc import Mapping, Sequence
from io import BytesIO
from typing import Any, Final

# Imported for the classes that they register with RequestStruct.
from aiokafka.protocol import admin, commit, coordination, group, metadata, offset, transaction
from aiokafka.protocol.api import RequestStruct
from aiokafka.protocol.types import Array, Schema

INT16: Final = struct.Struct(">h")
INT32: Final = struct.Struct(">i")
INT64: Final = struct.Struct(">q")
MODULES: Final = (admin, commit, coordination, group, metadata, offset, transaction)
REQUESTS: Final[dict[tuple[int, int], Any]] = {(each.API_KEY, each.API_VERSION): each for each in RequestStruct.__subclasses__()}


def read_request(key: int, version: int, body: bytes) -> dict[str, Any]:
    """Return a request's fields by their names. Raise ValueError when it does not fit its schema."""
    schema = REQUESTS[key, version].SCHEMA
    return _named(schema, schema.decode(BytesIO(body)))


def write_answer(key: int, version: int, answer: Mapping[str, Any]) -> bytes:
    """Return an answer's bytes; it may have fields that this version does not."""
    schema = REQUESTS[key, version].RESPONSE_TYPE.SCHEMA
    encoded: bytes = schema.encode(_in_order(schema, answer))
    return encoded


class Reader:
    """Reads the fields of a request one after the other; for the two requests that come all the time."""

    def __init__(self, data: bytes, place: int = 0) -> None:
        self.data, self.place = data, place

    def int16(self) -> int:
        """Return the next two bytes as a number."""
        self.place += 2
        number: int = INT16.unpack_from(self.data, self.place - 2)[0]
        return number

    def int32(self) -> int:
        """Return the next four bytes as a number."""
        self.place += 4
        number: int = INT32.unpack_from(self.data, self.place - 4)[0]
        return number

    def fields(self, layout: struct.Struct) -> tuple[Any, ...]:
        """Return the next fields of a fixed layout."""
        self.place += layout.size
        return layout.unpack_from(self.data, self.place - layout.size)

    def text(self) -> str | None:
        """Return the next string, or None."""
        length = self.int16()
        return None if length < 0 else self._take(length).decode()

    def blob(self) -> bytes | None:
        """Return the next bytes, or None."""
        length = self.int32()
        return None if length < 0 else self._take(length)

    def _take(self, length: int) -> bytes:
        begin, self.place = self.place, self.place + length
        if self.place > len(self.data):
            msg = "the request ends within a field"
            raise ValueError(msg)
        return self.data[begin : self.place]


def text(value: str | None) -> bytes:
    """Return a string as it is written."""
    if value is None:
        return INT16.pack(-1)
    encoded = value.encode()
    return INT16.pack(len(encoded)) + encoded


def _named(schema: Schema, values: Sequence[Any]) -> dict[str, Any]:
    return {name: _named_value(kind, value) for name, kind, value in zip(schema.names, schema.fields, values, strict=True)}


def _named_value(kind: Any, value: Any) -> Any:
    if isinstance(kind, Array) and isinstance(kind.array_of, Schema) and value is not None:
        return [_named(kind.array_of, each) for each in value]
    return value


def _in_order(schema: Schema, answer: Mapping[str, Any]) -> list[Any]:
    return [_ordered_value(kind, answer[name]) for name, kind in zip(schema.names, schema.fields, strict=True)]


def _ordered_value(kind: Any, value: Any) -> Any:
    if isinstance(kind, Array) and isinstance(kind.array_of, Schema):
        return [_in_order(kind.array_of, each) for each in value]
    return value
