/* SPDX-License-Identifier: Apache-2.0 */
#include <sys/stat.h>

#include "adapters/xml.h"
#include "source/source.h"
#include "unit/engine/unit.h"

#define XCCDF "xmlns='http://checklists.nist.gov/xccdf/1.2'"
#define DS                                                                                         \
	"xmlns:ds='http://scap.nist.gov/schema/scap/source/1.2' "                                  \
	"xmlns:xlink='http://www.w3.org/1999/xlink' "                                              \
	"xmlns:cat='urn:oasis:names:tc:entity:xmlns:xml:catalog'"

static int open_text(const char *text, const struct sw_content_options *opts,
		     struct sw_source **ret_source, struct sw_error *err)
{
	const struct sw_document doc = {.name = "ds.xml", .data = text, .len = strlen(text)};

	return sw_source_open_mem(&doc, 1, opts, ret_source, err);
}

static const char stream[] =
	"<ds:data-stream-collection " DS " id='c'>"
	"<ds:data-stream id='s1'><ds:checklists>"
	"<ds:component-ref id='r1' xlink:href='#comp1'><cat:catalog>"
	"<cat:uri name='oval.xml' uri='#r2'/><cat:uri name='run.sh' uri='#r3'/><cat:uri "
	"name='gone.xml' uri='#r9'/>"
	"</cat:catalog></ds:component-ref></ds:checklists>"
	"<ds:checks><ds:component-ref id='r2' xlink:href='#comp2'/><ds:component-ref id='r3' "
	"xlink:href='#comp3'/></ds:checks>"
	"</ds:data-stream>"
	"<ds:component id='comp1'><Benchmark " XCCDF " id='b1'/></ds:component>"
	"<ds:extended-component id='comp2'><oval_definitions/></ds:extended-component>"
	"<ds:extended-component id='comp3'><x:script xmlns:x='urn:x'>#!/bin/sh\nexit "
	"101\n</x:script></ds:extended-component>"
	"</ds:data-stream-collection>";

static void test_stream(void **state)
{
	_cleanup_source_ struct sw_source *s = NULL;
	struct sw_source_doc doc;
	struct sw_error err = {};

	assert_int_equal(open_text(stream, NULL, &s, &err), 0);
	assert_string_equal(sw_xml_attr(sw_source_benchmark(s), "id"), "b1");
	assert_int_equal(sw_source_find(s, "oval.xml", &doc, &err), 0);
	assert_string_equal(sw_xml_name(doc.root), "oval_definitions");
	assert_int_equal(sw_source_find(s, "./run.sh", &doc, &err), 0);
	assert_null(doc.root);
	assert_string_equal(doc.data, "#!/bin/sh\nexit 101\n");
	assert_int_equal(sw_source_find(s, "#r2", &doc, &err), 0);
	assert_non_null(doc.root);
	assert_int_equal(sw_source_find(s, "gone.xml", &doc, &err), -ENOENT);
	assert_int_equal(sw_source_find(s, "/etc/passwd", &doc, &err), -ENOENT);
	assert_string_equal(err.text, "ds.xml: no document \"/etc/passwd\" in the content");
}

static void test_digest_is_of_the_bytes(void **state)
{
	_cleanup_source_ struct sw_source *s = NULL;
	char hex[SW_SHA256_HEX];

	assert_int_equal(open_text(stream, NULL, &s, NULL), 0);
	assert_int_equal(sw_sha256_hex(stream, strlen(stream), hex), 0);
	assert_string_equal(sw_source_sha256(s), hex);
}

static const char two[] =
	"<ds:data-stream-collection " DS " id='c'>"
	"<ds:data-stream id='s1'><ds:checklists><ds:component-ref id='r1' "
	"xlink:href='#k1'/></ds:checklists></ds:data-stream>"
	"<ds:data-stream id='s2'><ds:checklists><ds:component-ref id='r2' xlink:href='#k2'/>"
	"<ds:component-ref id='r3' xlink:href='#k3'/></ds:checklists></ds:data-stream>"
	"<ds:component id='k1'><Benchmark " XCCDF " id='b1'/></ds:component>"
	"<ds:component id='k2'><Benchmark " XCCDF " id='b2'/></ds:component>"
	"<ds:component id='k3'><Benchmark " XCCDF " id='b3'/></ds:component>"
	"</ds:data-stream-collection>";

static void test_choice(void **state)
{
	static const struct {
		struct sw_content_options opts;
		int rc;
		const char *expect; /* benchmark id, or part of the message */
	} cases[] = {
		{{.datastream_id = NULL, .benchmark_id = NULL},
		 -EINVAL,
		 "choose one of: stream s1 benchmark b1, stream s2 benchmark b2, stream s2 "
		 "benchmark b3"},
		{{.datastream_id = "s1", .benchmark_id = NULL}, 0, "b1"},
		{{.datastream_id = "s2", .benchmark_id = NULL}, -EINVAL, "several benchmarks"},
		{{.datastream_id = "s2", .benchmark_id = "b3"}, 0, "b3"},
		{{.datastream_id = NULL, .benchmark_id = "b2"}, 0, "b2"},
		{{.datastream_id = "s1", .benchmark_id = "b2"},
		 -ENOENT,
		 "no benchmark \"b2\"; has: stream s1 benchmark b1"},
		{{.datastream_id = "s9", .benchmark_id = NULL},
		 -ENOENT,
		 "no data stream \"s9\" with a benchmark; has: s1 s2"},
	};
	struct sw_source *s;
	struct sw_error err;
	size_t i;
	int rc;

	for (i = 0; i < SW_ARRAY_LEN(cases); i++) {
		s = NULL;
		err = (struct sw_error){};
		rc = open_text(two, &cases[i].opts, &s, &err);
		assert_int_equal(rc, cases[i].rc);
		if (rc == 0)
			assert_string_equal(sw_xml_attr(sw_source_benchmark(s), "id"),
					    cases[i].expect);
		else if (!strstr(err.text, cases[i].expect))
			fail_msg("case %zu: %s", i, err.text);
		sw_source_free(s);
	}
}

