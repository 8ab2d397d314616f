"""Which format a file that was sent has: by its first bytes, by what its sender says, by its name."""

from collections.abc import Mapping
from typing import Final, NoReturn

from libs.chassis.errors import InvalidError
from libs.contracts.datasets import FileFormat

PARQUET: Final = b"PAR1"
BY_TYPE: Final[Mapping[str, FileFormat | None]] = {
    "text/csv": "csv",
    "text/plain": "csv",
    "text/tab-separated-values": "csv",
    "application/csv": "csv",
    "application/vnd.ms-excel": "csv",  # what Windows calls a CSV file
    "application/vnd.apache.parquet": "parquet",
    "application/x-parquet": "parquet",
    "application/parquet": "parquet",
    # They say nothing of the format.
    "application/octet-stream": None,
    "binary/octet-stream": None,
    "": None,
}
RAW_TYPES: Final = "text/csv, application/vnd.apache.parquet or application/octet-stream"
BY_ENDING: Final[Mapping[str, FileFormat]] = {"csv": "csv", "tsv": "csv", "txt": "csv", "parquet": "parquet", "pq": "parquet"}
# What a file begins with that is neither, and what it is.
OTHERS: Final[tuple[tuple[bytes, str], ...]] = (
    (b"\x1f\x8b", "It is compressed with gzip: send it unpacked"),
    (b"BZh", "It is compressed with bzip2: send it unpacked"),
    (b"\xfd7zXZ\x00", "It is compressed with xz: send it unpacked"),
    (b"\x28\xb5\x2f\xfd", "It is compressed with zstd: send it unpacked"),
    (b"PK\x03\x04", "It is a ZIP archive or an Excel workbook: send the file in it as CSV or Parquet"),
    (b"7z\xbc\xaf\x27\x1c", "It is a 7-Zip archive: send the file in it"),
    (b"\xd0\xcf\x11\xe0", "It is an Excel workbook: save it as CSV"),
    (b"ARROW1", "It is an Arrow file: send it as Parquet"),
    (b"Obj\x01", "It is an Avro file: send it as Parquet"),
    (b"ORC", "It is an ORC file: send it as Parquet"),
    (b"SQLite format 3", "It is an SQLite database: export the table as CSV"),
    (b"%PDF-", "It is a PDF: send the table as CSV"),
    (b"\xff\xfe", "It is UTF-16: save it as UTF-8"),
    (b"\xfe\xff", "It is UTF-16: save it as UTF-8"),
)


def plain_type(content_type: str | None) -> str:
    """Return a media type in lower case, without its parameters."""
    return (content_type or "").partition(";")[0].strip().lower()


def format_of(head: bytes, *, content_type: str | None, filename: str | None) -> FileFormat:
    """Return a file's format. Raise InvalidError, by the field `file`, for what is neither CSV nor Parquet."""
    if head.startswith(PARQUET):
        return "parquet"
    other = next((words for magic, words in OTHERS if head.startswith(magic)), None)
    if other is not None:
        refuse_file(f"{other}.")
    ending = (filename or "").rpartition(".")[2].lower()
    said = BY_TYPE.get(plain_type(content_type)) or BY_ENDING.get(ending)
    if said == "parquet":
        refuse_file("It is said to be Parquet, but does not begin with PAR1, as every Parquet file does: it is damaged, or another format.")
    if b"\0" in head:
        refuse_file("It is neither CSV nor Parquet: it has bytes of value 0, as no text has.")
    return "csv"


def refuse_file(why: str) -> NoReturn:
    """Raise the error of a file that cannot be used."""
    message = "The file cannot be used."
    raise InvalidError(message, details={"file": [why]})
