/* SPDX-License-Identifier: Apache-2.0 */
/* The one decoder of wire records; private to collector/ and loader/ (which reads saved records of
 * the same form). */
#pragma once

#include <stddef.h>
#include <stdint.h>

struct sw_event;

/*
 * Fills in *ret_event from a record, in place: paths are left as they were behind their ends.
 * -EPROTO when its size, type, ABI or a string's place is wrong; *ret_event is then worth nothing.
 * *ret_stream: which of its CPU's sequences the record belongs to.
 */
int sw_event_decode(const void *data, size_t size, struct sw_event *ret_event, uint8_t *ret_stream);

/* A kernel's device number as st_dev encodes it. */
uint32_t sw_dev_decode(uint32_t kernel_dev);
uint32_t sw_dev_encode(uint64_t st_dev);
