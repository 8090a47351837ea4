// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// Certificates made on the spot, in a directory of their own.
#ifndef FOOTFALL_TEST_HTTP_PKI_H
#define FOOTFALL_TEST_HTTP_PKI_H

#include <stdbool.h>

struct pki {
    char directory[64];
};
void pki_begin(struct pki *pki);
void pki_end(struct pki *pki); // removes all of it

enum pki_kind {
    PKI_AUTHORITY,
    PKI_SERVER,
    PKI_CLIENT,
    PKI_EXPIRED, // a server's, from the day before yesterday to yesterday
};
// Writes NAME.pem and NAME.key. issuer NULL: signed by itself. names: alternatives as OpenSSL writes them ("DNS:a.test,IP:127.0.0.1");
// NULL: none. The subject is CN=NAME.
void pki_make(const struct pki *pki, const char *name, const char *issuer, enum pki_kind kind,
              const char *names);
// Directory and file as one path; good until the fourth next call.
const char *pki_path(const struct pki *pki, const char *file);
// "a.pem:a.key" with their directories; the same.
const char *pki_pair(const struct pki *pki, const char *name);
void pki_write(const struct pki *pki, const char *file, const char *text);
void pki_copy(const struct pki *pki, const char *from, const char *to); // both files

#endif
