// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// ${name} and ${name:default} in texts, replaced by what the property sources say.
#ifndef FOOTFALL_CONFIG_PLACEHOLDER_H
#define FOOTFALL_CONFIG_PLACEHOLDER_H

#include "config/environment.h"

// As placeholder_resolve (base/placeholder.h). The environment is not changed.
MUST_CHECK enum status config_placeholders_resolve(const struct config_environment *environment,
                                                   struct str text, struct buffer *out);

#endif
