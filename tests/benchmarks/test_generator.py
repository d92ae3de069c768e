"""The load: who is in which rooms, and that what is counted is what came."""

import os
import shutil

import pytest

from benchmarks.generator import GeneratorError, build, connected
from benchmarks.process import ServerProcess
from benchmarks.rival_go import centrifuge_missing
from benchmarks.scenarios import Scenario
from benchmarks.servers import CENTRIFUGE, HUBBUB_MANY, Server
from tests.servers import free_port, start_server

pytestmark = pytest.mark.skipif(shutil.which("cc") is None, reason="needs a C compiler")

ONE_EACH = Scenario("one", "4 rooms of 3", rooms=4, members=3, inflight=1)
FIVE_EACH = Scenario("many", "20 rooms of 3", rooms=20, members=3, inflight=1, each=5)
SECONDS = 0.2


@pytest.fixture(scope="module")
def program(tmp_path_factory):
    return build(tmp_path_factory.mktemp("load"))


@pytest.fixture(scope="module")
def hubbub():
    with start_server(env={"HUBBUB_RATE_LIMIT": "off"}) as server:
        yield server


def counted_of(program, server, port, scenario):
    with connected(program, server, scenario, port=port, seconds=SECONDS) as generator:
        generator.go()
        generator.event("begin")
        return generator.counted()


def assert_all_were_told(counted, scenario):
    """Everybody has all that was said, but for what is under way when the measuring ends."""
    assert counted.trouble is None
    under_way = scenario.connections * scenario.inflight
    assert counted.deliveries > under_way
    assert abs(counted.deliveries - counted.messages * scenario.members) <= under_way


@pytest.mark.parametrize("scenario", [ONE_EACH, FIVE_EACH], ids=lambda one: one.key)
def test_every_member_of_a_room_is_told_what_one_says_and_nobody_else(program, hubbub, scenario):
    server = Server("hubbub", "Hubbub", (), many=HUBBUB_MANY)
    assert_all_were_told(counted_of(program, server, hubbub.port, scenario), scenario)


def test_a_server_that_refuses_a_room_ends_it_with_the_words(program, hubbub):
    server = Server("hubbub", "Hubbub", (), many=HUBBUB_MANY)
    too_many = Scenario("more", "200 rooms each", rooms=200, members=3, inflight=1, each=200)
    with pytest.raises(GeneratorError, match=r"refused: .*too_many"):
        counted_of(program, server, hubbub.port, too_many)


@pytest.mark.slow
@pytest.mark.parametrize("scenario", [ONE_EACH, FIVE_EACH], ids=lambda one: one.key)
def test_centrifuge_tells_them_too(program, tmp_path, scenario):
    binary = tmp_path / "centrifuge"
    if missing := centrifuge_missing(binary):
        pytest.skip(missing)
    server = Server("centrifuge", "Centrifuge", (), way=CENTRIFUGE, many=CENTRIFUGE)
    port, core, log = free_port(), min(os.sched_getaffinity(0)), tmp_path / "log.txt"
    command = [str(binary), str(port)]
    with ServerProcess(command, env={}, cwd=tmp_path, core=core, port=port, log=log) as process:
        process.wait_until_listening()
        assert_all_were_told(counted_of(program, server, port, scenario), scenario)
