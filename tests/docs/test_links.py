"""Each link of the documents leads to a file that is there, and to a heading that it has."""

import re

import pytest

from tests.servers import ROOT

DOCUMENTS = [*ROOT.glob("*.md"), *(ROOT / "docs").glob("*.md"), ROOT / "benchmarks" / "README.md"]
LINK = re.compile(r"\]\((?!https?:)([^)\s#]*)(?:#([^)\s]+))?\)")
LINKS = [
    pytest.param(document, *link, id=f"{document.name}-{'#'.join(link)}")
    for document in DOCUMENTS
    for link in sorted(set(LINK.findall(document.read_text())))
]


def headings(document):
    """The anchors that a page's headings have where it is shown."""
    for title in re.findall(r"^#+ (.+)$", document.read_text(), re.MULTILINE):
        yield re.sub(r"[^\w\- ]", "", title.lower()).replace(" ", "-")


@pytest.mark.parametrize(("document", "path", "heading"), LINKS)
def test_a_link_leads_somewhere(document, path, heading):
    target = (document.parent / path).resolve() if path else document
    assert target.exists()
    assert not heading or heading in headings(target)


def test_the_first_page_leads_to_all_others():
    linked = {path for path, _ in LINK.findall((ROOT / "README.md").read_text())}
    pages = {f"docs/{page.name}" for page in (ROOT / "docs").glob("*.md")} | {"CONTRIBUTING.md"}
    assert pages <= linked
