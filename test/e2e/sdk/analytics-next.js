// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// @segment/analytics-next, Segment's browser SDK, in a page made by jsdom; settings come from the server as from the CDN.
// The fifth argument chooses its delivery strategy: "standard" (one request an event) or "batching".
'use strict';
const { JSDOM } = require('jsdom');
const { url, writeKey, user, count, sent, fail, properties, traits } = require('./sent');

const strategy = process.argv[6] || 'standard';
const page = new JSDOM('<!doctype html><title>Install</title><script>0</script>', {
    url: 'https://shop.example.com/install?utm_source=letter',
    referrer: 'https://search.example.net/?q=footfall',
    pretendToBeVisual: true,
});

// The names that the SDK takes from the page's global object.
for (const name of ['window', 'document', 'location', 'localStorage', 'sessionStorage', 'history', 'XMLHttpRequest']) {
    Object.defineProperty(globalThis, name, { value: name === 'window' ? page.window : page.window[name], configurable: true });
}
Object.defineProperty(globalThis, 'navigator', { value: page.window.navigator, configurable: true });
// jsdom has no fetch; Node's is the same interface.
page.window.fetch = globalThis.fetch;

const { AnalyticsBrowser } = require('@segment/analytics-next');

async function main() {
    const analytics = AnalyticsBrowser.load(
        { writeKey, cdnURL: url },
        { integrations: { 'Segment.io': { deliveryStrategy: { strategy, config: { size: 10, timeout: 100 } } } } },
    );
    const [instance] = await analytics;
    instance.on('error', (error) => fail(error.reason || error));
    const deliver = async (type, call) => {
        const context = await call;
        if (context.failedDelivery()) {
            fail(context.failedDelivery().reason);
        }
        sent(context.event.messageId, type);
    };
    for (let round = 0; round < count; round++) {
        await deliver('identify', analytics.identify(user, traits));
        await Promise.all([
            deliver('track', analytics.track('Order Completed', properties)),
            deliver('page', analytics.page('Docs', 'Install')),
            deliver('screen', analytics.screen('Start')),
            deliver('group', analytics.group('acme', { employees: 12 })),
            deliver('alias', analytics.alias(user, user + '-before')),
        ]);
    }
    // Batches leave when they are full, after their timeout, or with the page.
    page.window.dispatchEvent(new page.window.Event('pagehide'));
    setTimeout(() => process.exit(0), 1000).unref();
}
main().catch(fail);
