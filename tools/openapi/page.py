# SPDX-FileCopyrightText: 2026 The Footfall authors
# SPDX-License-Identifier: Apache-2.0
"""The OpenAPI document as one page of HTML: no scripts, nothing from elsewhere."""

import html
import json
import os
import re

import yaml

METHODS = ("get", "post", "put", "patch", "delete")
WHO = {"public": "anyone", "write key": "a write key", "self": "a viewer, or the person's own token", "viewer": "a viewer",
       "editor": "an editor", "admin": "an admin", "own": "an admin, or the person's own token"}


class Loader(yaml.SafeLoader):
    """YAML as JSON has it: a date is a string."""


Loader.yaml_implicit_resolvers = {first: [rule for rule in rules if rule[0] != "tag:yaml.org,2002:timestamp"]
                                  for first, rules in yaml.SafeLoader.yaml_implicit_resolvers.items()}


def load(content):
    return yaml.load(content, Loader)


def style():
    with open(os.path.join(os.path.dirname(os.path.abspath(__file__)), "page.css"), encoding="utf-8") as file:
        return re.sub(r"\s*\n\s*", "", re.sub(r"/\*.*?\*/", "", file.read(), flags=re.DOTALL))


def text(value):
    return html.escape(str(value))


def inline(value):
    """A line of Markdown: code and bold."""
    parts = re.split(r"(`[^`]+`)", value)
    out = []
    for part in parts:
        if part.startswith("`") and len(part) > 1:
            out.append(f"<code>{text(part[1:-1])}</code>")
        else:
            out.append(re.sub(r"\*\*(.+?)\*\*", r"<b>\1</b>", text(part)))
    return "".join(out)


def prose(value):
    """Paragraphs and lists of Markdown."""
    out = []
    for block in re.split(r"\n\s*\n", value.strip()):
        if block.startswith("- "):
            items = re.split(r"\n- ", block[2:])
            out.append("<ul>" + "".join(f"<li>{inline(' '.join(item.split()))}</li>" for item in items) + "</ul>")
        else:
            out.append(f"<p>{inline(' '.join(block.split()))}</p>")
    return "".join(out)


