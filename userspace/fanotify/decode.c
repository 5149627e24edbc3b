/* SPDX-License-Identifier: Apache-2.0 */
/* fanotify's wire format (fanotify(7), linux/fanotify.h). Pure: it opens and closes nothing. */
#include <sys/fanotify.h>

#include "fanotify/private.h"

#define INFO_DFID_NAME 2
#define INFO_DFID 3

/*
 * struct fanotify_event_info_fid: header (4), fsid (8), then struct file_handle: length (4), type
 * (4), bytes; behind it the name, ended by NUL, padded. Everything is copied out: the buffer's
 * alignment is not ours to trust.
 */
#define AT_HANDLE_BYTES 12
#define AT_HANDLE_TYPE 16
#define AT_HANDLE 20

static int read_fid(const uint8_t *info, size_t len, bool named, struct sw_fan_record *r)
{
	uint32_t bytes;
	const uint8_t *name;
	size_t room;

	if (len < AT_HANDLE)
		return -EBADMSG;
	memcpy(&bytes, info + AT_HANDLE_BYTES, sizeof(bytes));
	if (bytes > SW_FAN_HANDLE_MAX || bytes > len - AT_HANDLE)
		return -EBADMSG;
	r->handle = info + AT_HANDLE_TYPE;
	r->handle_len = sizeof(uint32_t) + bytes;
	if (!named)
		return 0;
	name = info + AT_HANDLE + bytes;
	room = len - AT_HANDLE - bytes;
	if (!memchr(name, '\0', room))
		return -EBADMSG;
	r->name = (const char *)name;
	return 0;
}

static int read_infos(const uint8_t *at, size_t len, struct sw_fan_record *r)
{
	while (len > 0) {
		struct fanotify_event_info_header h;
		int rc = 0;

		if (len < sizeof(h))
			return -EBADMSG;
		memcpy(&h, at, sizeof(h));
		if (h.len < sizeof(h) || h.len > len)
			return -EBADMSG;
		if (h.info_type == INFO_DFID_NAME || h.info_type == INFO_DFID)
			rc = read_fid(at, h.len, h.info_type == INFO_DFID_NAME, r);
		if (rc < 0)
			return rc;
		at += h.len;
		len -= h.len;
	}
	return 0;
}

int sw_fan_decode(const void *buf, size_t len, sw_fan_record_fn fn, void *ctx)
{
	const uint8_t *at = buf;

	while (len > 0) {
		struct fanotify_event_metadata m;
		struct sw_fan_record r;

		if (len < sizeof(m))
			return -EBADMSG;
		memcpy(&m, at, sizeof(m));
		if (m.vers != FANOTIFY_METADATA_VERSION || m.metadata_len < sizeof(m) ||
		    m.event_len < m.metadata_len || m.event_len > len)
			return -EBADMSG;
		r = (struct sw_fan_record){.mask = m.mask, .pid = m.pid, .fd = m.fd};
		if (read_infos(at + m.metadata_len, m.event_len - m.metadata_len, &r) < 0)
			return -EBADMSG;
		fn(ctx, &r);
		at += m.event_len;
		len -= m.event_len;
	}
	return 0;
}
