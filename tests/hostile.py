"""Texts that somebody outside may hand in: in a link, a file, the name of a class, of a folder or of a run.

None of them may ever be run, open a path, or become markup: on the page each stands as the letters that it is.
"""

import re

MARK = "hostile"
"""Stands in those that would make something on the page, so that a test finds what became of it."""

MARKUP = (
    # HTML
    '<script>window.hostile = "script"</script>',
    "<img src=x onerror=\"window.hostile='img'\">",
    "<svg onload=\"window.hostile='svg'\"><circle r=9></svg>",
    "<iframe srcdoc=\"<script>parent.hostile='frame'</script>\"></iframe>",
    "<a href=\"javascript:window.hostile='a'\">hostile</a>",
    "<style>body{display:none}</style>hostile",
    "<b>hostile</b><!-- hostile -->",
    "</div></section><h1>hostile</h1>",
    '"><script>window.hostile=1</script>',
    "' onmouseover='window.hostile=1",
    '" autofocus onfocus="window.hostile=1',
    "&lt;script&gt;hostile&lt;/script&gt;",
    "&#60;img src=x onerror=window.hostile=1&#62;",
    "<ScRiPt >window.hostile=1</sCrIpT>",
    "<math><mtext></mtext><img src onerror=window.hostile=1></math>",
    "<details open ontoggle=window.hostile=1>hostile</details>",
    # Markdown
    "[hostile](https://evil.example)",
    "[hostile](javascript:window.hostile=1)",
    "[hostile](data:text/html,<script>1</script>)",
    "![hostile](https://evil.example/p.png)",
    "[![hostile](https://evil.example/p.png)](https://evil.example)",
    "[hostile][1]\n\n[1]: https://evil.example",
    "[^1] hostile\n\n[^1]: https://evil.example",
    "<https://evil.example/hostile>",
    "https://evil.example/hostile",
    "www.evil.example/hostile",
    "hostile@evil.example",
    "mailto:hostile@evil.example",
    "**hostile**",
    "*hostile* and _hostile_",
    "~~hostile~~",
    "`hostile`",
    "```\nhostile\n```",
    "# hostile",
    "hostile\n===",
    "> hostile",
    "- hostile",
    "1. hostile",
    "+ hostile",
    "- [x] hostile",
    "---",
    "| a | hostile |\n| --- | --- |\n| 1 | 2 |",
    "hostile | two | cells",
    "    hostile (four blanks)",
    "hostile\\",
    "hostile  \nsecond line",
    # LaTeX
    "$\\href{javascript:window.hostile=1}{hostile}$",
    "$$\\htmlClass{hostile}{x}$$",
    "$\\includegraphics{https://evil.example/hostile.png}$",
    "$\\def\\a{\\a\\a}\\a$ hostile",
    "\\(hostile\\)",
    # Streamlit
    ":red[hostile]",
    ":red-background[hostile]",
    ":rainbow[hostile]",
    ":small[hostile]",
    ":material/home: hostile",
    ":streamlit: hostile",
    ":smile: hostile",
    ":green-badge[:material/check: hostile]",
    "hostile -> hostile <- hostile -- hostile",
)
"""Would be a link, a picture, bold or something else that is not its letters."""

TEMPLATES = (
    "{hostile.__class__.__mro__}",
    "{0}{1}{hostile}",
    "{{hostile}}",
    "%s%n%d hostile",
    "${hostile}",
    "#{7*7} hostile",
    "{% hostile %}",
    "__import__('os').system('touch hostile')",
    "eval(hostile)",
    "';DROP TABLE runs;-- hostile",
)
PATHS = (
    "../../../../etc/passwd",
    "..\\..\\hostile",
    "/etc/passwd",
    "C:\\hostile",
    "file:///etc/passwd",
    "~/hostile",
    ".",
    "..",
    "hostile/../../x",
    "%2e%2e%2fhostile",
    "CON",
    "-rf hostile",
)
CHARACTERS = (
    "hostile\x00cut",
    "hostile\r\nSet-Cookie: hostile=1",
    "hostile\x1b[31mred",
    "hostile\x07\x08\x7f",
    "\u202ehostile\u202c",
    "\u2066hostile\u2069\u200f",
    "h\u0301\u0302\u0303\u0304\u0305\u0306\u0307\u0308o\u0309\u030a\u030b\u030cstile",
    "\uff1cscript\uff1ewindow.hostile=1\uff1c/script\uff1e",
    "ﬁle \u212b \u00c5 A\u030a hostile",
    "\ufeffhostile\u200b\u2060\u00ad",
    "hostile\u2028line\u2029paragraph",
    "hostile\ud83d\ude00".encode("utf-16", "surrogatepass").decode("utf-16"),
    "hostile " * 700,
    "\t\t",
    "hostile,comma\\,escaped\\\\,",
    '{"hostile": [1, {"a": "}"',
    '"]}; window.hostile=1; //',
    "nan",
    "1e999",
    "-1",
    "９９",
    "0x10",
)
FORMULAS = (
    "=cmd|' /C hostile'!A0",
    '=HYPERLINK("https://evil.example","hostile")',
    "+1+hostile",
    "-1+hostile",
    "@SUM(hostile)",
    "\t=hostile",
    "\r=hostile",
)
"""A spreadsheet would compute them."""

HOSTILE = (*MARKUP, *TEMPLATES, *PATHS, *CHARACTERS, *FORMULAS)


def shown_raw(text: str, html: bool = False) -> list[str]:
    """The hostile strings that stand in a Markdown text (or in HTML) as they are, and would be markup there."""
    found = []
    for one in MARKUP:
        if html and "<" not in one:
            continue
        if MARK not in one or one.endswith("\\"):
            continue
        if one[0] in "\"'" or one != " ".join(one.split()):
            # Dangerous in an attribute of HTML, or by its blanks, which are gone on one line; else letters.
            continue
        # Some are markup at the beginning of a line alone.
        begins = r"^\s*" if re.match(r"[-+>#]|\d\.| {4}|hostile$", one.splitlines()[0]) else ""
        if re.search(begins + re.escape(" ".join(one.split())), text, re.MULTILINE):
            found.append(one)
    return found
