#!/usr/bin/python3
# SPDX-FileCopyrightText: 2026 The Footfall authors
# SPDX-License-Identifier: Apache-2.0
"""Makes C of the OpenAPI document: the YAML as it is, the same as JSON, and as a page.

    tools/openapi/embed.py docs/openapi.yaml OUTPUT.c
"""

import base64
import hashlib
import json
import sys

import page

POLICY = "default-src 'none'; style-src 'sha256-{}'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"


def array(name, data):
    """Numbers and no string: the standard promises room for 4095 characters of a literal."""
    lines = [",".join(map(str, data[at:at + 40])) for at in range(0, len(data), 40)]
    return (f"static const unsigned char {name}_bytes[] = {{\n" + ",\n".join(lines) + "};\n"
            f"const struct str openapi_{name} = {{(const char *){name}_bytes, sizeof {name}_bytes}};\n")


def main():
    source, output = sys.argv[1:]
    with open(source, "rb") as file:
        text = file.read()
    document = page.load(text)
    style = page.style()
    policy = POLICY.format(base64.b64encode(hashlib.sha256(style.encode()).digest()).decode())
    with open(output, "w", encoding="utf-8") as file:
        file.write('// Made by tools/openapi/embed.py.\n#include "openapi/openapi_private.h"\n\n')
        file.write(array("yaml", text))
        file.write(array("json", json.dumps(document, ensure_ascii=False, separators=(",", ":")).encode()))
        file.write(array("page", page.render(document, style).encode()))
        file.write(array("policy", policy.encode()))


if __name__ == "__main__":
    main()
