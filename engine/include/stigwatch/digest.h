/* SPDX-License-Identifier: Apache-2.0 */
/* SHA-256 and friends (FIPS 180-4) over nettle. Hex output is lower case, NUL-terminated. */
#pragma once

#include <stddef.h>
#include <stdint.h>

#define SW_SHA256_LEN 32
#define SW_SHA256_HEX 65 /* with NUL */

struct sw_error;
struct sw_digest; /* a running digest */

/* algorithm: "SHA-256", "SHA-1", "SHA-224", "SHA-384", "SHA-512", "MD5" (OVAL's names). -ENOTSUP
 * for others. */
int sw_digest_new(const char *algorithm, struct sw_digest **ret_digest);
void sw_digest_update(struct sw_digest *d, const void *data, size_t len);
/* Writes the hex digest; size is ret_hex's size. */
int sw_digest_final(struct sw_digest *d, char *ret_hex, size_t size);
void sw_digest_free(struct sw_digest *d);

int sw_sha256_hex(const void *data, size_t len, char ret_hex[static SW_SHA256_HEX]);
/* Reads fd from its current offset to its end; at most max_bytes (0: no limit, else -EFBIG). */
int sw_sha256_fd(int fd, uint64_t max_bytes, char ret_hex[static SW_SHA256_HEX]);
