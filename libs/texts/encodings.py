"""How a file of text is encoded: by its mark, as UTF-8 where it is that, and else by a guess that is told."""

import codecs
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, TextIO

from libs.contracts.text_config import NO_ENCODING, is_encoding
from libs.market.datasets.head import PACKED
from libs.texts.rows import Bounds, refused

# The longest first: UTF-32 (little-endian) begins as UTF-16 does.
_MARKS: Final = (
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_BLOCK: Final = 1 << 20
_SAMPLE: Final = 1 << 16  # bytes that a guess rests on
_REPLACED: Final = "\ufffd".encode()
# What files are written in where they are no Unicode: the encodings of Windows and of East Asia. Those of old Macs and of DOS look as good
# in texts of few accents, and are there almost never.
_LIKELY: Final = (
    *("cp1252", "cp1250", "cp1251", "cp1253", "cp1254", "cp1255", "cp1256", "cp874", "koi8_r"),
    *("cp932", "euc_jp", "gb18030", "big5", "cp949"),
)
_AS_CLEAN: Final = 0.05  # what is no cleaner than Western European by more than this share of odd letters is taken for that


@dataclass(frozen=True, slots=True)
class Encoding:
    """The codec that a file is read by, whether it was guessed, and how many of its bytes' places are no text in it."""

    name: str
    assumed: bool = False
    undecodable: int = 0

    def open(self, path: Path) -> TextIO:
        """Open the file as text; its ends of lines stay what they are."""
        return path.open(encoding=self.name, errors="replace", newline="")


def tell_encoding(path: Path, *, bounds: Bounds, given: str | None = None) -> Encoding:
    """Return how the file is encoded, as it was `given` or else as its bytes tell.

    Raise `InvalidError` for what is no text at all, for what is too large, and for the name of no encoding of text.
    """
    size = path.stat().st_size
    if size > bounds.file:
        message = f"The file has {size:,} bytes; a file of texts has {bounds.file:,} at most: split it, or send Parquet."
        raise refused(message)
    with path.open("rb") as file:
        head = file.read(_SAMPLE)
    packed = next((name for magic, name in PACKED.items() if head.startswith(magic)), None)
    if packed is not None:
        message = f"The file is packed ({packed}): unpack it and send what is in it."
        raise refused(message)
    if not head.strip():
        message = "The file is empty: send one with texts."
        raise refused(message)
    if given is not None:
        return Encoding(given, undecodable=_count(path, _checked(given)))
    marked = next((name for mark, name in _MARKS if head.startswith(mark)), None)
    if marked is not None:
        return Encoding(marked, undecodable=_count(path, marked))
    _refuse_zeros(path)
    broken = _first_broken(path)
    return Encoding("utf-8") if broken is None else _guess(path, around=broken)


def _checked(name: str) -> str:
    if not is_encoding(name):
        raise refused(NO_ENCODING.format(name[:40]), field="encoding")
    return name


def _refuse_zeros(path: Path) -> None:
    lines = 1
    with path.open("rb") as file:
        while block := file.read(_BLOCK):
            if b"\0" in block:
                line = lines + block.count(b"\n", 0, block.index(b"\0"))
                message = f"Line {line:,} has a byte that is zero, as no text has: save the file as UTF-8 (UTF-16 needs its mark, the BOM)."
                raise refused(message)
            lines += block.count(b"\n")


def _first_broken(path: Path) -> int | None:
    """Return where the first byte is that is no UTF-8; None in a file of UTF-8."""
    decoder, done = codecs.getincrementaldecoder("utf-8")(), 0
    with path.open("rb") as file:
        while True:
            block = file.read(_BLOCK)
            waiting = len(decoder.getstate()[0])
            try:
                decoder.decode(block, final=not block)
            except UnicodeDecodeError as error:
                return max(done - waiting + error.start, 0)
            if not block:
                return None
            done += len(block)


def _guess(path: Path, *, around: int) -> Encoding:
    """Return UTF-8 with some broken places where most of what is not ASCII is UTF-8, else what the bytes look most like."""
    with path.open("rb") as file:
        file.seek(max(around - _SAMPLE // 2, 0))
        sample = file.read(_SAMPLE)
    good = sum(letter > "\x7f" for letter in sample.decode("utf-8", errors="ignore"))
    bad = sample.decode("utf-8", errors="replace").count("\ufffd") - sample.count(_REPLACED)
    if good > bad:
        return Encoding("utf-8", undecodable=_count(path, "utf-8"))
    from charset_normalizer import from_bytes  # noqa: PLC0415 - a fifth of a second that files of UTF-8 need not take

    # Only the lines around what is no ASCII tell anything.
    telling = b"\n".join(line for line in sample.splitlines() if not line.isascii()) or sample
    name = _likeliest(from_bytes(telling, cp_isolation=list(_LIKELY)))
    return Encoding(name, assumed=True, undecodable=_count(path, name))


def _likeliest(matches: Any) -> str:
    western = [match for match in matches if "cp1252" in {match.encoding, *match.could_be_from_charset}]
    best = matches.best()
    return "cp1252" if best is None or any(match.chaos <= best.chaos + _AS_CLEAN for match in western) else str(best.encoding)


def _count(path: Path, name: str) -> int:
    """Count the places that are no text in an encoding; a letter U+FFFD that is really written there is none of them."""
    decoder, found = codecs.getincrementaldecoder(name)(errors="replace"), 0
    with path.open("rb") as file:
        while block := file.read(_BLOCK):
            found += decoder.decode(block).count("\ufffd") - (block.count(_REPLACED) if name.startswith("utf-8") else 0)
    return max(found + decoder.decode(b"", final=True).count("\ufffd"), 0)
