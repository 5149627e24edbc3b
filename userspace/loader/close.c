/* SPDX-License-Identifier: Apache-2.0 */
/* Closes many descriptors at once, where each waits in the kernel. */
#include <pthread.h>

#include "loader/private.h"
#include "stigwatch/cleanup.h"

struct closer {
	pthread_t thread;
	bool running;
	int fd;
};

static void *closer_run(void *arg)
{
	close(((struct closer *)arg)->fd);
	return NULL;
}

void sw_close_all(const int *fds, size_t n)
{
	_cleanup_free_ struct closer *c = calloc(n ? n : 1, sizeof(*c));

	for (size_t i = 0; i < n; i++) {
		if (fds[i] < 0)
			continue;
		if (c) {
			c[i].fd = fds[i];
			c[i].running = !pthread_create(&c[i].thread, NULL, closer_run, &c[i]);
		}
		if (!c || !c[i].running)
			close(fds[i]);
	}
	for (size_t i = 0; c && i < n; i++)
		if (c[i].running)
			pthread_join(c[i].thread, NULL);
}
