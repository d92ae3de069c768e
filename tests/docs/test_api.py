"""`docs/api.md` knows every sentence, every code and every close that the program has."""

import json
import re
from pathlib import Path

import pytest

from hubbub import errors
from hubbub.notifications import draft
from hubbub.wire import closes

DOCUMENT = (Path(__file__).parents[2] / "docs" / "api.md").read_text()
REFUSALS = [
    refusal
    for module in (errors, draft)
    for refusal in vars(module).values()
    if isinstance(refusal, type)
    and issubclass(refusal, errors.Refusal)
    and refusal is not errors.Refusal
]
#: What a socket tells: the others are answered over HTTP, which has no codes.
TOLD = [one for one in REFUSALS if one.__module__ == errors.__name__]
TOLD.remove(errors.SubprotocolError)
CLOSES = [close for close in vars(closes).values() if isinstance(close, closes.Close)]


@pytest.mark.parametrize("refusal", REFUSALS)
def test_each_sentence_is_documented(refusal):
    assert f"`{refusal.sentence}`" in DOCUMENT


@pytest.mark.parametrize("refusal", TOLD)
def test_each_code_stands_beside_its_sentence(refusal):
    assert f"| `{refusal.sentence}` | `{refusal.code}` | " in DOCUMENT


@pytest.mark.parametrize("close", [*CLOSES, closes.restarting(1000)])
def test_each_close_is_documented(close):
    assert re.search(rf"^\| (\d+, )?{close.code}\b", DOCUMENT, re.MULTILINE)


@pytest.mark.parametrize("block", re.findall(r"```json\n(.*?)```", DOCUMENT, re.DOTALL))
def test_each_frame_is_json(block):
    for line in block.splitlines():
        assert isinstance(json.loads(line), dict)
