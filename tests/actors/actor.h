/* SPDX-License-Identifier: Apache-2.0 */
/* What all actors share: each does one deed and prints one JSON line about it. An actor never
 * checks a verdict. */
#pragma once

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define N_OF(a) (sizeof(a) / sizeof((a)[0]))

struct deed {
	const char *name;
	int n_args; /* at least this many after the name */
	const char *usage;
	int (*act)(int argc,
		   char **argv); /* argv[0] is the first argument; returns the exit status */
};

/* Prints {"deed":NAME,FIELDS}; fields is JSON text without braces. */
__attribute__((format(printf, 2, 3))) static inline void tell(const char *name, const char *fields,
							      ...)
{
	va_list ap;

	printf("{\"deed\":\"%s\",", name);
	va_start(ap, fields);
	vprintf(fields, ap);
	va_end(ap);
	printf("}\n");
	fflush(stdout);
}

/* The deed could not be done: says so and ends with status 100, which no expectation equals. */
__attribute__((noreturn)) static inline void cannot(const char *what)
{
	int err = errno;

	tell("failed", "\"what\":\"%s\",\"errno\":%d,\"error\":\"%s\"", what, err, strerror(err));
	exit(100);
}

static inline long number_of(const char *s)
{
	char *end;
	long n;

	errno = 0;
	n = strtol(s, &end, 0);
	if (errno || *end || end == s) {
		errno = EINVAL;
		cannot(s);
	}
	return n;
}

static inline int act_by_name(const struct deed *deeds, size_t n, int argc, char **argv)
{
	for (size_t i = 0; i < n && argc > 1; i++) {
		if (!strcmp(argv[1], deeds[i].name) && argc - 2 >= deeds[i].n_args)
			return deeds[i].act(argc - 2, argv + 2);
	}
	for (size_t i = 0; i < n; i++)
		fprintf(stderr, "usage: %s %s %s\n", argv[0], deeds[i].name, deeds[i].usage);
	return 100;
}
