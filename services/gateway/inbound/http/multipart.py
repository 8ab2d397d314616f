"""Reads multipart/form-data as it comes: the fields into memory, within bounds, and one file in pieces, never whole."""

from collections.abc import Collection, Mapping
from typing import Final, NoReturn

from python_multipart.exceptions import FormParserError
from python_multipart.multipart import MultipartParser, parse_options_header

from libs.chassis.errors import InvalidError
from libs.contracts.names import did_you_mean
from services.gateway.inbound.http.upload_formats import refuse_file

FILE: Final = "file"
VALUE_MOST: Final = 32_768
SHOWN: Final = 60
ENCODED: Final = frozenset({"base64", "quoted-printable"})


class FormReader:
    """Takes a body's pieces by `write`; `fields` are those that have come, `take_file` returns what has come of the file since.

    Raises InvalidError for a body that is no such form, for fields that are not among `known`, twice, too long or no UTF-8, and for a
    second file.
    """

    def __init__(self, content_type: str, *, known: Collection[str], given: Mapping[str, str]) -> None:
        self.fields = dict(given)
        self.filename: str | None = None
        self.file_type: str | None = None
        self.has_file = self.is_whole = False
        self._known = known
        self._headers: dict[str, str] = {}
        self._header_name = self._header_value = b""
        self._in_file = False
        self._name = ""
        self._value = bytearray()
        self._pieces: list[bytes] = []
        self._parser = self._parser_of(content_type)

    def write(self, data: bytes) -> None:
        """Read a piece of the body."""
        try:
            self._parser.write(data)
        except FormParserError as error:
            refuse_body(str(error)[:200])

    def take_file(self) -> bytes:
        """Return what has come of the file since it was asked last."""
        pieces, self._pieces = self._pieces, []
        return b"".join(pieces)

    def end(self) -> None:
        """Say that the body has ended."""
        if not self.is_whole:
            refuse_body("it ends before its last boundary")
        if not self.has_file:
            refuse_file("There is none; send it as the part 'file' of the form.")

    def _parser_of(self, content_type: str) -> MultipartParser:
        boundary = parse_options_header(content_type)[1].get(b"boundary")
        if not boundary:
            refuse_body("its Content-Type has no boundary")
        try:
            return MultipartParser(
                boundary,
                {
                    "on_part_begin": self._on_part_begin,
                    "on_header_field": self._on_header_field,
                    "on_header_value": self._on_header_value,
                    "on_header_end": self._on_header_end,
                    "on_headers_finished": self._on_headers_finished,
                    "on_part_data": self._on_part_data,
                    "on_part_end": self._on_part_end,
                    "on_end": self._on_end,
                },
            )
        except FormParserError as error:
            refuse_body(str(error)[:200])

    def _on_part_begin(self) -> None:
        self._headers, self._value, self._in_file = {}, bytearray(), False

    def _on_header_field(self, data: bytes, start: int, end: int) -> None:
        self._header_name += data[start:end]

    def _on_header_value(self, data: bytes, start: int, end: int) -> None:
        self._header_value += data[start:end]

    def _on_header_end(self) -> None:
        self._headers[self._header_name.decode("latin-1").lower()] = self._header_value.decode("utf-8", "replace").strip()
        self._header_name = self._header_value = b""

    def _on_headers_finished(self) -> None:
        disposition, options = parse_options_header(self._headers.get("content-disposition", "").encode().decode("latin-1"))
        named = {name: value.decode("utf-8", "replace") for name, value in options.items()}
        if disposition != b"form-data" or b"name" not in named:
            refuse_body("a part has no name; it begins with Content-Disposition: form-data; name=…")
        if self._headers.get("content-transfer-encoding", "").lower() in ENCODED:
            refuse_body("a part has a Content-Transfer-Encoding; send it as it is")
        self._name = named[b"name"]
        if self._name == FILE:
            self._begin_file(named.get(b"filename"))
        else:
            self._begin_field(is_file=b"filename" in named)

    def _begin_file(self, filename: str | None) -> None:
        if self.has_file:
            refuse_file("There are two; send one at a time.")
        self.has_file = self._in_file = True
        self.filename, self.file_type = filename, self._headers.get("content-type")

    def _begin_field(self, *, is_file: bool) -> None:
        name = self._name[:SHOWN]
        if self._name not in self._known:
            known = ", ".join([FILE, *sorted(self._known)])
            more = " A file is sent as 'file'." if is_file else did_you_mean(name, [FILE, *self._known])
            _refuse_field(name, f"There is no such field; there are {known}.{more}")
        if self._name in self.fields:
            _refuse_field(name, "It is given twice.")

    def _on_part_data(self, data: bytes, start: int, end: int) -> None:
        if self._in_file:
            self._pieces.append(data[start:end])
            return
        if len(self._value) + end - start > VALUE_MOST:
            _refuse_field(self._name, f"It is too long; at most {VALUE_MOST} bytes are read.")
        self._value += data[start:end]

    def _on_part_end(self) -> None:
        if self._in_file:
            return
        try:
            self.fields[self._name] = self._value.decode()
        except UnicodeDecodeError:
            _refuse_field(self._name, "It is no UTF-8.")

    def _on_end(self) -> None:
        self.is_whole = True


def refuse_body(why: str) -> NoReturn:
    """Raise the error of a body that is no such form as it says."""
    message = "The request's body cannot be read."
    raise InvalidError(message, details={"body": [f"It is no good multipart/form-data: {why.rstrip('.')}."]})


def _refuse_field(name: str, why: str) -> NoReturn:
    message = "The form cannot be used."
    raise InvalidError(message, details={name: [why]})
