/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The reader's side of BPF_MAP_TYPE_RINGBUF: a page with the reader's position, which is ours to
 * write; one with the writers'; and the data. libbpf maps the data twice, one behind the other, so
 * that no record is cut in two by the end; the kernel counts both as memory of the process. Here it
 * is mapped once, and the one record that is cut is put together.
 */
#include "collector/ring.h"

#include <bpf/bpf.h>
#include <errno.h>
#include <linux/bpf.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/mman.h>
#include <unistd.h>

#include "stigwatch/cleanup.h"
#include "stigwatch/error.h"

#define CUT_MAX 8192 /* longer than any record of ours */

struct sw_ring {
	int epoll_fd; /* -1: none */
	size_t page, bytes;
	uint64_t *consumer;	  /* NULL: not mapped */
	const uint64_t *producer; /* NULL: not mapped */
	const char *data;	  /* behind the producer's page */
	uint64_t cut[CUT_MAX / sizeof(uint64_t)];
};

static int map_pages(struct sw_ring *r, int map_fd)
{
	void *p = mmap(NULL, r->page, PROT_READ | PROT_WRITE, MAP_SHARED, map_fd, 0);

	if (p == MAP_FAILED)
		return -errno;
	r->consumer = p;
	p = mmap(NULL, r->page + r->bytes, PROT_READ, MAP_SHARED, map_fd, (off_t)r->page);
	if (p == MAP_FAILED)
		return -errno;
	r->producer = p;
	r->data = (const char *)p + r->page;
	return 0;
}

/* The map itself is readable as long as it holds anything: only an epoll set waits for wakeups. */
static int watch_wakeups(struct sw_ring *r, int map_fd)
{
	struct epoll_event ev = {.events = EPOLLIN};

	r->epoll_fd = epoll_create1(EPOLL_CLOEXEC);
	return r->epoll_fd < 0 || epoll_ctl(r->epoll_fd, EPOLL_CTL_ADD, map_fd, &ev) < 0 ? -errno
											 : 0;
}

int sw_ring_new(int map_fd, struct sw_ring **ret_ring, struct sw_error *err)
{
	struct sw_ring *r = calloc(1, sizeof(*r));
	struct bpf_map_info info = {0};
	uint32_t len = sizeof(info);
	int rc;

	if (!r)
		return sw_error_set(err, ENOMEM, "out of memory");
	r->epoll_fd = -1;
	r->page = (size_t)sysconf(_SC_PAGESIZE);
	rc = bpf_obj_get_info_by_fd(map_fd, &info, &len) ? -errno : 0;
	r->bytes = info.max_entries;
	if (rc == 0)
		rc = map_pages(r, map_fd);
	if (rc == 0)
		rc = watch_wakeups(r, map_fd);
	if (rc < 0) {
		sw_ring_free(r);
		return sw_error_set(err, -rc, "map the ring buffer: %s", strerror(-rc));
	}
	*ret_ring = r;
	return 0;
}

void sw_ring_free(struct sw_ring *r)
{
	if (!r)
		return;
	if (r->consumer)
		munmap(r->consumer, r->page);
	if (r->producer)
		munmap((void *)r->producer, r->page + r->bytes);
	if (r->epoll_fd >= 0)
		close(r->epoll_fd);
	free(r);
}

int sw_ring_fd(const struct sw_ring *r)
{
	return r->epoll_fd;
}

/* The bytes of a record at a position, in one piece; NULL when it is longer than any can be. */
static void *record_at(struct sw_ring *r, uint64_t pos, size_t size)
{
	size_t at = pos & (r->bytes - 1), first = r->bytes - at;

	if (size <= first)
		return (void *)(r->data + at);
	if (size > sizeof(r->cut))
		return NULL;
	memcpy(r->cut, r->data + at, first);
	memcpy((char *)r->cut + first, r->data, size - first);
	return r->cut;
}

int sw_ring_read(struct sw_ring *r, sw_record_fn fn, void *ctx)
{
	uint64_t pos = __atomic_load_n(r->consumer, __ATOMIC_ACQUIRE);
	int rc = 0;

	while (rc == 0 && pos < __atomic_load_n(r->producer, __ATOMIC_ACQUIRE)) {
		const uint32_t *head = (const void *)(r->data + (pos & (r->bytes - 1)));
		uint32_t len = __atomic_load_n(head, __ATOMIC_ACQUIRE);
		size_t size = len & ~(BPF_RINGBUF_BUSY_BIT | BPF_RINGBUF_DISCARD_BIT);
		void *record;

		if (len & BPF_RINGBUF_BUSY_BIT) /* it is being written, and so is what follows */
			break;
		record = record_at(r, pos + BPF_RINGBUF_HDR_SZ, size);
		if (!(len & BPF_RINGBUF_DISCARD_BIT))
			rc = fn(ctx, record, record ? size : 0);
		pos += (size + BPF_RINGBUF_HDR_SZ + 7) & ~(uint64_t)7;
		__atomic_store_n(r->consumer, pos, __ATOMIC_RELEASE);
	}
	return rc;
}
