// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// Values that are kept encrypted: {cipher} and hexadecimal text, as Spring's encrypt.key makes them.
//
// AES-256 in CBC mode with PKCS #7 padding and 16 random bytes in front; the key is PBKDF2-HMAC-SHA1 of the pass phrase, 1024 rounds. There is
// no authentication in this format: whoever can write the files can garble a value without being noticed.
#ifndef FOOTFALL_CONFIG_CIPHER_H
#define FOOTFALL_CONFIG_CIPHER_H

#include "base/buffer.h"
#include "base/error.h"
#include "base/random.h"

struct config_cipher;
// salt: hexadecimal; Spring's default is "deadbeef". INVALID: it is not; err says so. NO_MEMORY.
MUST_CHECK enum status config_cipher_make(struct str key, struct str salt,
                                          struct config_cipher **out, struct error *err);
void config_cipher_free(struct config_cipher *cipher); // NULL is fine
// Hexadecimal text into out. Any thread, as all below.
MUST_CHECK enum status config_cipher_encrypt(const struct config_cipher *cipher,
                                             struct random_source *random, struct str plain,
                                             struct buffer *out);
// INVALID: not of this key, or no UTF-8 inside. {name:value} in front is passed over.
MUST_CHECK enum status config_cipher_decrypt(const struct config_cipher *cipher, struct str text,
                                             struct buffer *out);
// What stands behind {name:value}{other:value}, or behind {plain}.
struct str config_cipher_strip(struct str text);

#endif
