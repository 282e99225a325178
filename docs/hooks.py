"""What `mkdocs` does beside rendering `docs/`: it includes pages that stand elsewhere and the index of diagnostics.

Pages of the repository link to each other by paths that hold in the repository. Here each such link becomes one that
holds on the site; a link to a file that is no page becomes its name.
"""

import posixpath
import re
from collections.abc import Iterator
from itertools import groupby
from pathlib import Path

from mkdocs.config.defaults import MkDocsConfig
from mkdocs.structure.files import File, Files
from mkdocs.structure.pages import Page

from interlock_dsl.analysis.lint import RULES, page_of
from interlock_dsl.diagnostics import CODES

ROOT = Path(__file__).parents[1]
ELSEWHERE = {
    "tests/language/*.md": "guide",
    "tests/language/mistakes/*.md": "guide/mistakes",
    "tests/language/reference/*.md": "reference",
    "tests/language/lint/*.md": "guide/lint",
    "dsl/interlock_dsl/diagnostics/pages/*.md": "diagnostics",
    "examples/README.md": "examples",
    "examples/*/README.md": "examples/*",
    "bench/README.md": "bench",
    "ARCHITECTURE.md": "",
    "CONTRIBUTING.md": "",
    "CHANGELOG.md": "",
}
"""Pages outside of `docs/`, and the folder of the site in which they appear (`*` is the page's own folder)."""

REGISTRY = "dsl/interlock_dsl/diagnostics/codes.py"
INDEX = "diagnostics/README.md"

LINK = re.compile(r"\[([^\]]*)\]\(([^)\s#:]+)(#[^)\s]*)?\)")
FENCE = re.compile(r"^```(\w+) (?:in )?(\S+)$", re.MULTILINE)
EXPECTED = re.compile(r"// (?:error|warning): \[([a-z-]+)\]")


def on_files(files: Files, config: MkDocsConfig) -> Files:
    """Add the pages that stand elsewhere, and the index of diagnostics."""
    for source, target in elsewhere():
        files.append(File.generated(config, target, abs_src_path=str(ROOT / source)))
    files.append(File.generated(config, INDEX, content=index()))
    for rule in RULES:
        files.append(File.generated(config, f"diagnostics/{rule}.md", content=page_of(rule)))
    return files


def on_page_markdown(markdown: str, page: Page, config: MkDocsConfig, files: Files) -> str:
    """Turn links and fences of the repository into those of the site."""
    site = dict(elsewhere())
    places = {target: source for source, target in site.items()}
    site[REGISTRY] = INDEX
    source = places.get(page.file.src_uri, f"docs/{page.file.src_uri}")

    def linked(match: re.Match[str]) -> str:
        text, target, anchor = match[1], match[2], match[3] or ""
        path = posixpath.normpath(posixpath.join(posixpath.dirname(source), target))
        if path == "README.md":
            path = "docs/README.md"
        found = site.get(path) or (path.removeprefix("docs/") if path.startswith("docs/") else None)
        if found is None and not (ROOT / path).exists():
            return match[0]  # for mkdocs to complain about
        if found is None:
            return text if text.startswith("`") else f"`{text}`"
        return f"[{text}]({posixpath.relpath(found, posixpath.dirname(page.file.src_uri) or '.')}{anchor})"

    parts = re.split(r"(^```.*?^```$)", markdown, flags=re.MULTILINE | re.DOTALL)
    return "".join(FENCE.sub(_fence, part) if part.startswith("```") else LINK.sub(linked, part) for part in parts)


def elsewhere() -> Iterator[tuple[str, str]]:
    """Yield each page outside of `docs/`: its path in the repository and its path on the site."""
    for pattern, folder in ELSEWHERE.items():
        for path in sorted(ROOT.glob(pattern)):
            yield path.relative_to(ROOT).as_posix(), posixpath.join(folder.replace("*", path.parent.name), path.name)


def index() -> str:
    """Return the page that lists every diagnostic, from the registry."""
    lines = [
        "# Diagnostics",
        "",
        "Everything the compiler reports has a code. `interlock explain CODE` prints what stands here. *proved*: the",
        "program is wrong as it stands; *possible*: there is a path on which it is wrong, which a run may never take;",
        "*heuristic*: the pattern is usually a mistake. Codes under *Lint* do not keep a program from running.",
    ]
    shown = examples()
    for topic, codes in groupby(CODES.values(), key=lambda code: code.topic):
        lines += ["", f"## {topic}", "", "| code | | | means | in the catalogue |", "|---|---|---|---|---|"]
        for code in codes:
            links = ", ".join(f"[{name}](../guide/mistakes/{name}.md)" for name in shown.get(code.name, ()))
            links = f"[cases](../guide/lint/{code.name}.md)" if code.lint else links
            lines.append(
                f"| [`{code.name}`]({code.name}.md) | {code.severity} | {code.certainty} | {code.summary} | {links} |"
            )
    return "\n".join(lines) + "\n"


def examples() -> dict[str, list[str]]:
    """Return which pages of the catalogue of mistakes show a code."""
    found: dict[str, list[str]] = {}
    for path in sorted((ROOT / "tests" / "language" / "mistakes").glob("*.md")):
        for code in dict.fromkeys(EXPECTED.findall(path.read_text(encoding="utf-8"))):
            found.setdefault(code, []).append(path.stem)
    return found


def _fence(match: re.Match[str]) -> str:
    language, word = match[1], match[2]
    return f"```{language}" if word in ("more", "part") else f'```{language} title="{word}"'
