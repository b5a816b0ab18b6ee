"""Markdown in, safe HTML out."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apps.chat.markdown import MARKDOWN_MAX_CHARACTERS, PLAIN, rendered, rendered_markdown


@given(text=st.from_regex(PLAIN, fullmatch=True))
def test_the_short_path_renders_what_the_full_path_renders(text: str) -> None:
    assert rendered(text) == rendered_markdown(text)


@given(text=st.text("ab Z019.,:;'\"()?!%$=/-_*`#~<>&\n é…“”", max_size=60))
def test_both_paths_agree_on_text_of_every_kind(text: str) -> None:
    assert rendered(text) == rendered_markdown(text)


@pytest.mark.parametrize(
    ("text", "html"),
    [
        ("**b** *i* ~~s~~ `c`", "<p><strong>b</strong> <em>i</em> <s>s</s> <code>c</code></p>\n"),
        ("a\nb", "<p>a<br>\nb</p>\n"),
        ("- a\n- b", "<ul>\n<li>a</li>\n<li>b</li>\n</ul>\n"),
        ("3. a", '<ol start="3">\n<li>a</li>\n</ol>\n'),
        ("[x](javascript:alert(1))", "<p>[x](javascript:alert(1))</p>\n"),
        ("<script>alert(1)</script>", "<p>&lt;script&gt;alert(1)&lt;/script&gt;</p>\n"),
        ("![x](https://a.example/b.png)", '<p>!<a href="https://a.example/b.png" rel="{rel}">x</a></p>\n'),
        ("www.example.org", '<p><a href="http://www.example.org" rel="{rel}">www.example.org</a></p>\n'),
        ("a & b < c", "<p>a &amp; b &lt; c</p>\n"),
        ('say "hi"', '<p>say "hi"</p>\n'),
    ],
)
def test_what_readers_get(text: str, html: str) -> None:
    assert rendered(text) == html.replace("{rel}", "noopener noreferrer nofollow ugc")


def test_tables_are_tables() -> None:
    assert "<td>1</td>" in rendered("| a |\n|---|\n| 1 |")


def test_code_is_coloured_by_classes_and_keeps_its_language() -> None:
    html = rendered("```python\nprint('<b>')\n```")
    assert '<code class="language-python">' in html
    assert '<span class="nb">print</span>' in html
    assert "&lt;b&gt;" in html


@pytest.mark.parametrize("language", ["nosuchlanguage", "", "<b>", "python"])
def test_code_in_no_known_language_or_too_long_is_left_uncoloured(language: str) -> None:
    code = "x = 1\n" * 2000 if language == "python" else "x = 1\n"
    html = rendered(f"```{language}\n{code}```")
    assert "<span" not in html
    assert "x = 1" in html


def test_text_too_long_to_parse_is_shown_as_it_is() -> None:
    html = rendered("**b** <i>" * (MARKDOWN_MAX_CHARACTERS // 5))
    assert html.startswith("<pre><code>**b** &lt;i&gt;**b**")


@given(text=st.text(max_size=300))
def test_nothing_active_ever_comes_out(text: str) -> None:
    html = rendered(f"{text}\n<img src=x onerror=a> <a href='javascript:b'>c</a>\n\n```{text}")
    for active in ("<script", "<img", "<iframe", "<style", "<svg", 'href="javascript'):
        assert active not in html.lower()
