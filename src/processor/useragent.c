// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// Classifies a User-Agent by the first rule that matches in each of three tables.
//
// Order matters: everything claims to be Mozilla, Safari and Chrome, so the more particular family comes first
// (https://developer.mozilla.org/docs/Web/HTTP/Headers/User-Agent).
#include "processor/useragent.h"

struct rule {
    struct str with;    // a part of the text, as written
    struct str without; // data NULL, or a part that must not be there
    int family;
};
#define WITH(part, family)                                                                         \
    { STR_INIT(part), STR_EMPTY_INIT, (family) }
#define WITH_WITHOUT(part, not, family)                                                            \
    { STR_INIT(part), STR_INIT(not ), (family) }
#define STR_EMPTY_INIT                                                                             \
    { NULL, 0 }

static const struct rule browsers[] = {
    WITH("Edg/", USERAGENT_BROWSER_EDGE),
    WITH("EdgA/", USERAGENT_BROWSER_EDGE),
    WITH("EdgiOS/", USERAGENT_BROWSER_EDGE),
    WITH("Edge/", USERAGENT_BROWSER_EDGE),
    WITH("OPR/", USERAGENT_BROWSER_OPERA),
    WITH("OPT/", USERAGENT_BROWSER_OPERA),
    WITH("OPiOS/", USERAGENT_BROWSER_OPERA),
    WITH("Opera", USERAGENT_BROWSER_OPERA),
    WITH("SamsungBrowser/", USERAGENT_BROWSER_SAMSUNG),
    WITH_WITHOUT("Firefox/", "Seamonkey/", USERAGENT_BROWSER_FIREFOX),
    WITH("FxiOS/", USERAGENT_BROWSER_FIREFOX),
    WITH("YaBrowser/", USERAGENT_BROWSER_OTHER),
    WITH("Vivaldi/", USERAGENT_BROWSER_OTHER),
    WITH("UCBrowser/", USERAGENT_BROWSER_OTHER),
    WITH("DuckDuckGo/", USERAGENT_BROWSER_OTHER),
    WITH("Ddg/", USERAGENT_BROWSER_OTHER),
    WITH("MiuiBrowser/", USERAGENT_BROWSER_OTHER),
    WITH("HuaweiBrowser/", USERAGENT_BROWSER_OTHER),
    WITH("FBAN/", USERAGENT_BROWSER_OTHER),
    WITH("FBAV/", USERAGENT_BROWSER_OTHER),
    WITH("Instagram ", USERAGENT_BROWSER_OTHER),
    WITH("Electron/", USERAGENT_BROWSER_OTHER),
    WITH("PhantomJS/", USERAGENT_BROWSER_OTHER),
    // Android's browser before Chrome came calls itself Version/4.0 and Safari.
    WITH_WITHOUT("Android", "Chrome/", USERAGENT_BROWSER_OTHER),
    WITH("CriOS/", USERAGENT_BROWSER_CHROME),
    WITH("Chrome/", USERAGENT_BROWSER_CHROME),
    WITH("Chromium/", USERAGENT_BROWSER_CHROME),
    WITH("Safari/", USERAGENT_BROWSER_SAFARI),
};

static const struct rule systems[] = {
    WITH("Windows Phone", USERAGENT_OS_OTHER),
    WITH("Tizen", USERAGENT_OS_OTHER),
    WITH("Web0S", USERAGENT_OS_OTHER),
    WITH("Android", USERAGENT_OS_ANDROID),
    WITH("iPhone", USERAGENT_OS_IOS),
    WITH("iPad", USERAGENT_OS_IOS),
    WITH("iPod", USERAGENT_OS_IOS),
    WITH("CrOS", USERAGENT_OS_CHROMEOS),
    WITH("Windows", USERAGENT_OS_WINDOWS),
    WITH("Mac OS X", USERAGENT_OS_MACOS),
    WITH("Macintosh", USERAGENT_OS_MACOS),
    WITH("Linux", USERAGENT_OS_LINUX),
    WITH("Ubuntu", USERAGENT_OS_LINUX),
};

