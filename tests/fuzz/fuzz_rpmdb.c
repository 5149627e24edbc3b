/* SPDX-License-Identifier: Apache-2.0 */
/* Fuzzes databases of rpm: the first byte is the format, the second one says where a write-ahead
 * log begins (in 256ths); what is behind them is the files. */
#include <sys/mman.h>

#include "facts/rpm/rpm.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct rpm_file file_of(const uint8_t *data, size_t size)
{
	struct rpm_file f;
	int fd = memfd_create("fuzz", MFD_CLOEXEC);

	if (fd < 0 || write(fd, data, size) != (ssize_t)size)
		__builtin_trap();
	rpm_file_init(&f, fd, size);
	return f;
}

/* What every package promises. */
static int on_header(void *ctx, const uint8_t *header, size_t len)
{
	struct rpm_package p;
	int *n = ctx;

	if (rpm_header_parse(header, len, true, &p) < 0)
		return 0;
	if (!p.name || !p.version || !p.release)
		__builtin_trap();
	if (p.keyid && strlen(p.keyid) != 16)
		__builtin_trap();
	for (size_t i = 0; i < p.n_files; i++)
		if (!p.files[i])
			__builtin_trap();
	rpm_package_release(&p);
	return ++*n > 1000 ? -E2BIG : 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct rpm_file db, wal;
	struct sw_error err = {0};
	size_t split;
	int n = 0;

	if (size < 2)
		return 0;
	split = (size - 2) - (size - 2) * data[1] / 256;
	db = file_of(data + 2, split);
	wal = file_of(data + 2 + split, size - 2 - split);
	switch (data[0] % 4) {
	case 0:
		rpm_sqlite_each(&db, wal.size ? &wal : NULL, on_header, &n, &err);
		break;
	case 1:
		rpm_bdb_each(&db, on_header, &n, &err);
		break;
	case 2:
		rpm_ndb_each(&db, on_header, &n, &err);
		break;
	default:
		on_header(&n, data + 2, size - 2);
	}
	close(db.fd);
	close(wal.fd);
	return 0;
}
