// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// Which addresses a webhook may have: those of IANA's special-purpose registries (RFC 6890) would lead into the operator's own networks.
#include <arpa/inet.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>

#include "delivery/private.h"

static const struct {
    uint32_t network;
    unsigned bits;
} reserved[] = {
    {0x00000000, 8},  // this network
    {0x0a000000, 8},  // private
    {0x64400000, 10}, // shared by carriers
    {0x7f000000, 8},  // loopback
    {0xa9fe0000, 16}, // link-local, where clouds keep their metadata
    {0xac100000, 12}, // private
    {0xc0000000, 24}, // protocol assignments
    {0xc0000200, 24}, // documentation
    {0xc0a80000, 16}, // private
    {0xc6120000, 15}, // benchmarks
    {0xc6336400, 24}, // documentation
    {0xcb007100, 24}, // documentation
    {0xe0000000, 3},  // multicast and above
};

static bool is_public_v4(uint32_t address) {
    for (size_t i = 0; i < sizeof reserved / sizeof reserved[0]; i++) {
        if ((address ^ reserved[i].network) >> (32 - reserved[i].bits) == 0) {
            return false;
        }
    }
    return true;
}

static uint32_t v4_at(const unsigned char *bytes) {
    return (uint32_t)bytes[0] << 24 | (uint32_t)bytes[1] << 16 | (uint32_t)bytes[2] << 8 | bytes[3];
}

// Global unicast is 2000::/3; of it what carries or stands for other addresses is looked at, or refused.
static bool is_public_v6(const unsigned char *a) {
    static const unsigned char mapped[12] = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};
    if (memcmp(a, mapped, sizeof mapped) == 0) {
        return is_public_v4(v4_at(a + 12));
    }
    bool teredo_or_orchid = a[0] == 0x20 && a[1] == 0x01 && a[2] < 0x02; // 2001::/23
    bool documentation = a[0] == 0x20 && a[1] == 0x01 && a[2] == 0x0d && a[3] == 0xb8;
    if (a[0] == 0x20 && a[1] == 0x02) { // 6to4
        return is_public_v4(v4_at(a + 2));
    }
    return (a[0] & 0xe0) == 0x20 && !teredo_or_orchid && !documentation;
}

bool delivery_address_is_public(const struct sockaddr *address) {
    if (address->sa_family == AF_INET) {
        struct sockaddr_in in;
        memcpy(&in, address, sizeof in);
        return is_public_v4(ntohl(in.sin_addr.s_addr));
    }
    if (address->sa_family == AF_INET6) {
        struct sockaddr_in6 in;
        memcpy(&in, address, sizeof in);
        return is_public_v6(in.sin6_addr.s6_addr);
    }
    return false;
}
