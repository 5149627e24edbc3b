/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Digests over nettle, its only door for hashing: its code is a tenth of libcrypto's in memory, and
 * as fast. Must not seek or close the descriptors it reads.
 */
#include <nettle/nettle-meta.h>
#include <nettle/sha2.h>

#include "base/base.h"
#include "stigwatch/digest.h"

struct sw_digest {
	const struct nettle_hash *hash;
	max_align_t state[]; /* hash->context_size bytes */
};

static const struct {
	const char *oval;
	const struct nettle_hash *hash;
} algorithms[] = {
	{"SHA-256", &nettle_sha256}, {"SHA-1", &nettle_sha1},	  {"SHA-224", &nettle_sha224},
	{"SHA-384", &nettle_sha384}, {"SHA-512", &nettle_sha512}, {"MD5", &nettle_md5},
};

static const struct nettle_hash *find(const char *name)
{
	size_t i;

	for (i = 0; i < SW_ARRAY_LEN(algorithms); i++)
		if (!strcmp(algorithms[i].oval, name))
			return algorithms[i].hash;
	return NULL;
}

SW_DEFINE_CLEANUP(struct sw_digest *, digest, sw_digest_free)

int sw_digest_new(const char *algorithm, struct sw_digest **ret_digest)
{
	const struct nettle_hash *hash = find(algorithm);
	struct sw_digest *d;

	if (!hash)
		return -ENOTSUP;
	d = malloc(sizeof(*d) + hash->context_size);
	if (!d)
		return -ENOMEM;
	d->hash = hash;
	hash->init(d->state);
	*ret_digest = d;
	return 0;
}

void sw_digest_update(struct sw_digest *d, const void *data, size_t len)
{
	d->hash->update(d->state, len, data);
}

int sw_digest_final(struct sw_digest *d, char *ret_hex, size_t size)
{
	static const char digits[] = "0123456789abcdef";
	unsigned char raw[SHA512_DIGEST_SIZE]; /* the longest */
	unsigned int len = d->hash->digest_size, i;

	if ((size_t)len * 2 + 1 > size)
		return -ENOSPC;
	d->hash->digest(d->state, len, raw);
	for (i = 0; i < len; i++) {
		ret_hex[2 * i] = digits[raw[i] >> 4];
		ret_hex[2 * i + 1] = digits[raw[i] & 15];
	}
	ret_hex[2 * len] = '\0';
	return 0;
}

void sw_digest_free(struct sw_digest *d)
{
	free(d);
}

int sw_sha256_hex(const void *data, size_t len, char ret_hex[static SW_SHA256_HEX])
{
	_cleanup_(sw_cleanup_digest) struct sw_digest *d = NULL;
	int rc;

	rc = sw_digest_new("SHA-256", &d);
	if (rc < 0)
		return rc;
	sw_digest_update(d, data, len);
	return sw_digest_final(d, ret_hex, SW_SHA256_HEX);
}

int sw_sha256_fd(int fd, uint64_t max_bytes, char ret_hex[static SW_SHA256_HEX])
{
	_cleanup_(sw_cleanup_digest) struct sw_digest *d = NULL;
	unsigned char buf[65536];
	uint64_t total = 0;
	ssize_t n;
	int rc;

	rc = sw_digest_new("SHA-256", &d);
	if (rc < 0)
		return rc;
	for (;;) {
		n = read(fd, buf, sizeof(buf));
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -errno;
		if (!n)
			return sw_digest_final(d, ret_hex, SW_SHA256_HEX);
		total += (uint64_t)n;
		if (max_bytes && total > max_bytes)
			return -EFBIG;
		sw_digest_update(d, buf, (size_t)n);
	}
}
