/* SPDX-License-Identifier: Apache-2.0 */
/* Ownership that can be checked by reading one function: cleanup attributes, TAKE, growing arrays.
 */
#pragma once

#include <errno.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define SW_ARRAY_LEN(a) (sizeof(a) / sizeof((a)[0]))

/* Every escape of an owned local goes through this: returns the pointer, leaves NULL behind. */
#define TAKE(p)                                                                                    \
	({                                                                                         \
		__typeof__(p) _taken = (p);                                                        \
		(p) = NULL;                                                                        \
		_taken;                                                                            \
	})

/* The same for a file descriptor: leaves -1 behind. */
#define TAKE_FD(fd)                                                                                \
	({                                                                                         \
		int _taken = (fd);                                                                 \
		(fd) = -1;                                                                         \
		_taken;                                                                            \
	})

/* Defines sw_cleanup_NAME(T **), which calls FREE on a pointer that may be NULL. */
#define SW_DEFINE_CLEANUP(T, NAME, FREE)                                                           \
	static inline void sw_cleanup_##NAME(T *p)                                                 \
	{                                                                                          \
		if (*p)                                                                            \
			FREE(*p);                                                                  \
	}

#define _cleanup_(f) __attribute__((cleanup(f)))

static inline void sw_cleanup_free(void *p)
{
	free(*(void **)p);
}

static inline void sw_cleanup_fd(int *fd)
{
	int saved = errno;

	if (*fd >= 0)
		close(*fd);
	errno = saved;
}

static inline void sw_cleanup_file(FILE **f)
{
	if (*f)
		fclose(*f);
}

#define _cleanup_free_ _cleanup_(sw_cleanup_free)
#define _cleanup_fd_ _cleanup_(sw_cleanup_fd)
#define _cleanup_file_ _cleanup_(sw_cleanup_file)

/*
 * Makes room for one more element in a heap array: SW_GROW(items, n_items, cap_items).
 * Returns 0 or -ENOMEM; on failure the array is unchanged.
 */
#define SW_GROW(array, n, cap)                                                                     \
	({                                                                                         \
		int _rc = 0;                                                                       \
		if ((n) == (cap)) {                                                                \
			size_t _cap = (cap) ? (size_t)(cap)*2 : 8;                                 \
			void *_new = reallocarray((array), _cap, sizeof(*(array)));                \
			if (_new) {                                                                \
				(array) = _new;                                                    \
				(cap) = _cap;                                                      \
			} else {                                                                   \
				_rc = -ENOMEM;                                                     \
			}                                                                          \
		}                                                                                  \
		_rc;                                                                               \
	})
