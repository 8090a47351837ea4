// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// Browser and operating system with their versions, and the device's brand, by User-Agent and client hints.
//
// With rules (agent_rules.h) they say; without, a small table finds the versions of the families that reports know. Family names are ours
// either way: "Chrome", whether the rules call it "Chrome Mobile", "Chrome Mobile iOS" or "Chrome Mobile WebView".
#ifndef FOOTFALL_ENRICH_AGENT_H
#define FOOTFALL_ENRICH_AGENT_H

#include "base/json_read.h"
#include "enrich/agent_rules.h"

// "Chrome 126", "Windows 10", "Apple"; empty: not known. All NUL-terminated.
struct enrich_agent {
    char browser[64];
    char system[64];
    char brand[32];
};

// rules NULL: the table; matcher then is not used.
void enrich_agent_read(const struct agent_rules *rules, struct agent_matcher *matcher,
                       struct str user_agent, struct enrich_agent *out);

// context.userAgentData, as of navigator.userAgentData and getHighEntropyValues(): {"brands":[{"brand","version"}],"platform",
// "platformVersion","mobile",...}, or with the headers' own texts: {"Sec-CH-UA":…,"Sec-CH-UA-Platform":…}. What hints say is better than
// what the User-Agent says, which browsers have frozen (Windows 11 calls itself 10, macOS 15 calls itself 10.15). False: there are none.
bool enrich_agent_hints(const struct json_value *hints, struct enrich_agent *out);

#endif
