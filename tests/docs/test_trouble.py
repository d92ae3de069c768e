"""`docs/trouble.md`: a socket that does not open or is closed, as each row says."""

import ast
import os
import re
import shutil
import subprocess
import sys
from datetime import timedelta
from pathlib import Path
from threading import Thread

import jwt
import pytest
from channels.routing import ProtocolTypeRouter, URLRouter
from django.contrib.auth import get_user_model
from django.core.asgi import get_asgi_application
from django.core.servers.basehttp import ThreadedWSGIServer, WSGIRequestHandler
from django.core.wsgi import get_wsgi_application
from django.test import Client
from django.utils import timezone

from hubbub.accounts.tickets import ticket_create
from hubbub.accounts.tokens import token_create
from hubbub.asgi import application
from hubbub.chat.models import Message
from hubbub.errors import ForbiddenError
from hubbub.journal.models import Stream
from hubbub.streams.permissions import Policy
from tests.docs.trouble import (
    PAGE,
    ROWS,
    SYMPTOMS,
    Site,
    frames,
    goodbye,
    our_site,
    say,
    see,
    without,
)
from tests.http.calls import call
from tests.server.peer import Peer
from tests.servers import environment

FILES = sorted(Path(__file__).parent.glob("test_trouble*.py"))


@pytest.fixture
def ada(transactional_db):
    return get_user_model().objects.create_user("ada", password="lovelace")


@pytest.fixture
def session(ada):
    client = Client()
    client.force_login(ada)
    return client


def cookie(client):
    return {"Cookie": f"sessionid={client.cookies['sessionid'].value}"}


def test_each_symptom_is_provoked_somewhere():
    texts = {
        node.value
        for path in FILES
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.Constant)
    }
    assert [symptom for symptom in SYMPTOMS if symptom not in texts] == []


def test_each_row_has_a_reason_and_a_way_out():
    assert all(row.seen.count("`") >= 2 and row.why and row.way_out for row in ROWS)


@pytest.mark.skipif(shutil.which("curl") is None, reason="there is no curl")
def test_the_program_can_be_asked(site, tmp_path):
    [block] = re.findall(r"```bash\n(.*?)```", PAGE, re.DOTALL)
    block = block.replace("localhost:8000", f"127.0.0.1:{site.server.port}")
    path = f"{Path(sys.executable).parent}:{os.environ['PATH']}"
    env = environment({"PATH": path, "HUBBUB_DATA": str(tmp_path)})
    done = subprocess.run(
        ["sh", "-e", "-c", block], env=env, cwd=tmp_path, capture_output=True, text=True, check=True
    )
    assert "no issues" in done.stdout
    assert done.stdout.endswith('{"status": "ok"}')


class Nobody:
    """A way to say who speaks by which nobody may."""

    async def authenticate(self, scope):
        raise ForbiddenError


class Closed(Policy):
    """Rooms that nobody may enter."""

    def may_enter(self, caller, name):
        return False


