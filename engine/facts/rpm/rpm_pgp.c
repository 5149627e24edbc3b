/* SPDX-License-Identifier: Apache-2.0 */
/* Whose key made a signature: OpenPGP packets (RFC 4880, sections 4.2 and 5.2). Verifies nothing.
 */
#include "facts/rpm/rpm.h"

enum {
	TAG_SIGNATURE = 2,
	SUBPACKET_ISSUER = 16,
	SUBPACKET_FINGERPRINT = 33,
	ID_BYTES = 8,
};

struct span {
	const uint8_t *p;
	size_t n;
};

static size_t big_endian(const uint8_t *p, size_t n)
{
	size_t v = 0;

	for (size_t i = 0; i < n; i++)
		v = v << 8 | p[i];
	return v;
}

/* Takes n bytes from the front. */
static bool take(struct span *from, size_t n, struct span *ret)
{
	if (n > from->n)
		return false;
	*ret = (struct span){from->p, n};
	from->p += n;
	from->n -= n;
	return true;
}

/* A length as new packets and subpackets have it (4.2.2, 5.2.3.1), without partial ones. */
static bool new_length(struct span *from, bool packet, size_t *ret)
{
	struct span b;

	if (!take(from, 1, &b))
		return false;
	*ret = b.p[0];
	if (b.p[0] < 192)
		return true;
	if (b.p[0] == 255) {
		if (!take(from, 4, &b))
			return false;
		*ret = big_endian(b.p, 4);
		return true;
	}
	if (packet && b.p[0] >= 224)
		return false;
	*ret = (size_t)(b.p[0] - 192) << 8;
	if (!take(from, 1, &b))
		return false;
	*ret += b.p[0] + 192u;
	return true;
}

static bool body_of(struct span *from, struct span *ret)
{
	struct span b;
	size_t len;

	if (!take(from, 1, &b) || !(b.p[0] & 0x80))
		return false;
	if (b.p[0] & 0x40) {
		if ((b.p[0] & 0x3f) != TAG_SIGNATURE || !new_length(from, true, &len))
			return false;
		return take(from, len, ret);
	}
	if ((b.p[0] >> 2 & 15) != TAG_SIGNATURE || (b.p[0] & 3) == 3)
		return false;
	if (!take(from, (size_t)1 << (b.p[0] & 3), &b))
		return false;
	return take(from, big_endian(b.p, b.n), ret);
}

static const uint8_t *id_in(struct span area, unsigned wanted)
{
	struct span sub;
	size_t len;

	while (new_length(&area, false, &len) && len && take(&area, len, &sub)) {
		unsigned type = sub.p[0] & 0x7f;

		if (type == wanted && type == SUBPACKET_ISSUER && len == 1 + ID_BYTES)
			return sub.p + 1;
		/* version, then the fingerprint, which ends in the id */
		if (type == wanted && type == SUBPACKET_FINGERPRINT && len == 22 && sub.p[1] == 4)
			return sub.p + len - ID_BYTES;
	}
	return NULL;
}

static const uint8_t *id_of(struct span body)
{
	struct span b, hashed, loose;
	const uint8_t *id;

	if (!take(&body, 1, &b))
		return NULL;
	if (b.p[0] == 3) /* length 5, type, time, id */
		return take(&body, 6, &b) && take(&body, ID_BYTES, &b) ? b.p : NULL;
	if (b.p[0] != 4 || !take(&body, 3, &b)) /* type, two algorithms */
		return NULL;
	if (!take(&body, 2, &b) || !take(&body, big_endian(b.p, 2), &hashed) ||
	    !take(&body, 2, &b) || !take(&body, big_endian(b.p, 2), &loose))
		return NULL;
	id = id_in(hashed, SUBPACKET_ISSUER);
	if (!id)
		id = id_in(loose, SUBPACKET_ISSUER);
	return id ? id : id_in(hashed, SUBPACKET_FINGERPRINT);
}

bool rpm_pgp_keyid(const uint8_t *sig, size_t len, char ret_id[17])
{
	struct span from = {sig, len}, body;
	const uint8_t *id = body_of(&from, &body) ? id_of(body) : NULL;

	if (!id)
		return false;
	for (size_t i = 0; i < ID_BYTES; i++)
		snprintf(ret_id + 2 * i, 3, "%02x", id[i]);
	return true;
}
