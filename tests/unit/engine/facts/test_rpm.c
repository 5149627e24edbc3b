/* SPDX-License-Identifier: Apache-2.0 */
/* Databases of rpm that are damaged, hostile or not whole: what they hide is unknown, never "not
 * installed". Whole ones of every format are compared with OpenSCAP in scap/test_rpm.py. */

#include "facts/rpm/rpm.h"
#include "unit/engine/oval/oval_doc.h"

#define LINUX "xmlns=\"http://oval.mitre.org/XMLSchema/oval-definitions-5#linux\""
#define SQLITE "/var/lib/rpm/rpmdb.sqlite"
#define NDB "/usr/lib/sysimage/rpm/Packages.db"
#define BDB "/var/lib/rpm/Packages"
#define PAGE 512

static struct answer ask_by(struct root *r, const char *operation, const char *name,
			    const char *existence)
{
	char objects[512], tests[512];
	const struct sections s = {
		.definitions = ONE_TEST("d", "t"), .tests = tests, .objects = objects};

	snprintf(objects, sizeof(objects),
		 "<rpminfo_object " LINUX
		 " id='o' version='1'><name operation='%s'>%s</name></rpminfo_object>",
		 operation, name);
	snprintf(tests, sizeof(tests),
		 "<rpminfo_test " LINUX " id='t' version='1' check='all' check_existence='%s' "
		 "comment='c'><object object_ref='o'/></rpminfo_test>",
		 existence);
	return doc_eval(r, &s, "d");
}

static struct answer ask(struct root *r, const char *name, const char *existence)
{
	return ask_by(r, "equals", name, existence);
}

static void assert_hidden(struct root *r, const char *says)
{
	struct answer a = ask(r, "gone", "none_exist");

	if (a.result != SW_OVAL_UNKNOWN || !strstr(a.message, says))
		fail_msg("%s, \"%s\": not \"%s\"", sw_oval_result_str(a.result), a.message, says);
}

static void put32(uint8_t *p, uint32_t v, bool big)
{
	for (size_t i = 0; i < 4; i++)
		p[big ? 3 - i : i] = (uint8_t)(v >> 8 * i);
}

/* A header with name, version and release "1"; -> its length. */
static size_t header(uint8_t *to, const char *name)
{
	static const uint32_t tags[] = {1000, 1001, 1002};
	size_t data = 8 + 16 * SW_ARRAY_LEN(tags), at = 0;

	for (size_t i = 0; i < SW_ARRAY_LEN(tags); i++) {
		const char *value = i ? "1" : name;

		put32(to + 8 + 16 * i, tags[i], true);
		put32(to + 12 + 16 * i, 6, true);
		put32(to + 16 + 16 * i, (uint32_t)at, true);
		put32(to + 20 + 16 * i, 1, true);
		strcpy((char *)to + data + at, value);
		at += strlen(value) + 1;
	}
	put32(to, SW_ARRAY_LEN(tags), true);
	put32(to + 4, (uint32_t)at, true);
	return data + at;
}

/* An ndb with one page of slots and n packages, the i-th at block 256 + 32 i. */
static size_t make_ndb(uint8_t *db, const char *const *names, size_t n)
{
	memset(db, 0, 4096 + 512 * n);
	memcpy(db, "RpmP", 4);
	put32(db + 12, 1, false);
	for (size_t at = 32; at < 4096; at += 16)
		memcpy(db + at, "Slot", 4);
	for (size_t i = 0; i < n; i++) {
		uint8_t *slot = db + 32 + 16 * i, *blob = db + 4096 + 512 * i;

		put32(slot + 4, (uint32_t)i + 1, false);
		put32(slot + 8, 256 + 32 * (uint32_t)i, false);
		put32(slot + 12, 32, false);
		memcpy(blob, "BlbS", 4);
		put32(blob + 4, (uint32_t)i + 1, false);
		put32(blob + 12, (uint32_t)header(blob + 16, names[i]), false);
	}
	return 4096 + 512 * n;
}

