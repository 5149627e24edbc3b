/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Output files: written to a temporary file beside the final one, fsynced, renamed. "-" is standard
 * output. Devices, FIFOs and /proc/self/fd names are written directly: renaming over them would
 * destroy them.
 */
#pragma once

#include <stddef.h>

struct sw_error;
struct sw_output;

int sw_output_open(const char *path, struct sw_output **ret_output, struct sw_error *err);
/* A sw_write_fn: ctx is the struct sw_output. */
int sw_output_write(void *output, const void *data, size_t len);
/*
 * Makes the file appear under its name. On any earlier or present error nothing appears. Frees,
 * also on failure. Nothing written at all is -ENODATA: an empty result is an error, never a
 * success.
 */
int sw_output_commit(struct sw_output *o, struct sw_error *err);
/* Removes the temporary file. NULL is fine. */
void sw_output_abort(struct sw_output *o);
