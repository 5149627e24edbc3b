/* SPDX-License-Identifier: Apache-2.0 */
/* OVAL documents written in a test: sections without their wrapping, evaluated on a root. */
#pragma once

#include "adapters/xml.h"
#include "oval/oval.h"
#include "unit/engine/root.h"

#define IND "xmlns=\"http://oval.mitre.org/XMLSchema/oval-definitions-5#independent\""
#define UNIX "xmlns=\"http://oval.mitre.org/XMLSchema/oval-definitions-5#unix\""
#define RT "xmlns=\"urn:stigwatch:runtime:1\""

/* A text object: id, file, pattern, instance condition. */
#define TEXT_OBJECT(id, file, pattern, instance)                                                   \
	"<textfilecontent54_object " IND " id='" id "' version='1'><filepath>" file "</filepath>"  \
	"<pattern operation='pattern match'>" pattern                                              \
	"</pattern><instance datatype='int' " instance "</instance></textfilecontent54_object>"
#define FIRST "operation='equals'>1"
#define EVERY "operation='greater than or equal'>1"
#define TEST(ns, type, id, existence, object, states)                                              \
	"<" type "_test " ns " id='" id "' version='1' check='all' check_existence='" existence    \
	"' comment='" id " says'><object object_ref='" object "'/>" states "</" type "_test>"
#define DEFINITION(id, criteria)                                                                   \
	"<definition id='" id "' version='1' class='compliance'><metadata><title>T " id            \
	"</title></metadata>" criteria "</definition>"
#define ONE_TEST(id, test) DEFINITION(id, "<criteria><criterion test_ref='" test "'/></criteria>")

struct sections {
	const char *definitions, *tests, *objects, *states, *variables;
};

static int doc_parse(const struct sections *s, struct sw_oval_doc **ret, struct sw_error *err)
{
	_cleanup_strbuf_ struct sw_strbuf sb = {0};
	_cleanup_xml_doc_ struct sw_xml_doc *xml = NULL;
	const struct {
		const char *name, *text;
	} parts[] = {
		{"definitions", s->definitions}, {"tests", s->tests},
		{"objects", s->objects},	 {"states", s->states},
		{"variables", s->variables},
	};

	sw_strbuf_adds(
		&sb, "<oval_definitions xmlns='http://oval.mitre.org/XMLSchema/oval-definitions-5' "
		     "xmlns:xsi='http://www.w3.org/2001/XMLSchema-instance'>");
	for (size_t i = 0; i < SW_ARRAY_LEN(parts); i++)
		if (parts[i].text)
			sw_strbuf_addf(&sb, "<%s>%s</%s>", parts[i].name, parts[i].text,
				       parts[i].name);
	sw_strbuf_adds(&sb, "</oval_definitions>");
	assert_int_equal(sw_xml_parse(sb.data, sb.len, "t.xml", &xml, err), 0);
	return sw_oval_parse(sw_xml_root(xml), "t.xml", ret, err);
}

struct answer {
	enum sw_oval_result result;
	bool vacuous;
	char message[4096];
};

__attribute__((unused)) static struct answer doc_eval(struct root *r, const struct sections *s,
						      const char *id)
{
	struct sw_oval_doc *doc = NULL;
	struct sw_oval_session *session = NULL;
	struct sw_strbuf message = {0};
	struct answer a = {0};
	struct sw_error err = {0};

	if (doc_parse(s, &doc, &err) < 0)
		fail_msg("%s", err.text);
	assert_int_equal(sw_oval_session_new(doc, r->t, &session, &err), 0);
	a.result = sw_oval_session_eval(session, id, &message, &a.vacuous);
	snprintf(a.message, sizeof(a.message), "%s", sw_strbuf_str(&message));
	sw_strbuf_release(&message);
	sw_oval_session_free(session);
	sw_oval_doc_free(doc);
	return a;
}
