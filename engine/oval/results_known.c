/* SPDX-License-Identifier: Apache-2.0 */
/* Numbers for items, the same for the same content: a table of digests, so that no container can
 * make one item pass for another. Keeps no item. */
#include "oval/results_private.h"
#include "stigwatch/cleanup.h"
#include "stigwatch/digest.h"
#include "stigwatch/limits.h"

struct slot {
	uint64_t digest[2];
	uint32_t number; /* 0: empty */
};

struct oval_known {
	struct slot *slots;
	size_t n, n_slots;
};

struct oval_known *oval_known_new(void)
{
	return calloc(1, sizeof(struct oval_known));
}

void oval_known_free(struct oval_known *k)
{
	if (!k)
		return;
	free(k->slots);
	free(k);
}

static struct slot *slot_of(struct slot *slots, size_t n_slots, const uint64_t digest[2])
{
	size_t i = digest[0] & (n_slots - 1);

	while (slots[i].number && memcmp(slots[i].digest, digest, sizeof(slots[i].digest)))
		i = (i + 1) & (n_slots - 1);
	return &slots[i];
}

static int grow(struct oval_known *k)
{
	size_t n_slots = k->n_slots ? k->n_slots * 2 : 256;
	struct slot *slots = calloc(n_slots, sizeof(*slots));

	if (!slots)
		return -ENOMEM;
	for (size_t i = 0; i < k->n_slots; i++)
		if (k->slots[i].number)
			*slot_of(slots, n_slots, k->slots[i].digest) = k->slots[i];
	free(k->slots);
	k->slots = slots;
	k->n_slots = n_slots;
	return 0;
}

int64_t oval_known_add(struct oval_known *k, const void *text, size_t len, bool *ret_new)
{
	char hex[SW_SHA256_HEX], half[17] = {0};
	uint64_t digest[2];
	struct slot *slot;
	int rc = sw_sha256_hex(text, len, hex);

	if (rc == 0 && (k->n + 1) * 4 > k->n_slots * 3)
		rc = grow(k);
	if (rc < 0)
		return rc;
	for (size_t i = 0; i < 2; i++)
		digest[i] = strtoull(memcpy(half, hex + 16 * i, 16), NULL, 16);
	slot = slot_of(k->slots, k->n_slots, digest);
	*ret_new = !slot->number;
	if (slot->number)
		return slot->number;
	if (k->n >= SW_LIMIT_OVAL_ITEMS)
		return -E2BIG;
	*slot = (struct slot){{digest[0], digest[1]}, (uint32_t)++k->n};
	return slot->number;
}
