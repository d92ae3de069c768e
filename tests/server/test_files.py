"""A process that has hardly a file descriptor left says so."""

import errno
import os

import pytest

from hubbub.server import files
from hubbub.server.files import check_files


@pytest.mark.parametrize(("number", "told"), [(200, 0), (247, 0), (248, 1), (255, 1)])
def test_it_is_told_when_few_are_left(monkeypatch, caplog, number, told):
    monkeypatch.setattr(files, "limit", lambda: 256)
    monkeypatch.setattr(os, "open", lambda *_: number)
    monkeypatch.setattr(os, "close", lambda _: None)
    check_files(150)
    assert caplog.messages == ["no_files_left limit=256 connections=150"] * told


def test_it_is_told_when_none_is_left(monkeypatch, caplog):
    def refuse(*_):
        raise OSError(errno.EMFILE, os.strerror(errno.EMFILE))

    monkeypatch.setattr(files, "limit", lambda: 256)
    monkeypatch.setattr(os, "open", refuse)
    for _ in range(100):
        check_files(150)
    assert caplog.messages == ["no_files_left limit=256 connections=150"]


def test_it_leaves_no_file_open():
    before = os.open(os.devnull, os.O_RDONLY)
    os.close(before)
    check_files(0)
    after = os.open(os.devnull, os.O_RDONLY)
    os.close(after)
    assert after == before
