"""The secret key that the site makes for itself."""

import os
import stat
from concurrent.futures import ThreadPoolExecutor

import pytest

from hubbub.errors import SettingError
from hubbub.site.secret import data_folder, kept_secret, make_secret


def test_it_is_made_once_for_its_owner_alone(tmp_path):
    secret = kept_secret(tmp_path)
    assert len(secret) >= 50
    assert kept_secret(tmp_path) == secret
    (path,) = tmp_path.iterdir()
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_those_who_start_together_agree(tmp_path):
    with ThreadPoolExecutor(8) as pool:
        secrets = set(pool.map(kept_secret, [tmp_path] * 32))
    assert len(secrets) == 1
    assert len(list(tmp_path.iterdir())) == 1


def test_the_second_keeps_what_the_first_made(tmp_path):
    first = kept_secret(tmp_path)
    make_secret(tmp_path / "secret.key")
    assert kept_secret(tmp_path) == first


def test_an_empty_file_is_no_secret(tmp_path):
    (tmp_path / "secret.key").touch()
    with pytest.raises(SettingError, match=r"secret\.key is empty"):
        kept_secret(tmp_path)


def test_a_folder_in_its_place_is_told(tmp_path):
    (tmp_path / "secret.key").mkdir()
    with pytest.raises(SettingError, match="HUBBUB_DATA: cannot read or write"):
        kept_secret(tmp_path)


def test_the_data_folder_is_made_for_its_owner_alone(tmp_path):
    path = data_folder(tmp_path / "a" / "b")
    assert path.is_dir()
    assert stat.S_IMODE(path.stat().st_mode) == 0o700


def test_a_data_folder_that_was_there_is_left_as_it_is(tmp_path):
    tmp_path.chmod(0o755)
    data_folder(tmp_path)
    assert stat.S_IMODE(tmp_path.stat().st_mode) == 0o755


def test_a_data_folder_that_cannot_be_is_told(tmp_path):
    (tmp_path / "file").touch()
    with pytest.raises(SettingError, match="HUBBUB_DATA: cannot make the folder"):
        data_folder(tmp_path / "file" / "var")


def test_a_data_folder_that_is_not_ours_is_told(tmp_path, monkeypatch):
    monkeypatch.setattr(os, "access", lambda *_: False)
    with pytest.raises(SettingError, match="HUBBUB_DATA: cannot write to the folder"):
        data_folder(tmp_path)
