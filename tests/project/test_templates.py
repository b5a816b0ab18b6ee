"""Every template compiles, with every static file and include it names."""

import re

import pytest
from django.template import engines
from django.template.loader import get_template
from django.templatetags.static import static

from tests.project.variables import PROJECT

FOLDER = PROJECT / "templates"
NAMES = sorted(path.relative_to(FOLDER).as_posix() for path in FOLDER.rglob("*") if path.is_file())
STATIC = re.compile(r"{%\s*static\s+['\"]([^'\"]+)['\"]")


@pytest.mark.parametrize("name", NAMES)
def test_a_template_compiles_and_its_static_files_exist(name: str) -> None:
    assert get_template(name).origin.template_name == name  # type: ignore[union-attr]
    for file in STATIC.findall((FOLDER / name).read_text()):
        assert static(file).startswith("/static/")


def test_templates_are_looked_for_in_the_projects_folder() -> None:
    assert str(FOLDER) in map(str, engines["django"].dirs)  # type: ignore[attr-defined]
