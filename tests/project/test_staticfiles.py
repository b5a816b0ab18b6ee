"""Collected static files: by content, compressed, and ES modules that import each other by their hashed names."""

import json
import re
from pathlib import Path
from typing import Any

import brotli
import pytest

from perfsite.staticfiles import StaticFilesStorage

MODULE = """import { draw } from "./draw.js";
export { later } from './draw.js';
const load = () => import("./draw.js");
"""
DRAWN = "export const draw = 1, later = 2;\n" * 50
PACKAGED = "// Write: import htmx from 'htmx.org'\nimport './missing.js';\n"


@pytest.fixture
def collected(tmp_path: Path, settings: Any) -> Path:
    """A tiny site, collected: two modules of ours, and a package's script that cannot be resolved."""
    settings.STATICFILES_DIRS = [tmp_path / "ours"]
    settings.STATIC_ROOT = static = tmp_path / "static"
    files = {"chat/page.js": MODULE, "chat/draw.js": DRAWN, "vendor/ext.js": PACKAGED}
    for folder, names in ((static, files), (tmp_path / "ours", ("chat/page.js", "chat/draw.js"))):
        for name in names:
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            (folder / name).write_text(files[name])
    storage = StaticFilesStorage()
    outcomes = [done for _, _, done in storage.post_process({name: (storage, name) for name in files})]
    assert not [outcome for outcome in outcomes if isinstance(outcome, Exception)]
    return static


def manifest(static: Path) -> dict[str, str]:
    paths: dict[str, str] = json.loads((static / "staticfiles.json").read_text())["paths"]
    return paths


def test_modules_import_each_other_by_hashed_names(collected: Path) -> None:
    names = manifest(collected)
    drawn = Path(names["chat/draw.js"]).name
    page = (collected / names["chat/page.js"]).read_text()
    assert re.search(r"draw\.[0-9a-f]{12}\.js", drawn)
    assert page.count(f"./{drawn}") == 3
    assert "draw.js" not in page


def test_a_packages_script_is_left_as_it_is(collected: Path) -> None:
    assert (collected / manifest(collected)["vendor/ext.js"]).read_text() == PACKAGED


def test_hashed_files_are_compressed_and_originals_are_not(collected: Path) -> None:
    hashed = collected / manifest(collected)["chat/draw.js"]
    assert brotli.decompress(hashed.with_name(f"{hashed.name}.br").read_bytes()) == hashed.read_bytes()
    assert hashed.with_name(f"{hashed.name}.gz").exists()
    assert not (collected / "chat" / "draw.js.br").exists()


@pytest.mark.parametrize("debug", [True, False])
def test_pages_use_the_hashed_name_in_debug_too(collected: Path, settings: Any, debug: bool) -> None:
    settings.DEBUG = debug
    assert StaticFilesStorage().url("chat/draw.js") == f"/static/{manifest(collected)['chat/draw.js']}"