class TestTheHandshake:
    def test_of_another_page(self, site):
        see(site.refused(origin="https://example.org"), "HTTP 403", "Not allowed")
        see(site.log("handshake_refused"), "handshake_refused reason=origin status=403")

    def test_of_a_page_whose_host_is_not_allowed(self, site, settings):
        settings.ALLOWED_HOSTS = ["example.org"]
        assert "HTTP 403" in site.refused(origin=site.url)
        see(site.log("handshake_refused"), "handshake_refused reason=origin status=403")

    def test_of_somebody_whom_the_project_refuses(self, site, settings):
        settings.HUBBUB_AUTHENTICATION = [f"{__name__}.Nobody"]
        see(site.refused(), "HTTP 403", "Not allowed")
        see(site.log("handshake_refused"), "handshake_refused reason=forbidden status=403")

    def test_of_a_path_that_is_nobodys(self, site):
        see(site.refused("/ws/chats/general/"), "HTTP 404")
        see(site.log("handshake_refused"), "handshake_refused reason=path status=404")

    def test_of_a_project_whose_router_lacks_ours(self, site):
        site.server.application = ProtocolTypeRouter({"websocket": URLRouter([])})
        see(site.refused(), "HTTP 404")
        see(site.log("handshake_refused"), "handshake_refused reason=path status=404")

    def test_of_a_name_that_cannot_be(self, site):
        see(site.refused("/ws/chat/all%20of%20us/"), "HTTP 404")
        see(site.log("handshake_refused"), "handshake_refused reason=name status=404")

    def test_without_an_upgrade(self, site):
        answer = call(f"{site.url}/ws/chat/general/")
        see(f"HTTP {answer.status}", "HTTP 426")
        see(answer.body, "This is a WebSocket, and the request came without an upgrade to one.")
        see(site.log("Upgrade Req"), "Upgrade Required: /ws/chat/general/")

    @pytest.mark.parametrize(
        ("paths", "status", "line"),
        [
            ("tests.admins", "HTTP 404", "Not Found: /ws/chat/general/"),
            ("hubbub.urls", "HTTP 426", "Upgrade Required: /ws/chat/general/"),
        ],
    )
    def test_at_a_server_without_sockets(self, settings, caplog, paths, status, line):
        """Django's own `runserver` is this server."""
        settings.ROOT_URLCONF, settings.ALLOWED_HOSTS = paths, ["127.0.0.1"]
        server = ThreadedWSGIServer(("127.0.0.1", 0), WSGIRequestHandler)
        server.set_app(get_wsgi_application())
        server.port = server.server_port
        Thread(target=server.serve_forever, daemon=True).start()
        with server:
            site = Site(server, caplog)
            see(site.refused(), status)
            see(site.log("/ws/chat/general/"), line)
            server.shutdown()

    @pytest.mark.parametrize(
        ("routing", "error"),
        [
            (get_asgi_application, "Django can only handle ASGI/HTTP connections, not websocket."),
            (
                lambda: ProtocolTypeRouter({"http": application}),
                "No application configured for scope type 'websocket'",
            ),
        ],
    )
    def test_of_a_project_that_does_not_route_sockets(self, site, routing, error):
        site.server.application = routing()
        see(site.refused(), "HTTP 500")
        see(site.log("connection_failed"), "connection_failed reason=ValueError", error)

    def test_of_one_connection_too_many(self, site, settings):
        settings.HUBBUB_MAX_CONNECTIONS = 1
        with site.hear():
            see(site.refused(), "HTTP 503", "Server is busy, try again")
        line = site.log("http_invalid")
        see(line, 'http_invalid reason="Server is busy, try again" status=503')

    def test_of_one_connection_too_many_from_an_address(self, site, settings):
        settings.HUBBUB_MAX_CONNECTIONS_PER_ADDRESS = 1
        with site.hear():
            see(site.refused(), "HTTP 429", "Rate limit exceeded")
        line = site.log("http_invalid")
        see(line, 'http_invalid reason="Rate limit exceeded" status=429')

    def test_while_the_database_does_not_answer(self, site, monkeypatch):
        with without("hubbub_stream"):
            see(site.refused(), "HTTP 503", "Server is busy, try again")
        see(site.log("handshake_refused"), 'handshake_refused reason="place unknown" status=503')


