// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// Rules from a text and events from a text, for tests of shaping.
#ifndef FOOTFALL_TEST_SHAPE_HARNESS_H
#define FOOTFALL_TEST_SHAPE_HARNESS_H

#include "shape/rules.h"

// The settings that rules are read from, with these in YAML; a CHECK failure when YAML or settings are wrong.
struct settings *shape_settings(const char *yaml);
// INVALID and the like come back with err.
enum status shape_read(const char *yaml, struct shape_rules **out, struct error *err);

struct shaped {
    enum status status;
    enum shape_fate fate;
    bool changed;
    char rule[SHAPE_NAME_MAX + 1]; // that decided
    char reason[300];
    char after[8192]; // canonical, but for id, project, type and times; empty unless kept
    struct shape_counts counts[16];
};
// One event, `{"properties":...}`, to which id, project, type track and times are added where they are missing; hidden: addresses are
// cut as well.
struct shaped shape_event(const struct shape_rules *rules, const char *event, bool hidden);
// All at once; a set that cannot be read is a CHECK failure.
struct shaped shape_with(const char *yaml, const char *event);

#endif
