/* SPDX-License-Identifier: Apache-2.0 */
#include <fcntl.h>

#include "stigwatch/digest.h"
#include "unit/engine/unit.h"

static void test_known_answers(void **state)
{
	static const struct {
		const char *algorithm, *hex;
	} cases[] = {
		{"MD5", "900150983cd24fb0d6963f7d28e17f72"},
		{"SHA-1", "a9993e364706816aba3e25717850c26c9cd0d89d"},
		{"SHA-224", "23097d223405d8228642a477bda255b32aadbce4bda0b3f7e36c9da7"},
		{"SHA-384",
		 "cb00753f45a35e8bb5a03d699ac65007272c32ab0eded1631a8b605a43ff5bed8086072ba1e7"
		 "cc2358baeca134c825a7"},
		{"SHA-512",
		 "ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a2192992a274f"
		 "c1a836ba3c23a3feebbd454d4423643ce80e2a9ac94fa54ca49f"},
		{"SHA-256", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"},
	};
	struct sw_digest *d;
	char hex[129];
	size_t i;

	for (i = 0; i < SW_ARRAY_LEN(cases); i++) {
		assert_int_equal(sw_digest_new(cases[i].algorithm, &d), 0);
		sw_digest_update(d, "a", 1);
		sw_digest_update(d, "bc", 2);
		assert_int_equal(sw_digest_final(d, hex, 8), -ENOSPC);
		assert_int_equal(sw_digest_final(d, hex, sizeof(hex)), 0);
		assert_string_equal(hex, cases[i].hex);
		sw_digest_free(d);
	}
	assert_int_equal(sw_digest_new("sha256", &d), -ENOTSUP);
	sw_digest_free(NULL);
}

static void test_fd(void **state)
{
	char path[] = "/tmp/stigwatch-digest-XXXXXX", hex[SW_SHA256_HEX], again[SW_SHA256_HEX];
	_cleanup_fd_ int fd = mkstemp(path);

	assert_true(fd >= 0);
	unlink(path);
	assert_int_equal(write(fd, "xabc", 4), 4);
	assert_int_equal(lseek(fd, 1, SEEK_SET), 1);
	assert_int_equal(sw_sha256_fd(fd, 3, hex), 0);
	assert_int_equal(sw_sha256_hex("abc", 3, again), 0);
	assert_string_equal(hex, again);
	lseek(fd, 0, SEEK_SET);
	assert_int_equal(sw_sha256_fd(fd, 3, hex), -EFBIG);
	assert_int_equal(sw_sha256_fd(-1, 0, hex), -EBADF);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_known_answers),
		cmocka_unit_test(test_fd),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
