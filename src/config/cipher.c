// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// The cipher of Spring Security's Encryptors.text, by OpenSSL.
#include "config/cipher.h"

#include <limits.h>
#include <openssl/evp.h>
#include <sodium.h>
#include <stdlib.h>

#define KEY_BYTES 32
#define IV_BYTES 16
#define ROUNDS 1024
#define SALT_MAX 64

struct config_cipher {
    unsigned char key[KEY_BYTES];
};

enum status config_cipher_make(struct str key, struct str salt, struct config_cipher **out,
                               struct error *err) {
    unsigned char bytes[SALT_MAX];
    size_t count = 0;
    const char *end = NULL;
    if (salt.len == 0 || salt.len % 2 != 0 ||
        sodium_hex2bin(bytes, sizeof bytes, salt.data, salt.len, NULL, &count, &end) != 0 ||
        end != salt.data + salt.len) {
        return error_set(err, STATUS_INVALID,
                         "config.encrypt.salt: not an even number of hexadecimal digits");
    }
    struct config_cipher *cipher = calloc(1, sizeof *cipher);
    if (!cipher || PKCS5_PBKDF2_HMAC(key.data, (int)key.len, bytes, (int)count, ROUNDS, EVP_sha1(),
                                     KEY_BYTES, cipher->key) != 1) {
        free(cipher);
        return error_set(err, STATUS_NO_MEMORY, "out of memory");
    }
    *out = cipher;
    return STATUS_OK;
}

void config_cipher_free(struct config_cipher *cipher) {
    if (cipher) {
        sodium_memzero(cipher, sizeof *cipher);
        free(cipher);
    }
}

// in and out are different; out has room for a block more. Whether it worked.
static bool run(const struct config_cipher *cipher, bool encrypt, const unsigned char *iv,
                const unsigned char *in, size_t len, unsigned char *out, size_t *out_len) {
    EVP_CIPHER_CTX *context = EVP_CIPHER_CTX_new();
    int first = 0, last = 0;
    bool good =
        context && len <= INT_MAX - 2 * IV_BYTES &&
        EVP_CipherInit_ex(context, EVP_aes_256_cbc(), NULL, cipher->key, iv, encrypt) == 1 &&
        EVP_CipherUpdate(context, out, &first, in, (int)len) == 1 &&
        EVP_CipherFinal_ex(context, out + first, &last) == 1;
    EVP_CIPHER_CTX_free(context);
    *out_len = (size_t)first + (size_t)last;
    return good;
}

enum status config_cipher_encrypt(const struct config_cipher *cipher, struct random_source *random,
                                  struct str plain, struct buffer *out) {
    size_t len = 0;
    size_t room = IV_BYTES + plain.len + IV_BYTES;
    unsigned char *bytes = malloc(room);
    char *text = malloc(room * 2 + 1);
    enum status status = bytes && text ? STATUS_OK : STATUS_NO_MEMORY;
    if (status == STATUS_OK) {
        random->fill(random, bytes, IV_BYTES);
        const unsigned char *in = (const unsigned char *)(plain.data ? plain.data : "");
        if (run(cipher, true, bytes, in, plain.len, bytes + IV_BYTES, &len)) {
            sodium_bin2hex(text, room * 2 + 1, bytes, IV_BYTES + len);
            buffer_append(out, text, (IV_BYTES + len) * 2);
            status = buffer_status(out);
        } else {
            status = STATUS_NO_MEMORY;
        }
    }
    free(text);
    free(bytes);
    return status;
}

struct str config_cipher_strip(struct str text) {
    const struct str plain = STR("{plain}");
    for (size_t i = 0; i + plain.len <= text.len; i++) {
        if (str_equal(str_make(text.data + i, plain.len), plain)) {
            return str_make(text.data + i + plain.len, text.len - i - plain.len);
        }
    }
    while (text.len > 0 && text.data[0] == '{') {
        const char *end = memchr(text.data, '}', text.len);
        if (!end || !memchr(text.data, ':', (size_t)(end - text.data))) {
            break;
        }
        text = str_make(end + 1, text.len - (size_t)(end + 1 - text.data));
    }
    return text;
}

enum status config_cipher_decrypt(const struct config_cipher *cipher, struct str text,
                                  struct buffer *out) {
    struct str hex = config_cipher_strip(text);
    size_t count = 0, len = 0;
    const char *end = NULL;
    unsigned char *bytes = malloc(hex.len / 2 + 1);
    unsigned char *plain = malloc(hex.len / 2 + IV_BYTES);
    enum status status = STATUS_INVALID;
    if (!bytes || !plain) {
        status = STATUS_NO_MEMORY;
    } else if (hex.len > 0 && hex.len % 2 == 0 &&
               sodium_hex2bin(bytes, hex.len / 2, hex.data, hex.len, NULL, &count, &end) == 0 &&
               end == hex.data + hex.len && count >= (size_t)IV_BYTES * 2 &&
               run(cipher, false, bytes, bytes + IV_BYTES, count - IV_BYTES, plain, &len) &&
               str_is_utf8(str_make((const char *)plain, len))) {
        buffer_append(out, plain, len);
        status = buffer_status(out);
    }
    if (plain) {
        sodium_memzero(plain, hex.len / 2 + IV_BYTES);
    }
    free(plain);
    free(bytes);
    return status;
}
