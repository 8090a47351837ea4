// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// Known bots by User-Agent: crawlers, link previews, monitors and headless browsers.
#ifndef FOOTFALL_PROCESSOR_BOTS_H
#define FOOTFALL_PROCESSOR_BOTS_H

#include "base/str.h"

// The family's name, in static storage; data NULL when it is no known bot. An empty text is none: servers send no User-Agent of
// their visitor, and libraries such as curl or python-requests are how they send.
struct str bots_family(struct str user_agent);

#endif
