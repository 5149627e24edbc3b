/* SPDX-License-Identifier: Apache-2.0 */
/* The kernel's ring buffer, read in place. Knows nothing of what is in the records. */
#pragma once

#include <stddef.h>
#include <stdint.h>

struct sw_error;
struct sw_ring;

/* What is not 0 stops the reading; the record counts as read. */
typedef int (*sw_record_fn)(void *ctx, void *data, size_t size);

/* map_fd: of a ring buffer; stays the caller's. */
int sw_ring_new(int map_fd, struct sw_ring **ret_ring, struct sw_error *err);
void sw_ring_free(struct sw_ring *r);
/* Becomes readable when the kernel wakes its readers. */
int sw_ring_fd(const struct sw_ring *r);
/* Hands out what is there, and what comes meanwhile: 0, or what fn said. */
int sw_ring_read(struct sw_ring *r, sw_record_fn fn, void *ctx);
