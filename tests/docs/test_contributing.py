"""`CONTRIBUTING.md`: what it names is there; the hooks and the editor's file are what they say."""

import re
import shlex
import shutil
import subprocess
from configparser import ConfigParser
from fnmatch import fnmatch

import pytest
import yaml

from tests.servers import ROOT

PAGE = (ROOT / "CONTRIBUTING.md").read_text()
MAKEFILE = (ROOT / "Makefile").read_text()
CONFIG = (ROOT / ".pre-commit-config.yaml").read_text()
[CHECK] = re.findall(r"^check: .*\n((?:\t.*\n)+)", MAKEFILE, re.MULTILINE)
COMMANDS = [
    line.replace("$(PY)", ".venv/bin/python").replace("$(VENV)", ".venv").strip()
    for line in CHECK.splitlines()
]
HOOKS = [hook for one in yaml.safe_load(CONFIG)["repos"] for hook in one["hooks"]]
FILES = sorted(set(re.findall(r"`([\w.]*/[\w./]+|[\w.]+\.(?:py|toml|yaml))`", PAGE)))
EDITOR = ConfigParser()
EDITOR.read_string("[whole]\n" + (ROOT / ".editorconfig").read_text())


def test_the_hooks_run_what_make_check_runs():
    assert [hook["entry"].removeprefix("env ") for hook in HOOKS] == COMMANDS


def test_each_hook_runs_whole_at_each_commit_and_fetches_nothing():
    assert [one["repo"] for one in yaml.safe_load(CONFIG)["repos"]] == ["local"]
    for hook in HOOKS:
        assert (hook["language"], hook["always_run"]) == ("system", True)
        assert hook["pass_filenames"] is False
        assert "additional_dependencies" not in hook
    assert "://" not in CONFIG


def tool_of(command):
    """What a command runs, as the page calls it."""
    words = [word for word in shlex.split(command) if "=" not in word]
    tool = words[2] if words[1:2] == ["-m"] else words[0].rpartition("/")[2]
    return {"lint-imports": "import-linter", "hubbub": "Django"}.get(tool, tool.replace(".", "/"))


def test_the_page_has_all_that_make_check_looks_at():
    table = PAGE.partition("looks at\n")[2].partition("\n\n")[0]
    assert [command for command in COMMANDS if tool_of(command) not in table] == []


def test_each_command_of_make_is_a_target():
    targets = set(re.findall(r"^([a-z-]+(?: [a-z-]+)*):", MAKEFILE, re.MULTILINE))
    named = set(re.findall(r"\bmake ([a-z-]+)", PAGE))
    assert named <= {target for line in targets for target in line.split()}
    assert {"check", "test", "format", "lock"} <= named


@pytest.mark.parametrize("name", FILES)
def test_each_file_and_folder_is_there(name):
    assert any((folder / name).exists() for folder in (ROOT, ROOT / "src" / "hubbub"))


def written(path):
    """What the editor's file says of a path: the last section that fits says it."""
    said = {}
    for name in EDITOR.sections():
        whole = name.strip("{}").split(",")
        if any(fnmatch(path if "/" in one else path.rpartition("/")[2], one) for one in whole):
            said |= EDITOR[name]
    return said


@pytest.mark.skipif(shutil.which("git") is None, reason="there is no git")
def test_every_file_is_as_the_editor_is_told():
    done = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=True)
    for path in filter(None, done.stdout.splitlines()):
        rules, text = written(path), (ROOT / path).read_bytes().decode(EDITOR["*"]["charset"])
        assert "\r" not in text, path
        assert not text or text.endswith("\n"), path
        if rules["indent_style"] == "space":
            assert not re.search(r"^ *\t", text, re.MULTILINE), path
        if rules["trim_trailing_whitespace"] == "true":
            assert not re.search(r"[ \t]$", text, re.MULTILINE), path
