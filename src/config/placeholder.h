// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// ${name} and ${name:default} in texts, replaced by what the property sources say.
#ifndef FOOTFALL_CONFIG_PLACEHOLDER_H
#define FOOTFALL_CONFIG_PLACEHOLDER_H

#include "config/environment.h"

#define CONFIG_PLACEHOLDER_DEPTH 32 // values that name others

// Appends the text with what can be resolved; what cannot stays as it is, and \${ becomes ${. INVALID: values name one another in a circle;
// TOO_LARGE, NO_MEMORY: of the buffer.
MUST_CHECK enum status config_placeholders_resolve(const struct config_environment *environment,
                                                   struct str text, struct buffer *out);

#endif
