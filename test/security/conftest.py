# SPDX-FileCopyrightText: 2026 The Footfall authors
# SPDX-License-Identifier: Apache-2.0
"""The fixtures of the end-to-end tests, for those that attack."""

import importlib.util
import os
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
sys.dont_write_bytecode = True
sys.path[:0] = [HERE, os.path.join(HERE, "..", "e2e")]

# Two files of the name conftest cannot both be imported by it.
_spec = importlib.util.spec_from_file_location("e2e_conftest", os.path.join(HERE, "..", "e2e", "conftest.py"))
_fixtures = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(_fixtures)
server, make_server, contract = _fixtures.server, _fixtures.make_server, _fixtures.contract
pytest_sessionstart = _fixtures.pytest_sessionstart
pytest_terminal_summary = _fixtures.pytest_terminal_summary
