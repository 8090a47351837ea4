// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// footfall demo: believable traffic over the last days, sent to any Footfall.
//
// People visit, browse, sign up, buy and come back, with daily and weekly rhythm, sessions, a funnel, countries, devices, referrers. Same
// seed, same end date and same numbers give the same events, byte for byte.
#ifndef FOOTFALL_DEMO_H
#define FOOTFALL_DEMO_H

// Exit codes as of every command: 0, 1 failure at run time, 2 wrong usage. argv[0] is the first word behind "demo".
int demo_command(int argc, char *const *argv);
extern const char demo_help[]; // its flags

#endif
