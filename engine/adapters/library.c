/* SPDX-License-Identifier: Apache-2.0 */
/* Libraries opened at run time; must not know what they are for. */
#include "stigwatch/library.h"

#include <dlfcn.h>
#include <pthread.h>

#include "stigwatch/cleanup.h"
#include "stigwatch/error.h"

static pthread_mutex_t opening = PTHREAD_MUTEX_INITIALIZER;

static int fill(struct sw_library *library, void *handle, struct sw_error *err)
{
	for (size_t i = 0; i < library->n_symbols; i++)
		if (!dlsym(handle, library->symbols[i].name))
			return sw_error_set(err, ENOENT, "%s has no %s", library->soname,
					    library->symbols[i].name);
	for (size_t i = 0; i < library->n_symbols; i++) {
		void *address = dlsym(handle, library->symbols[i].name);

		memcpy(library->symbols[i].slot, &address, sizeof(address));
	}
	library->open = true;
	return 0;
}

int sw_library_open(struct sw_library *library, struct sw_error *err)
{
	void *handle;
	int rc = 0;

	pthread_mutex_lock(&opening);
	if (!library->open) {
		handle = dlopen(library->soname, RTLD_NOW | RTLD_LOCAL);
		rc = handle ? fill(library, handle, err)
			    : sw_error_set(err, ENOENT, "%s", dlerror());
	}
	pthread_mutex_unlock(&opening);
	return rc;
}