static const struct rule devices[] = {
    WITH("SmartTV", USERAGENT_DEVICE_OTHER),
    WITH("SMART-TV", USERAGENT_DEVICE_OTHER),
    WITH("Smart TV", USERAGENT_DEVICE_OTHER),
    WITH("AppleTV", USERAGENT_DEVICE_OTHER),
    WITH("Apple TV", USERAGENT_DEVICE_OTHER),
    WITH("GoogleTV", USERAGENT_DEVICE_OTHER),
    WITH("Android TV", USERAGENT_DEVICE_OTHER),
    WITH("BRAVIA", USERAGENT_DEVICE_OTHER),
    WITH("Web0S", USERAGENT_DEVICE_OTHER),
    WITH("PlayStation", USERAGENT_DEVICE_OTHER),
    WITH("Xbox", USERAGENT_DEVICE_OTHER),
    WITH("Nintendo", USERAGENT_DEVICE_OTHER),
    WITH("iPad", USERAGENT_DEVICE_TABLET),
    WITH("Tablet", USERAGENT_DEVICE_TABLET),
    WITH("Kindle", USERAGENT_DEVICE_TABLET),
    WITH("Silk/", USERAGENT_DEVICE_TABLET),
    // Chrome and Firefox on an Android tablet leave out "Mobile"; Samsung's and Huawei's models are the same.
    WITH_WITHOUT("Android", "Mobile", USERAGENT_DEVICE_TABLET),
    WITH("iPhone", USERAGENT_DEVICE_MOBILE),
    WITH("iPod", USERAGENT_DEVICE_MOBILE),
    WITH("Mobile", USERAGENT_DEVICE_MOBILE),
    WITH("Opera Mini", USERAGENT_DEVICE_MOBILE),
    WITH("Opera Mobi", USERAGENT_DEVICE_MOBILE),
    WITH("Windows NT", USERAGENT_DEVICE_DESKTOP),
    WITH("Macintosh", USERAGENT_DEVICE_DESKTOP),
    WITH("CrOS", USERAGENT_DEVICE_DESKTOP),
    WITH("X11", USERAGENT_DEVICE_DESKTOP),
    WITH("Linux x86_64", USERAGENT_DEVICE_DESKTOP),
};

static bool has(struct str text, struct str part) {
    return memmem(text.data, text.len, part.data, part.len) != NULL;
}

static int first_match(struct str text, const struct rule *rules, size_t count, int otherwise) {
    for (size_t i = 0; i < count; i++) {
        if (has(text, rules[i].with) && !(rules[i].without.data && has(text, rules[i].without))) {
            return rules[i].family;
        }
    }
    return otherwise;
}
#define FIRST_MATCH(text, rules, otherwise)                                                        \
    first_match(text, rules, sizeof(rules) / sizeof((rules)[0]), otherwise)

struct useragent useragent_classify(struct str text) {
    struct useragent result = {USERAGENT_DEVICE_OTHER, USERAGENT_BROWSER_OTHER, USERAGENT_OS_OTHER};
    if (text.len == 0) {
        return result;
    }
    if (text.len > USERAGENT_BYTES_MAX) {
        text.len = USERAGENT_BYTES_MAX;
    }
    result.device = (enum useragent_device)FIRST_MATCH(text, devices, USERAGENT_DEVICE_OTHER);
    result.browser = (enum useragent_browser)FIRST_MATCH(text, browsers, USERAGENT_BROWSER_OTHER);
    result.os = (enum useragent_os)FIRST_MATCH(text, systems, USERAGENT_OS_OTHER);
    return result;
}

#define X(symbol, name) STR_INIT(name),
static const struct str device_names[] = {USERAGENT_DEVICE_LIST(X)};
static const struct str browser_names[] = {USERAGENT_BROWSER_LIST(X)};
static const struct str os_names[] = {USERAGENT_OS_LIST(X)};
#undef X

struct str useragent_device_name(enum useragent_device device) {
    return device_names[device];
}
struct str useragent_browser_name(enum useragent_browser browser) {
    return browser_names[browser];
}
struct str useragent_os_name(enum useragent_os os) {
    return os_names[os];
}
