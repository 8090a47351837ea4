// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// node validate.mjs FILE: whether it is a valid OpenAPI document, as JSON.
import { Validator } from "@seriousme/openapi-schema-validator";

const validator = new Validator();
const { valid, errors } = await validator.validate(process.argv[2]);
console.log(JSON.stringify({ valid, version: validator.version ?? null, errors: errors ?? [] }));
