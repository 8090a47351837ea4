// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// A tree of path segments, built once: literals before parameters before prefixes, one route a method at each node.
#include "http/router.h"

#include <stdio.h>
#include <stdlib.h>

#include "http/problem.h"
#include "http/query.h"

#define METHODS 8

struct node {
    struct str segment;     // literal
    struct node *literals;  // first child
    struct node *next;      // sibling
    struct node *parameter; // the child for any segment
    struct node *prefix;    // for this path and all that is behind it
    unsigned methods;       // answered here
    const struct http_route *routes[METHODS];
    void *contexts[METHODS];
};

struct http_router {
    struct arena arena;
    struct node *root;
};

static unsigned method_index(unsigned method) {
    return (unsigned)__builtin_ctz(method);
}

static struct node *child_of(struct http_router *router, struct node *node, struct str segment) {
    bool parameter = segment.len > 0 && segment.data[0] == ':';
    bool prefix = str_equal(segment, STR("*"));
    if ((parameter && node->parameter) || (prefix && node->prefix)) {
        return parameter ? node->parameter : node->prefix;
    }
    for (struct node *child = node->literals; child && !parameter && !prefix; child = child->next) {
        if (str_equal(child->segment, segment)) {
            return child;
        }
    }
    struct node *made = arena_alloc_zero(&router->arena, sizeof *made);
    if (!made) {
        return NULL;
    }
    made->segment = segment;
    if (parameter) {
        node->parameter = made;
    } else if (prefix) {
        node->prefix = made;
    } else {
        made->next = node->literals;
        node->literals = made;
    }
    return made;
}

enum status http_router_check_pattern(const char *pattern, struct error *err) {
    if (pattern[0] != '/') {
        return error_set(err, STATUS_INVALID, "route \"%s\" must begin with '/'", pattern);
    }
    size_t parameters = 0;
    for (const char *c = pattern; *c != '\0'; c++) {
        if (c[0] == '/' && c[1] == ':') {
            parameters++;
            if (c[2] == '\0' || c[2] == '/') {
                return error_set(err, STATUS_INVALID, "route %s has a parameter without a name",
                                 pattern);
            }
        }
        if (c[0] == '*' && (c[-1] != '/' || c[1] != '\0')) {
            return error_set(err, STATUS_INVALID,
                             "route %s may have a '*' as its last segment only", pattern);
        }
    }
    if (parameters > HTTP_PARAMETERS_MAX) {
        return error_set(err, STATUS_INVALID, "route %s has more than %d parameters", pattern,
                         HTTP_PARAMETERS_MAX);
    }
    return STATUS_OK;
}

static enum status check_route(const struct http_route *route, struct error *err) {
    const char *pattern = route->pattern ? route->pattern : "";
    enum status status = http_router_check_pattern(pattern, err);
    if (status != STATUS_OK) {
        return status;
    }
    if (route->access == 0) {
        return error_set(err, STATUS_INVALID, "route %s must name its access", pattern);
    }
    if (route->methods == 0 || route->methods >= 1u << METHODS || !route->handle) {
        return error_set(err, STATUS_INVALID, "route %s needs methods and a handler", pattern);
    }
    return STATUS_OK;
}

static enum status add_route(struct http_router *router, const struct http_route *route,
                             void *context, struct error *err) {
    enum status status = check_route(route, err);
    if (status != STATUS_OK) {
        return status;
    }
    struct str rest = str_from_c(route->pattern + 1);
    struct node *node = router->root;
    while (node && rest.data) {
        node = child_of(router, node, str_cut(&rest, '/'));
    }
    if (!node) {
        return error_set(err, STATUS_NO_MEMORY, "no memory for the routes");
    }
    unsigned methods = route->methods;
    methods |= methods & HTTP_GET_ ? HTTP_HEAD_ : 0u;
    if (node->methods & methods) {
        unsigned both = node->methods & methods;
        return error_set(err, STATUS_EXISTS, "routes %s and %s match the same requests",
                         node->routes[method_index(both)]->pattern, route->pattern);
    }
    node->methods |= methods;
    for (unsigned i = 0; i < METHODS; i++) {
        if (methods & 1u << i) {
            node->routes[i] = route;
            node->contexts[i] = context;
        }
    }
    return STATUS_OK;
}

enum status http_router_make(const struct http_route_table *tables, size_t count,
                             struct http_router **out, struct error *err) {
    *out = NULL;
    struct http_router *router = calloc(1, sizeof *router);
    if (!router) {
        return error_set(err, STATUS_NO_MEMORY, "no memory for the routes");
    }
    arena_init(&router->arena, 4096, 0);
    router->root = arena_alloc_zero(&router->arena, sizeof *router->root);
    enum status status =
        router->root ? STATUS_OK : error_set(err, STATUS_NO_MEMORY, "no memory for the routes");
    for (size_t i = 0; i < count && status == STATUS_OK; i++) {
        for (size_t j = 0; j < tables[i].count && status == STATUS_OK; j++) {
            status = add_route(router, &tables[i].routes[j], tables[i].context, err);
        }
    }
    if (status != STATUS_OK) {
        http_router_free(router);
        return status;
    }
    *out = router;
    return STATUS_OK;
}

void http_router_free(struct http_router *router) {
    if (router) {
        arena_free(&router->arena);
        free(router);
    }
}

struct search {
    unsigned method;
    unsigned allowed;
    const struct node *found;
    struct str parameters[HTTP_PARAMETERS_MAX]; // of the way being tried
    struct str kept[HTTP_PARAMETERS_MAX];       // of what was found
    size_t kept_count;
};

