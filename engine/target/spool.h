/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Bytes that are written once and read when all is known: in an unlinked file, so that memory does
 * not grow with them.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "stigwatch/result.h"

struct sw_spool;

int sw_spool_new(struct sw_spool **ret_spool); /* or negative errno */
void sw_spool_free(struct sw_spool *s);
/* A sw_write_fn: ctx is the struct sw_spool. -EFBIG past SW_LIMIT_SPOOL. */
int sw_spool_write(void *spool, const void *data, size_t len);
uint64_t sw_spool_len(const struct sw_spool *s);
/* Hands over all of it; 0, negative errno, or what write returned. May be called again. */
int sw_spool_copy(const struct sw_spool *s, sw_write_fn write, void *ctx);
