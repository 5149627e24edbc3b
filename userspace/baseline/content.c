/* SPDX-License-Identifier: Apache-2.0 */
/* Reads one file once: digest, and what its bytes say it is; must not judge names. */
#include "baseline/private.h"

#include <sys/xattr.h>

#include "stigwatch/limits.h"
#include "stigwatch/target.h"

#define BLOCK (64u << 10)
#define OVERLAP 32  /* at least the longest marker, so that none is cut between blocks */
#define CAPS_MAX 64 /* bytes of security.capability; the kernel's largest revision has 24 */

/* Strings that only these programs carry, whatever they are called. */
static const char *const markers[] = {"BusyBox v", "landley.net/toybox"};

static bool has_marker(const char *data, size_t len)
{
	for (size_t i = 0; i < SW_ARRAY_LEN(markers); i++) {
		if (memmem(data, len, markers[i], strlen(markers[i])))
			return true;
	}
	return false;
}

/* block holds OVERLAP bytes of the block before, then n new ones. */
static int scan(const struct sw_target_file *file, struct sw_digest *d, char *block,
		struct sw_content *c)
{
	bool elf = false;

	for (;;) {
		ssize_t got = sw_target_file_read(file, block + OVERLAP, BLOCK, c->size);
		size_t n = (size_t)got;

		if (got <= 0)
			return (int)got;
		sw_digest_update(d, block + OVERLAP, n);
		if (c->size == 0) {
			c->script = n >= 2 && memcmp(block + OVERLAP, "#!", 2) == 0;
			elf = n >= 4 && memcmp(block + OVERLAP, "\177ELF", 4) == 0;
		}
		if (elf && !c->multicall)
			c->multicall = has_marker(block, OVERLAP + n);
		c->size += n;
		if (c->size > SW_LIMIT_FILE_BYTES)
			return -EFBIG;
		if (n < BLOCK)
			return 0;
		memcpy(block, block + n, OVERLAP);
	}
}

static void digest_free(struct sw_digest **d)
{
	sw_digest_free(*d);
}

int sw_content_read(int fd, struct sw_content *ret_content)
{
	const struct sw_target_file file = {.fd = fd};

	return sw_content_read_file(&file, ret_content);
}

int sw_content_read_file(const struct sw_target_file *file, struct sw_content *ret_content)
{
	__attribute__((cleanup(digest_free))) struct sw_digest *d = NULL;
	_cleanup_free_ char *block = malloc(OVERLAP + BLOCK);
	struct sw_content c = {0};
	int rc = block ? sw_digest_new("SHA-256", &d) : -ENOMEM;

	if (rc == 0)
		memset(block, 0, OVERLAP);
	if (rc == 0)
		rc = scan(file, d, block, &c);
	if (rc == 0)
		rc = sw_digest_final(d, c.sha256, sizeof(c.sha256));
	if (rc < 0)
		return rc;
	sw_elf_read_file(file, &c.elf);
	*ret_content = c;
	return 0;
}

/* raw holds n bytes, or n is the negative errno of looking for them. */
static int caps_hex(const unsigned char *raw, ssize_t n, char **ret_caps)
{
	char *hex;

	if (n == -ENODATA || n == -EOPNOTSUPP || n == 0) {
		*ret_caps = NULL;
		return 0;
	}
	if (n < 0)
		return (int)n;
	hex = malloc(2 * (size_t)n + 1);
	if (!hex)
		return -ENOMEM;
	for (ssize_t i = 0; i < n; i++)
		snprintf(hex + 2 * i, 3, "%02x", raw[i]);
	*ret_caps = hex;
	return 0;
}

int sw_content_caps(int fd, char **ret_caps)
{
	unsigned char raw[CAPS_MAX];
	char path[40];
	ssize_t n;

	/* by /proc, so that an O_PATH descriptor serves, too */
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	n = getxattr(path, "security.capability", raw, sizeof(raw));
	return caps_hex(raw, n < 0 ? -errno : n, ret_caps);
}

int sw_content_entry_caps(const struct sw_walk_entry *entry, char **ret_caps)
{
	unsigned char raw[CAPS_MAX];

	return caps_hex(raw,
			sw_target_entry_getxattr(entry, "security.capability", raw, sizeof(raw)),
			ret_caps);
}
