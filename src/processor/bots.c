// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// Finds known bots: named ones by a part of their User-Agent, the rest by the words that polite ones put into it.
//
// HeadlessChrome counts as a bot: nobody reads in it, while monitors and scrapers run on it. Tests of one's own site that should
// count can set another User-Agent. Analytics libraries of servers (analytics-node, python-requests, okhttp, curl) are no bots.
#include "processor/bots.h"

#include "processor/useragent.h"

struct bot {
    struct str part; // ignoring case
    struct str family;
};
#define BOT(part, family)                                                                          \
    { STR_INIT(part), STR_INIT(family) }

static const struct bot named[] = {
    BOT("googlebot", "Googlebot"),
    BOT("google-inspectiontool", "Googlebot"),
    BOT("storebot-google", "Googlebot"),
    BOT("adsbot-google", "Googlebot"),
    BOT("mediapartners-google", "Googlebot"),
    BOT("apis-google", "Googlebot"),
    BOT("googleother", "Googlebot"),
    BOT("google-read-aloud", "Googlebot"),
    BOT("chrome-lighthouse", "Lighthouse"),
    BOT("bingbot", "Bingbot"),
    BOT("bingpreview", "Bingbot"),
    BOT("adidxbot", "Bingbot"),
    BOT("msnbot", "Bingbot"),
    BOT("yandex.com/bots", "Yandex"),
    BOT("yandexbot", "Yandex"),
    BOT("baiduspider", "Baidu"),
    BOT("duckduckbot", "DuckDuckBot"),
    BOT("applebot", "Applebot"),
    BOT("slurp", "Yahoo"),
    BOT("sogou", "Sogou"),
    BOT("petalbot", "PetalBot"),
    BOT("bytespider", "Bytespider"),
    BOT("amazonbot", "Amazonbot"),
    BOT("gptbot", "OpenAI"),
    BOT("chatgpt-user", "OpenAI"),
    BOT("oai-searchbot", "OpenAI"),
    BOT("claudebot", "Anthropic"),
    BOT("claude-web", "Anthropic"),
    BOT("anthropic-ai", "Anthropic"),
    BOT("perplexitybot", "Perplexity"),
    BOT("ccbot", "Common Crawl"),
    BOT("facebookexternalhit", "Facebook"),
    BOT("facebot", "Facebook"),
    BOT("meta-externalagent", "Facebook"),
    BOT("twitterbot", "Twitterbot"),
    BOT("linkedinbot", "LinkedInBot"),
    BOT("slackbot", "Slackbot"),
    BOT("slack-imgproxy", "Slackbot"),
    BOT("discordbot", "Discordbot"),
    BOT("telegrambot", "TelegramBot"),
    BOT("whatsapp/", "WhatsApp"),
    BOT("skypeuripreview", "Skype"),
    BOT("pinterestbot", "Pinterest"),
    BOT("redditbot", "Reddit"),
    BOT("embedly", "Embedly"),
    BOT("ahrefsbot", "Ahrefs"),
    BOT("ahrefssiteaudit", "Ahrefs"),
    BOT("semrushbot", "Semrush"),
    BOT("mj12bot", "Majestic"),
    BOT("dotbot", "Moz"),
    BOT("rogerbot", "Moz"),
    BOT("screaming frog", "Screaming Frog"),
    BOT("ia_archiver", "Internet Archive"),
    BOT("archive.org_bot", "Internet Archive"),
    BOT("uptimerobot", "UptimeRobot"),
    BOT("pingdom", "Pingdom"),
    BOT("statuscake", "StatusCake"),
    BOT("site24x7", "Site24x7"),
    BOT("newrelicpinger", "New Relic"),
    BOT("newrelicsynthetics", "New Relic"),
    BOT("datadogsynthetics", "Datadog"),
    BOT("datadog/synthetics", "Datadog"),
    BOT("catchpoint", "Catchpoint"),
    BOT("gtmetrix", "GTmetrix"),
    BOT("hetrixtools", "HetrixTools"),
    BOT("better uptime bot", "Better Uptime"),
    BOT("checkly", "Checkly"),
    BOT("uptime-kuma", "Uptime Kuma"),
    BOT("blackbox exporter", "Prometheus"),
    BOT("googlestackdrivermonitoring", "Google Cloud Monitoring"),
    BOT("amazon-route53-health-check", "Amazon Route 53"),
    BOT("elb-healthchecker", "Elastic Load Balancing"),
    BOT("kube-probe", "Kubernetes"),
    BOT("headlesschrome", "HeadlessChrome"),
    BOT("phantomjs", "PhantomJS"),
    BOT("prerender", "Prerender"),
    BOT("w3c_validator", "W3C"),
    // Words of the rest. "cubot" is a maker of telephones and is dealt with below.
    BOT("crawler", "other"),
    BOT("spider", "other"),
    BOT("bot/", "other"),
    BOT("bot;", "other"),
    BOT("bot)", "other"),
    BOT("+http://", "other"),
    BOT("+https://", "other"),
};

struct str bots_family(struct str user_agent) {
    if (user_agent.len == 0) {
        return STR_EMPTY;
    }
    if (user_agent.len > USERAGENT_BYTES_MAX) {
        user_agent.len = USERAGENT_BYTES_MAX;
    }
    for (size_t i = 0; i < sizeof(named) / sizeof(named[0]); i++) {
        if (str_contains_ignore_case(user_agent, named[i].part)) {
            bool telephone = str_equal(named[i].family, STR("other")) &&
                             str_contains_ignore_case(user_agent, STR("cubot"));
            return telephone ? STR_EMPTY : named[i].family;
        }
    }
    return STR_EMPTY;
}