static void test_bad_roots(void **state)
{
	static const struct {
		const char *text;
		int rc;
		const char *says;
	} cases[] = {
		{"<x/>", -EINVAL,
		 "ds.xml:1: neither a data stream nor an XCCDF 1.2 benchmark: <x>"},
		{"<Benchmark xmlns='http://checklists.nist.gov/xccdf/1.1' id='b'/>", -ENOTSUP,
		 "xccdf/1.1"},
		{"<ds:data-stream-collection " DS "/>", -ENOENT, "no data stream with a benchmark"},
		{"not xml", -EINVAL, "ds.xml:1:"},
	};
	struct sw_source *s = NULL;
	struct sw_error err;
	size_t i;

	for (i = 0; i < SW_ARRAY_LEN(cases); i++) {
		err = (struct sw_error){};
		assert_int_equal(open_text(cases[i].text, NULL, &s, &err), cases[i].rc);
		assert_null(s);
		if (!strstr(err.text, cases[i].says))
			fail_msg("case %zu: %s", i, err.text);
	}
	assert_int_equal(sw_source_open_mem(NULL, 0, NULL, &s, &err), -EINVAL);
}

static void test_memory_documents(void **state)
{
	const struct sw_document docs[] = {
		{"b.xml", "<Benchmark " XCCDF " id='b'/>", strlen("<Benchmark " XCCDF " id='b'/>")},
		{"o.xml", "<o/>", 4},
		{"broken.xml", "<o>", 3},
		{"s.sh", "#!/bin/sh\n", 10},
	};
	_cleanup_source_ struct sw_source *s = NULL;
	struct sw_source_doc doc, again;
	struct sw_error err = {};

	assert_int_equal(sw_source_open_mem(docs, SW_ARRAY_LEN(docs), NULL, &s, &err), 0);
	assert_int_equal(sw_source_find(s, "./o.xml", &doc, &err), 0);
	assert_int_equal(sw_source_find(s, "o.xml", &again, &err), 0);
	assert_ptr_equal(doc.root, again.root);
	assert_int_equal(sw_source_find(s, "s.sh", &doc, &err), 0);
	assert_int_equal(doc.len, 10);
	assert_int_equal(sw_source_find(s, "broken.xml", &doc, &err), -EINVAL);
	assert_non_null(strstr(err.text, "broken.xml:1:"));
	assert_int_equal(sw_source_find(s, "none.xml", &doc, &err), -ENOENT);
}

static void put(const char *dir, const char *name, const char *text)
{
	char path[256];
	FILE *f;

	snprintf(path, sizeof(path), "%s/%s", dir, name);
	f = fopen(path, "w");
	assert_non_null(f);
	fputs(text, f);
	fclose(f);
}

static void test_directory_is_the_limit(void **state)
{
	char dir[] = "/tmp/stigwatch-source-XXXXXX", path[256];
	_cleanup_source_ struct sw_source *s = NULL;
	struct sw_source_doc doc;
	struct sw_error err = {};

	assert_non_null(mkdtemp(dir));
	snprintf(path, sizeof(path), "%s/sub", dir);
	assert_int_equal(mkdir(path, 0755), 0);
	put(dir, "secret.xml", "<secret/>");
	put(path, "b.xml", "<Benchmark " XCCDF " id='b'/>");
	put(path, "o.xml", "<o/>");
	snprintf(path, sizeof(path), "%s/sub/out.xml", dir);
	assert_int_equal(symlink("../secret.xml", path), 0);
	snprintf(path, sizeof(path), "%s/sub/b.xml", dir);
	assert_int_equal(sw_source_open_file(path, NULL, &s, &err), 0);
	assert_int_equal(sw_source_find(s, "o.xml", &doc, &err), 0);
	assert_int_equal(sw_source_find(s, "../secret.xml", &doc, &err), -EXDEV);
	assert_int_equal(sw_source_find(s, "out.xml", &doc, &err), -EXDEV);
	snprintf(path, sizeof(path), "%s/secret.xml", dir);
	assert_int_equal(sw_source_find(s, path, &doc, &err), -EXDEV);
	assert_int_equal(sw_source_find(s, ".", &doc, &err), -EISDIR);
	snprintf(path, sizeof(path), "rm -rf %s", dir);
	assert_int_equal(system(path), 0);
}

static void test_missing_file(void **state)
{
	struct sw_source *s = NULL;
	struct sw_error err = {};

	assert_int_equal(sw_source_open_file("/nonexistent/x.xml", NULL, &s, &err), -ENOENT);
	assert_string_equal(err.text, "/nonexistent/x.xml: No such file or directory");
	assert_int_equal(sw_source_open_file("/tmp", NULL, &s, &err), -EISDIR);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_stream),
		cmocka_unit_test(test_digest_is_of_the_bytes),
		cmocka_unit_test(test_choice),
		cmocka_unit_test(test_bad_roots),
		cmocka_unit_test(test_memory_documents),
		cmocka_unit_test(test_directory_is_the_limit),
		cmocka_unit_test(test_missing_file),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
