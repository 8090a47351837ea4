// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// What the scripts share: their arguments, and a line of JSON for each event that an SDK says it delivered.
'use strict';

const [url, writeKey, user = 'someone', count = '1'] = process.argv.slice(2);

function sent(id, type) {
    process.stdout.write(JSON.stringify({ id, type }) + '\n');
}

function fail(error) {
    process.stderr.write(String((error && error.stack) || error) + '\n');
    process.exit(1);
}
process.on('unhandledRejection', fail);

// The calls of a round, by type: what every SDK of the Segment family offers.
const properties = { plan: 'gold', total: 19.5, nested: { list: [1, 'two', null, true] }, text: 'naïve “quotes” 🎈' };
const traits = { name: 'Ada Lovelace', email: 'ada@example.org' };

module.exports = { url, writeKey, user, count: Number(count), sent, fail, properties, traits };
