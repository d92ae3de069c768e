"""`docs/your-own-stream.md`, carried out step by step in a new project, on either database."""

import json
import re
import shlex
import subprocess
import sys
from html.parser import HTMLParser

import pytest
from websockets.sync.client import connect

from tests.journal import postgresql
from tests.projects import add, new_project
from tests.servers import ROOT, environment, opener, start_server

PAGE = (ROOT / "docs" / "your-own-stream.md").read_text()
BLOCKS = re.findall(r"```(\w+)\n(.*?)```", PAGE, re.DOTALL)
SETTINGS, MODELS, TESTS, VIEWS, URLS, REVIEW, AUCTION, REFUSAL = [
    text for language, text in BLOCKS if language == "python"
]
BEGIN, MIGRATE, TEST, CALLS = [text for language, text in BLOCKS if language == "bash"]
(TEMPLATE,) = [text for language, text in BLOCKS if language == "html"]
EXAMPLE = ROOT / "examples" / "project" / "orders"
DATABASE = """
import dj_database_url
DATABASES["default"] = dj_database_url.parse({url!r}, conn_max_age=600)
"""
MAKE = """
from django.contrib.auth.models import User
from django.test import Client
from orders.models import Order
grace = User.objects.create_user("grace", is_staff=True)
Order.objects.create(customer=User.objects.create_user("ada"))
client = Client()
client.force_login(grace)
print(client.cookies["sessionid"].value)
"""


#: Two bids that have seen the same one before either is stored, and one that comes again.
AT_ONCE = """
import asyncio
import threading
from django.contrib.auth.models import User
from django.test import TransactionTestCase
from hubbub.crossing import in_asking_lane
from hubbub.testing import Member
from auction.models import Auction, Bid


class AtOnceTest(TransactionTestCase):
    def test_bids_only_rise(self):
        looked, made = threading.Barrier(2), Auction.make

        async def make(self, caller, name, place):
            bid = await in_asking_lane(made, self, caller, name, place)
            await asyncio.to_thread(looked.wait, 10)
            return bid

        path = "/ws/auction/lamp/"
        with Member(path) as one, Member(path) as two:
            Auction.make = make
            self.addCleanup(setattr, Auction, "make", made)
            one.say(type="bid", cents=500, id="a")
            two.say(type="bid", cents=400, id="b")
            answers = [member.hear_until(id=id) for member, id in ((one, "a"), (two, "b"))]
            (refused,) = (answer for answer in answers if answer["type"] == "error")
            assert refused["code"] == "invalid_format"
            Auction.make = made
            cents = Bid.objects.get(name="lamp").cents
            two.say(type="bid", cents=cents, id="c")
            assert two.hear_until(id="c")["errors"] == ["Too low."]
            two.say(type="bid", cents=600, id=refused["id"])
            assert two.hear_until(id=refused["id"])["type"] == "ack"
        assert list(Bid.objects.order_by("seq").values_list("turn", "cents")) == [
            (1, cents), (2, 600)
        ]
"""


def type_in(text, folder, **variables):
    """Do what is printed in a shell, where `python` is this one; what it says."""
    python = f'python() {{ {sys.executable} "$@"; }}\n'
    hubbub = f'hubbub() {{ {sys.executable} -m hubbub "$@"; }}\n'
    done = subprocess.run(
        ["bash", "-euc", python + hubbub + text],
        cwd=folder,
        env=environment(variables),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=180,
        check=False,
    )
    assert done.returncode == 0, done.stdout
    return done.stdout


def write(folder):
    """Write every file as it is printed."""
    (folder / "orders" / "templates" / "orders").mkdir(parents=True)
    for name, text in (
        ("models.py", MODELS),
        ("tests.py", TESTS),
        ("views.py", VIEWS),
        ("templates/orders/order.html", TEMPLATE),
    ):
        (folder / "orders" / name).write_text(text)
    add(folder, "urls", URLS)


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def project(request, tmp_path_factory):
    folder = tmp_path_factory.mktemp("orders") / "shop"
    if request.param == "sqlite":
        yield make(folder, "")
        return
    with postgresql.url() as server, postgresql.new_database(server) as url:
        yield make(folder, DATABASE.format(url=url))


