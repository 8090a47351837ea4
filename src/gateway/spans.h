// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// The span of a request, for a collector.
#ifndef FOOTFALL_GATEWAY_SPANS_H
#define FOOTFALL_GATEWAY_SPANS_H

#include "http/exchange.h"
#include "otlp/otlp.h"

// After the reply was made, of a request that is sampled; nothing of any other. Never a path, a query or a header: they may hold keys and
// are data of people. Any thread. exporter NULL: nothing.
void gateway_span_put(struct otlp_exporter *exporter, const struct http_exchange *exchange,
                      int64_t duration_us);

#endif
