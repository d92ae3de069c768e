"""The site's database."""

import pytest

from hubbub.errors import SettingError
from hubbub.site.database import databases


def test_a_file_in_the_data_folder(tmp_path):
    default = databases(None, tmp_path)["default"]
    assert default["NAME"] == tmp_path / "hubbub.sqlite3"
    assert default["OPTIONS"]["transaction_mode"] == "IMMEDIATE"
    assert "journal_mode=WAL" in default["OPTIONS"]["init_command"]


def test_a_file_stays_open_and_a_server_s_connections_go_back_to_the_pool(tmp_path):
    assert databases(None, tmp_path)["default"]["CONN_MAX_AGE"] is None
    assert databases("postgres://ada@db/hub", tmp_path)["default"]["CONN_MAX_AGE"] == 0


def test_a_commit_survives_the_end_of_the_process_and_with_full_that_of_the_machine(tmp_path):
    for asked, pragma in (((), "NORMAL"), (("NORMAL",), "NORMAL"), (("FULL",), "FULL")):
        options = databases(None, tmp_path, *asked)["default"]["OPTIONS"]
        assert options["init_command"].endswith(f"PRAGMA synchronous={pragma}")


def test_an_sqlite_url_gets_the_same_options(tmp_path):
    default = databases("sqlite:////srv/other.sqlite3", tmp_path)["default"]
    assert default["NAME"] == "/srv/other.sqlite3"
    assert default["OPTIONS"]["transaction_mode"] == "IMMEDIATE"


def test_a_server(tmp_path):
    default = databases("postgres://ada:pw@db.example:5433/hub", tmp_path)["default"]
    assert default["ENGINE"] == "django.db.backends.postgresql"
    assert (default["HOST"], default["PORT"], default["NAME"]) == ("db.example", 5433, "hub")
    assert "transaction_mode" not in default.get("OPTIONS", {})


@pytest.mark.parametrize("url", ["nonsense", "gopher://secret-word@host/name", "postgres://[bad"])
def test_what_is_no_database_is_told_and_not_repeated(url, tmp_path):
    with pytest.raises(SettingError, match="HUBBUB_DATABASE_URL: not a database URL") as caught:
        databases(url, tmp_path)
    assert "secret-word" not in str(caught.value)


def test_a_file_of_an_earlier_version_is_taken_from_others(tmp_path):
    files = [tmp_path / f"hubbub.sqlite3{end}" for end in ("", "-wal", "-shm")]
    for file in files:
        file.write_bytes(b"as it was")
        file.chmod(0o644)
    databases(None, tmp_path)
    assert [file.stat().st_mode & 0o777 for file in files] == [0o600] * 3
    assert {file.read_bytes() for file in files} == {b"as it was"}


def test_a_file_that_cannot_be_is_told(tmp_path):
    (tmp_path / "hubbub.sqlite3").mkdir()
    with pytest.raises(SettingError, match=r"HUBBUB_DATA: cannot have .*hubbub.sqlite3 for itself"):
        databases(None, tmp_path)