def make(folder, database):
    new_project(folder, database)
    type_in(BEGIN, folder)
    add(folder, "settings", SETTINGS)
    write(folder)
    type_in(MIGRATE, folder)
    return folder


def test_the_tests_of_the_page_pass(project):
    assert "Ran 3 tests in" in type_in(f"{TEST.strip()} --noinput", project)


def test_it_is_in_order(project):
    type_in("python manage.py check --fail-level WARNING", project)
    type_in("python manage.py makemigrations --check --dry-run", project)


def test_it_works_on_the_socket_over_http_and_from_a_view(project):
    session = type_in(f"python manage.py shell --no-imports -c {shlex.quote(MAKE)}", project)
    token = type_in("hubbub token create grace", project).split()[-1]
    cookie = {"Cookie": f"sessionid={session.strip()}"}
    with start_server(cwd=project) as server:
        line = f"  order          ws://localhost:{server.port}/ws/orders/<name>/"
        assert line in server.output()
        assert line.strip().replace(str(server.port), "8000") in PAGE
        with connect(f"{server.ws}/ws/orders/1/?history=50", additional_headers=cookie) as page:
            assert json.loads(page.recv(timeout=30))["events"] == []
            page.send('{"type": "move", "status": "packed", "id": "m-1"}')
            told = [json.loads(page.recv(timeout=30)) for _ in range(2)]
            assert {frame["type"] for frame in told} == {"step", "ack"}
            answers = call_as_printed(server, project, token)
            assert answers[0]["data"]["events"][0]["status"] == "packed"
            assert answers[1]["data"]["seq"] == json.loads(page.recv(timeout=30))["seq"] == 2
            ship(project, session)
        with opener.open(f"{server.url}/orders/1/") as shown:
            Strict().feed(shown.read().decode())


def test_of_two_bids_at_once_one_is_refused(project):
    type_in("python manage.py startapp auction", project)
    add(project, "settings", 'INSTALLED_APPS += ["auction"]\n')
    (project / "auction" / "models.py").write_text(AUCTION)
    (project / "auction" / "tests.py").write_text(AT_ONCE)
    type_in("python manage.py makemigrations auction\npython manage.py migrate", project)
    assert "OK" in type_in("python manage.py test auction --noinput", project)


def call_as_printed(server, project, token):
    """Both curl lines as they are printed; what they answer."""
    text = CALLS.replace("localhost:8000", f"127.0.0.1:{server.port}").replace("curl ", "curl -s ")
    said = type_in(f"TOKEN={token}\n{text}", project)
    return [json.loads(one) for one in re.sub(r"}\s*{", "}\n{", said).splitlines()]


def ship(project, session):
    """The printed view, by Django's own client, in the page's own words of `review` after it."""
    code = f"""
from django.test import Client
client = Client()
client.cookies["sessionid"] = {session.strip()!r}
assert client.post("/orders/1/ship/", headers={{"host": "localhost"}}).json() == {{"shipped": 1}}
assert Client().post("/orders/1/ship/", headers={{"host": "localhost"}}).status_code == 302
from orders.models import Step
assert list(Step.objects.values_list("seq", "status")) == [
    (1, "packed"), (2, "packed"), (3, "shipped")
]
{REVIEW}
{REFUSAL}
assert str(NotYourTurn(field="status")) == "Not your turn: status"
"""
    type_in(f"python manage.py shell --no-imports -c {shlex.quote(code)}", project)


class Strict(HTMLParser):
    """Reads a page to its end."""


def test_the_example_has_the_same_model_and_the_same_page():
    assert (EXAMPLE / "models.py").read_text() == MODELS
    assert len(MODELS.splitlines()) <= 40
    assert (EXAMPLE / "templates" / "orders" / "order.html").read_text() == TEMPLATE
