/* SPDX-License-Identifier: Apache-2.0 */
/* fanotify's records, whole, short and hostile. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include <sys/fanotify.h>

#include "fanotify/private.h"

static struct sw_fan_record told[8];
static size_t n_told;

static void note(void *ctx, const struct sw_fan_record *r)
{
	assert_true(n_told < SW_ARRAY_LEN(told));
	told[n_told++] = *r;
}

/* A buffer of exactly the size that is used, so that the sanitizers see an overread. */
static uint8_t *buffer;
static size_t length;

static void put(const void *bytes, size_t len)
{
	buffer = realloc(buffer, length + len);
	memcpy(buffer + length, bytes, len);
	length += len;
}

static void put_metadata(uint32_t event_len, uint64_t mask, int32_t pid)
{
	struct fanotify_event_metadata m = {
		.event_len = event_len,
		.vers = FANOTIFY_METADATA_VERSION,
		.metadata_len = sizeof(m),
		.mask = mask,
		.fd = FAN_NOFD,
		.pid = pid,
	};

	put(&m, sizeof(m));
}

#define HANDLE "\x11\x22\x33\x44"
#define HANDLE_BYTES 4u

/* One record about NAME in a directory; returns where its information begins. */
static size_t put_named(const char *name, uint8_t type)
{
	uint16_t info = (uint16_t)(20 + HANDLE_BYTES + (name ? strlen(name) + 1 : 0));
	uint16_t padded = (uint16_t)((info + 3) & ~3);
	uint32_t handle[2] = {HANDLE_BYTES, 0xf8};
	uint64_t fsid = 7;
	uint8_t header[2] = {type, 0};
	size_t at;

	put_metadata((uint32_t)sizeof(struct fanotify_event_metadata) + padded, FAN_CREATE, 42);
	at = length;
	put(header, 2);
	put(&padded, 2);
	put(&fsid, 8);
	put(handle, 8);
	put(HANDLE, HANDLE_BYTES);
	if (name)
		put(name, strlen(name) + 1);
	put("\0\0\0", (size_t)(padded - info));
	return at;
}

static int setup(void **state)
{
	length = 0;
	n_told = 0;
	return 0;
}

static int teardown(void **state)
{
	free(TAKE(buffer));
	return 0;
}

static int decode(void)
{
	return sw_fan_decode(buffer, length, note, NULL);
}

static void test_every_field(void **state)
{
	put_named("tool", 2);
	assert_int_equal(decode(), 0);
	assert_int_equal(n_told, 1);
	assert_int_equal(told[0].mask, FAN_CREATE);
	assert_int_equal(told[0].pid, 42);
	assert_int_equal(told[0].fd, FAN_NOFD);
	assert_string_equal(told[0].name, "tool");
	assert_int_equal(told[0].handle_len, 8);
	assert_memory_equal(told[0].handle, "\xf8\0\0\0" HANDLE, 8);
}

static void test_several(void **state)
{
	put_named("a", 2);
	put_named(NULL, 3);
	put_metadata(sizeof(struct fanotify_event_metadata), FAN_Q_OVERFLOW, 0);
	assert_int_equal(decode(), 0);
	assert_int_equal(n_told, 3);
	assert_string_equal(told[0].name, "a");
	assert_null(told[1].name);
	assert_non_null(told[1].handle);
	assert_int_equal(told[2].mask, FAN_Q_OVERFLOW);
	assert_null(told[2].handle);
}

static void test_unknown_information_is_skipped(void **state)
{
	put_named("a", 9);
	assert_int_equal(decode(), 0);
	assert_int_equal(n_told, 1);
	assert_null(told[0].handle);
	assert_null(told[0].name);
}

/* Cut anywhere, a record is refused, and nothing behind the cut is read. */
static void test_cut(void **state)
{
	put_named("tool", 2);
	for (size_t cut = 1; cut < length; cut++) {
		uint8_t *copy = malloc(cut);

		memcpy(copy, buffer, cut);
		n_told = 0;
		assert_int_equal(sw_fan_decode(copy, cut, note, NULL), -EBADMSG);
		assert_int_equal(n_told, 0);
		free(copy);
	}
	assert_int_equal(sw_fan_decode(buffer, 0, note, NULL), 0);
}

/* offset from the record's information, width, value */
static const struct {
	const char *what;
	size_t at;
	uint32_t value;
	unsigned int width;
} lies[] = {
	{"information shorter than its header", 2, 3, 2},
	{"information of no length", 2, 0, 2},
	{"information longer than the record", 2, 0xffff, 2},
	{"information too short for a handle", 2, 16, 2},
	{"handle longer than the information", 12, 100, 4},
	{"handle longer than any", 12, 0xffffffff, 4},
	{"handle that leaves no name", 12, 12, 4},
};

static void test_lies(void **state)
{
	for (size_t i = 0; i < SW_ARRAY_LEN(lies); i++) {
		setup(state);
		size_t info = put_named("tool", 2);

		memcpy(buffer + info + lies[i].at, &lies[i].value, lies[i].width);
		if (decode() != -EBADMSG || n_told)
			fail_msg("%s was not refused", lies[i].what);
	}
}

static void test_name_without_end(void **state)
{
	put_named("abc", 2); /* 20 + 4 + 4: no padding behind the NUL */
	buffer[length - 1] = 'd';
	assert_int_equal(decode(), -EBADMSG);
}

static void test_metadata_lies(void **state)
{
	size_t at = offsetof(struct fanotify_event_metadata, vers);

	put_named("a", 2);
	buffer[at] = FANOTIFY_METADATA_VERSION + 1;
	assert_int_equal(decode(), -EBADMSG);
	setup(state);
	put_named("a", 2);
	at = offsetof(struct fanotify_event_metadata, metadata_len);
	memcpy(buffer + at, (uint16_t[]){8}, 2);
	assert_int_equal(decode(), -EBADMSG);
	setup(state);
	put_named("a", 2);
	memcpy(buffer, (uint32_t[]){0}, 4); /* event_len 0 would never end */
	assert_int_equal(decode(), -EBADMSG);
	assert_int_equal(n_told, 0);
}

int main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
	const struct CMUnitTest tests[] = {
		T(test_every_field),   T(test_several), T(test_unknown_information_is_skipped),
		T(test_cut),	       T(test_lies),	T(test_name_without_end),
		T(test_metadata_lies),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
