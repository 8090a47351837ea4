// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// What SDKs ask before they send: settings that name us as the place to send to, and nothing switched on that we do not have.
#include "activity/activity_private.h"
#include "base/json_write.h"

// Where SDKs should send to: "https" and "events.example.com/x7".
struct place {
    struct str scheme;
    struct str host;
};

// The request's own Host, unless configuration says better. Behind a proxy that ends TLS only X-Forwarded-Proto knows the scheme.
static struct place place_of(const struct activity *activity,
                             const struct http_exchange *exchange) {
    struct str url = activity->config.public_url;
    struct str forwarded = exchange->request.forwarded_host;
    struct place place = {STR("http"),
                          forwarded.data ? forwarded : http_request_header(exchange, STR("Host"))};
    if (url.len > 0) {
        place.scheme = str_starts_with(url, STR("https://")) ? STR("https") : STR("http");
        size_t skip = str_starts_with(url, STR("https://"))  ? 8
                      : str_starts_with(url, STR("http://")) ? 7
                                                             : 0;
        place.host = str_make(url.data + skip, url.len - skip);
        while (place.host.len > 0 && place.host.data[place.host.len - 1] == '/') {
            place.host.len--;
        }
    } else if (exchange->request.secure ||
               str_equal_ignore_case(http_request_header(exchange, STR("X-Forwarded-Proto")),
                                     STR("https"))) {
        place.scheme = STR("https");
    }
    return place;
}

// With the prefix when the SDK itself came through it: a page that needs one must go on using it.
static struct str prefix_of(const struct activity *activity, const struct http_exchange *exchange) {
    struct str prefix = activity->config.path_prefix;
    return prefix.len > 0 && str_starts_with(exchange->request.path, prefix) ? prefix : STR_EMPTY;
}

static void begin_reply(struct http_exchange *exchange, struct json_writer *writer) {
    http_cors_allow(exchange);
    json_writer_init(writer, http_reply_body(exchange));
    json_begin_object(writer);
}

static void end_reply(struct http_exchange *exchange, struct json_writer *writer) {
    json_end_object(writer);
    if (json_writer_status(writer) == STATUS_INVALID_UTF8) {
        // Only Host can be that.
        buffer_clear(http_reply_body(exchange));
        activity_reply_refusal(exchange, 400, STR("Host is not valid UTF-8"));
        return;
    }
    // Keys and addresses seldom change, and pages ask on every load.
    http_reply_header(exchange, "Cache-Control", STR("public, max-age=300"));
    // Also when the request has neither: a cache must not give this reply to one that has.
    http_reply_header(exchange, "Vary", STR("Origin, Authorization"));
    http_reply_send(exchange, 200, "application/json");
}

static bool key_is_known(struct activity *activity, struct http_exchange *exchange,
                         struct str key) {
    struct str project;
    if (activity_find_project(activity, key, &exchange->arena, &project)) {
        return true;
    }
    http_cors_allow(exchange);
    activity_reply_refusal(exchange, 404, STR("no such write key"));
    return false;
}

static void begin_member(struct json_writer *writer, struct str name) {
    json_key(writer, name);
    json_begin_object(writer);
}

static void empty_object(struct json_writer *writer, struct str name) {
    begin_member(writer, name);
    json_end_object(writer);
}

static void empty_array(struct json_writer *writer, struct str name) {
    json_key(writer, name);
    json_begin_array(writer);
    json_end_array(writer);
}

static void put_segment_io(struct json_writer *writer, struct str key, struct str scheme,
                           struct str api_host) {
    begin_member(writer, STR("integrations"));
    begin_member(writer, STR("Segment.io"));
    json_member_string(writer, STR("apiKey"), key);
    json_member_string(writer, STR("apiHost"), api_host);
    json_member_string(writer, STR("protocol"), scheme);
    empty_array(writer, STR("unbundledIntegrations"));
    json_member_bool(writer, STR("addBundledMetadata"), true);
    empty_object(writer, STR("maybeBundledConfigIds"));
    json_end_object(writer);
    json_end_object(writer);
}

// The parts that analytics-next reads without asking whether they are there, and no destination but ourselves.
void activity_handle_settings(struct http_exchange *exchange, void *context) {
    struct activity *activity = context;
    struct str key = exchange->parameters[0];
    struct place place = place_of(activity, exchange);
    struct str prefix = prefix_of(activity, exchange);
    struct json_writer writer;
    if (!key_is_known(activity, exchange, key)) {
        return;
    }
    struct str api_host =
        arena_printf(&exchange->arena, "%.*s%.*s/v1", STR_ARG(place.host), STR_ARG(prefix));
    if (!api_host.data) {
        activity_reply_unkept(exchange, STATUS_NO_MEMORY);
        return;
    }
    begin_reply(exchange, &writer);
    put_segment_io(&writer, key, place.scheme, api_host);
    begin_member(&writer, STR("plan"));
    begin_member(&writer, STR("track"));
    begin_member(&writer, STR("__default"));
    json_member_bool(&writer, STR("enabled"), true);
    empty_object(&writer, STR("integrations"));
    json_end_object(&writer);
    json_end_object(&writer);
    json_end_object(&writer);
    empty_object(&writer, STR("edgeFunction"));
    json_member_bool(&writer, STR("analyticsNextEnabled"), true);
    empty_object(&writer, STR("middlewareSettings"));
    empty_object(&writer, STR("enabledMiddleware"));
    begin_member(&writer, STR("metrics"));
    json_member_i64(&writer, STR("sampleRate"), 0);
    json_member_string(&writer, STR("host"), api_host);
    json_end_object(&writer);
    json_member_bool(&writer, STR("legacyVideoPluginsEnabled"), false);
    empty_array(&writer, STR("remotePlugins"));
    end_reply(exchange, &writer);
}

