/* SPDX-License-Identifier: Apache-2.0 */
/* ind-def:filehash58: digests of a file's content. */
#include "facts/find.h"
#include "facts/read.h"
#include "stigwatch/cleanup.h"
#include "stigwatch/digest.h"

struct hash_gather {
	struct sw_gather *g;
	const struct sw_query_entity *hash_type;
};

static const char *const algorithms[] = {"MD5",	    "SHA-1",   "SHA-224",
					 "SHA-256", "SHA-384", "SHA-512"};

SW_DEFINE_CLEANUP(struct sw_digest *, digest, sw_digest_free)

static int hash_file(int fd, const char *algorithm, char *ret_hex, size_t size)
{
	_cleanup_(sw_cleanup_digest) struct sw_digest *d = NULL;
	char buf[65536];
	ssize_t n;
	int rc = sw_digest_new(algorithm, &d);

	if (rc < 0)
		return rc;
	if (lseek(fd, 0, SEEK_SET) < 0)
		return -errno;
	while ((n = read(fd, buf, sizeof(buf))) != 0) {
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -errno;
		sw_digest_update(d, buf, (size_t)n);
	}
	return sw_digest_final(d, ret_hex, size);
}

static int emit_hash(struct hash_gather *hg, const struct sw_found *found, int fd,
		     const char *algorithm)
{
	char hex[160];
	int rc = hash_file(fd, algorithm, hex, sizeof(hex));
	const struct sw_oval_pair pairs[] = {
		{"filepath", found->filepath}, {"path", found->path}, {"filename", found->filename},
		{"hash_type", algorithm},      {"hash", hex},
	};
	const struct sw_oval_pairs list = {found->filepath, pairs, SW_ARRAY_LEN(pairs)};
	struct sw_oval_item item = sw_oval_item_from_pairs(&list);

	if (rc < 0) {
		sw_gather_problem(hg->g, SW_OVAL_FLAG_ERROR, "%s: %s: %s", found->filepath,
				  algorithm, strerror(-rc));
		return 0;
	}
	return hg->g->emit(hg->g->ctx, &item);
}

/* Opened once for all algorithms, and only when one is wanted. False: a problem was noted. */
static bool open_found(struct hash_gather *hg, const struct sw_found *found, int *fd)
{
	struct stat st;
	int rc = *fd >= 0 ? 1 : sw_open_regular(hg->g->target, found->filepath, fd, &st);

	/* OpenSCAP: error for a link that leads nowhere; it hangs on a FIFO */
	if (rc <= 0)
		sw_gather_problem(hg->g, SW_OVAL_FLAG_ERROR, "%s: %s", found->filepath,
				  rc ? strerror(-rc) : "not a readable file");
	return rc > 0;
}

static int hash_found(void *ctx, const struct sw_found *found)
{
	struct hash_gather *hg = ctx;
	_cleanup_fd_ int fd = -1;

	if (!found->filename)
		return 0;
	for (size_t i = 0; i < SW_ARRAY_LEN(algorithms); i++) {
		int rc;

		if (sw_query_match(hg->g, hg->hash_type, algorithms[i]) != SW_OVAL_TRUE)
			continue;
		if (!open_found(hg, found, &fd))
			return 0;
		rc = emit_hash(hg, found, fd, algorithms[i]);
		if (rc < 0)
			return rc;
	}
	return 0;
}

static int gather_hash(struct sw_gather *g)
{
	struct hash_gather hg = {.g = g, .hash_type = sw_query_entity(g->query, "hash_type")};

	if (!hg.hash_type) {
		sw_gather_problem(g, SW_OVAL_FLAG_ERROR, "object without hash_type");
		return 0;
	}
	return sw_find_files(g, hash_found, &hg);
}

const struct sw_gatherer sw_gatherer_filehash58 = {
	.family = "independent",
	.type = "filehash58",
	.gather = gather_hash,
};
