"""A CSV or Parquet file as Arrow columns, not yet looked at; knows in which line a row stands."""

import csv
import gzip
import io
import zipfile
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO, Protocol

import pyarrow as pa

from schemas.errors import Refused

FORMATS = ".csv, .csv.gz, .csv.zip, .zip, .parquet or .jsonl"
CSV = (".csv", ".csv.gz", ".zip")


class _Reader(Protocol):
    """What csv.reader gives; its own type has no public name in Python 3.11."""

    line_num: int

    def __iter__(self) -> Iterator[list[str]]: ...


@dataclass(frozen=True, slots=True)
class RawTable:
    """Columns by name: of a CSV all texts (null where empty and not quoted), of a Parquet file as they are stored."""

    path: Path
    columns: dict[str, Any]
    rows: int

    def place(self, row: int) -> str:
        """Where row `row` (counted from 0) is, for a person: file and line, or row of a Parquet file from 1."""
        if self.path.name.endswith(CSV):
            return f"{self.path}, line {_line(self.path, row)}"
        return f"{self.path}, row {row + 1}"


def read_table(path: Path) -> RawTable:
    """Reads a whole table.

    Raises:
        Refused: the file cannot be read, is of another format, or a line has another number of columns.
    """
    try:
        table = _read(path)
    except OSError as error:
        raise Refused(f"{path}: cannot be read ({error.strerror or error})") from error
    except (pa.ArrowException, UnicodeDecodeError, zipfile.BadZipFile, EOFError) as error:
        raise Refused(f"{path}: cannot be read: {str(error).strip().splitlines()[0][:300]}") from error
    twice = sorted(name for name, count in Counter(table.column_names).items() if count > 1)
    if twice:
        raise Refused(f"{path}: the column name {twice[0]!r} stands there twice; names must differ")
    return RawTable(path, dict(zip(table.column_names, table.columns, strict=True)), table.num_rows)


def _read(path: Path) -> Any:
    if path.suffix == ".parquet":
        from pyarrow import parquet  # noqa: PLC0415 - a CSV need not pay for it

        return parquet.read_table(path)
    if not path.name.endswith(CSV):
        raise Refused(f"{path}: unknown format; give {FORMATS}")
    header = _header(path)
    with opened(path) as stream:
        return _csv(stream, header)


def _csv(stream: BinaryIO, header: list[str]) -> Any:
    from pyarrow import csv as arrow_csv  # noqa: PLC0415 - a Parquet file need not pay for it

    return arrow_csv.read_csv(
        stream,
        # one thread: only then do its messages name the row
        read_options=arrow_csv.ReadOptions(use_threads=False, column_names=header, skip_rows=1),
        parse_options=arrow_csv.ParseOptions(newlines_in_values=True),
        convert_options=arrow_csv.ConvertOptions(
            column_types=dict.fromkeys(header, pa.string()),
            null_values=[""],
            strings_can_be_null=True,
        ),
    )


def _header(path: Path) -> list[str]:
    with _spelt(path) as reader:
        first = next(iter(reader), None)
    if first is None:
        raise Refused(f"{path}: empty; the first line must name the columns")
    return first


@contextmanager
def opened(path: Path) -> Iterator[BinaryIO]:
    """The CSV's bytes, unpacked; a .zip must hold exactly one file.

    Raises:
        Refused: the .zip holds none or several.
    """
    if path.suffix == ".gz":
        with gzip.open(path) as unzipped:
            yield io.BufferedReader(unzipped)
    elif path.suffix == ".zip":
        with zipfile.ZipFile(path) as archive:
            names = [name for name in archive.namelist() if not name.endswith("/")]
            if len(names) != 1:
                raise Refused(f"{path}: holds {len(names)} files; give an archive of exactly one CSV")
            with archive.open(names[0]) as member:
                yield io.BufferedReader(member)  # type: ignore[type-var] # ZipExtFile reads raw bytes well enough
    else:
        with path.open("rb") as plain:
            yield plain


@contextmanager
def _spelt(path: Path) -> Iterator[_Reader]:
    """The CSV's rows of texts, blank lines as empty rows."""
    with opened(path) as stream:
        text = io.TextIOWrapper(stream, encoding="utf-8-sig", newline="")
        try:
            yield csv.reader(text)
        finally:
            text.detach()  # the stream is closed by the one who opened it


def _line(path: Path, row: int) -> int:
    """The number, from 1, of the line in which row `row` of the data ends."""
    with _spelt(path) as reader:
        filled = (reader.line_num for fields in reader if fields)
        return next(line for index, line in enumerate(filled) if index == row + 1)
