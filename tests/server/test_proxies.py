"""Whom a server believes about a client's address."""

from uvicorn.middleware.proxy_headers import ProxyHeadersMiddleware

from hubbub.server.proxies import believe_unix_sockets


def test_a_proxy_that_another_one_names_is_known_however_it_is_written():
    application = ProxyHeadersMiddleware(None, "127.0.0.1, 10.0.0.5")
    believe_unix_sockets(application)
    for proxy in ("10.0.0.5", "::ffff:10.0.0.5", "[::FFFF:10.0.0.5]:4711"):
        named = f"192.0.2.7, {proxy}, ::ffff:127.0.0.1"
        assert application.trusted_hosts.get_trusted_client_address(named)[0] == "192.0.2.7"
