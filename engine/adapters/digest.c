/* SPDX-License-Identifier: Apache-2.0 */
/* Digests over libcrypto, its only door for hashing. Must not seek or close the descriptors it
 * reads. */
#include <openssl/evp.h>

#include "base/base.h"
#include "stigwatch/digest.h"

struct sw_digest {
	EVP_MD_CTX *ctx;
};

static const struct {
	const char *oval, *evp;
} algorithms[] = {
	{"SHA-256", "SHA256"}, {"SHA-1", "SHA1"},     {"SHA-224", "SHA224"},
	{"SHA-384", "SHA384"}, {"SHA-512", "SHA512"}, {"MD5", "MD5"},
};

static const EVP_MD *find(const char *name)
{
	size_t i;

	for (i = 0; i < SW_ARRAY_LEN(algorithms); i++)
		if (!strcmp(algorithms[i].oval, name))
			return EVP_get_digestbyname(algorithms[i].evp);
	return NULL;
}

SW_DEFINE_CLEANUP(struct sw_digest *, digest, sw_digest_free)

int sw_digest_new(const char *algorithm, struct sw_digest **ret_digest)
{
	_cleanup_(sw_cleanup_digest) struct sw_digest *d = NULL;
	const EVP_MD *md = find(algorithm);

	if (!md)
		return -ENOTSUP;
	d = calloc(1, sizeof(*d));
	if (!d)
		return -ENOMEM;
	d->ctx = EVP_MD_CTX_new();
	if (!d->ctx)
		return -ENOMEM;
	/* A FIPS provider refuses MD5 and perhaps SHA-1 here. */
	if (EVP_DigestInit_ex(d->ctx, md, NULL) != 1)
		return -ENOTSUP;
	*ret_digest = TAKE(d);
	return 0;
}

int sw_digest_update(struct sw_digest *d, const void *data, size_t len)
{
	return EVP_DigestUpdate(d->ctx, data, len) == 1 ? 0 : -EIO;
}

int sw_digest_final(struct sw_digest *d, char *ret_hex, size_t size)
{
	static const char digits[] = "0123456789abcdef";
	unsigned char raw[EVP_MAX_MD_SIZE];
	unsigned int len, i;

	if ((size_t)EVP_MD_CTX_size(d->ctx) * 2 + 1 > size)
		return -ENOSPC;
	if (EVP_DigestFinal_ex(d->ctx, raw, &len) != 1)
		return -EIO;
	for (i = 0; i < len; i++) {
		ret_hex[2 * i] = digits[raw[i] >> 4];
		ret_hex[2 * i + 1] = digits[raw[i] & 15];
	}
	ret_hex[2 * len] = '\0';
	return 0;
}

void sw_digest_free(struct sw_digest *d)
{
	if (!d)
		return;
	EVP_MD_CTX_free(d->ctx);
	free(d);
}

int sw_sha256_hex(const void *data, size_t len, char ret_hex[static SW_SHA256_HEX])
{
	_cleanup_(sw_cleanup_digest) struct sw_digest *d = NULL;
	int rc;

	rc = sw_digest_new("SHA-256", &d);
	if (rc < 0)
		return rc;
	rc = sw_digest_update(d, data, len);
	return rc < 0 ? rc : sw_digest_final(d, ret_hex, SW_SHA256_HEX);
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
		rc = sw_digest_update(d, buf, (size_t)n);
		if (rc < 0)
			return rc;
	}
}