// Whether it is the literal, with escapes undone (RFC 3986 6.2.2.2).
static bool is_literal(struct str literal, struct str segment) {
    if (!memchr(segment.data, '%', segment.len)) {
        return str_equal(literal, segment);
    }
    size_t at = 0;
    for (size_t i = 0; i < segment.len; i++, at++) {
        int c = (unsigned char)segment.data[i];
        if (c == '%') {
            c = http_percent_escape(segment, i);
            if (c < 0) {
                return false;
            }
            i += 2;
        }
        if (at == literal.len || (unsigned char)literal.data[at] != c) {
            return false;
        }
    }
    return at == literal.len;
}

static void arrive(struct search *search, const struct node *node, size_t depth) {
    search->allowed |= node->methods;
    if (!search->found && (node->methods & search->method)) {
        search->found = node;
        memcpy(search->kept, search->parameters, sizeof search->kept);
        search->kept_count = depth;
    }
}

// Goes on after a match as long as the method is not answered, so that allowed names all that the path would answer.
static void walk(struct search *search, const struct node *node, struct str rest, size_t depth) {
    if (!rest.data) {
        arrive(search, node, depth);
    } else {
        struct str behind = rest;
        struct str segment = str_cut(&behind, '/');
        for (const struct node *child = node->literals; child && !search->found;
             child = child->next) {
            if (is_literal(child->segment, segment)) {
                walk(search, child, behind, depth);
                break;
            }
        }
        if (node->parameter && segment.len > 0 && !search->found) {
            search->parameters[depth] = segment;
            walk(search, node->parameter, behind, depth + 1);
        }
    }
    // Only for paths that nothing closer answers, whatever the method: who guards "/shop/admin/*" guards all of it.
    if (node->prefix && search->allowed == 0) {
        arrive(search, node->prefix, depth);
    }
}

static enum status decode_parameters(struct http_exchange *exchange, const struct search *search) {
    for (size_t i = 0; i < HTTP_PARAMETERS_MAX; i++) {
        exchange->parameters[i] = STR_EMPTY;
    }
    for (size_t i = 0; i < search->kept_count; i++) {
        struct str value = STR_EMPTY;
        enum status status = http_percent_decode(&exchange->arena, search->kept[i], &value);
        if (status != STATUS_OK) {
            return status;
        }
        if (memchr(value.data, '\0', value.len) || !str_is_utf8(value)) {
            return STATUS_INVALID;
        }
        exchange->parameters[i] = value;
    }
    return STATUS_OK;
}

enum status http_router_find(const struct http_router *router, struct http_exchange *exchange,
                             struct http_route_match *match) {
    struct str path = exchange->request.path;
    struct search search = {.method = exchange->request.method};
    *match = (struct http_route_match){0};
    if (path.len == 0 || path.data[0] != '/') {
        return STATUS_NOT_FOUND;
    }
    walk(&search, router->root, str_make(path.data + 1, path.len - 1), 0);
    match->allowed = search.allowed;
    if (!search.found) {
        return search.allowed == 0 ? STATUS_NOT_FOUND : STATUS_UNSUPPORTED;
    }
    unsigned index = method_index(search.method);
    match->route = search.found->routes[index];
    match->context = search.found->contexts[index];
    match->allowed = search.found->methods;
    exchange->route = match->route->pattern;
    exchange->access = match->route->access;
    return decode_parameters(exchange, &search);
}

void http_methods_text(unsigned methods, char *out, size_t size) {
    static const char *const NAMES[METHODS - 1] = {"GET",   "HEAD",   "POST",   "PUT",
                                                   "PATCH", "DELETE", "OPTIONS"};
    size_t len = 0;
    out[0] = '\0';
    for (unsigned i = 0; i < METHODS - 1; i++) {
        if (methods & 1u << i) {
            int n = snprintf(out + len, size - len, "%s%s", len > 0 ? ", " : "", NAMES[i]);
            if (n < 0 || (size_t)n >= size - len) {
                out[len] = '\0';
                return;
            }
            len += (size_t)n;
        }
    }
}

static void reply_allowed(struct http_exchange *exchange, unsigned allowed, bool asked) {
    char text[80];
    http_methods_text(allowed | HTTP_OPTIONS_, text, sizeof text);
    http_reply_header(exchange, "Allow", str_from_c(text));
    if (asked) {
        http_reply_send(exchange, 204, NULL);
    } else {
        http_reply_problemf(exchange, 405, "This path answers %s.", text);
    }
}

void http_router_refuse(struct http_exchange *exchange, enum status status,
                        const struct http_route_match *match) {
    switch ((int)status) {
    case STATUS_NOT_FOUND:
        http_reply_problem(exchange, 404, STR("There is nothing at this path."));
        return;
    case STATUS_UNSUPPORTED:
        reply_allowed(exchange, match->allowed, exchange->request.method == HTTP_OPTIONS_);
        return;
    case STATUS_INVALID:
        http_reply_problem(exchange, 400,
                           STR("The path holds a broken escape, a NUL or invalid UTF-8."));
        return;
    default: http_reply_problem(exchange, 503, STR("Out of memory; try again soon.")); return;
    }
}

void http_router_call(struct http_exchange *exchange, const struct http_route_match *match) {
    if (match->route->blocking == HTTP_ROUTE_BLOCKING) {
        http_exchange_offload(exchange, match->route->handle, match->context);
    } else {
        match->route->handle(exchange, match->context);
    }
}

void http_router_dispatch(const struct http_router *router, struct http_exchange *exchange) {
    struct http_route_match match;
    enum status status = http_router_find(router, exchange, &match);
    if (status == STATUS_OK) {
        http_router_call(exchange, &match);
    } else {
        http_router_refuse(exchange, status, &match);
    }
}