class TestTheClose:
    def test_of_somebody_who_may_not_enter(self, site, settings):
        settings.HUBBUB_CHAT_POLICY = f"{__name__}.Closed"
        see(site.closed(), "4403 not allowed")
        see(site.log("request_refused"), "request_refused reason=enter")

    def test_of_nobody_where_somebody_is_asked_for(self, site, settings):
        settings.HUBBUB_CHAT_REQUIRES_USER = True
        see(site.closed(), "4401 authentication required")
        see(site.log("credential_refused"), "credential_refused reason=anonymous")

    def test_of_a_token_that_is_none(self, site):
        see(site.closed("/ws/chat/general/?token=none"), "4401 authentication required")
        see(site.log("credential_refused"), 'credential_refused reason="unknown token"')

    def test_of_a_ticket_that_was_used(self, site, ada):
        path = f"/ws/chat/general/?ticket={ticket_create(user=ada)[0]}"
        with site.hear(path):
            see(site.closed(path), "4401 authentication required")
        see(site.log("credential_refused"), 'credential_refused reason="unknown ticket"')

    def test_of_a_token_that_others_have_signed(self, site, settings, ada):
        settings.HUBBUB_AUTHENTICATION = ["jwt"]
        settings.HUBBUB_JWT_ALGORITHMS = ["HS256"]
        settings.HUBBUB_JWT_KEY = "ours" * 8
        claims = {"sub": str(ada.pk), "exp": timezone.now() + timedelta(hours=1)}
        token = jwt.encode(claims, "theirs" * 8, "HS256")
        see(site.closed(f"/ws/chat/general/?token={token}"), "4401 authentication required")
        see(site.log("credential_refused"), "credential_refused reason=signature")

    def test_of_a_token_that_was_good_once(self, site, ada):
        token = token_create(user=ada, lifetime=timedelta(milliseconds=1))
        see(site.closed(f"/ws/chat/general/?token={token}"), "4401 token expired")

    def test_of_a_session_that_is_over(self, site, session):
        headers = cookie(session)
        with site.hear(additional_headers=headers) as ws:
            say(ws, "I am here")
            frames(ws, "chat_message")
            session.logout()
            see(goodbye(ws), "4401 session ended")

    def test_of_a_message_that_is_too_big(self, site):
        with site.hear() as ws:
            say(ws, "x" * 70_000)
            see(goodbye(ws), "1009 message too big")

    def test_of_a_client_that_answers_no_ping(self, transactional_db, caplog):
        with our_site(caplog, ws_ping_interval=0.1) as site, Peer(site.server.port) as peer:
            peer.shake("/ws/chat/general/")
            frame = peer.closed()
            see(f"{frame.code} {frame.reason}", "1011 no answer to a ping")

    def test_of_a_stop(self, site):
        with site.hear() as ws:
            site.server.begin_to_stop()
            see(goodbye(ws), "1012 server restarting retry_after_ms=")

    def test_of_a_full_room(self, site, settings):
        settings.HUBBUB_MAX_MEMBERS = 1
        with site.hear():
            see(site.closed(), "1013 try again later")
        see(site.log("connection_closed"), "connection_closed reason=full code=1013")

    def test_of_a_user_with_too_many(self, site, session, settings):
        settings.HUBBUB_MAX_CONNECTIONS_PER_USER = 1
        headers = cookie(session)
        with site.hear(additional_headers=headers):
            see(site.closed(additional_headers=headers), "1013 try again later")
        line = site.log("connection_closed")
        see(line, 'connection_closed reason="connections of a user" code=1013')

    def test_of_a_table_that_is_not_there(self, site):
        with without("hubbub_chat_message"):
            see(site.closed("/ws/chat/general/?history=10"), "1013 try again later")
        line = site.log("connection_closed")
        see(line, 'connection_closed reason="no snapshot" code=1013')

    def test_of_a_table_that_was_put_back(self, site):
        with site.hear() as ws:
            for text in "abc":
                say(ws, text)
                frames(ws, "chat_message")
            Message.objects.filter(name="general", seq__gt=1).delete()
            Stream.objects.filter(name="chat:general").update(last_seq=1)
            with site.hear() as other:
                say(other, "d")
                see(goodbye(ws), "1013 try again later")
        see(site.log("members_sent_away"), "members_sent_away stream=chat:general")

    def test_of_a_client_that_does_not_read(self, site, settings):
        settings.HUBBUB_OUTLET_BUDGET = 65_536
        settings.HUBBUB_RATE_LIMIT = None
        with Peer(site.server.port) as peer, site.hear() as ws:
            peer.shake("/ws/chat/general/")
            while "member_too_slow" not in site.caplog.text:
                say(ws, "x", data={"large": "x" * 16_000})
                frames(ws, "chat_message")
            frame = peer.closed()
            see(f"{frame.code} {frame.reason}", "4408 too slow")
        see(site.log("member_too_slow"), 'member_too_slow reason="too slow" code=4408')

    def test_of_a_client_that_goes_on_and_on(self, site, settings):
        settings.HUBBUB_RATE_LIMIT = "1/h"
        with site.hear() as ws:
            for _ in range(200):
                say(ws, "again")
            see(goodbye(ws), "4429 rate limit")
        see(site.log("code=4429"), 'connection_closed reason="rate limit" code=4429')