static void put_statistics_off(struct json_writer *writer) {
    begin_member(writer, STR("statsCollection"));
    begin_member(writer, STR("errors"));
    json_member_bool(writer, STR("enabled"), false);
    json_end_object(writer);
    begin_member(writer, STR("metrics"));
    json_member_bool(writer, STR("enabled"), false);
    json_end_object(writer);
    json_end_object(writer);
}

static void reply_source_config(struct http_exchange *exchange, struct str project) {
    struct json_writer writer;
    begin_reply(exchange, &writer);
    begin_member(&writer, STR("source"));
    json_member_string(&writer, STR("id"), project);
    json_member_string(&writer, STR("name"), project);
    json_member_string(&writer, STR("workspaceId"), STR("footfall"));
    json_member_bool(&writer, STR("enabled"), true);
    begin_member(&writer, STR("config"));
    put_statistics_off(&writer);
    json_end_object(&writer);
    empty_array(&writer, STR("connections"));
    empty_array(&writer, STR("destinations"));
    empty_object(&writer, STR("dataplanes"));
    json_end_object(&writer);
    end_reply(exchange, &writer);
}

static void looked_again(struct http_exchange *exchange, enum status status, void *context) {
    struct activity *activity = context;
    struct str project = activity_project_of_request(activity, exchange);
    if (project.data) {
        reply_source_config(exchange, project);
        return;
    }
    http_cors_allow(exchange);
    if (status != STATUS_OK) {
        activity_reply_refusal(exchange, 503, STR("Keys cannot be looked up now; try again soon."));
    } else {
        activity_reply_refusal(exchange, 401,
                               STR("no known write key in Authorization or ?writeKey="));
    }
}

void activity_handle_source_config(struct http_exchange *exchange, void *context) {
    struct activity *activity = context;
    struct str project = activity_project_of_request(activity, exchange);
    if (project.data) {
        reply_source_config(exchange, project);
    } else if (activity->config.refresh) {
        auth_refresh_ask(activity->config.refresh, exchange, looked_again, activity);
    } else {
        looked_again(exchange, STATUS_OK, activity);
    }
}

// Everything that PostHog has and we have not is off, so that posthog-js loads no further scripts for it.
void activity_handle_array_config(struct http_exchange *exchange, void *context) {
    static const struct str off[] = {
        STR_INIT("hasFeatureFlags"),
        STR_INIT("sessionRecording"),
        STR_INIT("surveys"),
        STR_INIT("heatmaps"),
        STR_INIT("captureDeadClicks"),
        STR_INIT("capturePerformance"),
        STR_INIT("autocaptureExceptions"),
        STR_INIT("errorTracking"),
        STR_INIT("productTours"),
        STR_INIT("conversations"),
        STR_INIT("logs"),
        STR_INIT("elementsChainAsString"),
        STR_INIT("defaultIdentifiedOnly"),
    };
    struct str key = exchange->parameters[0];
    struct json_writer writer;
    if (!key_is_known(context, exchange, key)) {
        return;
    }
    begin_reply(exchange, &writer);
    json_member_string(&writer, STR("token"), key);
    json_key(&writer, STR("supportedCompression"));
    json_begin_array(&writer);
    json_string(&writer, STR("gzip"));
    json_string(&writer, STR("gzip-js"));
    json_end_array(&writer);
    json_member_bool(&writer, STR("autocapture_opt_out"), false);
    for (size_t i = 0; i < sizeof off / sizeof off[0]; i++) {
        json_member_bool(&writer, off[i], false);
    }
    empty_array(&writer, STR("siteApps"));
    empty_object(&writer, STR("toolbarParams"));
    json_member_bool(&writer, STR("isAuthenticated"), false);
    end_reply(exchange, &writer);
}

// Asked by every page load and by posthog-node; which key asks makes no difference to "nothing".
void activity_handle_flags(struct http_exchange *exchange, void *context) {
    (void)context;
    http_cors_allow(exchange);
    http_reply_send_static(
        exchange, 200, "application/json",
        STR("{\"flags\":{},\"featureFlags\":{},\"featureFlagPayloads\":{},"
            "\"errorsWhileComputingFlags\":false,\"quotaLimited\":[],\"requestId\":\"\"}"));
}

// Counters about the SDK itself; we have told it not to send any, older versions do.
void activity_handle_sdk_metrics(struct http_exchange *exchange, void *context) {
    (void)context;
    http_cors_allow(exchange);
    http_reply_send_static(exchange, 200, "application/json", STR("{\"success\":true}"));
}