static const char *const two[] = {"one", "two"};

static void test_whole(void **state)
{
	static uint8_t db[8192];
	struct root *r = *state;

	root_put(r, NDB, db, make_ndb(db, two, 2));
	assert_int_equal(ask(r, "one", "only_one_exists").result, SW_OVAL_TRUE);
	assert_int_equal(ask(r, "two", "only_one_exists").result, SW_OVAL_TRUE);
	assert_int_equal(ask(r, "gone", "none_exist").result, SW_OVAL_TRUE);
	assert_false(ask(r, "gone", "none_exist").vacuous);
}

static void test_operations(void **state)
{
	static uint8_t db[8192];
	struct root *r = *state;

	root_put(r, NDB, db, make_ndb(db, two, 2));
	assert_int_equal(ask_by(r, "case insensitive equals", "ONE", "only_one_exists").result,
			 SW_OVAL_TRUE);
	assert_int_equal(ask_by(r, "not equal", "one", "only_one_exists").result, SW_OVAL_TRUE);
}

/* Two places, both with a database: packages of either are there. */
static void test_places(void **state)
{
	static const char *const other[] = {"three"};
	static uint8_t db[8192];
	struct root *r = *state;

	root_put(r, NDB, db, make_ndb(db, two, 2));
	root_put(r, "/var/lib/rpm/Packages.db", db, make_ndb(db, other, 1));
	assert_int_equal(ask(r, "one", "only_one_exists").result, SW_OVAL_TRUE);
	assert_int_equal(ask(r, "three", "only_one_exists").result, SW_OVAL_TRUE);
	/* the same one by two ways is one */
	unlink(root_path(r, "/var/lib/rpm/Packages.db"));
	root_link(r, "/var/lib/rpm/Packages.db", "/usr/lib/sysimage/rpm/Packages.db");
	assert_int_equal(ask(r, "one", "only_one_exists").result, SW_OVAL_TRUE);
}

/* What was read before and behind a damaged header counts where more could not change it. */
static void test_damaged_header(void **state)
{
	static const char *const three[] = {"one", "bad", "two"};
	static uint8_t db[8192];
	struct root *r = *state;
	size_t n = make_ndb(db, three, 3);

	put32(db + 4096 + 512 + 16 + 16, 0xffffff, true); /* where the name lies */
	root_put(r, NDB, db, n);
	assert_int_equal(ask(r, "one", "at_least_one_exists").result, SW_OVAL_TRUE);
	assert_int_equal(ask(r, "two", "at_least_one_exists").result, SW_OVAL_TRUE);
	assert_hidden(r, NDB ": a package's header is damaged");
}

static void test_cut_off(void **state)
{
	static uint8_t db[8192];
	struct root *r = *state;

	root_put(r, NDB, db, make_ndb(db, two, 2) - 500);
	assert_int_equal(ask(r, "one", "at_least_one_exists").result, SW_OVAL_TRUE);
	assert_hidden(r, NDB ": is damaged");
}

static void test_no_database(void **state)
{
	struct root *r = *state;

	root_puts(r, SQLITE, "SQLite format 3");
	assert_hidden(r, SQLITE ": is no SQLite database");
	root_puts(r, SQLITE, "");
	assert_hidden(r, SQLITE ": is no SQLite database");
	unlink(root_path(r, SQLITE));
	root_puts(r, BDB, "x");
	assert_hidden(r, BDB ": is no Berkeley DB");
}

/* A b-tree whose one page leads to itself, from every cell. */
static void test_loop(void **state)
{
	static uint8_t page[PAGE];
	struct root *r = *state;

	memcpy(page, "SQLite format 3", 16);
	page[16] = PAGE >> 8;
	page[100] = 5;
	page[104] = 100; /* cells */
	for (size_t i = 0; i < 100; i++) {
		page[112 + 2 * i] = 400 >> 8;
		page[113 + 2 * i] = 400 & 255;
	}
	page[111] = page[403] = 1; /* right-most page, a cell's page */
	root_put(r, SQLITE, page, PAGE);
	assert_hidden(r, SQLITE);
}

