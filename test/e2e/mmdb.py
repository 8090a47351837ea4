# SPDX-FileCopyrightText: 2026 The Footfall authors
# SPDX-License-Identifier: Apache-2.0
"""Writes small files in MaxMind's format (https://maxmind.github.io/MaxMind-DB/): records of 24 bits, IPv4 networks."""

import ipaddress
import os
import struct

RECORD_MOST = 1 << 24


def encode(value):
    if isinstance(value, str):
        return _control(2, len(value.encode())) + value.encode()
    if isinstance(value, dict):
        return _control(7, len(value)) + b"".join(encode(key) + encode(item) for key, item in value.items())
    if isinstance(value, list):
        return _control(11, len(value)) + b"".join(encode(item) for item in value)
    kind, form = {2: (5, ">H"), 4: (6, ">I"), 8: (9, ">Q")}[value.size]
    return _control(kind, value.size) + struct.pack(form, value)


class Unsigned(int):
    """A number of so many bytes."""

    def __new__(cls, value, size=2):
        made = super().__new__(cls, value)
        made.size = size
        return made


def _control(kind, size):
    assert size < 285
    small, more = (size, b"") if size < 29 else (29, bytes([size - 29]))
    return (bytes([kind << 5 | small]) if kind < 8 else bytes([small, kind - 7])) + more


class Node:
    def __init__(self):
        self.sides = [None, None]


def tree(networks):
    """Networks in order, later ones within earlier ones: a trie whose leaves are values."""
    root = Node()
    for network, value in networks.items():
        address, length = network.split("/")
        bits = f"{int(ipaddress.ip_address(address)):032b}"[:int(length)]
        node = root
        for bit in map(int, bits[:-1]):
            inner = node.sides[bit]
            if not isinstance(inner, Node):
                node.sides[bit] = made = Node()
                made.sides = [inner, inner]
                inner = made
            node = inner
        node.sides[int(bits[-1])] = value
    return root


def content(networks, epoch=1795392000):
    nodes, data, places = [], b"", {}
    waiting = [tree(networks)]
    while waiting:
        node = waiting.pop(0)
        node.number = len(nodes)
        nodes.append(node)
        waiting += [side for side in node.sides if isinstance(side, Node)]

    def record(side):
        nonlocal data
        if side is None:
            return len(nodes)
        if isinstance(side, Node):
            return side.number
        key = repr(side)
        if key not in places:
            places[key] = len(data)
            data += encode(side)
        return len(nodes) + 16 + places[key]

    search = b"".join(struct.pack(">I", record(side))[1:] for node in nodes for side in node.sides)
    assert len(nodes) + 16 + len(data) < RECORD_MOST
    metadata = {"node_count": Unsigned(len(nodes), 4), "record_size": Unsigned(24), "ip_version": Unsigned(4), "database_type": "Test-Country",
                "languages": ["en"], "binary_format_major_version": Unsigned(2),
                "binary_format_minor_version": Unsigned(0),
                "build_epoch": Unsigned(epoch, 8), "description": {"en": "of a test"}}
    return search + bytes(16) + data + b"\xab\xcd\xefMaxMind.com" + encode(metadata)


def place(country, region=None):
    found = {"country": {"iso_code": country}}
    return {**found, "subdivisions": [{"iso_code": region}]} if region else found


def write(path, networks, **more):
    """By renaming: who has the old file mapped goes on with it."""
    with open(f"{path}.new", "wb") as file:
        file.write(content(networks, **more))
    os.replace(f"{path}.new", path)