class Page:
    def __init__(self, document):
        self.document = document

    def resolve(self, thing):
        while isinstance(thing, dict) and "$ref" in thing:
            target = self.document
            for step in thing["$ref"].split("/")[1:]:
                target = target[step.replace("~1", "/").replace("~0", "~")]
            thing = target
        return thing

    # --- Schemas -----------------------------------------------------------------------------------------------------

    def kind(self, schema):
        """What a value is, in a few words; names of schemas are links."""
        if "$ref" in schema:
            name = schema["$ref"].split("/")[-1]
            return f'<a href="#schema-{text(name)}">{text(name)}</a>'
        for several in ("oneOf", "anyOf"):
            if several in schema:
                return " or ".join(self.kind(one) for one in schema[several])
        if "const" in schema:
            return f"<code>{text(json.dumps(schema['const']))}</code>"
        if "enum" in schema:
            return " | ".join(f"<code>{text(json.dumps(one))}</code>" for one in schema["enum"])
        names = schema.get("type", "anything")
        if names == "array":
            return "list of " + self.kind(schema.get("items", {}))
        words = " or ".join(names) if isinstance(names, list) else names
        if "minimum" in schema and "maximum" in schema:
            words += f", {schema['minimum']} to {schema['maximum']}"
        return text(words)

    def fields(self, schema):
        """The object whose members are worth a table: the schema's own, or that of its items."""
        if "$ref" in schema:
            return None
        if schema.get("type") == "array":
            return self.fields(schema.get("items", {}))
        return schema if schema.get("properties") else None

    def members(self, schema, prefix=""):
        rows = []
        for name, member in schema.get("properties", {}).items():
            needed = "" if name in schema.get("required", []) else ' <span class="soft">optional</span>'
            rows.append(f"<tr><td><code>{text(prefix + name)}</code>{needed}</td><td>{self.kind(member)}</td>"
                        f"<td>{inline(member.get('description', ''))}</td></tr>")
            inner = self.fields(member)
            if inner is not None:
                dots = "[]." if member.get("type") == "array" else "."
                rows += self.members(inner, prefix + name + dots)
        return rows

    def schema(self, schema):
        inner = self.fields(schema)
        if inner is None:
            return f"<p>{self.kind(schema)}</p>" if schema else ""
        return "<table><tbody>" + "".join(self.members(inner)) + "</tbody></table>"

    # --- Operations --------------------------------------------------------------------------------------------------

    def examples(self, media):
        found = [media["example"]] if "example" in media else []
        found += [self.resolve(one)["value"] for one in media.get("examples", {}).values()]
        out = []
        for one in found:
            shown = one if isinstance(one, str) else json.dumps(one, indent=2, ensure_ascii=False)
            out.append(f"<pre>{text(shown)}</pre>")
        return "".join(out)

    def content(self, content):
        out = []
        for name, media in content.items():
            out.append(f'<p class="media"><code>{text(name)}</code></p>{self.schema(media.get("schema", {}))}{self.examples(media)}')
        return "".join(out)

    def parameters(self, operation):
        rows = []
        for given in operation.get("parameters", []):
            one = self.resolve(given)
            needed = "" if one.get("required") else ' <span class="soft">optional</span>'
            default = f" Default: <code>{text(one['schema']['default'])}</code>." if "default" in one["schema"] else ""
            example = f" Such as <code>{text(one['example'])}</code>." if "example" in one else ""
            rows.append(f'<tr><td><code>{text(one["name"])}</code>{needed}</td><td>{text(one["in"])}</td><td>{self.kind(one["schema"])}</td>'
                        f"<td>{inline(one.get('description', ''))}{default}{example}</td></tr>")
        return f"<h4>Parameters</h4><table><tbody>{''.join(rows)}</tbody></table>" if rows else ""

    def responses(self, operation):
        out, problems = [], []
        for status, given in operation["responses"].items():
            one = self.resolve(given)
            if "$ref" in given and status[0] in "345":
                name = given["$ref"].split("/")[-1]
                problems.append(f'<a href="#response-{text(name)}" title="{text(one["description"])}">{text(status)}</a>')
                continue
            names = ", ".join(f"<code>{text(name)}</code>" for name in one.get("headers", {}) if name != "X-Request-Id")
            also = f' <span class="soft">with {names}</span>' if names else ""
            out.append(f'<h4><span class="status">{text(status)}</span> {inline(one["description"])}{also}</h4>'
                       f'{self.content(one.get("content", {}))}')
        if problems:
            out.append(f'<p class="soft">Other replies: {", ".join(problems)}</p>')
        return "".join(out)

    def operation(self, method, paths, operation):
        body = self.resolve(operation.get("requestBody", {}))
        also = f"<p>Also: {', '.join(f'<code>{text(path)}</code>' for path in paths[1:])}</p>" if len(paths) > 1 else ""
        sent = ""
        if body:
            sent = f"<h4>Body{'' if body.get('required') else ' (optional)'}</h4>{prose(body.get('description', ''))}{self.content(body['content'])}"
        anchor = operation.get("operationId") or f"{method}{paths[0]}"
        return (f'<details id="{text(anchor)}"><summary><span class="method {method}">{method.upper()}</span> <code>{text(paths[0])}</code> '
                f'<span class="what">{text(operation["summary"])}</span></summary><div class="operation">{prose(operation.get("description", ""))}'
                f'{also}<p class="soft">Who: {text(WHO.get(operation["x-who"], operation["x-who"]))}.</p>{self.parameters(operation)}{sent}{self.responses(operation)}</div></details>')

    def operations(self):
        """(tag, method, paths, operation); paths that share an item are one."""
        shared = {}
        for path, item in self.document["paths"].items():
            shared.setdefault(item.get("$ref", path), []).append(path)
        for paths in shared.values():
            item = self.resolve(self.document["paths"][paths[0]])
            for method in METHODS:
                if method in item:
                    yield item[method]["tags"][0], method, paths, item[method]

    # --- The whole ---------------------------------------------------------------------------------------------------

    def sections(self):
        found = list(self.operations())
        for tag in self.document["tags"]:
            rows = [self.operation(*rest) for name, *rest in found if name == tag["name"]]
            yield slug(tag["name"]), tag["name"], f"<p>{inline(tag['description'])}</p>{''.join(rows)}"
        components = self.document["components"]
        rows = [f"<tr><td><code>{text(name)}</code></td><td>{text(one.get('scheme', 'in ' + one.get('in', '')))}</td><td>{inline(one['description'])}</td></tr>"
                for name, one in components["securitySchemes"].items()]
        yield "keys", "Keys and tokens", f"<table><tbody>{''.join(rows)}</tbody></table>"
        rows = [f'<details id="response-{text(name)}"><summary><code>{text(name)}</code> <span class="what">{inline(one["description"])}</span></summary>'
                f'<div class="operation">{self.content(one.get("content", {}))}</div></details>' for name, one in components["responses"].items()]
        yield "problems", "Problems, and other replies that calls share", "".join(rows)
        rows = [f'<section class="schema" id="schema-{text(name)}"><h3>{text(name)}</h3>{prose(one.get("description", ""))}{self.schema(one)}</section>'
                for name, one in components["schemas"].items()]
        yield "schemas", "Schemas", "".join(rows)

    def render(self, sheet):
        sections = list(self.sections())
        links = "".join(f'<a href="#{anchor}">{text(name)}</a>' for anchor, name, _ in sections)
        bodies = "".join(f'<section id="{anchor}"><h2>{text(name)}</h2>{body}</section>' for anchor, name, body in sections)
        info = self.document["info"]
        return (f'<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n<meta name="viewport" content="width=device-width">\n'
                f'<title>{text(info["title"])} · HTTP API</title>\n<style>{sheet}</style>\n</head>\n<body>\n<nav>{links}</nav>\n<main>\n<header>'
                f'<p class="kind">{text(info["title"])} {text(info["version"])}</p><h1>HTTP API</h1><p>{inline(info["summary"])} The same as '
                f'<a href="openapi.yaml">YAML</a> and <a href="openapi.json">JSON</a>.</p></header>\n{prose(info["description"])}\n{bodies}\n</main>\n</body>\n</html>\n')


def slug(name):
    return re.sub(r"[^a-z]+", "-", name.lower()).strip("-")


def render(document, sheet):
    return Page(document).render(sheet)
