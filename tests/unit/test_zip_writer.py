import io
import zipfile
from datetime import UTC, datetime

from api.images.zip_writer import ZipWriter

NOW = datetime(2026, 11, 30, 9, 30, 12, tzinfo=UTC)
GIB = 1024**3
VERSION_OF_ZIP64 = 45


def test_an_archive_is_read_back_and_nothing_is_compressed() -> None:
    writer, written = ZipWriter(), b""
    for name in ("a.bin", "ö.bin"):
        with writer.file(name, NOW, 200_000) as file:
            for _ in range(4):
                file.write(bytes(50_000))
                written += writer.take()
    assert len(written) > 300_000, "pieces can be sent before the end"
    written += writer.close()
    with zipfile.ZipFile(io.BytesIO(written)) as archive:
        assert archive.testzip() is None
        assert archive.namelist() == ["a.bin", "ö.bin"]
        for info in archive.infolist():
            assert info.date_time == (2026, 11, 30, 9, 30, 12)
            assert info.file_size == 200_000
            assert info.file_size <= info.compress_size < 201_000
    assert len(written) < 402_000


def test_an_archive_without_its_end_is_none() -> None:
    writer = ZipWriter()
    with writer.file("a.bin", NOW, 100_000) as file:
        file.write(bytes(100_000))
    assert not zipfile.is_zipfile(io.BytesIO(writer.take(0)))


def test_sizes_beyond_31_bits_are_written_as_zip64() -> None:
    for size, is_zip64 in ((1 * GIB, False), (4 * GIB, True)):
        writer = ZipWriter()
        with writer.file("a.bin", NOW, size):
            header = writer.take(0)
        assert (header[4] == VERSION_OF_ZIP64) is is_zip64
