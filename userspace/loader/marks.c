/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Marks: how far the reader has come, kept in mapped arrays of the kernel, so that a process that
 * is killed leaves them to the next one. Plain stores: what is written is there the moment after.
 */
#include "loader/private.h"

#include <sys/mman.h>

#include "stigwatch/cleanup.h"
#include "stigwatch/error.h"

static void *array_map(int fd, size_t bytes)
{
	void *p = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);

	return p == MAP_FAILED ? NULL : p;
}

static int array_create(const char *name, size_t size, size_t n)
{
	LIBBPF_OPTS(bpf_map_create_opts, opts, .map_flags = BPF_F_MMAPABLE);
	int fd = bpf_map_create(BPF_MAP_TYPE_ARRAY, name, sizeof(uint32_t), (uint32_t)size,
				(uint32_t)n, &opts);

	return fd < 0 ? -errno : fd;
}

/* Number of elements when the map is an array of such elements, else 0. */
static size_t array_len(int fd, size_t size)
{
	struct bpf_map_info info = {};
	uint32_t len = sizeof(info);

	if (bpf_obj_get_info_by_fd(fd, &info, &len) || info.type != BPF_MAP_TYPE_ARRAY ||
	    info.value_size != size || !(info.map_flags & BPF_F_MMAPABLE))
		return 0;
	return info.max_entries;
}

/* The kernel rounds an element up to 8 bytes; ours are such sizes. */
_Static_assert(sizeof(struct sw_slot_mark) % 8 == 0, "elements lie side by side");
_Static_assert(sizeof(struct sw_marks_head) % 8 == 0, "elements lie side by side");

static int marks_map(struct sw_marks *m, struct sw_error *err)
{
	m->head = array_map(m->head_fd, sizeof(*m->head));
	m->slots = array_map(m->slots_fd, m->n_slots * sizeof(*m->slots));
	m->seq = array_map(m->seq_fd, m->n_seq * sizeof(*m->seq));
	if (!m->head || !m->slots || !m->seq)
		return sw_error_set(err, errno, "map the marks: %s", strerror(errno));
	return 0;
}

int sw_marks_create(struct sw_loader *l, struct sw_error *err)
{
	struct sw_marks *m = &l->marks;

	m->n_slots = l->n_slots;
	m->n_seq = (size_t)l->n_cpus * SW_STREAMS;
	m->head_fd = array_create("sw_marks", sizeof(*m->head), 1);
	m->slots_fd = array_create("sw_slot_marks", sizeof(*m->slots), m->n_slots);
	m->seq_fd = array_create("sw_seq_marks", sizeof(*m->seq), m->n_seq);
	if (m->head_fd < 0 || m->slots_fd < 0 || m->seq_fd < 0)
		return sw_error_set(err, errno, "make the marks: %s", strerror(errno));
	return marks_map(m, err);
}

int sw_marks_adopt(struct sw_marks *m, int head, int slots, int seq, struct sw_error *err)
{
	m->head_fd = head;
	m->slots_fd = slots;
	m->seq_fd = seq;
	m->n_slots = array_len(slots, sizeof(*m->slots));
	m->n_seq = array_len(seq, sizeof(*m->seq));
	if (array_len(head, sizeof(*m->head)) != 1 || !m->n_slots || !m->n_seq)
		return sw_error_set(err, ESTALE, "its marks are of another layout");
	int rc = marks_map(m, err);

	if (rc)
		return rc;
	if (m->head->version != SW_MARKS_VERSION)
		return sw_error_set(err, ESTALE, "its marks are of version %u, ours of %u",
				    m->head->version, SW_MARKS_VERSION);
	return 0;
}

void sw_mark_seal(struct sw_mark *mark, uint64_t seq, const char *head)
{
	uint64_t next = mark->seals + 1;

	mark->sealed[next % 2].seq = seq;
	snprintf(mark->sealed[next % 2].head, sizeof(mark->sealed[0].head), "%s", head);
	__atomic_store_n(&mark->seals, next, __ATOMIC_RELEASE);
}

uint64_t sw_mark_sealed(const struct sw_mark *mark, const char **ret_head)
{
	uint64_t seals = __atomic_load_n(&mark->seals, __ATOMIC_ACQUIRE);

	*ret_head = mark->sealed[seals % 2].head;
	return mark->sealed[seals % 2].seq;
}

void sw_marks_release(struct sw_marks *m)
{
	if (m->head)
		munmap(m->head, sizeof(*m->head));
	if (m->slots)
		munmap(m->slots, m->n_slots * sizeof(*m->slots));
	if (m->seq)
		munmap(m->seq, m->n_seq * sizeof(*m->seq));
	sw_cleanup_fd(&m->head_fd);
	sw_cleanup_fd(&m->slots_fd);
	sw_cleanup_fd(&m->seq_fd);
	*m = (struct sw_marks){.head_fd = -1, .slots_fd = -1, .seq_fd = -1};
}