/* Every slot of 100 MiB leads to the same package of 8 MiB. */
static void test_same_again(void **state)
{
	enum { SLOT_PAGES = 4096, BLOB = 8 << 20 };
	size_t n = SLOT_PAGES * 4096 + BLOB;
	uint8_t *db = calloc(1, n);
	struct root *r = *state;

	assert_non_null(db);
	memcpy(db, "RpmP", 4);
	put32(db + 12, SLOT_PAGES, false);
	for (size_t at = 32; at < SLOT_PAGES * 4096; at += 16) {
		memcpy(db + at, "Slot", 4);
		put32(db + at + 4, 1, false);
		put32(db + at + 8, SLOT_PAGES * 256, false);
		put32(db + at + 12, BLOB / 16, false);
	}
	memcpy(db + SLOT_PAGES * 4096, "BlbS", 4);
	put32(db + SLOT_PAGES * 4096 + 4, 1, false);
	put32(db + SLOT_PAGES * 4096 + 12, BLOB - 28, false);
	header(db + SLOT_PAGES * 4096 + 16, "one");
	root_put(r, NDB, db, n);
	free(db);
	alarm(20);
	assert_hidden(r, NDB ": is larger than the limits");
	alarm(0);
}

static void test_middle_of_change(void **state)
{
	static const uint8_t magic[8] = {0xd9, 0xd5, 0x05, 0xf9, 0x20, 0xa1, 0x63, 0xd7};
	static uint8_t page[PAGE] = "SQLite format 3";
	struct root *r = *state;

	root_put(r, SQLITE, page, PAGE);
	root_put(r, SQLITE "-journal", magic, sizeof(magic));
	assert_hidden(r, "in the middle of a change");
}

static void test_not_read(void **state)
{
	static uint8_t meta[PAGE];
	struct root *r = *state;

	put32(meta + 12, 0x053162, false);
	root_put(r, BDB, meta, PAGE);
	assert_hidden(r, BDB ": is a b-tree");
	put32(meta + 12, 0x061561, false);
	put32(meta + 16, 7, false);
	root_put(r, BDB, meta, PAGE);
	assert_hidden(r, "version 7");
}

/* Signatures of both versions; what is cut off has no id. */
static void test_keyid(void **state)
{
	static const uint8_t v3[] = {0xc2, 19, 3, 5, 0, 0, 0, 0, 0, 1, 2,
				     3,	   4,  5, 6, 7, 8, 1, 8, 0, 0};
	static const uint8_t v4[] = {0x88, 20, 4, 0, 1, 8, 0, 0, 0, 10, 9,
				     16,   1,  2, 3, 4, 5, 6, 7, 8, 0,	0};
	static const uint8_t fingerprint[] = {0x88, 31, 4, 0, 1, 8, 0, 23, 22, 33, 4,
					      0,    0,	0, 0, 0, 0, 0, 0,  0,  0,  0,
					      0,    2,	3, 4, 5, 6, 7, 8,  9,  0,  0};
	char id[17];

	assert_true(rpm_pgp_keyid(v3, sizeof(v3), id));
	assert_string_equal(id, "0102030405060708");
	assert_true(rpm_pgp_keyid(v4, sizeof(v4), id));
	assert_string_equal(id, "0102030405060708");
	for (size_t i = 0; i < sizeof(v4); i++)
		assert_false(rpm_pgp_keyid(v4, i, id));
	assert_true(rpm_pgp_keyid(fingerprint, sizeof(fingerprint), id));
	assert_string_equal(id, "0203040506070809");
}

int main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, root_setup, root_teardown)
	const struct CMUnitTest tests[] = {
		T(test_whole),
		T(test_operations),
		T(test_places),
		T(test_damaged_header),
		T(test_cut_off),
		T(test_no_database),
		T(test_loop),
		T(test_same_again),
		T(test_middle_of_change),
		T(test_not_read),
		cmocka_unit_test(test_keyid),
	};

	root_unused();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
