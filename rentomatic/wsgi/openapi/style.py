"""What the page looks like."""

from base64 import b64encode
from hashlib import sha256

STYLE = """
:root {
  --ink: #1c2430; --soft: #566172; --paper: #fff; --panel: #f4f6f9; --line: #d9dfe8;
  --accent: #0b5cad; --method: #0f6b3c;
}
@media (prefers-color-scheme: dark) {
  :root {
    --ink: #e4e8ee; --soft: #a3adbb; --paper: #14181e; --panel: #1d232c; --line: #343c48;
    --accent: #7db8f5; --method: #6fd19b;
  }
}
* { box-sizing: border-box }
html { scroll-padding-top: 1rem }
body {
  margin: 0 auto; padding: 2rem 1.25rem 4rem; max-width: 62rem;
  font: 1rem/1.6 system-ui, sans-serif; color: var(--ink); background: var(--paper);
}
h1 { margin: 0; font-size: 2.25rem; line-height: 1.2 }
h2 { margin: 3.5rem 0 .5rem; padding-top: 1rem; border-top: 1px solid var(--line) }
h3 { margin: 1.75rem 0 .5rem; font-size: 1.05rem }
p { margin: .5rem 0; max-width: 46rem }
a { color: var(--accent); text-underline-offset: .15em }
a:focus-visible, summary:focus-visible, .wide:focus-visible {
  outline: 2px solid var(--accent); outline-offset: 2px;
}
code, pre { font: .9em/1.5 ui-monospace, monospace }
h2 code { font-size: 1em }
pre {
  margin: .5rem 0; padding: .75rem 1rem; overflow-x: auto; border-radius: .4rem;
  background: var(--panel);
}
nav ul, .names { margin: .5rem 0; padding: 0; list-style: none }
nav li { padding: .15rem 0 }
.names { display: flex; flex-wrap: wrap; gap: .2rem .9rem }
.soft, small { color: var(--soft) }
.names code { white-space: nowrap }
td .names { display: block; margin: 0 }
small { font-size: .5em; font-weight: normal }
.method { font: 600 .75em ui-monospace, monospace; color: var(--method) }
.wide { overflow-x: auto }
table { border-collapse: collapse; width: 100%; font-size: .95rem }
th, td { padding: .4rem 1rem .4rem 0; text-align: left; vertical-align: top }
tr { border-bottom: 1px solid var(--line) }
tbody th { font-weight: normal; white-space: nowrap }
:target { background: var(--panel) }
details { margin: .5rem 0 }
summary { cursor: pointer }
footer { margin-top: 4rem; color: var(--soft) }
"""

_DIGEST = b64encode(sha256(STYLE.encode()).digest()).decode()

# Nothing but this very style, from nowhere.
POLICY = (
    f"default-src 'none'; style-src 'sha256-{_DIGEST}'; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
