"""What the subjects stand on: a database with the page, a Redis, Node's packages, a server for each on core 0."""

import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

from benchmarks.edge import PROJECT, THREADS, Server
from benchmarks.pages.subjects import commands

PACKAGES = ("express@5.2.1", "fastify@5.12.8", "bentocache@1.6.1")
NPM = ("npm", "install", "--no-package-lock", "--no-audit", "--no-fund", "--loglevel=error")


@dataclass(frozen=True, slots=True, kw_only=True)
class Ground:
    """Where to ask for what: the page's conversation, the reader's session, the servers."""

    conversation: int
    session: str
    document: bytes
    servers: Mapping[str, Server]


@contextmanager
def prepared(*, engine: str, port: int) -> Iterator[Ground]:
    """Yield everything started; what a server says of its start is in its own log until the end."""
    import tests.environment  # noqa: F401  (the collected static files)
    from tests.servers.postgres import running_postgres
    from tests.servers.redis import running_redis
    from tests.servers.static import link_static

    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="perfsite-pages-")))
        env = {**os.environ, "DATA_DIR": str(folder), "HTTPS": "off", "THREADS": str(THREADS)}
        env |= {"BENCHMARK_REDIS": stack.enter_context(running_redis()).url(), "DOCUMENT": str(folder / "page.json")}
        env |= {"DJANGO_SETTINGS_MODULE": "perfsite.settings"}
        if engine == "postgresql":
            env["DATABASE_URL"] = stack.enter_context(stack.enter_context(running_postgres()).database())
        link_static(Path(os.environ["TEST_STATIC"]), folder)
        made = filled(env)
        servers = {}
        for number, (name, command) in enumerate(commands(node_packages(folder)).items()):
            servers[name] = Server(command, port=port + number, env={**env, "SESSION": made["session"]})
            stack.callback(servers[name].stop)
        yield Ground(**made, document=Path(env["DOCUMENT"]).read_bytes(), servers=servers)


def filled(env: Mapping[str, str]) -> dict[str, object]:
    """Migrate and fill the database; return conversation and session."""
    subprocess.run([sys.executable, "manage.py", "migrate", "--verbosity=0"], cwd=PROJECT, env=env, check=True)
    content = [sys.executable, "-m", "benchmarks.pages.content", env["DOCUMENT"]]
    told = subprocess.run(content, cwd=PROJECT, env=env, check=True, capture_output=True, text=True).stdout
    return dict(json.loads(told))


def node_packages(folder: Path) -> Path | None:
    """Return a folder with Node's server and its packages; None where there is no Node or no registry."""
    if shutil.which("node") is None or shutil.which("npm") is None:
        print("Node is not here: without Express and Fastify.", file=sys.stderr)
        return None
    place = folder / "node"
    place.mkdir()
    (place / "package.json").write_text('{"private": true}\n')
    shutil.copy(Path(__file__).with_name("server.mjs"), place)
    if subprocess.run([*NPM, *PACKAGES], cwd=place, check=False, stdout=subprocess.DEVNULL).returncode:
        print("npm cannot get the packages: without Express and Fastify.", file=sys.stderr)
        return None
    return place
