// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// IP addresses cut to their networks: /24 of IPv4, /48 of IPv6, which is what a provider gives one customer at the smallest (RFC 6177).
#include <arpa/inet.h>

#include "shape/private.h"

bool shape_address_cut(struct str text, struct buffer *out) {
    char given[INET6_ADDRSTRLEN], cut[INET6_ADDRSTRLEN];
    unsigned char bytes[16] = {0};
    static const unsigned char mapped[12] = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};
    if (text.len == 0 || text.len >= sizeof given) {
        return false;
    }
    memcpy(given, text.data, text.len);
    given[text.len] = '\0';
    int family = AF_INET6;
    if (strlen(given) != text.len) {
        return false;
    }
    if (inet_pton(AF_INET, given, bytes) == 1) {
        buffer_append(out, given, (size_t)(strrchr(given, '.') - given) + 1);
        buffer_append_char(out, '0');
        return true;
    }
    if (inet_pton(AF_INET6, given, bytes) != 1) {
        return false;
    }
    if (memcmp(bytes, mapped, sizeof mapped) == 0) {
        memmove(bytes, bytes + 12, 4); // an IPv4 address, as IPv6 writes it
        family = AF_INET;
    }
    memset(bytes + (family == AF_INET ? 3 : 6), 0, family == AF_INET ? 1 : 10);
    if (!inet_ntop(family, bytes, cut, sizeof cut)) {
        return false;
    }
    buffer_append_str(out, str_from_c(cut));
    return true;
}
