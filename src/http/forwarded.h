// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// Who a request really comes from, when proxies in front say so: X-Forwarded-For, -Proto and -Host, believed of trusted peers only.
#ifndef FOOTFALL_HTTP_FORWARDED_H
#define FOOTFALL_HTTP_FORWARDED_H

#include "base/error.h"
#include "http/exchange.h"

// A list of networks: "10.0.0.0/8", "::1/128", "192.0.2.7". Immutable, shared by threads.
struct http_networks;
// INVALID: err names the entry. NO_MEMORY.
MUST_CHECK enum status http_networks_make(const struct str *texts, size_t count,
                                          struct http_networks **out, struct error *err);
void http_networks_free(struct http_networks *networks); // NULL is fine
// ip: text of an address; an IPv4 address written as IPv6 counts as IPv4.
bool http_networks_hold(const struct http_networks *networks, struct str ip);

// When the peer is trusted: remote_ip becomes the last address of X-Forwarded-For that is not trusted itself (what stands before
// it the sender may have made up), forwarded_proto and forwarded_host are set when they are there. Else nothing changes.
void http_forwarded_believe(const struct http_networks *trusted, struct http_exchange *exchange);

#endif
