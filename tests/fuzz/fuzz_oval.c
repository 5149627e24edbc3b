/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Fuzzes OVAL: parses a definitions document and evaluates every definition on a small root, with
 * messages. Gatherers meet a few files of each kind they read.
 */
#include <fcntl.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "adapters/xml.h"
#include "adapters/xml_out.h"
#include "oval/oval.h"
#include "oval/results.h"
#include "stigwatch/cleanup.h"
#include "stigwatch/strbuf.h"
#include "stigwatch/target.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const struct {
	const char *path, *text; /* text NULL: a directory */
} files[] = {
	{"etc", NULL},
	{"etc/passwd", "root:x:0:0:root:/root:/bin/sh\nu:x:1:1\n"},
	{"etc/shadow", "root:$6$a$b:1:0:99999:7:::\n"},
	{"etc/a.xml", "<a z='1'><b>one</b><b>two</b></a>"},
	{"proc", NULL},
	{"proc/mounts", "tmpfs / tmpfs rw,nodev 0 0\n"},
	{"var", NULL},
	{"var/lib", NULL},
	{"var/lib/dpkg", NULL},
	{"var/lib/dpkg/status",
	 "Package: a\nStatus: install ok installed\nArchitecture: all\nVersion: 1:2-3\n"},
};

static char directory[] = "/dev/shm/sw-fuzz-oval-XXXXXX";
static int dir_fd = -1;
static struct sw_target *target;

static void remove_directory(void)
{
	sw_target_free(target);
	unlinkat(dir_fd, "etc/link", 0);
	for (size_t i = SW_ARRAY_LEN(files); i--;)
		unlinkat(dir_fd, files[i].path, files[i].text ? 0 : AT_REMOVEDIR);
	rmdir(directory);
}

static void put(const char *path, const char *text)
{
	int fd = openat(dir_fd, path, O_CREAT | O_WRONLY, 0644);

	if (fd < 0 || write(fd, text, strlen(text)) != (ssize_t)strlen(text))
		abort();
	close(fd);
}

static void setup(void)
{
	if (target)
		return;
	if (!mkdtemp(directory) || (dir_fd = open(directory, O_DIRECTORY | O_PATH)) < 0)
		abort();
	for (size_t i = 0; i < SW_ARRAY_LEN(files); i++)
		if (files[i].text)
			put(files[i].path, files[i].text);
		else if (mkdirat(dir_fd, files[i].path, 0755) < 0)
			abort();
	if (symlinkat("passwd", dir_fd, "etc/link") < 0 ||
	    sw_target_open_dir(directory, SW_TARGET_DIR, &target, NULL) < 0)
		abort();
	sw_target_add_env(target, "PATH", "/bin");
	atexit(remove_directory);
}

static int discard(void *ctx, const void *data, size_t len)
{
	return 0;
}

static void evaluate(struct sw_oval_doc *doc, const struct sw_xml_node *root)
{
	const struct sw_oval_report_options options = {.now = 1000000000};
	struct sw_xml_out out = {.write = discard};
	struct sw_oval_report *report = NULL;
	struct sw_oval_session *session = NULL;
	const char *id, *class, *title;

	if (sw_oval_session_new(doc, target, &session, NULL) < 0)
		return;
	sw_oval_session_set_now(session, 1000000000);
	if (sw_oval_report_new(&options, &report) < 0 ||
	    sw_oval_session_report_to(session, report) < 0)
		abort();
	for (size_t i = 0; sw_oval_doc_at(doc, i, &id, &class, &title); i++) {
		struct sw_strbuf message = {0};
		bool vacuous;

		if (sw_oval_session_eval(session, id, &message, &vacuous) >= _SW_OVAL_MAX)
			abort();
		sw_strbuf_release(&message);
	}
	sw_oval_report_add_session(report, session);
	if (sw_oval_report_write(report, root, &out) < 0 || sw_xml_out_finish(&out) < 0)
		abort();
	sw_oval_session_free(session);
	sw_oval_report_free(report);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct sw_xml_doc *xml = NULL;
	struct sw_oval_doc *doc = NULL;

	setup();
	if (sw_xml_parse(data, size, "f.xml", &xml, NULL) < 0)
		return 0;
	if (sw_oval_parse(sw_xml_root(xml), "f.xml", &doc, NULL) == 0)
		evaluate(doc, sw_xml_root(xml));
	sw_oval_doc_free(doc);
	sw_xml_doc_free(xml);
	return 0;
}
