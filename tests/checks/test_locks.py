"""The check of the locks finds what it is there for."""

import shutil

import pytest

from checks.file_sizes import too_long
from checks.locks import ROOT, problems


@pytest.fixture
def project(tmp_path):
    (tmp_path / "requirements").mkdir()
    for name in ("pyproject.toml", "requirements/run.txt", "requirements/dev.txt"):
        shutil.copy(ROOT / name, tmp_path / name)
    return tmp_path


def edit(path, old, new):
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new, 1))


def test_nothing_is_wrong_here(project):
    assert problems(project) == []


def test_a_dependency_that_is_not_locked(project):
    edit(project / "pyproject.toml", '"msgspec>=0.21"', '"msgspec>=0.21", "attrs>=999"')
    assert problems(project) == ["run.txt lacks attrs>=999", "dev.txt lacks attrs>=999"]


def test_a_dependency_of_any_age(project):
    edit(project / "pyproject.toml", '"msgspec>=0.21"', '"msgspec"')
    edit(project / "pyproject.toml", '"psycopg[binary,pool]>=3.2"', '"psycopg[binary,pool]<4"')
    assert problems(project) == ["no oldest version of msgspec", "no oldest version of psycopg"]


def test_two_locks_that_disagree(project):
    edit(project / "requirements/dev.txt", "\nasgiref==", "\nasgiref==0.1+")
    assert problems(project) == ["dev.txt has another asgiref"]


def test_a_pin_without_a_hash_and_an_address(project):
    with (project / "requirements/dev.txt").open("a") as lock:
        lock.write("six==1.16.0\n--index-url=somewhere\n")
    assert problems(project) == [
        "dev.txt: no hash: six==1.16.0",
        "dev.txt names an address",
    ]


def test_a_file_that_is_too_long(tmp_path):
    (tmp_path / "long.py").write_text("pass\n" * 301)
    (tmp_path / "short.py").write_text("pass\n" * 300)
    assert too_long(tmp_path) == ["long.py: 301 lines, at most 300"]
