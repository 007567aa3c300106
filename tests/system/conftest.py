"""An API server by itself, or with an NB and a controller: for tests that need no cluster."""

import tempfile
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from controller import ovsdb
from controller.kubernetes import Access, Client
from tests.system.apiserver_process import ServerProcess, running
from tests.system.chain import Chain


@pytest.fixture
def server(tmp_path: Path) -> Iterator[ServerProcess]:
    with running(tmp_path) as process:
        yield process


@pytest.fixture
def chain() -> Iterator[Chain]:
    with tempfile.TemporaryDirectory() as directory:
        chain = Chain(Path(directory))
        try:
            chain.start_api()
            chain.start_northbound()
            chain.start_controller()
            yield chain
        finally:
            chain.stop()


@pytest.fixture
async def api(chain: Chain) -> AsyncIterator[Client]:
    async with Client(Access.load(chain.kubeconfig)) as client:
        yield client


@pytest.fixture
async def nb(chain: Chain) -> AsyncIterator[ovsdb.Client]:
    client = await ovsdb.Client.connect(chain.northbound, "OVN_Northbound")
    yield client
    await client.close()
