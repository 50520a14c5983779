"""Writes the reference pages that follow from the code: errors.md and settings.md.

python docs/generate.py            write them
python docs/generate.py --check    say whether they are up to date (exit code 1)
"""

from __future__ import annotations

import re
import sys
from pathlib import Path

from jinja2 import Environment, StrictUndefined
from pydantic_core import PydanticUndefined

from app.errors import ErrorCode, ResultCode
from app.settings import Settings

DOCS = Path(__file__).parent
CORPUS = DOCS.parent / "feeds"

ERRORS = """\
# Error catalogue

Made from `app/errors.py` and the cases in `feeds/`; `make docs` writes it anew.

## Refused requests

An ErrorResponse with these codes. Nothing of a refused request is kept.

| Code | HTTP | Type | Cause | Fix |
| --- | --- | --- | --- | --- |
{% for row in requests -%}
| `{{ row.mws }}` | {{ row.status }} | {{ row.fault }} | {{ row.cause }}\
 | {{ row.fix }} |
{% endfor %}
A refusal reads like this:

```xml
<?xml version="1.0"?>
<ErrorResponse xmlns="http://mws.amazonaws.com/doc/2009-01-01/"><Error><Type>Sender</Type>\
<Code>InvalidFeedSubmissionId</Code><Message>...</Message><Detail/></Error>\
<RequestID>...</RequestID></ErrorResponse>
```

## Results of processing reports

Numbers of four or five digits are Amazon's, those of six are Feedgate's own. "Strict"
is the number that the strict profile reports in their place, the own number then
standing at the end of the description. The sample is the description in the case named.

{% for row in results -%}
### {{ row.number }} {{ row.severity }}

{{ row.cause }}

- Fix: {{ row.fix }}
{%- if row.strict %}
- Strict: {{ row.strict }}
{%- endif %}
{%- if row.case %}
- Sample ([{{ row.case }}](../../feeds/{{ row.case }})): {{ row.sample }}
{%- endif %}

{% endfor %}"""

SETTINGS = """\
# Settings

Made from `app/settings.py`; `make docs` writes it anew. Settings are environment
variables; a wrong value stops the command with a sentence that names it.

| Variable | Default | Meaning |
| --- | --- | --- |
{% for row in settings -%}
| `{{ row.variable }}` | {{ row.default }} | {{ row.description }} |
{% endfor %}"""


def samples() -> dict[int, tuple[str, str]]:
    """Return, for each ResultMessageCode, a case that provokes it and its text."""
    found: dict[int, tuple[str, str]] = {}
    result = re.compile(
        r"<ResultMessageCode>(\d+)</ResultMessageCode>\s*"
        r"<ResultDescription>(.*?)</ResultDescription>",
        re.DOTALL,
    )
    flat_result = re.compile(r"\t(\d+)\t(?:Error|Warning|Fatal)\t(.*)")
    reports = [*CORPUS.glob("*/*/report*.xml"), *CORPUS.glob("*/*/report*.txt")]
    # Those of XML feeds first: most codes are shared.
    for report in sorted(reports, key=lambda path: (path.suffix == ".txt", path)):
        if "strict" in report.name:
            continue
        case = report.parent.relative_to(CORPUS).as_posix()
        rules = re.search(
            r"^Rules: (\w+)", (report.parent / "case.md").read_text(), re.M
        )
        strict = rules is not None and rules[1] == "strict"
        pattern = flat_result if report.suffix == ".txt" else result
        for number, text in pattern.findall(report.read_text()):
            own = re.search(r" \((\d{6})\)$", text) if strict else None
            found.setdefault(int(own[1]) if own else int(number), (case, text))
    return found


def _errors() -> str:
    known = samples()
    results = []
    for code in ResultCode:
        case, sample = known.get(code.number, ("", ""))
        row = code.value
        results.append(
            {
                "number": row.number,
                "severity": row.severity,
                "cause": row.cause,
                "fix": row.fix,
                "strict": row.strict,
                "case": case,
                "sample": sample,
            }
        )
    return _render(ERRORS, requests=[code.value for code in ErrorCode], results=results)


def _settings() -> str:
    rows = []
    for name, field in Settings.model_fields.items():
        default = field.default
        if isinstance(default, tuple):
            default = ",".join(default)
        shown = str(getattr(default, "get_secret_value", lambda d=default: d)())
        if isinstance(default, tuple):
            shown = ",".join(default)
        if default in (PydanticUndefined, None, ()) or shown == "":
            shown = "empty"
        rows.append(
            {
                "variable": f"FEEDGATE_{name.upper()}",
                "default": f"`{shown}`" if shown != "empty" else shown,
                "description": (field.description or "").replace("|", "or"),
            }
        )
    return _render(SETTINGS, settings=rows)


def _render(template: str, **values: object) -> str:
    # Markdown, not HTML: nothing is to be escaped.
    environment = Environment(undefined=StrictUndefined, keep_trailing_newline=True)
    text = environment.from_string(template).render(**values)
    return text.rstrip() + "\n"


PAGES = {"reference/errors.md": _errors, "reference/settings.md": _settings}


def main() -> None:
    """Write the pages, or compare them."""
    stale = []
    for name, page in PAGES.items():
        path, text = DOCS / name, page()
        if "--check" not in sys.argv:
            path.write_text(text)
        elif not path.is_file() or path.read_text() != text:
            stale.append(name)
    if stale:
        sys.exit(f"not up to date: {', '.join(stale)}; run `make docs`")


if __name__ == "__main__":
    main()
