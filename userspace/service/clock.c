/* SPDX-License-Identifier: Apache-2.0 */
/* The clock pair that every record carries. */
#include <time.h>

#include "service/internal.h"

static int64_t read_clock(clockid_t id)
{
	struct timespec ts;

	clock_gettime(id, &ts);
	return (int64_t)ts.tv_sec * 1000000000 + ts.tv_nsec;
}

void sw_clock_now(void *ctx, struct sw_clock *ret_clock)
{
	ret_clock->wall_ns = read_clock(CLOCK_REALTIME);
	ret_clock->boot_ns = read_clock(CLOCK_BOOTTIME);
}
