// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// Families of devices, browsers and operating systems by User-Agent; coarse on purpose: these are dimensions of a report.
#ifndef FOOTFALL_PROCESSOR_USERAGENT_H
#define FOOTFALL_PROCESSOR_USERAGENT_H

#include "base/str.h"

// X(symbol, name). Names are stored as values of day totals: a changed one splits a family's history.
#define USERAGENT_DEVICE_LIST(X)                                                                   \
    X(DESKTOP, "desktop")                                                                          \
    X(MOBILE, "mobile")                                                                            \
    X(TABLET, "tablet")                                                                            \
    X(OTHER, "other")
#define USERAGENT_BROWSER_LIST(X)                                                                  \
    X(CHROME, "Chrome")                                                                            \
    X(SAFARI, "Safari")                                                                            \
    X(FIREFOX, "Firefox")                                                                          \
    X(EDGE, "Edge")                                                                                \
    X(OPERA, "Opera")                                                                              \
    X(SAMSUNG, "Samsung Internet")                                                                 \
    X(OTHER, "other")
#define USERAGENT_OS_LIST(X)                                                                       \
    X(WINDOWS, "Windows")                                                                          \
    X(MACOS, "macOS")                                                                              \
    X(LINUX, "Linux")                                                                              \
    X(ANDROID, "Android")                                                                          \
    X(IOS, "iOS")                                                                                  \
    X(CHROMEOS, "ChromeOS")                                                                        \
    X(OTHER, "other")

enum useragent_device {
#define X(symbol, name) USERAGENT_DEVICE_##symbol,
    USERAGENT_DEVICE_LIST(X)
#undef X
        USERAGENT_DEVICE_COUNT
};
enum useragent_browser {
#define X(symbol, name) USERAGENT_BROWSER_##symbol,
    USERAGENT_BROWSER_LIST(X)
#undef X
        USERAGENT_BROWSER_COUNT
};
enum useragent_os {
#define X(symbol, name) USERAGENT_OS_##symbol,
    USERAGENT_OS_LIST(X)
#undef X
        USERAGENT_OS_COUNT
};

struct useragent {
    enum useragent_device device;
    enum useragent_browser browser;
    enum useragent_os os;
};

// Looks at the first USERAGENT_BYTES_MAX bytes.
#define USERAGENT_BYTES_MAX 1024
struct useragent useragent_classify(struct str text);

// Static storage.
struct str useragent_device_name(enum useragent_device device);
struct str useragent_browser_name(enum useragent_browser browser);
struct str useragent_os_name(enum useragent_os os);

#endif
