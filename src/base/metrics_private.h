// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// What metrics.c asks of metrics_process.c when it renders.
#ifndef FOOTFALL_BASE_METRICS_PRIVATE_H
#define FOOTFALL_BASE_METRICS_PRIVATE_H

#include "base/buffer.h"

// "# HELP name help" and "# TYPE name type".
void metrics_render_head(struct buffer *out, const char *name, const char *help, const char *type);
// As Prometheus writes numbers: NaN, +Inf, -Inf, or the shortest that reads back the same.
void metrics_render_number(struct buffer *out, double value);
// Memory, CPU, descriptors and start of this process, and CPU by thread, as Linux tells them. What the system does not tell
// is left out.
void metrics_render_process(struct buffer *out);

#endif
