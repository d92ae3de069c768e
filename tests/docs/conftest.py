import pytest

from tests.docs.trouble import our_site


@pytest.fixture
def site(transactional_db, settings, caplog):
    """A server of this very process, in a project with our paths alone."""
    settings.ROOT_URLCONF = "hubbub.urls"
    settings.ALLOWED_HOSTS = ["127.0.0.1"]
    with our_site(caplog) as site:
        yield site
