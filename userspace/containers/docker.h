/* SPDX-License-Identifier: Apache-2.0 */
/* The connection to a daemon, shared by docker.c and docker_events.c only. */
#pragma once

#include "containers/containers.h"
#include "stigwatch/strbuf.h"

struct sw_http;

struct sw_docker {
	char *path; /* of the socket */
	char version[16];
	struct sw_http *http;
	struct sw_strbuf pending; /* bytes of the event stream that no newline ended yet */
};
